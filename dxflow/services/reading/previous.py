"""前年の案件: what reads otherwise than last year, and what became of what was promised then."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select

from dxflow import forms
from dxflow.db.case import Case
from dxflow.db.process import Submission, WorkItem
from dxflow.services import plain
from dxflow.services.acts.continuing import may_name
from dxflow.services.acts.history import DRAFT
from dxflow.services.packs import store as packs
from dxflow.services.people import visibility
from dxflow.services.people.actor import Actor
from dxflow.services.reading import opinions
from dxflow.services.reading.case_head import CaseHead, head_of, read_facts
from dxflow.services.reading.case_opening import Opened, open_case
from dxflow.services.reading.case_view import CasePage, page_of
from dxflow.services.reading.in_force import matter_of
from dxflow.services.reading.submitted import Contexts
from dxflow.services.site import Site
from dxflow.texts import translated


@dataclass(frozen=True)
class Compared:
    """A form of both years. `changes` are what reads otherwise; `only` is "before", "after" or ""."""

    title: str
    changes: tuple[forms.Difference, ...]
    only: str = ""


@dataclass(frozen=True)
class PreviousPage:
    """The page. `before` is last year's case as the reader sees it, None without one.

    `number` names it, `hidden`: there is one that the reader may not read.
    """

    head: CaseHead
    number: str
    hidden: bool
    before: CasePage | None
    forms: tuple[Compared, ...]
    may_name: bool


def page(site: Site, actor: Actor, case_id: str) -> PreviousPage:
    """Return the comparison of a case with last year's. Raises NotFound."""
    with site.database.read() as tx:
        opened = open_case(site, tx, actor, case_id)
        head = head_of(opened, read_facts(opened))
        may = may_name(actor, opened.case)
        previous = opened.case["previous_id"]
        seen = (
            previous
            and tx.execute(
                select(Case.id).where(Case.id == previous, visibility.visible(site, tx, actor))
            ).one_or_none()
        )
        if not seen:
            return PreviousPage(head, "", bool(previous), None, (), may)
        before = open_case(site, tx, actor, previous)
        return PreviousPage(
            head, before.case["number"], False, page_of(before, read_facts(before)),
            _compared(before, opened), may,
        )  # fmt: skip


def _compared(before: Opened, after: Opened) -> tuple[Compared, ...]:
    """Return how the forms that make the case differ, in the order in which they were handed in."""
    was, now = _drafted(before), _drafted(after)
    contexts = Contexts(before), Contexts(after)
    found = []
    for key in dict.fromkeys((*now, *was)):
        old, new = was.get(key), now.get(key)
        views = [
            _view(opened, row, context) if row is not None else None
            for opened, row, context in ((before, old, contexts[0]), (after, new, contexts[1]))
        ]
        if views[0] is not None and views[1] is not None:
            changes = forms.compared(views[0], views[1])
            found.append(Compared(translated(key[1] or views[1].title), changes))
        else:
            one = views[0] or views[1]
            title = translated(key[1] or (one.title if one else key[0]))
            found.append(Compared(title, (), "before" if new is None else "after"))
    return tuple(found)


def _drafted(opened: Opened) -> dict[tuple[str, str], Any]:
    """Return what made the case, by form as it was handed in last: no opinion, no judgement."""
    said = opinions.elements(opened.pack)
    rows = opened.tx.execute(
        select(
            Submission.form_key, Submission.body, Submission.pack_digest, Submission.element,
            WorkItem.name, WorkItem.process_key,
        )
        .outerjoin(WorkItem, WorkItem.id == Submission.work_item_id)
        .where(
            Submission.case_id == opened.id,
            Submission.act == DRAFT,
            Submission.superseded_at.is_(None),
        )
        .order_by(Submission.at, Submission.id)
    )  # fmt: skip
    return {_what(opened, row): row for row in rows if row.element not in said}


def _what(opened: Opened, row: Any) -> tuple[str, str]:
    """Return the form, and which of many matters it was handed in for, where its task says that."""
    return row.form_key, matter_of(opened, row)


def _view(opened: Opened, row: Row[Any], contexts: Contexts) -> forms.FormView:
    pack = packs.load(opened.site, opened.tx, row.pack_digest)
    return forms.readonly_view(pack.form(row.form_key), plain.loads(row.body), contexts.of(pack))
