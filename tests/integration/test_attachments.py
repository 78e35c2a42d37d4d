"""Files of a case: attached, versioned, withdrawn, locked by the decision; on both databases."""

import hashlib
import io
import sys
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from dxflow.attachments.limits import MEGABYTE
from dxflow.audit import verify_database
from dxflow.config import ConfigRefused, load
from dxflow.db.attachment import (
    Attachment,
    AttachmentPiece,
    AttachmentVersion,
    DocumentAttachment,
)
from dxflow.db.engine import Database
from dxflow.errors import Conflict, Invalid, NotAllowed, NotFound, Unavailable
from dxflow.services.acts import pulling_back
from dxflow.services.acts.suspension import Suspended
from dxflow.services.attachments import attaching, limiting, scanning, withdrawing
from dxflow.services.installation import backups, restoring
from dxflow.services.installation.bootstrap import operator
from dxflow.services.operations import case_acts
from dxflow.services.reading import attached, audit_log, case_pages, decision_papers
from dxflow.services.reading.case_opening import open_case
from tests import logged, postgres
from tests.factories import ANALYSIS, SHEET, City, TestClock
from tests.files import PDF, PNG, workbook
from tests.statements import counted
from tests.walks import do, to_committee, to_triage, vote

BIG = PDF + bytes(range(256)) * 1024 * 2  # 512 KiB: several pieces


class Ticking(TestClock):
    """A clock on which no two acts fall on one moment."""

    def __call__(self) -> datetime:
        self.moment += timedelta(seconds=1)
        return self.moment


@pytest.fixture(autouse=True)
def _time_goes_on(request: pytest.FixtureRequest) -> None:
    for name in ("city", "sqlite_city"):
        if name in request.fixturenames:
            request.getfixturevalue(name).clock.__class__ = Ticking


def attach(
    city: City, case: str, by: str = "applicant", name: str = "見積書.pdf", body: bytes = PDF
) -> attaching.Stored:
    return attaching.attach(city.site, city.actor(by), case, name, io.BytesIO(body))


def again(city: City, one: attaching.Stored, by: str, name: str, body: bytes) -> attaching.Stored:
    return attaching.replace(city.site, city.actor(by), one.attachment_id, name, io.BytesIO(body))


def conclude(city: City, case: str) -> None:
    """Have the committee conclude on a case, so that its decision document is drawn up."""
    vote(city, case, "approve")
    do(city, case, "cio", "conclude", "approve", reason="委員の意見は一致")


def page(city: City, case: str, by: str = "applicant") -> attached.AttachmentsPage:
    return attached.page(city.site, city.actor(by), case)


def events(city: City, case: str, kind: str) -> list[dict]:
    with city.site.database.read() as tx:
        report = verify_database(tx)
        assert report.findings == ()
        assert report.files == tx.execute(select(func.count(AttachmentVersion.id))).scalar_one()
    return logged.events(city, case, kind)


def scanner(city: City, tmp_path: Path, source: str, **settings: object) -> City:
    """Return the city with a scanner that is a real program."""
    program = tmp_path / "scanner.py"
    program.write_text(source)
    command = (sys.executable, str(program))
    site = replace(
        city.site, settings=replace(city.site.settings, scan_command=command, **settings)
    )
    return replace(city, site=site)


def test_a_file_is_read_back_byte_by_byte_by_whoever_may_read_the_case(city):
    case = to_triage(city)
    one = attach(city, case, body=BIG, name="C:\\図面\\庁舎\u202e図.pdf")
    handed = attached.hand_out(city.site, city.actor("secretariat"), one.version_id)
    assert b"".join(handed.pieces) == BIG
    assert (handed.name, handed.media, handed.shown) == ("庁舎図.pdf", "application/pdf", True)
    with pytest.raises(NotFound):
        attached.hand_out(city.site, city.actor("other"), one.version_id)
    with pytest.raises(NotFound):
        page(city, case, "other")


