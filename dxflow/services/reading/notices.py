"""Notices left for a person's groups, and up to when the person has read them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    exists,
    func,
    insert,
    literal_column,
    select,
    union_all,
    update,
)

from dxflow.db.case import Case, Notice, NoticeRead
from dxflow.db.process import Submission, WorkItem
from dxflow.services.packs import own_words
from dxflow.services.paging import MOST_COUNTED, MOST_IN_BADGE, Page, bounds, count
from dxflow.services.people import visibility
from dxflow.services.people.actor import Actor
from dxflow.services.reading import inbox, open_work
from dxflow.services.site import Site
from dxflow.texts import PackText

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
#: What makes notices one to their reader: left for several of their groups at once.
_ALIKE = (Notice.message, Notice.case_id, Notice.at)


#: The pack version whose words a notice has, also where its case may not be seen.
_PACK = (
    select(Case.pack_digest).where(Case.id == Notice.case_id).correlate(Notice).scalar_subquery()
)


@dataclass(frozen=True)
class Left:
    """A notice. `case_id` is empty when it is about no case, or one the reader may not see."""

    id: str
    message: str
    at: datetime
    fresh: bool
    case_id: str
    case_number: str
    case_title: str
    #: About a case that the reader may not see.
    hidden: bool = False
    #: The meeting it is about, "" for none.
    meeting_id: str = ""
    #: The task of its case that had been sent back by then and waits for the reader, or "".
    task_id: str = ""


def for_actor(site: Site, actor: Actor, page: int = 1, per_page: int = 50) -> Page[Left]:
    """Return the notices for the actor, the latest first, each once."""
    offset, limit = bounds(page, per_page)
    with site.database.read() as tx:
        mine = _for(actor)
        total, more = count(tx, _once(mine, MOST_COUNTED))
        latest = tx.execute(_latest(actor, offset + limit).offset(offset).limit(limit)).scalars()
        entries = _left(site, tx, actor, Notice.id.in_(list(latest)), limit)
    return Page(entries, page, per_page, total, more)


def _latest(actor: Actor, most: int) -> Select[Any]:
    """Return the ids of the latest notices of the actor's groups: the latest of each, then of all."""
    each = [
        select(Notice.id, *_ALIKE)
        .where(Notice.group_key == group)
        .order_by(Notice.at.desc(), Notice.id.desc())
        .limit(most)
        .subquery()
        for group in sorted(actor.groups)
    ]
    every = union_all(*(select(one) for one in each)).subquery().c
    first = func.min(every.id)
    return (
        select(first)
        .group_by(every.message, every.case_id, every.at)
        .order_by(every.at.desc(), first.desc())
    )


def _once(which: ColumnElement[bool], most: int) -> Select[Any]:
    """Return one row for each of at least `most` notices: no more are read than that needs."""
    some = select(*_ALIKE).where(which).limit(2 * (most + 1)).subquery()
    return select(some).distinct()


def one(site: Site, actor: Actor, notice_id: str) -> Left | None:
    """Return a notice when it is for the actor."""
    with site.database.read() as tx:
        return next(iter(_left(site, tx, actor, _for(actor) & (Notice.id == notice_id))), None)


def since(site: Site, actor: Actor, moment: datetime, most: int) -> tuple[list[Left], int]:
    """Return the latest of the notices left for the actor after a moment, and how many there are.

    What was left for several of the actor's groups at once is listed and counted once.
    """
    later = _for(actor) & (Notice.at > moment)
    with site.database.read() as tx:
        first = select(func.min(Notice.id)).where(later).group_by(*_ALIKE)
        total = tx.execute(select(func.count()).select_from(first.subquery())).scalar_one()
        return _left(site, tx, actor, Notice.id.in_(first), limit=most), total


def _for(actor: Actor) -> ColumnElement[bool]:
    return Notice.group_key.in_(sorted(actor.groups))


def _left(
    site: Site,
    tx: Connection,
    actor: Actor,
    which: ColumnElement[bool],
    limit: int = 1,
) -> list[Left]:
    rows = tx.execute(
        select(
            Notice.id, Notice.message, Notice.at, Notice.case_id.label("about"),
            Notice.meeting_id, Case.id.label("case_id"), Case.number, Case.title,
            _PACK.label("pack"),
            NoticeRead.read_at,
        )
        .select_from(Notice)
        .outerjoin(Case, (Case.id == Notice.case_id) & visibility.visible(site, tx, actor))
        .outerjoin(NoticeRead, NoticeRead.person_id == actor.person_id)
        .where(which)
        .order_by(Notice.at.desc(), Notice.id.desc())
        .limit(limit)
    ).all()  # fmt: skip
    tasks = _tasks(site, tx, actor, {row.case_id for row in rows if row.case_id})
    words = {} if all(row.pack for row in rows) else own_words.in_force(site, tx)
    return [
        Left(
            id=row.id,
            message=own_words.text(site, tx, row.pack, row.message)
            if row.pack
            else PackText(row.message, words),
            at=row.at,
            fresh=row.at > (row.read_at or _NEVER),
            case_id=row.case_id or "",
            case_number=row.number or "",
            case_title=row.title or "",
            hidden=row.about is not None and row.case_id is None,
            meeting_id=row.meeting_id or "",
            task_id=next(
                (
                    task.id
                    for task in tasks
                    if task.case_id == row.case_id and task.created_at <= row.at
                ),
                "",
            ),
        )
        for row in rows
    ]


def _tasks(site: Site, tx: Connection, actor: Actor, cases: Collection[str]) -> list[Any]:
    """Return what was sent back in cases and the reader may write again now, the latest first."""
    if not cases:
        return []
    written = exists().where(
        Submission.case_id == WorkItem.case_id,
        Submission.form_key == WorkItem.form_key,
        Submission.act == literal_column("'draft'"),
    )
    rows = tx.execute(
        select(WorkItem.id, WorkItem.case_id, WorkItem.created_at)
        .where(
            WorkItem.case_id.in_(sorted(cases)),
            WorkItem.status == "open",
            open_work.condition(site, tx, actor, "mine"),
            inbox.SENT_BACK,
            written.correlate(WorkItem),
        )
        .order_by(WorkItem.created_at.desc(), WorkItem.id)
    )
    return list(rows)


def unread_count(site: Site, actor: Actor) -> int:
    """Return how many notices have come since the person last read them: one query.

    Counting ends one past MOST_IN_BADGE.
    """
    read = select(NoticeRead.read_at).where(NoticeRead.person_id == actor.person_id)
    with site.database.read() as tx:
        new = _for(actor) & (Notice.at > func.coalesce(read.scalar_subquery(), _NEVER))
        fresh = _once(new, MOST_IN_BADGE).limit(MOST_IN_BADGE + 1).subquery()
        return int(tx.execute(select(func.count()).select_from(fresh)).scalar_one())


def mark_read(site: Site, actor: Actor) -> None:
    """Remember that the person has read everything up to now."""
    now = site.now()
    with site.database.write() as tx:
        moved = tx.execute(
            update(NoticeRead).where(NoticeRead.person_id == actor.person_id).values(read_at=now)
        ).rowcount
        if not moved:
            tx.execute(insert(NoticeRead).values(person_id=actor.person_id, read_at=now))
