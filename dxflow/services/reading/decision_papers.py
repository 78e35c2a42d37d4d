"""The decision of a case as its page shows it: by which row, the document, its way, its stamps.

The number of queries does not depend on how much there is to show.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, and_, or_, select

from dxflow.authority.papers import Paper, is_whole, may_add
from dxflow.authority.route import Part
from dxflow.authority.standing_in import PASSED_OVER, Way
from dxflow.calendars.wareki import wareki_short
from dxflow.clock import local_date
from dxflow.db.document import Addendum, DecisionDocument, Stamp, TaskHold
from dxflow.db.identity import Person
from dxflow.db.standing import StoodIn
from dxflow.errors import NotFound
from dxflow.services import plain
from dxflow.services.packs import own_words
from dxflow.services.people import naming
from dxflow.services.people.actor import Actor
from dxflow.services.people.naming import Names
from dxflow.services.reading import case_rulings, case_view, disposed_papers
from dxflow.services.reading.case_head import CaseHead, Facts, head_of, read_facts
from dxflow.services.reading.case_opening import Opened, OpenItem, open_case
from dxflow.services.reading.case_rulings import DecisionView
from dxflow.services.reading.case_view import DutyView
from dxflow.services.reading.disposed_papers import Gone, Left
from dxflow.services.reading.holders import Having, having, persons_having
from dxflow.services.site import Site
from dxflow.texts import gettext as _


@dataclass(frozen=True)
class StampView:
    """A place in the row of stamps. `state` is done, now (somebody has it), next, or passed.

    Passed: its holder was away and `later` reads it; `person` is who.
    `mark` is 代 or 代理 where it was done for another, `later` the state of 後閲, both empty else.
    `since` is when whoever has it got it, `due` until when; `having` names them. `withheld` says why outcome and remark
    may not be read, "" when they may.
    """

    part: str
    part_name: str
    title: str
    person: str
    mark: str
    later: str
    state: str
    outcome: str
    outcome_name: str
    remark: str
    dated: date | None
    at: datetime | None
    since: datetime | None
    due: datetime | None
    withheld: str = ""
    #: Who has it now, where that is a few people, and who stands in for them.
    having: Having = field(default_factory=Having)


@dataclass(frozen=True)
class AdditionView:
    """A text that was set beside the document."""

    text: str
    person: str
    post: str
    at: datetime


@dataclass(frozen=True)
class RulingFacts:
    """By which row of which table it is decided."""

    row: str
    table: str
    valid_from: date | None
    own_right: bool
    goes_up: bool
    explanation: str


@dataclass(frozen=True)
class DocumentView:
    """A document. `intact`: it reads as it was drawn up; `outcome` is empty before the decision.

    `digest` is the SHA-256 that it must have. After the disposal of its case `gone` is what it has
    lost, `drawn_digest` the hash of before, on which was decided; null stands where a value was.
    `provisional_on`: the day of its provisional decision while the final one is still to come.
    """

    id: str
    revision: int
    title: str
    amount: int | None
    sections: Sequence[Mapping[str, Any]]
    #: The files it covers: id, name, version, size, sha256 of each.
    attachments: Sequence[Mapping[str, Any]]
    digest: str
    drawn_digest: str
    intact: bool
    gone: Gone | None
    ruling: RulingFacts
    drafter: str
    drawn_at: datetime
    outcome: str
    outcome_name: str
    decided_at: datetime | None
    provisional_on: date | None
    stamps: tuple[StampView, ...]
    additions: tuple[AdditionView, ...]
    may_add: bool


@dataclass(frozen=True)
class HoldView:
    """A task laid aside."""

    task_id: str
    task: str
    person: str
    reason: str
    until: date
    over: bool
    at: datetime


@dataclass(frozen=True)
class DecisionPage:
    """Everything of the page; `documents` the latest first."""

    head: CaseHead
    documents: tuple[DocumentView, ...]
    decisions: tuple[DecisionView, ...]
    duties: tuple[DutyView, ...]
    holds: tuple[HoldView, ...]


def page(site: Site, actor: Actor, case_id: str) -> DecisionPage:
    """Return the decision of a case. Raises NotFound when the actor may not know of it."""
    with site.database.read() as tx:
        return page_of(open_case(site, tx, actor, case_id))


def page_of(opened: Opened) -> DecisionPage:
    """Return the decision of an opened case."""
    facts = read_facts(opened)
    documents = opened.tx.execute(
        select(DecisionDocument.__table__)
        .where(DecisionDocument.case_id == opened.id)
        .order_by(DecisionDocument.revision.desc())
    ).all()
    mine = select(DecisionDocument.id).where(DecisionDocument.case_id == opened.id)
    stamps = _stamps(opened)
    additions = opened.tx.execute(
        select(Addendum.__table__)
        .where(Addendum.document_id.in_(mine))
        .order_by(Addendum.at, Addendum.id)
    ).all()
    decisions = case_rulings.decision_rows(opened)
    still_open = {one.id for one in facts.items}
    holds = [row for row in _hold_rows(opened) if row.work_item_id in still_open]
    duties = case_view.duty_rows(opened)
    names = naming.load(
        opened.tx,
        opened.who,
        persons=[
            *(row.drafter_id for row in documents),
            *(row.person_id for row in (*stamps, *additions, *holds)),
            *(row.absent_id for row in stamps if row.way == PASSED_OVER),
            *persons_having(opened, facts.items),
        ],
        posts=[
            *(row.post for row in (*decisions, *additions)),
            *(row.group_key.removeprefix("post:") for row in stamps),
        ],
    )
    head = head_of(opened, facts)
    left = disposed_papers.of_case(opened, head.kept)
    return DecisionPage(
        head=head,
        documents=tuple(
            _document(
                opened,
                row,
                facts if place == 0 else None,
                [one for one in stamps if one.document_id == row.id],
                [one for one in additions if one.document_id == row.id],
                names,
                left.get(row.id),
            )
            for place, row in enumerate(documents)
        ),
        decisions=tuple(case_rulings.decision_view(row, names.post(row.post)) for row in decisions),
        duties=tuple(case_view.duty_view(opened, row, names) for row in duties),
        holds=tuple(_hold(opened, row, facts.items, names) for row in holds),
    )


def document(
    site: Site, actor: Actor, case_id: str, revision: int | None
) -> tuple[DecisionPage, DocumentView]:
    """Return the page and one of its documents, the latest without a number. Raises NotFound."""
    found = page(site, actor, case_id)
    for one in found.documents:
        if revision in (None, one.revision):
            return found, one
    raise NotFound(_("決裁の文書が見つかりません。"))


def hold_of(site: Site, actor: Actor, task_id: str) -> HoldView | None:
    """Return the hold of a task that the actor has before them, None when it is not laid aside."""
    with site.database.read() as tx:
        row = tx.execute(
            select(TaskHold.__table__, Person.name)
            .outerjoin(Person, Person.id == TaskHold.person_id)
            .where(TaskHold.work_item_id == task_id, TaskHold.ended_at.is_(None))
        ).one_or_none()
    if row is None:
        return None
    return HoldView(
        task_id, "", row.name or "", row.reason, row.until, row.until <= actor.on, row.at
    )


def _stamps(opened: Opened) -> list[Row[Any]]:
    return list(
        opened.tx.execute(
            select(
                Stamp.__table__, StoodIn.owner_id, StoodIn.read_at,
                StoodIn.person_id.label("stood"),
            )
            .join(DecisionDocument, DecisionDocument.id == Stamp.document_id)
            .outerjoin(
                StoodIn,
                and_(
                    StoodIn.case_id == DecisionDocument.case_id,
                    or_(
                        and_(StoodIn.person_id == Stamp.person_id, StoodIn.at == Stamp.at),
                        StoodIn.submission_id == Stamp.id,
                    ),
                ),
            )
            .where(DecisionDocument.case_id == opened.id)
            .order_by(Stamp.document_id, Stamp.place)
        )
    )  # fmt: skip


def _hold_rows(opened: Opened) -> list[Row[Any]]:
    return list(
        opened.tx.execute(
            select(TaskHold.__table__)
            .where(TaskHold.case_id == opened.id, TaskHold.ended_at.is_(None))
            .order_by(TaskHold.at)
        )
    )


def _hold(opened: Opened, row: Row[Any], items: Sequence[OpenItem], names: Names) -> HoldView:
    task = next((opened.pack.text(one.name) for one in items if one.id == row.work_item_id), "")
    return HoldView(
        row.work_item_id, task, names.person(row.person_id), row.reason, row.until,
        row.until <= opened.actor.on, row.at,
    )  # fmt: skip


def _document(
    opened: Opened,
    row: Row[Any],
    facts: Facts | None,
    stamps: Sequence[Row[Any]],
    additions: Sequence[Row[Any]],
    names: Names,
    left: Left | None,
) -> DocumentView:
    content, ruling = plain.loads(row.content), plain.loads(row.ruling)
    own = opened.pack.words
    paper = Paper(content, left.digest if left else row.digest, row.decided_at is not None)
    owners = {
        f"user:{row.drafter_id}",
        f"section:{opened.case['lead_unit']}",
        *(one.group_key for one in stamps),
        *(f"user:{one.person_id}" for one in stamps if one.person_id),
    }
    items = facts.items if facts and row.decided_at is None and opened.going else ()
    return DocumentView(
        id=row.id,
        revision=row.revision,
        title=row.title,
        amount=content.get("amount"),
        sections=own_words.worded(content.get("sections", ()), own),
        attachments=disposed_papers.named(content.get("attachments", ())),
        digest=paper.digest,
        drawn_digest=row.digest,
        intact=is_whole(paper),
        gone=left.gone(content) if left else None,
        ruling=RulingFacts(
            row=opened.pack.text(ruling.get("row", "")),
            table=ruling.get("table", ""),
            valid_from=_day(ruling.get("valid_from")),
            own_right=ruling.get("own_right") is True,
            goes_up=ruling.get("goes_up") is True,
            explanation=opened.pack.text(ruling.get("explanation", "")),
        ),
        drafter=names.person(row.drafter_id),
        drawn_at=row.drawn_at,
        outcome=row.outcome or "",
        outcome_name=case_rulings.outcome_name(row.outcome) if row.outcome else "",
        decided_at=row.decided_at,
        provisional_on=next(
            (one.dated for one in stamps if one.part == Part.PROVISIONAL and not row.decided_at),
            None,
        ),
        stamps=tuple(
            _stamp(opened, one, items, names, opened.withheld.of_stamp(one, row.drawn_at))
            for one in stamps
        ),
        additions=tuple(
            AdditionView(one.text, names.person(one.person_id), names.post(one.post), one.at)
            for one in additions
        ),
        may_add=left is None and bool(may_add(paper, opened.actor.groups, owners, "x")),
    )


def _day(text: Any) -> date | None:
    return date.fromisoformat(text) if isinstance(text, str) and text else None


def _stamp(
    opened: Opened, row: Row[Any], items: Sequence[OpenItem], names: Names, withheld: str
) -> StampView:
    part = Part(row.part)
    passed = row.way == PASSED_OVER
    has = None if row.at or passed else _has(row, items)
    person = row.absent_id if passed else row.person_id
    return StampView(
        part=row.part,
        part_name=part.label,
        title=row.title,
        person=names.person(person) if person else "",
        mark={Way.SUBSTITUTE.value: _("代"), Way.DEPUTY.value: _("代理")}.get(row.way, ""),
        later=_later(row),
        state="passed" if passed else "done" if row.at else "now" if has else "next",
        outcome="" if withheld else row.outcome,
        outcome_name="" if withheld else _outcome(part, row.outcome),
        remark="" if withheld else row.remark,
        dated=row.dated,
        at=row.at,
        since=has.created_at if has else None,
        due=has.due_at if has else None,
        withheld=withheld,
        having=having(opened, has, row.group_key, names) if has else Having(),
    )


def _has(row: Row[Any], items: Sequence[OpenItem]) -> OpenItem | None:
    """Return the open task by which this place will be stamped, None while it is not its turn."""
    judging = "decide" if row.part == Part.DECIDE else "approve"
    return next((one for one in items if one.act == judging and row.group_key in one.groups), None)


def _later(row: Row[Any]) -> str:
    if row.stood is None or row.owner_id is None:
        return ""
    if row.read_at is None:
        return _("後閲待ち")
    return _("後閲 {day}", day=wareki_short(local_date(row.read_at)))


def _outcome(part: Part, outcome: str) -> str:
    if not outcome or part is Part.DRAFT:
        return ""
    if part in (Part.DECIDE, Part.PROVISIONAL):
        return case_rulings.outcome_name(outcome)
    return {
        "agree": _("同意") if part is Part.AGREE else _("確認"),
        "approve": _("確認"),
        "object": _("不同意"),
        "send_back": _("差戻し"),
    }.get(outcome, outcome)
