"""Cases whose reading the pack restricts: the same rule in every list, page and figure."""

import re
from dataclasses import replace

import pytest

from dxflow.authority.visibility import CaseFacts, may_see, scope_of
from dxflow.errors import NotFound
from dxflow.services.administration import seers
from dxflow.services.commands import COMMANDS
from dxflow.services.meetings import agenda, book, minutes, minutes_page
from dxflow.services.packs import store as packs
from dxflow.services.packs.check import check_files
from dxflow.services.people import organisation
from dxflow.services.reading import case_list, case_pages, inbox, portfolio
from dxflow.services.reading.case_list import Filters
from tests.factories import ROOT, City
from tests.sessions import audited, held, plan
from tests.walks import do, to_committee, to_triage

SECRET = "課長の異動に伴う体制"
SETTINGS = """
restricted = 'contains(trouble, "人事")'
restricted_when_ended = ["rejected"]
"""
SHIPPED = re.compile(r'\nrestricted = ""\n.*?restricted_when_ended = \[\]\n', re.DOTALL)


def settle(city: City) -> None:
    packs.install(city.site, _files(SETTINGS), "system")


def _files(settings: str) -> dict[str, str]:
    files = packs.read_folder(ROOT / "processes" / "standard")
    text, found = SHIPPED.subn(lambda _found: settings, files["pack.toml"])
    assert found == 1
    return files | {"pack.toml": text}


def listed(city: City, name: str) -> list[str]:
    return [one.id for one in case_list.search(city.site, city.actor(name), Filters()).entries]


def worked(city: City, name: str) -> list[str]:
    found = inbox.waiting(city.site, city.actor(name), "all", 1, 50, exact=True)
    return [one.case_id for one in found.entries]


def test_personnel_matters_are_seen_by_who_took_part_and_who_keeps_the_record(city):
    settle(city)
    case = city.start(title=SECRET, trouble="人事に関わる。").id
    usual = city.start(title="ふつうの提案").id
    for name in ("applicant", "head", "secretariat", "auditor"):
        assert city.sees(name, case), name
        assert case in listed(city, name)
        assert case in worked(city, name)
    for name in ("colleague", "civic_head", "cio", "mayor", "it_head"):
        # the head of the department is asked too where a process says so
        assert not city.sees(name, case) or name == "civic_head", name
        assert (case in listed(city, name)) is city.sees(name, case)
        assert (case in worked(city, name)) is city.sees(name, case)
        if not city.sees(name, case):
            with pytest.raises(NotFound):
                case_pages.whole(city.site, city.actor(name), case)
    for name in ("colleague", "cio", "mayor"):
        assert listed(city, name) == [usual]
        assert worked(city, name) == [usual]
    assert audited(city.site.database) == ()


def test_figures_for_those_who_see_all_cases_do_not_tell_what_it_is_about(city):
    settle(city)
    city.start(title=SECRET, trouble="人事に関わる。")
    city.clock.advance(days=60)
    found = portfolio.page(city.site, city.actor("cio"))
    assert found.late_total
    assert SECRET not in str(found)
    assert "閲覧を限った案件" in str(found)


def test_the_page_of_who_sees_a_case_tells_the_same(city):
    settle(city)
    number = city.start(title=SECRET, trouble="人事に関わる。").number
    told = seers.of_case(city.site, city.actor("admin"), number)
    seeing = {one.username for one in told.seers}
    case = told.case_id
    assert seeing == {name for name in city.person if city.sees(name, case)}
    facts = CaseFacts(
        city.person["applicant"], "running", "counter", restricted=True,
        participants=frozenset({f"user:{city.person['applicant']}", "head:counter", "head:civic"}),
    )  # fmt: skip
    with city.site.database.read() as tx:
        who = organisation.directory(city.site, tx, city.site.today())
    assert seeing == {
        name for name, key in city.person.items() if may_see(scope_of(key, who), facts)
    }


def test_a_rejected_proposal_is_closed_to_the_section_and_a_later_form_may_open_a_case(city):
    settle(city)
    case = to_triage(city)
    assert city.sees("colleague", case)
    do(city, case, "secretariat", "triage", "reject", reason="効果が小さい")
    assert not city.sees("colleague", case)
    assert city.sees("applicant", case)
    secret = city.start(title=SECRET, trouble="人事に関わる。").id
    do(city, secret, "head", "head_approval", "send_back", reason="書き直して")
    again = next(one for one in city.open_tasks("applicant") if one.case_id == secret)
    city.complete_id(
        "applicant", again.id, "submit", title="改めた提案", trouble="窓口の列", change="予約",
        beneficiary=["citizen"],
    )  # fmt: skip
    assert city.sees("colleague", secret)
    assert audited(city.site.database) == ()


def test_a_case_of_a_pack_without_the_setting_is_read_as_before(city):
    case = to_committee(city)
    assert city.sees("colleague", case)
    assert case in listed(city, "cio")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("\nrestricted = 'trouble ='\n", "restricted の式が読めません"),
        ("\nrestricted = 'nobody_asks'\n", "nobody_asks"),
        ('\nrestricted_when_ended = ["lost"]\n', "rejected"),
        ("\nsecret = true\n", "secret"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_on_publishing(settings, said):
    problems = check_files(_files(settings), COMMANDS).problems
    assert any(said in one.message for one in problems), problems


def test_an_agenda_does_not_tell_what_a_restricted_case_is_about(city):
    settle(city)
    case = to_committee(city, {"title": SECRET, "trouble": "人事に関わる。"}, {"title": SECRET})
    meeting = plan(city)
    agenda.add(city.site, city.actor("secretariat"), meeting, case)
    shown = {
        name: book.one(city.site, city.actor(name), meeting).matters[0].title
        for name in ("secretariat", "auditor", "it_head")
    }
    assert set(shown.values()) == {SECRET}
    mayor = city.actor("mayor")
    reader = replace(mayor, groups=mayor.groups | {"role:committee"})  # reads agendas, has no seat
    assert not city.sees("mayor", case)
    (matter,) = book.one(city.site, reader, meeting).matters
    assert SECRET not in (matter.title, matter.reason)


def test_minutes_do_not_tell_either_and_keep_what_is_said_of_it(city):
    settle(city)
    case, meeting, matter = held(
        city, idea={"title": SECRET, "trouble": "人事に関わる。"}, sheet={"title": SECRET}
    )
    keeper = city.actor("secretariat")
    minutes.draft(city.site, keeper, meeting, {matter: "異動を延ばす。", "": "以上。"})
    whole = minutes_page.of_meeting(city.site, keeper, meeting)
    mayor = city.actor("mayor")
    assert not city.sees("mayor", case)
    reader = replace(mayor, groups=mayor.groups | {"role:committee"})
    told = minutes_page.of_meeting(city.site, reader, meeting)
    assert SECRET in whole.text
    assert "異動を延ばす" in whole.text
    assert "異動" not in repr(told)
    assert told.text == ""
    assert [one["number"] for one in told.body["matters"]] == [
        one["number"] for one in whole.body["matters"]
    ]
    assert told.remarks == (("", "会議全体・その他", "以上。"),)
    assert told.digest == whole.digest
