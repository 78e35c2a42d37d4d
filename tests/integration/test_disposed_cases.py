"""What is left of a case that was disposed of, on its pages, in the log, in backups and exports."""

import hashlib
import io
import json
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DBAPIError

from dxflow.audit import verify_database
from dxflow.db.attachment import AttachmentPiece, AttachmentVersion
from dxflow.db.audit import AuditPrivate
from dxflow.db.engine import Database
from dxflow.db.process import DecisionEvaluation, ProcessInstance, Submission
from dxflow.db.retention import RetentionProposal
from dxflow.errors import Conflict, NotFound
from dxflow.services.acts import additions, cases
from dxflow.services.attachments import attaching, withdrawing
from dxflow.services.installation import backups, restoring, schema
from dxflow.services.installation.bootstrap import operator
from dxflow.services.operations import retention, retention_list
from dxflow.services.packs import store as packs
from dxflow.services.reading import attached, audit_log, case_pages, decision_papers
from tests import postgres
from tests.factories import ROOT, City
from tests.files import PDF
from tests.integration.test_retention import _time_goes_on  # noqa: F401
from tests.walks import do, to_committee, to_triage, vote

SECRET = "聴覚に障害のある窓口の山田花子さんが困っている。"


def file(city: City, case: str, by: str = "applicant") -> attaching.Stored:
    return attaching.attach(city.site, city.actor(by), case, "山田花子.pdf", io.BytesIO(PDF))


def dispose(city: City, case: str) -> None:
    city.clock.at(date(2032, 4, 1))
    retention.propose(city.site, city.actor("secretariat"), case, "disposal", "保存期間満了")
    with city.site.database.read() as tx:
        proposal = tx.execute(select(RetentionProposal.id)).scalar_one()
    retention.decide(city.site, city.actor("cio"), proposal, approve=True)


def personal(city: City) -> str:
    """Return a withdrawn case with a file, of a pack whose first form asks for personal values."""
    files = packs.read_folder(ROOT / "processes" / "standard")
    form = json.loads(files["forms/idea.form"])
    for one in form["components"]:
        if one.get("key") == "trouble":
            one["properties"]["pii"] = "true"
    files["forms/idea.form"] = json.dumps(form, ensure_ascii=False)
    packs.install(city.site, files, "system")
    case = to_triage(city, trouble=SECRET)
    file(city, case)
    cases.withdraw(city.site, city.actor("applicant"), case, "やめる")
    return case


def decided(city: City) -> tuple[str, attaching.Stored]:
    """Return a case that was rejected by a formal decision on a document with a file."""
    case = to_committee(city)
    stored = file(city, case)
    vote(city, case, "approve")
    do(city, case, "cio", "conclude", "approve", reason="委員の意見は一致")
    do(city, case, "civic_head", "decide", "reject", reason="予算がない")
    return case, stored


def findings(city: City) -> tuple:
    with city.site.database.read() as tx:
        return verify_database(tx).findings


def everything(city: City) -> bytes:
    """Return what the database holds, as a backup writes it."""
    with city.site.database.read() as tx:
        found = tx.execute(select(Submission.body)).scalars().all()
        found += tx.execute(select(AuditPrivate.value)).scalars().all()
        found += [one.decode(errors="replace") for one in tx.execute(
            select(ProcessInstance.state)).scalars()]  # fmt: skip
    return "\n".join(found).encode()


def test_personal_values_go_from_forms_log_and_process_and_the_log_still_holds(city):
    case = personal(city)
    assert SECRET.encode() in everything(city)
    before = export(city)
    dispose(city, case)
    assert SECRET.encode() not in everything(city)
    assert "来庁前に予約できるようにする".encode() in everything(city)
    with city.site.database.read() as tx:
        report = verify_database(tx)
    assert (report.findings, report.notices, report.disposed) == ((), (), 1)
    assert export(city).startswith(before)  # what was exported before is what stands there still
    with city.site.database.read() as tx:
        states = tx.execute(
            select(ProcessInstance.state).where(ProcessInstance.case_id == case)
        ).scalar_one()
    assert states == b""


def test_what_a_table_was_asked_goes_and_what_it_said_stays(city):
    case, _stored = decided(city)
    asked = select(DecisionEvaluation.inputs, DecisionEvaluation.fired)
    with city.site.database.read() as tx:
        assert "3000000" in str(tx.execute(asked).all())
    dispose(city, case)
    with city.site.database.read() as tx:
        assert "3000000" not in str(tx.execute(asked).all())
    (ruling,) = [
        one
        for one in case_pages.progress(city.site, city.actor("applicant"), case).rulings
        if "個人情報を扱うため" in str(one.found)
    ]
    assert ruling.given == ()
    assert [rule for rule in ruling.rules if rule.fired]
    assert findings(city) == ()


def test_no_byte_is_read_of_what_is_sent_to_a_disposed_case(city):
    case, _stored = decided(city)
    dispose(city, case)

    class Unread(io.BytesIO):
        def read(self, *_size: int) -> bytes:
            pytest.fail("a file that is refused would leave its name in the log")

    with pytest.raises(Conflict, match="廃棄されています"):
        attaching.attach(city.site, city.actor("civic_head"), case, "山田花子.pdf", Unread(PDF))


