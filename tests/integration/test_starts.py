"""A pack may offer several things to begin: to whom it says, each with its form and its values."""

import pytest

from dxflow import forms
from dxflow.audit import verify_database
from dxflow.errors import Conflict, NotAllowed, NotFound
from dxflow.services.acts import cases, drafts, processes, pulling_back, task_forms
from dxflow.services.attachments import draft_files
from dxflow.services.packs import store as packs
from dxflow.services.reading import case_head, case_list, case_opening, shared_drafts
from dxflow.services.reading.case_list import Filters
from tests import doors
from tests.factories import City
from tests.logged import changes, events

STARTED = "case.started"


@pytest.fixture
def offering(city: City) -> City:
    doors.publish(city)
    return city


def begin(city: City, by: str, name: str, title: str = "複合機の入替え", draft: str = "") -> str:
    """Hand something in at a start and return the case."""
    form = task_forms.start_form(city.site, city.actor(by), name, files_of=draft)
    filled = {
        "title": title, "trouble": "窓口の待ち時間が長い。", "change": "来庁前に予約できるようにする。", "beneficiary": ["citizen"],
    }  # fmt: skip
    known = {fact.path for fact in form.definition.fields()}
    submission = forms.submit_values(
        form.definition,
        {key: value for key, value in filled.items() if key in known},
        form.definition.outcomes[0].key,
        form.context,
    )
    return cases.start(
        city.site, city.actor(by), name, submission, draft_id=draft, idempotency_key=draft or None
    ).id


def offered(city: City, by: str) -> list[str]:
    return [one.key for one in processes.listed(city.site, city.actor(by))]


def opened(city: City, by: str, case: str) -> case_head.CaseHead:
    with city.site.database.read() as tx:
        case_opened = case_opening.open_case(city.site, tx, city.actor(by), case)
        return case_head.head_of(case_opened, case_head.read_facts(case_opened))


def waiting(city: City, by: str, case: str) -> list[str]:
    return [one.element for one in city.open_tasks(by) if one.case_id == case]


def test_everybody_is_offered_what_the_pack_lets_them_begin_in_its_order(offering):
    assert offered(offering, "applicant") == ["thought"]
    assert offered(offering, "head") == ["thought", "purchase"]
    assert offered(offering, "tax_head") == ["thought", "purchase"]
    assert offered(offering, "secretariat") == ["thought", "purchase_now"]
    thought, purchase = processes.listed(offering.site, offering.actor("head"))
    assert (thought.title, thought.about) == ("思いつきを出す", "二分で書けます。")
    assert (purchase.process, purchase.form_key) == ("purchase", "purchase")


def test_who_is_not_named_begins_nothing_whatever_they_send(offering):
    head, staff = offering.actor("head"), offering.actor("applicant")
    form = task_forms.start_form(offering.site, head, "purchase")
    submission = forms.submit_values(form.definition, {"title": "複合機"}, "submit", form.context)
    why = "「購入の協議」を始められるのは、市民課長、収納課長です。"
    for attempt in (
        lambda: cases.start(offering.site, staff, "purchase", submission),
        lambda: task_forms.start_form(offering.site, staff, "purchase"),
        lambda: processes.one(offering.site, staff, "purchase"),
        lambda: draft_files.allowed(offering.site, staff, "purchase", "0" * 32),
    ):
        with pytest.raises(NotAllowed) as refused:
            attempt()
        assert refused.value.message == why
    with pytest.raises(NotAllowed):
        cases.start(offering.site, head, "purchase_now", submission)
    with pytest.raises(NotFound):
        cases.start(offering.site, head, "nothing", submission)
    assert not case_list.search(offering.site, offering.actor("cio"), Filters()).entries


def test_a_start_gives_its_process_its_values_and_the_log_says_which_it_was(offering):
    usual = begin(offering, "head", "purchase")
    hurried = begin(offering, "secretariat", "purchase_now")
    assert waiting(offering, "secretariat", usual) == ["look"]
    assert waiting(offering, "cio", hurried) == ["look_now"]
    (task,) = (one for one in offering.open_tasks("cio") if one.case_id == hurried)
    assert task.name == "急ぎの購入の点検（複合機の入替え（management））"
    (event,) = events(offering, hurried, STARTED)
    assert changes(event)["start"] == "急ぎの購入の協議"
    assert event["facts"]["start"] == "purchase_now"
    with offering.site.database.read() as tx:
        assert verify_database(tx).findings == ()


def test_the_id_of_a_process_stands_for_its_first_start_and_no_name_for_the_citys(offering):
    assert (
        events(offering, begin(offering, "applicant", "proposal"), STARTED)[0]["facts"]["start"]
        == "thought"
    )
    assert events(offering, begin(offering, "applicant", ""), STARTED)[0]["facts"]["start"] == (
        "thought"
    )


