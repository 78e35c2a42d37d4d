"""Files of a proposal before it is handed in: kept with the draft, moved with it, gone with it."""

import hashlib
import io
import json

import pytest
from sqlalchemy import func, select

from dxflow import forms
from dxflow.attachments.limits import MEGABYTE
from dxflow.audit import verify_database
from dxflow.db.attachment import AttachmentPiece, DraftFile, DraftPiece
from dxflow.errors import Conflict, Invalid, NotFound
from dxflow.services.acts import cases, drafts, pulling_back, task_forms
from dxflow.services.attachments import draft_files
from dxflow.services.attachments.attaching import attach
from dxflow.services.packs import store as packs
from dxflow.services.reading import attached, case_pages, shared_drafts
from tests import logged
from tests.factories import ROOT, City
from tests.files import PDF, PNG
from tests.integration.test_decision_papers import Ticking
from tests.settings import settle
from tests.statements import counted

VALUES = {
    "title": "窓口の椅子", "trouble": "古くて危ない。", "change": "買い替える。",
    "beneficiary": ["citizen"],
}  # fmt: skip
LARGE = PDF + bytes(range(256)) * 1024


@pytest.fixture(autouse=True)
def _time_goes_on(city: City) -> None:
    city.clock.__class__ = Ticking


def begin(city: City, by: str = "applicant") -> str:
    draft = drafts.fresh_id(city.site)
    drafts.save_start(city.site, city.actor(by), "proposal", draft, {"title": "窓口の椅子"})
    return draft


def put(city: City, draft: str, name: str = "図.pdf", body: bytes = PDF, by: str = "applicant"):
    return draft_files.attach(city.site, city.actor(by), "proposal", draft, name, io.BytesIO(body))


def left(city: City) -> tuple[int, ...]:
    """Return how many files and pieces of drafts there are."""
    with city.site.database.read() as tx:
        return tuple(
            tx.execute(select(func.count()).select_from(one)).scalar_one()
            for one in (DraftFile, DraftPiece)
        )


def test_the_files_of_a_draft_go_into_the_case_in_the_act_that_hands_it_in(city):
    draft = begin(city)
    first, second = put(city, draft, body=LARGE), put(city, draft, "写真.png", PNG)
    assert [one.name for one in shared_drafts.files_of(city.site, city.actor("applicant"), draft)] == [
        "図.pdf", "写真.png",
    ]  # fmt: skip
    case = city.start(draft_id=draft).id
    files = attached.page(city.site, city.actor("head"), case).files
    assert [one.latest.id for one in files] == [first, second]
    assert [one.latest.sha256 for one in files] == [
        hashlib.sha256(body).hexdigest() for body in (LARGE, PNG)
    ]
    handed = attached.hand_out(city.site, city.actor("head"), first)
    assert b"".join(handed.pieces) == LARGE
    events = logged.events(city, case, "file.added")
    assert [logged.changes(one)["sha256"] for one in events] == [one.latest.sha256 for one in files]
    assert left(city) == (0, 0)
    with city.site.database.read() as tx:
        assert verify_database(tx).findings == ()
    # one act, told as one entry
    story = case_pages.story(city.site, city.actor("head"), case).page.entries
    assert [one.label for one in story[-1].consequences].count("添付を追加") == 2


def test_what_is_refused_leaves_the_draft_and_its_files_as_they_are(city):
    draft = begin(city)
    put(city, draft)
    for name, body in (("a.exe", b"MZ"), ("a.pdf", b"MZ"), ("a.pdf", b""), ("", PDF)):
        with pytest.raises(Invalid):
            put(city, draft, name, body)
    with pytest.raises(Conflict, match="もう添付されています"):
        put(city, draft)
    with pytest.raises(NotFound):
        put(city, draft, by="colleague")
    with pytest.raises(NotFound):  # nothing was saved under this id
        put(city, drafts.fresh_id(city.site))
    with pytest.raises(Invalid):
        city.start(draft_id=draft, title=" ")
    assert left(city) == (1, 1)


def test_a_pack_limits_the_files_of_a_draft_as_those_of_a_case(city):
    settle(city, "attachments", file_mb="1", case_mb="1")
    draft = begin(city)
    put(city, draft, body=PDF + b"x" * (MEGABYTE - 1000))
    with pytest.raises(Invalid, match="大きすぎます"):
        put(city, draft, "大.pdf", PDF + b"y" * MEGABYTE)
    with pytest.raises(Invalid, match="合計"):
        put(city, draft, "次.pdf", PDF + b"y" * 2000)