def test_the_log_alone_says_which_bytes_were_attached_by_whom(city):
    case = to_triage(city)
    one = attach(city, case, body=BIG)
    (event,) = events(city, case, "file.added")
    said = logged.changes(event)
    assert said["sha256"] == hashlib.sha256(BIG).hexdigest()
    assert (said["size"], said["version"]) == (len(BIG), 1)
    assert event["object"] == {"kind": "file", "id": one.version_id, "case": case}
    assert event["actor"]["person"] == city.person["applicant"]
    exported = b"".join(
        audit_log.export(city.site, operator(city.site), audit_log.Filters(), "jsonl")
    )
    assert hashlib.sha256(BIG).hexdigest().encode() in exported
    assert "見積書".encode() not in exported  # a name may be a person's: it is a commitment


def test_a_new_version_stands_over_the_older_ones_which_stay(city):
    case = to_triage(city)
    first = attach(city, case)
    second = again(city, first, "applicant", "見積書（改）.xlsx", workbook())
    assert (second.attachment_id, second.number) == (first.attachment_id, 2)
    (file,) = page(city, case).files
    assert [(one.number, one.name) for one in file.versions] == [
        (2, "見積書（改）.xlsx"),
        (1, "見積書.pdf"),
    ]
    handed = attached.hand_out(city.site, city.actor("secretariat"), first.version_id)
    assert b"".join(handed.pieces) == PDF
    story = case_pages.story(city.site, city.actor("applicant"), case, 1, 40).page.entries
    assert [entry.what for entry in story[:2]] == [
        "添付を追加：見積書（改）.xlsx",
        "添付を追加：見積書.pdf",
    ]


def test_people_at_work_attach_and_readers_do_not(city):
    case = to_triage(city)
    attach(city, case, by="secretariat", name="資料.csv", body="課,件\n".encode("cp932"))
    with pytest.raises(NotAllowed, match="添付できるのは"):
        attach(city, case, by="auditor")
    shown = page(city, case, "auditor")
    assert (shown.may_attach, len(shown.files)) == (False, 1)
    assert not shown.files[0].may_withdraw


