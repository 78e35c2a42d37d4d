"""Plans of transfers as rows: made from files, given more, thrown away.

Each change raises the plan's version; an act on an outdated page is refused.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from dxflow import audit
from dxflow.calendars.fiscal import fiscal_label, fiscal_year_of
from dxflow.calendars.wareki import wareki_date
from dxflow.db.transfer import TransferFile, TransferFill, TransferPlan
from dxflow.errors import Conflict, Invalid, NotFound
from dxflow.ids import new_id
from dxflow.services import plain
from dxflow.services.administration.imports.reading import Sheet
from dxflow.services.administration.transfers import columns
from dxflow.services.keyed import Keyed, made_before
from dxflow.services.people import person_rows
from dxflow.services.people.actor import Actor
from dxflow.services.people.person_rows import ADMIN_ROLE
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import mark

LONGEST_NAME = 100
#: How far back a transfer may begin: papers that come late.
LATEST_ENTRY = timedelta(days=31)
#: In these states a plan may still be changed.
OPEN = frozenset({"draft", "blocked"})
#: Plans of decades: as many as are ever listed.
MOST_LISTED = 1000
_AT_A_TIME = 500


@dataclass(frozen=True)
class Upload:
    """A file that was sent, with headings somebody mapped by hand."""

    content: bytes
    name: str
    what: str = ""
    mapped: Mapping[str, str] | None = None


def status_words() -> Mapping[str, str]:
    """Return the words for the states of a plan."""
    return {
        "draft": _("準備中"), "scheduled": _("予約済み"), "blocked": _("保留（適用できず）"),
        "applied": _("適用済み"), "undone": _("取消し済み"), "discarded": _("破棄"),
    }  # fmt: skip


def require_administrator(by: Actor) -> None:
    """Raise NotAllowed for anybody but administrators and the operator at the command line."""
    if not by.is_system:
        by.require_role(ADMIN_ROLE)


def require_effective(site: Site, day: date | None) -> date:
    """Return the day of a transfer. Raises Invalid for none, and for one of another year.

    It lies in the present fiscal year, a month ago at the earliest, or in the next one.
    """
    today = site.today()
    if day is None:
        message = _("異動の日を入れてください。")
        raise Invalid(message, {"effective": [message]})
    year = fiscal_year_of(today)
    if day < today - LATEST_ENTRY or fiscal_year_of(day) > year + 1:
        message = _(
            "{day}（{year}）は異動の日にできません。{first}から、{last}の終わりまでの日にしてください。",
            day=wareki_date(day), year=fiscal_label(fiscal_year_of(day)),
            first=wareki_date(today - LATEST_ENTRY), last=fiscal_label(year + 1),
        )  # fmt: skip
        raise Invalid(message, {"effective": [message]})
    return day


def create(
    site: Site, by: Actor, name: str, effective: date | None, first: Upload,
    keyed: Keyed | None = None,
) -> str:  # fmt: skip
    """Make a plan of a file and return its id; the same key gives the first one again.

    Raises Invalid, Refused for a file that is no table, Unmapped for headings nobody knows.
    """
    require_administrator(by)
    day = require_effective(site, effective)
    said = _name(name) or _("{day} の人事異動", day=wareki_date(day))
    with site.database.write() as tx:
        plan = keyed.id_by(by.person_id) if keyed else new_id(site.now())
        if keyed and made_before(tx, TransferPlan.id, by.person_id, keyed):
            return plan
        tx.execute(
            insert(TransferPlan).values(
                id=plan, name=said, effective=day, status="draft", version=1,
                made_by=by.person_id, made_at=site.now(),
            )
        )  # fmt: skip
        what = _put(site, tx, plan, first)
        record(
            site, tx, by, "transfer.planned", plan,
            audit.Change("name", mark("名前"), None, said),
            audit.Change("valid_from", mark("始まり"), None, day),
            audit.Change("file", mark("ファイル"), None, f"{what}: {first.name}"),
        )  # fmt: skip
    return plan


def put_file(site: Site, by: Actor, plan: str, upload: Upload, version: int | None = None) -> str:
    """Add a file to a plan, in the place of an earlier one of its kind; return the kind."""
    require_administrator(by)
    with site.database.write() as tx:
        changing(tx, plan, version)
        what = _put(site, tx, plan, upload)
        record(
            site, tx, by, "transfer.changed", plan,
            audit.Change("file", mark("ファイル"), None, f"{what}: {upload.name}"),
        )  # fmt: skip
    return what


def remove_file(site: Site, by: Actor, plan: str, what: str, version: int | None = None) -> None:
    """Take a file out of a plan. Raises NotFound, Conflict for its only one."""
    require_administrator(by)
    with site.database.write() as tx:
        changing(tx, plan, version)
        there = list(
            tx.execute(select(TransferFile.what).where(TransferFile.plan_id == plan)).scalars()
        )
        if what not in there:
            raise NotFound(_("そのファイルはありません。"))
        if there == [what]:
            raise Conflict(_("ただ一つのファイルは外せません。計画を破棄してください。"))
        tx.execute(
            delete(TransferFile).where(TransferFile.plan_id == plan, TransferFile.what == what)
        )
        record(
            site, tx, by, "transfer.changed", plan,
            audit.Change("file", mark("ファイル"), what, None),
        )  # fmt: skip


def discard(site: Site, by: Actor, plan: str, version: int | None = None) -> None:
    """Throw a plan away that was not applied. Raises Conflict when it is scheduled or applied."""
    require_administrator(by)
    with site.database.write() as tx:
        changing(tx, plan, version, status="discarded", ended_by=by.person_id, ended_at=site.now())
        record(site, tx, by, "transfer.discarded", plan)


@dataclass(frozen=True)
class Listed:
    """A plan in the list; `files` are the kinds of its files."""

    id: str
    name: str
    effective: date
    status: str
    made_at: datetime
    files: tuple[str, ...]


def listed(site: Site, by: Actor, most: int = 100) -> list[Listed]:
    """Return the plans, the latest day first, in two queries."""
    require_administrator(by)
    with site.database.read() as tx:
        rows = tx.execute(
            select(
                TransferPlan.id, TransferPlan.name, TransferPlan.effective, TransferPlan.status,
                TransferPlan.made_at,
            )
            .order_by(TransferPlan.effective.desc(), TransferPlan.id.desc())
            .limit(most)
        ).all()  # fmt: skip
        files: dict[str, list[str]] = {}
        for one in tx.execute(
            select(TransferFile.plan_id, TransferFile.what)
            .where(TransferFile.plan_id.in_([row.id for row in rows]))
            .order_by(TransferFile.what)
        ):
            files.setdefault(one.plan_id, []).append(one.what)
    return [Listed(**row._asdict(), files=tuple(files.get(row.id, ()))) for row in rows]


def row_of(tx: Connection, plan: str, *, lock: bool = False) -> Any:
    """Return a plan's row. Raises NotFound."""
    query = select(TransferPlan.__table__).where(TransferPlan.id == plan)
    row = tx.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise NotFound(_("この異動の計画はありません。"))
    return row


