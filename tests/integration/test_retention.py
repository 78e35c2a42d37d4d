"""Ended cases whose period is over: proposed by one, decided by another, disposed of for good."""

import hashlib
import io
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.exc import DBAPIError

from dxflow.audit import verify_database
from dxflow.db.attachment import AttachmentPiece, AttachmentVersion
from dxflow.db.audit import AuditPrivate
from dxflow.db.case import Case, Duty
from dxflow.db.retention import Disposal, RetentionProposal
from dxflow.errors import Conflict, Invalid, NotAllowed
from dxflow.services.acts import cases
from dxflow.services.attachments import attaching
from dxflow.services.operations import case_acts, retention
from tests import logged
from tests.factories import City, TestClock
from tests.files import PDF
from tests.walks import to_triage

BIG = PDF + bytes(range(256)) * 1024  # several pieces
#: Everything below ends in the fiscal year 2026 and is kept for five years after it.
LAST, FIRST_AFTER = date(2032, 3, 31), date(2032, 4, 1)


class Ticking(TestClock):
    """A clock on which no two acts fall on one moment."""

    def __call__(self) -> datetime:
        self.moment += timedelta(seconds=1)
        return self.moment


@pytest.fixture(autouse=True)
def _time_goes_on(request: pytest.FixtureRequest) -> None:
    for name in ("city", "sqlite_city", "postgres_city"):
        if name in request.fixturenames:
            request.getfixturevalue(name).clock.__class__ = Ticking


def attach(city: City, case: str, name: str = "山田太郎の診断書.pdf") -> attaching.Stored:
    return attaching.attach(city.site, city.actor("applicant"), case, name, io.BytesIO(BIG))


def ended(city: City, *, files: bool = True) -> str:
    """Return a case that was withdrawn, with a file."""
    case = to_triage(city)
    if files:
        attach(city, case)
    cases.withdraw(city.site, city.actor("applicant"), case, "別の案件で行う")
    return case


def propose(city: City, case: str, by: str = "secretariat", what: str = "disposal", **years: int):
    return retention.propose(city.site, city.actor(by), case, what, "保存期間満了", **years)


def open_proposal(city: City, case: str) -> str:
    with city.site.database.read() as tx:
        return tx.execute(
            select(RetentionProposal.id).where(
                RetentionProposal.case_id == case, RetentionProposal.decided_at.is_(None)
            )
        ).scalar_one()


def decide(city: City, case: str, by: str = "cio", *, approve: bool = True, reason: str = ""):
    proposal = open_proposal(city, case)
    return retention.decide(city.site, city.actor(by), proposal, approve=approve, reason=reason)


def disposed(city: City) -> str:
    """Return a case with a file that was disposed of on the first day it may be."""
    case = ended(city)
    city.clock.at(FIRST_AFTER)
    propose(city, case)
    decide(city, case)
    return case


def until(city: City, case: str) -> date | None:
    with city.site.database.read() as tx:
        return tx.execute(select(Case.kept_until).where(Case.id == case)).scalar_one()


def count(city: City, what: type) -> int:
    with city.site.database.read() as tx:
        return tx.execute(select(func.count()).select_from(what)).scalar_one()


def report(city: City):
    with city.site.database.read() as tx:
        return verify_database(tx)


def test_an_ended_case_is_kept_for_five_years_after_the_fiscal_year_of_its_end(city):
    case = ended(city, files=False)
    assert until(city, case) == LAST
    city.clock.at(date(2031, 3, 31))
    with pytest.raises(Conflict, match="今年度には満了しません"):
        propose(city, case)
    city.clock.at(date(2031, 4, 1))
    assert propose(city, case) == case
    assert until(city, to_triage(city)) is None
    assert report(city).findings == ()


def test_what_is_due_may_be_proposed_before_and_disposed_of_after_the_last_day(city):
    case = ended(city, files=False)
    city.clock.at(LAST)
    propose(city, case)
    with pytest.raises(Conflict, match="その翌日から廃棄できます"):
        decide(city, case)
    city.clock.at(FIRST_AFTER)
    decide(city, case)
    with pytest.raises(Conflict, match="廃棄されています"):
        propose(city, case)
    assert count(city, Disposal) == 1


def test_disposal_takes_bytes_names_and_personal_values_and_leaves_the_rest(city):
    before = count(city, AuditPrivate)
    case = ended(city)
    proposed = count(city, AuditPrivate)
    city.clock.at(FIRST_AFTER)
    propose(city, case)
    decide(city, case)
    assert count(city, AttachmentPiece) == 0
    assert before <= count(city, AuditPrivate) < proposed
    with city.site.database.read() as tx:
        version = tx.execute(select(AttachmentVersion.__table__)).one()
        number, title = tx.execute(select(Case.number, Case.title).where(Case.id == case)).one()
        line = tx.execute(select(Disposal.__table__)).one()
    assert (version.name, version.size) == ("", len(BIG))
    assert version.sha256 == hashlib.sha256(BIG).hexdigest()
    assert number
    assert title == "転入手続のオンライン予約"
    assert (line.files, line.bytes, line.openings) == (
        1,
        len(BIG),
        proposed - count(city, AuditPrivate),
    )
    assert (line.proposer_id, line.approver_id) == (city.person["secretariat"], city.person["cio"])
    found = report(city)
    assert (found.findings, found.disposed) == ((), 1)
    (event,) = logged.events(city, case, "retention.disposed")
    assert event["facts"]["files"] == {version.id: version.sha256}
    assert logged.changes(event)["proposer"] == city.person["secretariat"]
    assert event["actor"]["person"] == city.person["cio"]


