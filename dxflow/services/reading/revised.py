"""What was changed in a proposal since its reader last acted on the case.

Whoever sent a case back gets it again and wants to know what the correction changed. Where nothing
was handed in twice, which is most of the time, one query finds that out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, or_, select

from dxflow import forms
from dxflow.db.process import Submission, WorkItem
from dxflow.services import plain
from dxflow.services.packs import store as packs
from dxflow.services.reading.case_opening import Opened
from dxflow.services.reading.in_force import InForce, matter_of
from dxflow.services.reading.submitted import Contexts
from dxflow.texts import translated


@dataclass(frozen=True)
class Revised:
    """A form that was handed in again: by whom, when, and what reads otherwise than before."""

    title: str
    person: str
    at: datetime
    seen_at: datetime
    changes: tuple[forms.Difference, ...]


def since_seen(
    opened: Opened, drafts: Sequence[InForce], contexts: Contexts
) -> tuple[Revised, ...]:
    """Return what differs from what the reader, or who had their post before them, last acted on.

    `drafts` are the submissions by which the proposal is made now. A version that the reader
    handed in themselves is one they know.
    """
    earlier = _earlier(opened, [one.row for one in drafts])
    seen_at = _seen_at(opened) if earlier else None
    if seen_at is None:
        return ()
    seen = {
        (row.form_key, matter_of(opened, row)): row.id
        for row in earlier
        if row.at <= seen_at and (row.superseded_at is None or row.superseded_at > seen_at)
    }
    corrected = [
        (one, seen[one.row.form_key, one.matter])
        for one in drafts
        if one.row.at > seen_at and (one.row.form_key, one.matter) in seen
    ]
    versions = {
        row.id: row
        for row in opened.tx.execute(
            select(Submission.id, Submission.body, Submission.pack_digest, Submission.form_key)
            .where(Submission.id.in_([before for _one, before in corrected]))
        )
    }  # fmt: skip
    found = []
    for one, before in corrected:
        row = one.row
        was, now = (_view(opened, each, contexts) for each in (versions[before], row))
        if changes := forms.compared(was, now):
            title = translated(one.matter) or now.title
            found.append(Revised(title, row.person_name or "", row.at, seen_at, changes))
    return tuple(found)


def _earlier(opened: Opened, in_force: Sequence[Row[Any]]) -> list[Any]:
    """Return the other versions of the forms, the oldest first, without what stands in them."""
    rows = opened.tx.execute(
        select(
            Submission.id, Submission.form_key, Submission.at, Submission.superseded_at,
            Submission.element, WorkItem.name, WorkItem.process_key,
        )
        .outerjoin(WorkItem, WorkItem.id == Submission.work_item_id)
        .where(
            Submission.case_id == opened.id,
            Submission.form_key.in_(sorted({row.form_key for row in in_force})),
            Submission.id.not_in([row.id for row in in_force]),
        )
        .order_by(Submission.at, Submission.id)
    )  # fmt: skip
    return list(rows)


def _seen_at(opened: Opened) -> datetime | None:
    """Return when the reader, or somebody in a post of theirs, last acted on the case."""
    kind = "post:"
    posts = [one.removeprefix(kind) for one in opened.actor.reach if one.startswith(kind)]
    return opened.tx.execute(
        select(func.max(Submission.at)).where(
            Submission.case_id == opened.id,
            Submission.superseded_at.is_(None),
            or_(Submission.person_id == opened.actor.person_id, Submission.post.in_(sorted(posts))),
        )
    ).scalar_one()


def _view(opened: Opened, row: Any, contexts: Contexts) -> forms.FormView:
    pack = packs.load(opened.site, opened.tx, row.pack_digest)
    return forms.readonly_view(pack.form(row.form_key), plain.loads(row.body), contexts.of(pack))