def changing(
    tx: Connection, plan: str, version: int | None, among: frozenset[str] = OPEN, **values: object
) -> Any:
    """Return the row of a plan that is to be changed, as it was, with its version raised.

    Raises NotFound, Conflict when it is in no state for it or has changed since `version`.
    """
    row = row_of(tx, plan, lock=True)
    if version is not None and version != row.version:
        raise Conflict(
            _(
                "開いている間に、ほかの管理者がこの計画を変えました。今の内容を確かめてから、もう一度操作してください。"
            )
        )
    if row.status not in among:
        words = status_words()[row.status]
        raise Conflict(_("この計画は「{status}」なので、この操作はできません。", status=words))
    tx.execute(
        update(TransferPlan)
        .where(TransferPlan.id == plan)
        .values({"version": row.version + 1, **values})
    )
    return row


def sheets_of(tx: Connection, plan: str) -> dict[str, Sheet]:
    """Return the files of a plan, read. Raises Refused, Unmapped."""
    found = {}
    for row in tx.execute(select(TransferFile.__table__).where(TransferFile.plan_id == plan)).all():
        mapped: dict[str, str] = plain.loads(row.columns)
        found[row.what] = columns.read(row.content, row.name, {}, row.what, mapped)[0]
    return found


def fills_of(tx: Connection, plan: str) -> dict[str, tuple[str, str]]:
    """Return how holes are filled: (target, reason) by hole."""
    rows = tx.execute(select(TransferFill.__table__).where(TransferFill.plan_id == plan))
    return {row.hole: (row.target, row.reason) for row in rows}


def put_fills(
    site: Site, tx: Connection, by: Actor, plan: str, rows: Sequence[tuple[str, str, str]]
) -> None:
    """Keep choices of a plan, (hole, target, reason), in the place of earlier ones; "" drops one."""
    for begin in range(0, len(rows), _AT_A_TIME):
        holes = [hole for hole, *_rest in rows[begin : begin + _AT_A_TIME]]
        tx.execute(
            delete(TransferFill).where(TransferFill.plan_id == plan, TransferFill.hole.in_(holes))
        )
    kept = [
        {"plan_id": plan, "hole": hole, "target": target, "reason": said,
         "person_id": by.person_id, "at": site.now()}
        for hole, target, said in rows
        if target
    ]  # fmt: skip
    if kept:
        tx.execute(insert(TransferFill), kept)


def record(
    site: Site, tx: Connection, by: Actor, event: str, plan: str, *changes: audit.Change
) -> None:
    """Record what was done to a plan on the stream of administration."""
    person_rows.record(
        site, tx, by, event, by.person_id, *changes, subject=audit.Subject("transfer", plan)
    )


def _put(site: Site, tx: Connection, plan: str, upload: Upload) -> str:
    sheet, served = columns.read(
        upload.content, upload.name, columns.remembered(tx), upload.what, upload.mapped
    )
    what = sheet.layout.what
    columns.remember(tx, what, served)
    tx.execute(delete(TransferFile).where(TransferFile.plan_id == plan, TransferFile.what == what))
    tx.execute(
        insert(TransferFile).values(
            plan_id=plan, what=what, name=upload.name[:200], content=upload.content,
            columns=plain.dumps(served), at=site.now(),
        )
    )  # fmt: skip
    return what


def _name(name: str) -> str:
    said = " ".join(name.split())
    if len(said) > LONGEST_NAME:
        message = _("名前を {n} 文字までで入力してください。", n=LONGEST_NAME)
        raise Invalid(message, {"name": [message]})
    return said