def test_nobody_decides_alone_and_only_those_who_may(city):
    case = ended(city, files=False)
    city.clock.at(FIRST_AFTER)
    for name in ("applicant", "admin", "cio", "auditor", "head"):
        with pytest.raises(NotAllowed):
            propose(city, case, name)
    propose(city, case)
    for name in ("secretariat", "admin", "auditor", "head"):
        with pytest.raises(NotAllowed):
            decide(city, case, name)
    with city.site.database.write() as tx:  # somebody who became CIO after they had proposed
        tx.execute(update(RetentionProposal).values(proposer_id=city.person["cio"]))
    with pytest.raises(NotAllowed, match="自分の発案"):
        decide(city, case)
    assert count(city, Disposal) == 0


def test_a_refusal_says_why_and_leaves_everything(city):
    case = ended(city)
    city.clock.at(FIRST_AFTER)
    propose(city, case)
    with pytest.raises(Conflict, match="もう発案"):
        propose(city, case, what="extension", years=2)
    with pytest.raises(Invalid):
        decide(city, case, approve=False)
    first = open_proposal(city, case)
    decide(city, case, approve=False, reason="訴訟の見込みがある")
    with pytest.raises(Conflict, match="もう決まっています"):
        retention.decide(city.site, city.actor("cio"), first, approve=True)
    assert count(city, AttachmentPiece) > 1
    assert logged.changes(logged.events(city, case, "retention.refused")[0])["reason"] == (
        "訴訟の見込みがある"
    )
    assert propose(city, case) == case
    assert report(city).findings == ()


def test_an_extension_moves_the_last_day_once_it_is_approved(city):
    case = ended(city)
    city.clock.at(FIRST_AFTER)
    for years in (None, 0, 31):
        with pytest.raises(Invalid):
            propose(city, case, what="extension", years=years)
    propose(city, case, what="extension", years=3)
    assert until(city, case) == LAST
    decide(city, case)
    assert until(city, case) == date(2035, 3, 31)
    with pytest.raises(Conflict, match="今年度には満了しません"):
        propose(city, case)
    assert report(city).findings == ()
    with city.site.database.write() as tx:
        tx.execute(update(Case).where(Case.id == case).values(kept_until=LAST))
    (finding,) = report(city).findings
    assert "令和17年3月31日" in finding.text


def test_cases_under_hold_are_refused_with_a_sentence(city):
    case = ended(city, files=False)
    city.clock.at(FIRST_AFTER)
    child = to_triage(city)
    with city.site.database.write() as tx:
        tx.execute(update(Case).where(Case.id == child).values(parent_id=case))
    with pytest.raises(Conflict, match=r"つながる案件 .* が進行中です"):
        propose(city, case)
    with pytest.raises(Conflict, match="進行中の案件です"):
        propose(city, child)
    with city.site.database.write() as tx:
        tx.execute(update(Case).where(Case.id == child).values(parent_id=None, previous_id=case))
    with pytest.raises(Conflict, match=r"つながる案件 .* が進行中です"):  # it is compared with it
        propose(city, case)
    with city.site.database.write() as tx:
        tx.execute(update(Case).where(Case.id == child).values(previous_id=None))
    propose(city, case)
    owed = {
        "id": "d" * 32, "case_id": case, "kind": "condition", "text": "報告", "status": "open",
        "owner_group": "section:tax", "imposed_at": city.clock(),
    }  # fmt: skip
    with city.site.database.write() as tx:
        tx.execute(insert(Duty).values(owed))
    with pytest.raises(Conflict, match="条件が 1 件"):  # asked again when it is approved
        decide(city, case)


def test_a_deletion_without_its_event_is_refused_by_the_database_and_found(city):
    case = ended(city)
    for statement in (delete(AttachmentPiece), update(AttachmentVersion).values(name="")):
        with pytest.raises(DBAPIError, match="never"), city.site.database.write() as tx:
            tx.execute(statement)
    with city.site.database.write() as tx:  # a row that no act has written opens the triggers
        tx.execute(
            insert(Disposal).values(
                case_id=case, kept_until=LAST, reason="", proposer_id="x", approver_id="y",
                at=city.clock(), files=1, bytes=1, openings=0, forms=0,
            )
        )  # fmt: skip
        tx.execute(delete(AttachmentPiece))
        tx.execute(update(AttachmentVersion).values(name=""))
    texts = [one.text for one in report(city).findings]
    assert any("添付ファイルの中身が、添付されたときのものと違います" in one for one in texts)
    assert any("廃棄が、記録にありません" in one for one in texts)


def test_a_line_of_the_register_stays_and_opens_the_files_of_its_case_only(city):
    other = ended(city)
    disposed(city)
    for statement in (
        delete(Disposal), update(Disposal).values(reason="x"), delete(AttachmentPiece),
        update(AttachmentVersion).values(sha256="0" * 64), delete(AttachmentVersion),
        update(AttachmentVersion).where(AttachmentVersion.name == "").values(name="別.pdf"),
    ):  # fmt: skip
        with pytest.raises(DBAPIError), city.site.database.write() as tx:
            tx.execute(statement)
    with city.site.database.read() as tx:
        left = tx.execute(select(AttachmentVersion.case_id).join(
            AttachmentPiece, AttachmentPiece.version_id == AttachmentVersion.id
        )).scalars()  # fmt: skip
        assert set(left) == {other}


def test_nothing_is_attached_to_a_disposed_case(city):
    case = disposed(city)
    with pytest.raises((Conflict, NotAllowed)):
        attach(city, case)


def test_a_cancelled_case_is_kept_as_the_version_it_ran_on_says(city):
    case = to_triage(city)
    case_acts.cancel(city.site, city.actor("admin"), case, "重複")
    assert until(city, case) == LAST
    (event,) = logged.events(city, case, "case.cancelled")
    assert event["facts"]["kept_until"] == "2032-03-31"