def test_files_go_with_the_draft_and_one_by_one(city):
    draft = begin(city)
    first, _second = put(city, draft), put(city, draft, "写真.png", PNG)
    with pytest.raises(NotFound):
        draft_files.remove(city.site, city.actor("colleague"), first)
    draft_files.remove(city.site, city.actor("applicant"), first)
    assert left(city) == (1, 1)
    drafts.discard(city.site, city.actor("applicant"), draft)
    assert left(city) == (0, 0)


def test_a_file_of_a_draft_is_fetched_by_its_author_and_by_whom_the_pack_lets_read(city):
    draft = begin(city)
    file = put(city, draft)
    for rule, readers in (
        ('"author"', {"applicant"}),
        ('"section"', {"applicant", "colleague", "head"}),
    ):
        settle(city, "reading", drafts=rule)
        for name in ("applicant", "colleague", "head", "other", "secretariat", "auditor"):
            actor = city.actor(name)
            if name in readers:
                handed = attached.hand_out_of_draft(city.site, actor, file)
                assert b"".join(handed.pieces) == PDF
            else:
                with pytest.raises(NotFound):
                    attached.hand_out_of_draft(city.site, actor, file)
            with pytest.raises(NotFound):
                attached.hand_out(city.site, actor, file)


def test_a_proposal_pulled_back_keeps_its_files_and_takes_more(city):
    draft = begin(city)
    put(city, draft)
    case = city.start(draft_id=draft).id
    pulling_back.pull_back(city.site, city.actor("applicant"), case)
    put(city, case, "写真.png", PNG)
    assert city.start(draft_id=case).id == case
    names = [one.latest.name for one in attached.page(city.site, city.actor("head"), case).files]
    assert names == ["図.pdf", "写真.png"]
    with city.site.database.read() as tx:
        assert verify_database(tx).findings == ()


def test_once_handed_in_the_draft_takes_no_more(city):
    draft = begin(city)
    actor = city.actor("applicant")
    form = task_forms.start_form(city.site, actor, "proposal")
    values = dict(VALUES)
    submission = forms.submit_values(
        form.definition, values, form.definition.outcomes[0].key, form.context
    )
    put(city, draft)
    cases.start(city.site, actor, "proposal", submission, draft_id=draft, idempotency_key=draft)
    with pytest.raises(drafts.HandedIn):
        put(city, draft, "写真.png", PNG)
    again = cases.start(
        city.site, actor, "proposal", submission, draft_id=draft, idempotency_key=draft
    )
    assert [one.latest.name for one in attached.page(city.site, actor, again.id).files] == [
        "図.pdf"
    ]


def test_a_start_form_may_ask_for_a_file_of_the_draft(city):
    files = packs.read_folder(ROOT / "processes" / "standard")
    definition = json.loads(files["forms/idea.form"])
    definition["components"].append(
        {
            "type": "filepicker",
            "id": "f",
            "key": "papers",
            "label": "図",
            "validate": {"required": True},
        }
    )
    packs.install(
        city.site,
        files | {"forms/idea.form": json.dumps(definition, ensure_ascii=False)},
        "system",
    )
    draft = begin(city)
    actor = city.actor("applicant")
    values = dict(VALUES)
    form = task_forms.start_form(city.site, actor, "proposal", files_of=draft)
    assert form.context.options["attachments"] == ()
    put(city, draft)
    form = task_forms.start_form(city.site, actor, "proposal", files_of=draft)
    (offered,) = form.context.options["attachments"]
    others = task_forms.start_form(city.site, city.actor("colleague"), "proposal", files_of=draft)
    assert others.context.options["attachments"] == ()
    with pytest.raises(forms.FormInvalid) as refused:
        forms.submit_values(form.definition, values, "submit", form.context)
    assert "papers" in refused.value.fields
    submission = forms.submit_values(
        form.definition, values | {"papers": offered.value}, "submit", form.context
    )
    case = cases.start(city.site, actor, "proposal", submission, draft_id=draft).id
    (file,) = attached.page(city.site, actor, case).files
    assert offered.value == f"図.pdf (v1, {file.latest.sha256[:16]})"


def test_a_proposal_without_files_costs_as_many_statements_as_one_without_a_draft(city):
    """One: the draft goes."""
    counts = []
    for draft in ("", begin(city)):
        with counted(city.site.database) as count:
            city.start(draft_id=draft)
        counts.append(count.statements)
    city.start()
    assert counts[1] <= counts[0] + 2  # the draft, and whether it was pulled back
    with city.site.database.read() as tx:
        assert tx.execute(select(func.count()).select_from(AttachmentPiece)).scalar_one() == 0


def test_the_files_of_the_case_and_of_its_draft_may_not_be_told_apart(city):
    draft = begin(city)
    put(city, draft)
    case = city.start(draft_id=draft).id
    with pytest.raises(Conflict):
        attach(city.site, city.actor("applicant"), case, "図.pdf", io.BytesIO(PDF))
