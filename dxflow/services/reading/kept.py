"""Until when an ended case is kept, or by whom and when it was disposed of (廃棄)."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from dxflow.calendars.wareki import wareki_date
from dxflow.clock import local_date
from dxflow.db.retention import Disposal
from dxflow.services.people import naming
from dxflow.services.reading.case_opening import Opened
from dxflow.texts import gettext as _


@dataclass(frozen=True)
class Disposed:
    """A disposal as the pages of its case tell it. `files` counts the versions whose bytes went."""

    at: datetime
    proposer: str
    approver: str
    files: int

    @property
    def sentence(self) -> str:
        """Return who disposed of the case when, and what went."""
        who = _(
            "{day} に廃棄しました（発案 {proposer} さん、承認 {approver} さん）。",
            day=wareki_date(local_date(self.at)), proposer=self.proposer, approver=self.approver,
        )  # fmt: skip
        gone = (
            _("添付ファイル {n} 件の中身と、個人情報の値は残っていません。", n=self.files)
            if self.files
            else _("個人情報の値は残っていません。")
        )
        return _("{who}{gone}番号、件名、経過、決裁、監査ログは残っています。", who=who, gone=gone)


@dataclass(frozen=True)
class Kept:
    """`until` is the last day on which an ended case is kept, None for good or after disposal."""

    until: date | None
    disposed: Disposed | None = None

    @property
    def words(self) -> str:
        """Return until when it is kept, as people read it."""
        if self.disposed is not None:
            return _("廃棄済み")
        if self.until is None:
            return _("永年")
        return _("{day} まで", day=wareki_date(self.until))


def kept_of(opened: Opened) -> Kept | None:
    """Return until when a case is kept, None while it runs.

    No query for one with a last day, two at most for others.
    """
    case = opened.case
    if case["ended_at"] is None:
        return None
    if case["kept_until"] is not None:
        return Kept(case["kept_until"])
    row = opened.tx.execute(
        select(Disposal.__table__).where(Disposal.case_id == opened.id)
    ).one_or_none()
    if row is None:
        return Kept(None)
    people = naming.load(opened.tx, opened.who, persons=[row.proposer_id, row.approver_id])
    names = people.person(row.proposer_id), people.person(row.approver_id)
    return Kept(None, Disposed(row.at, *names, row.files))