def test_personal_values_erased_without_a_disposal_are_told_by_the_verification(city):
    dispose(city, personal(city))
    file(city, to_triage(city))
    with city.site.database.write() as tx:
        tx.execute(delete(AuditPrivate).where(AuditPrivate.value.contains("山田花子.pdf")))
    with city.site.database.read() as tx:
        report = verify_database(tx)
    assert report.notices == ("個人情報の値 1 件が、廃棄の記録なしに消去されています。",)
    assert report.notices[0] in report.text


def export(city: City) -> bytes:
    return b"".join(audit_log.export(city.site, operator(city.site), audit_log.Filters(), "jsonl"))


def test_a_form_that_is_emptied_or_changed_otherwise_is_found(city):
    case = personal(city)
    dispose(city, case)
    with city.site.database.write() as tx:
        tx.execute(update(Submission).where(Submission.act == "draft").values(body="{}"))
    assert any("様式" in one.text for one in findings(city))


def test_a_decided_case_shows_what_is_left_on_every_page(city):
    case, stored = decided(city)
    dispose(city, case)
    assert findings(city) == ()
    for name in ("applicant", "secretariat", "cio", "auditor"):
        actor = city.actor(name)
        page = attached.page(city.site, actor, case)
        (left,) = page.files
        assert (left.latest.name, left.latest.disposed) == ("廃棄済みのファイル", True)
        assert left.latest.sha256 == hashlib.sha256(PDF).hexdigest()
        assert (left.may_replace, left.may_withdraw, page.may_attach) == (False, False, False)
        assert page.head.kept.words == "廃棄済み"
        assert "承認 cio さん" in page.head.kept.disposed.sentence
        assert case_pages.story(city.site, actor, case).page.entries
        (document,) = decision_papers.page(city.site, actor, case).documents
        assert (document.outcome, document.intact) == ("reject", True)
        with pytest.raises(NotFound, match="令和14年4月1日 に廃棄されました"):
            attached.hand_out(city.site, actor, stored.version_id)


def test_nothing_is_added_to_or_taken_from_a_disposed_case(city):
    case, stored = decided(city)
    (document,) = decision_papers.page(city.site, city.actor("cio"), case).documents
    dispose(city, case)
    for act in (
        lambda: file(city, case, "civic_head"),
        lambda: withdrawing.withdraw(
            city.site, city.actor("applicant"), stored.attachment_id, "誤り"
        ),
        lambda: additions.add(city.site, city.actor("civic_head"), document.id, "追って記す"),
    ):
        with pytest.raises(Conflict, match="廃棄されています"):
            act()
    assert findings(city) == ()


@pytest.mark.parametrize("into", ["sqlite", "postgresql"])
def test_a_backup_of_a_disposed_case_is_sound_and_restored_as_it_is(city, into, tmp_path, request):
    case, stored = decided(city)
    dispose(city, case)
    other_case = to_triage(city)
    kept = file(city, other_case)
    by = operator(city.site)
    assert backups.make(city.site, by, tmp_path / "a.dxbackup").findings == 0
    home = tmp_path / "elsewhere"
    home.mkdir()
    address = f"sqlite:///{home}/dxflow.db"
    if into == "postgresql":
        server = request.getfixturevalue("postgres_server")
        address = postgres.create_database(server, "disposed")
    database = Database(address)
    settings = replace(city.site.settings, home=home, database=address)
    site = replace(city.site, database=database, settings=settings, packs={}, directories={})
    other = replace(city, site=site)
    try:
        assert restoring.restore(site, by, tmp_path / "a.dxbackup").findings == ()
        assert findings(other) == ()
        (line,) = retention_list.register(site, other.actor("auditor")).entries
        assert (line.files, line.approver) == (1, "cio")
        with pytest.raises(NotFound):
            attached.hand_out(site, other.actor("cio"), stored.version_id)
        handed = attached.hand_out(site, other.actor("secretariat"), kept.version_id)
        assert b"".join(handed.pieces) == PDF
        with pytest.raises(DBAPIError, match="never"), database.write() as tx:
            tx.execute(delete(AttachmentPiece))
    finally:
        database.close()
        if into == "postgresql":
            postgres.drop_database(server, "disposed")


def test_cases_that_ended_before_are_kept_for_the_usual_years_and_files_stay_guarded(city):
    case = personal(city)
    database = city.site.database
    schema.downgrade(database, "0036")
    for statement in (delete(AttachmentPiece), update(AttachmentVersion).values(name="")):
        with pytest.raises(DBAPIError, match="never"), database.write() as tx:
            tx.execute(statement)
    schema.upgrade(database)
    for statement in (delete(AttachmentPiece), update(AttachmentVersion).values(name="")):
        with pytest.raises(DBAPIError, match="never"), database.write() as tx:
            tx.execute(statement)
    city.clock.at(date(2032, 4, 1))
    (row,) = retention_list.due(city.site, city.actor("secretariat")).page.entries
    assert (row.id, row.kept_until, row.over) == (case, date(2032, 3, 31), True)
    assert findings(city) == ()
    dispose(city, case)
    assert findings(city) == ()


def test_a_restricted_case_tells_its_title_to_those_who_may_read_it_only(city):
    case = personal(city)
    city.clock.at(date(2032, 4, 1))
    with city.site.database.write() as tx:
        tx.exec_driver_sql("UPDATE case_file SET restricted = true")
    titles = {
        name: retention_list.due(city.site, city.actor(name)).page.entries[0].title
        for name in ("secretariat", "cio")
    }
    assert titles == {"secretariat": "転入手続のオンライン予約", "cio": "（閲覧を限った案件）"}
    assert case
