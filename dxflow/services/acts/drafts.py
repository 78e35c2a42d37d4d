"""Drafts: what somebody typed and has not handed in, kept for its owner.

A draft of a task lies under `task:<work item>`, one of a proposal under `start:<process>:<id>`; the
id is minted by the page before anything is saved, and a proposal is handed in under it once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, and_, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from dxflow.db.case import Case
from dxflow.db.process import Draft, Submission, WorkItem
from dxflow.errors import Conflict, Invalid, NotFound
from dxflow.ids import new_id
from dxflow.services import plain
from dxflow.services.acts import filing, tasks
from dxflow.services.acts.closed_tasks import TaskClosed
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _

#: Bytes of a draft's JSON text; far more than any form's longest answers.
LARGEST = 1_000_000
#: Proposals a person may have begun at a time.
MOST = 200
LONGEST_TITLE = 200


class HandedIn(Conflict):
    """The proposal of this draft has been handed in already."""

    def __init__(self, case_id: str) -> None:
        self.case_id = case_id
        super().__init__(_("この提案はすでに提出されています。"))


@dataclass(frozen=True)
class DraftRow:
    """A draft as its owner sees it listed.

    A draft of a proposal has `process`; one of a task has `task_id`, the task's name and number.
    """

    id: str
    title: str
    updated_at: datetime
    process: str = ""
    task_id: str = ""
    task: str = ""
    case_number: str = ""


def fresh_id(site: Site) -> str:
    """Return an id for a draft that may come; nothing is written."""
    return new_id(site.now())


def save_start(
    site: Site, actor: Actor, process: str, draft_id: str, raw: Mapping[str, Any]
) -> None:
    """Keep what was typed of a proposal; `process` is its start's name, see `starts`.

    Raises HandedIn, NotFound or Invalid.
    """
    body, title = _body(raw), raw.get("title")
    subject = f"start:{process}:{draft_id}"
    with site.database.write() as tx:
        _require_room(tx, actor, draft_id, subject)
        shown = _shown(title if isinstance(title, str) else "")
        _write(site, tx, actor, draft_id, subject, shown, body)


def save_task(site: Site, actor: Actor, task_id: str, raw: Mapping[str, Any]) -> None:
    """Keep what was typed of a task. Raises TaskClosed, NotAllowed, NotFound or Invalid."""
    body = _body(raw)
    with site.database.write() as tx:
        item = tx.execute(
            select(WorkItem.__table__, Case.title)
            .join(Case, Case.id == WorkItem.case_id)
            .where(WorkItem.id == task_id)
        ).one_or_none()
        if item is None:
            raise NotFound(_("作業が見つかりません。"))
        tasks.require_mine(tx, actor, item)
        if item.status != "open":
            raise TaskClosed(_("この作業はもう受け付けていません。"), item.case_id)
        subject = f"task:{task_id}"
        _write(site, tx, actor, new_id(site.now()), subject, item.title, body)


def discard(site: Site, actor: Actor, draft_id: str) -> None:
    """Throw a draft away with its files. Raises NotFound for one that is not the actor's."""
    with site.database.write() as tx:
        gone = tx.execute(
            delete(Draft).where(Draft.id == draft_id, Draft.person_id == actor.person_id)
        ).rowcount
        if not gone:
            raise NotFound(_("下書きが見つかりません。"))
        filing.forget(tx, draft_id)


def mine(site: Site, actor: Actor) -> list[DraftRow]:
    """Return the actor's drafts, the latest first; those of tasks only while the task is open."""
    with site.database.read() as tx:
        rows = tx.execute(
            select(
                Draft.id, Draft.subject, Draft.title, Draft.updated_at,
                WorkItem.id.label("task_id"), WorkItem.name, Case.number,
            )
            .outerjoin(
                WorkItem,
                and_(Draft.subject == "task:" + WorkItem.id, WorkItem.status == "open"),
            )
            .outerjoin(Case, Case.id == WorkItem.case_id)
            .where(Draft.person_id == actor.person_id)
            .order_by(Draft.updated_at.desc(), Draft.id)
        ).all()  # fmt: skip
    found = []
    for row in rows:
        kind, _colon, rest = row.subject.partition(":")
        if kind == "start":
            process = rest.rpartition(":")[0]
            found.append(DraftRow(row.id, row.title, row.updated_at, process=process))
        elif row.task_id:
            found.append(
                DraftRow(
                    row.id, row.title, row.updated_at,
                    task_id=row.task_id, task=row.name, case_number=row.number,
                )
            )  # fmt: skip
    return found


def require_open(site: Site, actor: Actor, draft_id: str) -> None:
    """Raise HandedIn when the proposal of this draft has been handed in, NotFound for another's.

    An id that nothing was saved under yet is open.
    """
    with site.database.read() as tx:
        _require_not_handed_in(tx, actor, draft_id)
        _require_not_anothers(tx, actor, draft_id)


def _require_room(tx: Connection, actor: Actor, draft_id: str, subject: str) -> None:
    _require_not_handed_in(tx, actor, draft_id)
    kept = _require_not_anothers(tx, actor, draft_id)
    if kept is not None and kept != subject:  # a draft stays with what it would begin
        raise NotFound(_("下書きが見つかりません。"))
    if kept is None:
        number = tx.execute(
            select(func.count()).select_from(Draft).where(Draft.person_id == actor.person_id)
        ).scalar_one()
        if number >= MOST:
            raise Invalid(_("下書きが {n} 件あります。使わないものを消してください。", n=MOST))


def _require_not_anothers(tx: Connection, actor: Actor, draft_id: str) -> str | None:
    """Return the subject of the actor's draft, None when nothing is saved under the id."""
    kept = tx.execute(
        select(Draft.person_id, Draft.subject).where(Draft.id == draft_id)
    ).one_or_none()
    if kept is not None and kept.person_id != actor.person_id:
        raise NotFound(_("下書きが見つかりません。"))
    return kept.subject if kept else None


def _require_not_handed_in(tx: Connection, actor: Actor, draft_id: str) -> None:
    case_id = tx.execute(
        select(Submission.case_id).where(
            Submission.person_id == actor.person_id, Submission.idempotency_key == draft_id
        )
    ).scalar_one_or_none()
    if case_id is not None:
        raise HandedIn(case_id)


def _body(raw: Mapping[str, Any]) -> str:
    body = plain.dumps(dict(raw))
    if len(body.encode()) > LARGEST:
        raise Invalid(_("下書きが大きすぎるため保存できません。文章を短くしてください。"))
    return body


def _shown(title: str) -> str:
    """Return a draft's title as one line."""
    line = " ".join("".join(c if c.isprintable() else " " for c in title).split())
    return line[:LONGEST_TITLE]


def _write(
    site: Site, tx: Connection, actor: Actor, draft_id: str, subject: str, title: str, body: str
) -> None:
    now = site.now()
    tx.execute(
        _upsert(tx.dialect.name),
        {
            "id": draft_id,
            "person_id": actor.person_id,
            "subject": subject,
            "title": title,
            "body": body,
            "created_at": now,
            "updated_at": now,
        },
    )


@cache
def _upsert(dialect: str) -> Any:
    make = sqlite.insert if dialect == "sqlite" else postgresql.insert
    statement = make(Draft)
    new = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=["person_id", "subject"],
        set_={"title": new.title, "body": new.body, "updated_at": new.updated_at},
    )