def test_a_file_that_is_not_taken_leaves_nothing_behind(city):
    case = to_triage(city)
    small = replace(
        city.site, settings=replace(city.site.settings, attachment_mb=1, attachment_case_mb=1)
    )
    for name, body, said in (
        ("手順.exe", b"MZ", "添付できない種類"),
        ("手順.pdf", b"MZ\x90", "形式になっていません"),
        ("空.pdf", b"", "空です"),
        ("大きい.pdf", PDF + b"x" * MEGABYTE, "1つ 1 MB まで"),
    ):
        with pytest.raises(Invalid, match=said):
            attaching.attach(small, city.actor("applicant"), case, name, io.BytesIO(body))
    assert page(city, case).files == ()
    attach(city, case, body=PDF + b"x" * (MEGABYTE * 3 // 4))
    with pytest.raises(Invalid, match="合計が 1 MB"):
        attaching.attach(
            small,
            city.actor("applicant"),
            case,
            "二.pdf",
            io.BytesIO(PDF + b"y" * (MEGABYTE // 2)),
        )
    assert len(events(city, case, "file.added")) == 1


def test_an_endless_stream_is_cut_at_the_limit(city):
    class Endless:
        given = 0

        def read(self, size: int) -> bytes:
            self.given += size
            return b"%PDF-" + b"x" * (size - 5)

    source = Endless()
    with pytest.raises(Invalid, match="25 MB まで"):
        attaching.attach(city.site, city.actor("applicant"), to_triage(city), "a.pdf", source)
    assert source.given <= 26 * MEGABYTE


@pytest.mark.parametrize("into", ["sqlite", "postgresql"])
def test_a_backup_holds_the_files_and_a_restored_city_hands_them_out_and_keeps_them(
    city, into, tmp_path, request
):
    case = to_committee(city)
    one = attach(city, case, body=BIG)
    conclude(city, case)
    do(city, case, "civic_head", "decide", "approve", reason="妥当")
    two = attach(city, case, by="civic_head", name="契約.png", body=PNG)
    by = operator(city.site)
    assert backups.make(city.site, by, tmp_path / "a.dxbackup").findings == 0
    home = tmp_path / "elsewhere"
    home.mkdir()
    address = f"sqlite:///{home}/dxflow.db"
    if into == "postgresql":
        server = request.getfixturevalue("postgres_server")
        address = postgres.create_database(server, "elsewhere")
    database = Database(address)
    settings = replace(city.site.settings, home=home, database=address)
    other = replace(
        city,
        site=replace(city.site, database=database, settings=settings, packs={}, directories={}),
    )
    try:
        assert restoring.restore(other.site, by, tmp_path / "a.dxbackup").findings == ()
        for stored, body in ((one, BIG), (two, PNG)):
            handed = attached.hand_out(other.site, other.actor("secretariat"), stored.version_id)
            assert b"".join(handed.pieces) == body
        with pytest.raises(NotAllowed):
            again(other, one, "applicant", "見積書.pdf", PDF)
        with pytest.raises(DBAPIError, match="never"), database.write() as tx:
            tx.execute(delete(AttachmentPiece))
    finally:
        database.close()
        if into == "postgresql":
            postgres.drop_database(server, "elsewhere")


def test_a_backup_of_changed_bytes_says_so(sqlite_city, tmp_path):
    case = to_triage(sqlite_city)
    attach(sqlite_city, case, body=BIG)
    with sqlite_city.site.database.write() as tx:
        _unprotect(tx)
        tx.execute(update(AttachmentPiece).where(AttachmentPiece.place == 1).values(body=b"x"))
    made = backups.make(sqlite_city.site, operator(sqlite_city.site), tmp_path / "a.dxbackup")
    assert made.findings == 1


def test_the_same_file_sent_twice_is_attached_once(city):
    case = to_triage(city)
    attach(city, case)
    with pytest.raises(Conflict, match="同じ内容"):
        attach(city, case)
    attach(city, case, name="控え.pdf")


def test_a_withdrawn_file_stays_in_the_record_with_its_reason(city):
    case = to_triage(city)
    one = attach(city, case)
    with pytest.raises(Invalid):
        withdrawing.withdraw(city.site, city.actor("applicant"), one.attachment_id, " ")
    with pytest.raises(NotAllowed):
        withdrawing.withdraw(city.site, city.actor("secretariat"), one.attachment_id, "不要")
    withdrawing.withdraw(city.site, city.actor("applicant"), one.attachment_id, "別の案件のもの")
    (file,) = page(city, case).files
    assert (file.withdrawn_by, file.withdraw_reason) == ("applicant", "別の案件のもの")
    handed = attached.hand_out(city.site, city.actor("auditor"), one.version_id)
    assert b"".join(handed.pieces) == PDF
    with pytest.raises(NotAllowed):
        again(city, one, "applicant", "次.pdf", PDF + b"2")
    assert len(events(city, case, "file.withdrawn")) == 1
    attach(city, case)  # the right file under the same name


def test_the_document_lists_the_files_of_the_moment_it_was_drawn_up(city):
    case = to_committee(city)
    kept, gone = attach(city, case), attach(city, case, name="誤り.png", body=PNG)
    kept = again(city, kept, "applicant", "見積書.pdf", PDF + b"2")
    withdrawing.withdraw(city.site, city.actor("applicant"), gone.attachment_id, "誤り")
    conclude(city, case)
    (document,) = decision_papers.page(city.site, city.actor("secretariat"), case).documents
    assert [(one["name"], one["version"], one["sha256"]) for one in document.attachments] == [
        ("見積書.pdf", 2, hashlib.sha256(PDF + b"2").hexdigest())
    ]
    assert document.intact
    (drawn,) = events(city, case, "document.drawn")
    assert logged.changes(drawn)["files"] == [hashlib.sha256(PDF + b"2").hexdigest()]


def test_after_the_decision_nothing_of_it_changes_and_files_are_added_beside(city):
    case = to_committee(city)
    one = attach(city, case)
    conclude(city, case)
    do(city, case, "civic_head", "decide", "approve", reason="妥当")
    with pytest.raises(NotAllowed, match="決裁後に添付"):
        again(city, one, "applicant", "見積書.pdf", PDF + b"2")
    with pytest.raises(NotAllowed, match="取り下げられません"):
        withdrawing.withdraw(city.site, city.actor("applicant"), one.attachment_id, "不要")
    attach(city, case, by="civic_head", name="契約書.pdf", body=PDF + b"3")
    locked, beside = page(city, case).files
    assert (locked.locked, locked.latest.in_document, locked.may_replace) == (True, 1, False)
    assert (beside.locked, beside.latest.beside) == (False, True)
    (document,) = decision_papers.page(city.site, city.actor("secretariat"), case).documents
    assert document.intact
    assert [one["name"] for one in document.attachments] == ["見積書.pdf"]


def test_the_database_itself_refuses_to_change_or_lose_a_file(city):
    case = to_committee(city)
    one = attach(city, case)
    conclude(city, case)
    do(city, case, "civic_head", "decide", "approve", reason="妥当")
    piece = {"version_id": one.version_id, "place": 7, "body": b"x"}
    for statement in (
        update(AttachmentVersion).values(name="別.pdf"),
        delete(AttachmentVersion),
        update(AttachmentPiece).values(body=b"x"),
        delete(AttachmentPiece),
        insert(AttachmentPiece).values(piece),
        update(Attachment).values(withdrawn_at=city.clock()),
        delete(Attachment),
        delete(DocumentAttachment),
    ):
        with pytest.raises(DBAPIError, match="never"), city.site.database.write() as tx:
            tx.execute(statement)


def test_pulling_a_fresh_decision_document_back_takes_its_list_of_files_along(city):
    case = to_committee(city)
    one = attach(city, case)
    conclude(city, case)
    do(
        city, case, "civic_head", "decide", "send_back", reason="期日を直す",
        after_return="straight",
    )  # fmt: skip
    again(city, one, "applicant", "見積書.pdf", PDF + b"2")
    do(city, case, "applicant", "project_sheet", "submit", **SHEET)
    do(city, case, "applicant", "bpr_analysis", "submit", **ANALYSIS)
    do(city, case, "head", "sheet_approval", "approve")
    assert [one.in_document for one in page(city, case).files[0].versions] == [2, 1]
    pulling_back.pull_back(city.site, city.actor("head"), case)
    assert [one.in_document for one in page(city, case).files[0].versions] == [0, 1]
    with city.site.database.read() as tx:
        assert len(tx.execute(select(DocumentAttachment.version_id)).all()) == 1


def test_changed_bytes_are_never_handed_out_and_the_verification_finds_them(city):
    case = to_triage(city)
    one, two, three = (
        attach(city, case, name=f"{number}.pdf", body=BIG + number.encode()) for number in "123"
    )
    assert events(city, case, "file.added")
    with city.site.database.write() as tx:
        _unprotect(tx)
        first = AttachmentPiece.version_id == one.version_id
        tx.execute(
            update(AttachmentPiece).where(first, AttachmentPiece.place == 1).values(body=b"x")
        )
        for entity, key in ((AttachmentPiece, "version_id"), (AttachmentVersion, "id")):
            tx.execute(delete(entity).where(getattr(entity, key) == two.version_id))
        tx.execute(
            update(AttachmentVersion)
            .where(AttachmentVersion.id == three.version_id)
            .values(sha256="0" * 64)
        )
    with pytest.raises(Unavailable, match="ハッシュ値と一致しない"):
        attached.hand_out(city.site, city.actor("applicant"), one.version_id)
    with city.site.database.read() as tx:
        found = verify_database(tx).findings
    assert sorted((one.kind.value, one.text[:10]) for one in found) == [
        ("file", "添付ファイルの中身が"),
        ("file", "添付ファイルの控えの"),
        ("file", "記録にある添付ファイ"),
    ]


def _unprotect(tx) -> None:
    if tx.dialect.name != "sqlite":
        for table in ("attachment_version", "attachment_piece"):
            tx.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        return
    names = tx.execute(
        text("SELECT name FROM sqlite_schema WHERE type = 'trigger' AND name LIKE 'attachment%'")
    ).scalars()
    for name in list(names):
        tx.execute(text(f"DROP TRIGGER {name}"))


def test_an_infected_file_is_refused_and_recorded(city, tmp_path):
    sick = scanner(
        city, tmp_path,
        "import sys\nbody = open(sys.argv[-1], 'rb').read()\n"
        "print(sys.argv[-1] + ': Eicar-Test FOUND' if b'EICAR' in body else 'OK')\n"
        "sys.exit(1 if b'EICAR' in body else 0)\n",
    )  # fmt: skip
    case = to_triage(city)
    with pytest.raises(Invalid) as refused:
        attach(sick, case, body=PDF + b"EICAR")
    (said,) = refused.value.fields["file"]
    assert "Eicar-Test FOUND" in said
    assert "/" not in said  # where the file lay is nobody's business
    (event,) = events(city, case, "file.refused")
    assert (event["result"], event["reason"]) == ("denied", "Eicar-Test FOUND")
    assert logged.changes(event)["sha256"] == hashlib.sha256(PDF + b"EICAR").hexdigest()
    attach(sick, case)
    assert [one.latest.scan for one in page(city, case).files] == ["clean"]


@pytest.mark.parametrize(
    ("source", "seconds"),
    [("import sys; sys.exit(2)", 60), ("import time; time.sleep(600)", 1)],
    ids=["broken", "too slow"],
)
def test_without_an_answer_of_the_scanner_a_file_is_refused_unless_the_site_accepts_it(
    sqlite_city, tmp_path, source, seconds
):
    case = to_triage(sqlite_city)
    with pytest.raises(Unavailable, match="答えなかった"):
        attach(scanner(sqlite_city, tmp_path, source, scan_seconds=seconds), case)
    assert len(events(sqlite_city, case, "file.refused")) == 1
    lax = scanner(sqlite_city, tmp_path, source, scan_seconds=seconds, scan_required=False)
    attach(lax, case)
    (file,) = page(sqlite_city, case).files
    assert (file.latest.scan, file.latest.scan_name) == ("failed", "検査できず")


def test_a_scanner_that_is_not_there_gives_no_answer_and_no_scanner_is_said(sqlite_city):
    settings = replace(sqlite_city.site.settings, scan_command=("/no/such/scanner", "{file}"))
    assert scanning.scan(settings, "/tmp/x").result == "failed"
    assert scanning.scan(sqlite_city.site.settings, "/tmp/x").result == "none"


def test_the_environment_sets_limits_and_scanner(tmp_path):
    home = {"DXFLOW_HOME": str(tmp_path)}
    settings = load(
        home
        | {
            "DXFLOW_ATTACHMENT_MB": "5",
            "DXFLOW_ATTACHMENT_KINDS": "PDF, zip",
            "DXFLOW_SCAN_COMMAND": "clamdscan --fdpass '{file}'",
            "DXFLOW_SCAN_REQUIRED": "0",
        }
    )
    assert settings.scan_command == ("clamdscan", "--fdpass", "{file}")
    assert not settings.scan_required
    limits = limiting.of_site(settings)
    assert (limits.file, limits.endings) == (5 * MEGABYTE, ("pdf", "zip"))
    with pytest.raises(ConfigRefused, match="svg"):
        limiting.of_site(load(home | {"DXFLOW_ATTACHMENT_KINDS": "svg"}))
    with pytest.raises(ConfigRefused, match="引用符"):
        load(home | {"DXFLOW_SCAN_COMMAND": "scan 'x"})


def test_a_case_without_files_pays_no_statement_for_them(sqlite_city):
    case, other = to_triage(sqlite_city), to_triage(sqlite_city)
    attach(sqlite_city, other)
    actor, costs = sqlite_city.actor("secretariat"), []
    with sqlite_city.site.database.read() as tx:
        for one in (case, other):
            opened = open_case(sqlite_city.site, tx, actor, one)
            with counted(sqlite_city.site.database) as count:
                attached.files_of(opened)
            costs.append(count.statements)
    assert costs == [0, 2]


def test_while_a_case_is_stopped_its_files_stay_as_they_are(sqlite_city):
    case = to_triage(sqlite_city)
    one = attach(sqlite_city, case)
    case_acts.suspend(sqlite_city.site, sqlite_city.actor("admin"), case, "確認のため")
    shown = page(sqlite_city, case)
    assert (shown.may_attach, shown.files[0].may_withdraw) == (False, False)
    assert "止めています" in shown.refusal
    with pytest.raises(Suspended):
        attach(sqlite_city, case, name="二.pdf")
    with pytest.raises(Suspended):
        withdrawing.withdraw(
            sqlite_city.site, sqlite_city.actor("applicant"), one.attachment_id, "誤り"
        )