def test_a_list_shows_one_kind_of_case(offering):
    for by, name in (
        ("applicant", "thought"), ("head", "purchase"), ("secretariat", "purchase_now"),
    ):  # fmt: skip
        begin(offering, by, name, title=name)
    actor = offering.actor("cio")

    def titles(process: str) -> set[str]:
        found = case_list.search(offering.site, actor, Filters(process=process))
        return {one.title for one in found.entries}

    assert titles("thought") == titles("proposal") == {"thought"}
    assert titles("purchase") == {"purchase"}
    assert titles("purchase_now") == {"purchase_now"}
    assert case_list.choices(offering.site, actor).processes == (
        ("thought", "思いつきを出す"), ("purchase", "購入の協議"),
        ("purchase_now", "急ぎの購入の協議"),
    )  # fmt: skip


def test_cases_from_before_are_of_the_first_start_of_their_process(city):
    before = city.start().id
    doors.publish(city)
    found = case_list.search(city.site, city.actor("cio"), Filters(process="thought"))
    assert [one.id for one in found.entries] == [before]
    pulling_back.pull_back(city.site, city.actor("applicant"), before)
    assert begin(city, "applicant", "proposal", draft=before) == before


def test_a_draft_from_before_goes_on_in_the_new_version(city):
    draft = drafts.fresh_id(city.site)
    drafts.save_start(city.site, city.actor("applicant"), "proposal", draft, {"title": "途中"})
    doors.publish(city)
    form = task_forms.start_form(city.site, city.actor("applicant"), "proposal", draft=draft)
    assert form.values == {"title": "途中"}
    assert shared_drafts.kinds(city.site)["proposal"].title == "思いつきを出す"


def test_a_draft_stays_with_what_it_would_begin(offering):
    actor, draft = offering.actor("head"), drafts.fresh_id(offering.site)
    drafts.save_start(offering.site, actor, "purchase", draft, {"title": "複合機"})
    with pytest.raises(NotFound):
        drafts.save_start(offering.site, actor, "thought", draft, {"title": "別"})
    (kept,) = drafts.mine(offering.site, actor)
    assert (kept.process, kept.title) == ("purchase", "複合機")


def test_the_section_reads_drafts_of_every_start_where_the_pack_says_so(city):
    files = doors.files()
    read = files["pack.toml"].replace('drafts = "author"', 'drafts = "section"')
    assert read != files["pack.toml"]
    packs.install(city.site, files | {"pack.toml": read}, "system")
    draft = drafts.fresh_id(city.site)
    drafts.save_start(city.site, city.actor("head"), "purchase", draft, {"title": "複合機"})
    (shared,) = shared_drafts.listed(city.site, city.actor("applicant"))
    assert (shared.process, shared.title) == ("purchase", "複合機")
    found = shared_drafts.read(city.site, city.actor("applicant"), draft)
    assert found.view.title == "買うもの"


def test_what_was_pulled_back_is_handed_in_where_it_began_and_nowhere_else(offering):
    case = begin(offering, "head", "purchase")
    back = pulling_back.pull_back(offering.site, offering.actor("head"), case)
    assert (back.process, back.draft_id) == ("purchase", case)
    with pytest.raises(Conflict, match="始めたときと同じ手続き"):
        begin(offering, "head", "thought", draft=case)
    assert begin(offering, "head", "purchase", title="複合機二台の入替え", draft=case) == case
    assert waiting(offering, "secretariat", case) == ["look"]


def test_who_began_hands_in_again_though_they_could_not_begin_any_more(offering):
    case = begin(offering, "head", "purchase")
    pulling_back.pull_back(offering.site, offering.actor("head"), case)
    doors.publish(offering, doors.STARTS.replace('"head:counter", ', ""))
    assert offered(offering, "head") == ["thought"]
    with pytest.raises(NotAllowed):
        begin(offering, "head", "purchase")
    assert begin(offering, "head", "purchase", draft=case) == case


def test_a_copy_begins_where_the_case_began_for_who_may_begin_there(offering):
    case = begin(offering, "head", "purchase")
    assert opened(offering, "head", case).copy_at == "purchase"
    assert opened(offering, "secretariat", case).copy_at == ""
    form = task_forms.start_form(offering.site, offering.actor("head"), "purchase", copy_of=case)
    assert form.values["title"] == "複合機の入替え"


def test_a_pack_with_a_plain_start_is_as_it_was(city):
    assert offered(city, "applicant") == ["proposal"]
    case = city.start().id
    assert "start" not in changes(events(city, case, STARTED)[0])
    assert opened(city, "applicant", case).copy_at == "proposal"
