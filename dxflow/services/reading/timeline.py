"""Who did what on a case, when and in which post: the case's own chain, told for people.

What happened in one act is one entry: the first event says what was done, the others what came
of it.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Row, select

from dxflow import audit
from dxflow.audit.commitments import reference
from dxflow.audit.reading import private_values
from dxflow.db.audit import AuditEvent
from dxflow.db.document import DecisionDocument
from dxflow.db.process import WorkItem
from dxflow.services import plain
from dxflow.services.attachments import viewing
from dxflow.services.packs import own_words
from dxflow.services.packs import store as packs
from dxflow.services.paging import Page, bounds
from dxflow.services.people import naming
from dxflow.services.reading import audit_words, standing, submitted
from dxflow.services.reading.case_opening import Opened
from dxflow.services.reading.case_rounds import Rounds
from dxflow.texts import gettext as _
from dxflow.texts import translated

#: A member has judged by criteria; with it goes what was given.
EVALUATED = "committee.evaluated"
#: What came of an act and says what was voted or thought.
_TELLING = frozenset({"committee.voted", "opinion.recorded", "draft.read", "document.stamped"})
_QUIET = frozenset({"task.claimed", "task.released", "timer.fired", "notice.sent"})
_GOOD = frozenset({"case.completed", "decision.recorded", "duty.met", "kpi.recorded"})
_BAD = frozenset(
    {"case.rejected", "case.stopped", "case.withdrawn", "case.cancelled", "case.suspended"}
)


#: Hashes stand in the log; here the document itself is named.
_IN_THE_LOG = frozenset({"content", "document"})
#: Here these are what a form asks for, whatever it calls it.
_STARTING = frozenset({"case.started", "case.resubmitted"})


@dataclass(frozen=True)
class Document:
    """A decision document that an act was about."""

    revision: int
    title: str


@dataclass(frozen=True)
class Consequence:
    """Something that came of an act, with the fields it changed."""

    label: str
    changes: tuple[audit.ChangeLine, ...]


@dataclass(frozen=True)
class Entry:
    """One act. `outcome` are the words of the button that was pressed, `tone` its meaning.

    `standing`: how and for whom it was done (「代決（佐藤 の代わり）」), "" when in one's own right.

    `withheld`: why the reader may not know what was voted or thought, "" when they may.
    """

    seq: int
    at: datetime
    what: str
    outcome: str
    tone: str
    person: str
    post: str
    channel: str
    reason: str
    changes: tuple[audit.ChangeLine, ...]
    consequences: tuple[Consequence, ...]
    withheld: str = ""
    documents: tuple[Document, ...] = ()
    standing: str = ""


def page_of(opened: Opened, rounds: Rounds, page: int = 1, per_page: int = 50) -> Page[Entry]:
    """Return a page of acts, the latest first: six queries at the most, whatever their number.

    The chain of a case is read as a whole (it is one index range) and told page by page.
    """
    offset, limit = bounds(page, per_page)
    bodies = list(
        opened.tx.execute(
            select(AuditEvent.body)
            .where(AuditEvent.stream == audit.case_stream(opened.id))
            .order_by(AuditEvent.seq)
        ).scalars()
    )
    # that somebody opened a file is for the log: it is no act on the case
    acts = [act for act in _acts(map(_read, bodies)) if act[0].get("type") != viewing.VIEWED]
    acts.reverse()
    shown = acts[offset : offset + limit]
    return Page(list(_entries(opened, rounds, shown)), page, per_page, len(acts))


def _read(body: str) -> dict[str, Any]:
    """Return an event's body; a damaged one reads as an event that says nothing."""
    try:
        found = plain.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _acts(bodies: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Yield the events of one act after the other: its last one carries the version after it."""
    act: list[dict[str, Any]] = []
    for body in bodies:
        act.append(body)
        if body.get("version") is not None:
            yield act
            act = []
    if act:
        yield act


def _entries(
    opened: Opened, rounds: Rounds, acts: Sequence[list[dict[str, Any]]]
) -> Iterator[Entry]:
    private = private_values(opened.tx, _committed(acts))
    texts = [[plain.dumps(body) for body in act] for act in acts]
    described = [[audit.describe(text, private) for text in act] for act in texts]
    items = _items(opened, described)
    names, documents = _names(opened, described), _documents(opened, described)
    every = [text for act in texts for text in act]
    for_others = standing.acts_for_others(opened.tx, opened.id) if acts else {}
    sources = iter(audit_words.sources(opened.site, opened.tx, every))
    for act in described:
        told = [audit_words.worded(event, next(sources), names) for event in act]
        entry = _entry(opened, rounds, act, told, items, names)
        about = dict.fromkeys(key for event in act for key in _document_ids(event))
        yield replace(
            entry,
            documents=tuple(documents[key] for key in about if key in documents),
            standing=for_others.get((act[0].person, act[0].at), ""),
        )


def _names(opened: Opened, acts: Sequence[list[audit.Entry]]) -> naming.Names:
    """Return the names of who acted and of what stands in the changes."""
    events = [event for act in acts for event in act]
    posts, units = audit_words.keys(events)
    return naming.load(
        opened.tx,
        opened.who,
        persons=[*(act[0].person for act in acts), *audit_words.persons(events)],
        posts=[*(act[0].post for act in acts), *posts],
        units=units,
    )


def _document_ids(event: audit.Entry) -> Iterator[str]:
    """Yield the ids of the decision documents that an event is about."""
    if event.type.startswith("document."):
        yield event.object_id
    yield from (one.after for one in event.changes if one.field == "document" and one.after)


def _documents(opened: Opened, acts: Sequence[list[audit.Entry]]) -> dict[str, Document]:
    """Return the decision documents of the case by id: no query where none was drawn."""
    wanted = {key for act in acts for event in act for key in _document_ids(event)}
    if not wanted:
        return {}
    rows = opened.tx.execute(
        select(DecisionDocument.id, DecisionDocument.revision, DecisionDocument.title)
        .where(DecisionDocument.case_id == opened.id, DecisionDocument.id.in_(wanted))
    )  # fmt: skip
    return {row.id: Document(row.revision, row.title) for row in rows}


def _committed(acts: Sequence[list[dict[str, Any]]]) -> list[bytes]:
    values = (
        change.get(side)
        for act in acts
        for body in act
        for change in body.get("changes", ())
        for side in ("before", "after")
    )
    return [digest for value in values if (digest := reference(value)) is not None]


def _items(opened: Opened, acts: Sequence[list[audit.Entry]]) -> dict[str, Any]:
    """Return the work items that the acts were about."""
    wanted = {act[0].object_id for act in acts if act[0].type.startswith("task.")}
    rows = opened.tx.execute(
        select(WorkItem.id, WorkItem.name, WorkItem.form_key, WorkItem.element, WorkItem.process_key)
        .where(WorkItem.case_id == opened.id, WorkItem.id.in_(wanted))
    )  # fmt: skip
    return {row.id: row for row in rows}


def _entry(
    opened: Opened,
    rounds: Rounds,
    act: list[audit.Entry],
    told: list[audit.Entry],
    items: dict[str, Any],
    names: naming.Names,
) -> Entry:
    """Return an act for people; `told` are its events with their changes in words."""
    first = act[0]
    item = items.get(first.object_id)
    meaning = opened.pack.act_of(item.process_key, item.element) if item else ""
    withheld = _withheld(opened, rounds, first, meaning, item)
    outcome, tone = ("", "") if withheld else _outcome(opened.pack, first, item)
    say = partial(own_words.of_either, say=opened.pack.said)
    return Entry(
        seq=first.seq,
        at=first.at,
        what=_what(told[0], opened.pack.said(item.name) if item else ""),
        outcome=outcome,
        tone=_tone(act, outcome, tone),
        person=names.person(first.person),
        post=names.post(first.post),
        channel=first.channel,
        reason="" if withheld else first.reason or _reason(act),
        changes=() if withheld else _shown(told[0]),
        consequences=tuple(
            Consequence(
                event.label,
                () if event.type in _TELLING and withheld else _in_words(event.changes, say),
            )
            for event in told[1:]
        ),
        withheld=withheld,
    )


def _withheld(
    opened: Opened, rounds: Rounds, first: audit.Entry, meaning: str, item: Row[Any] | None
) -> str:
    """Return why what was voted, given or thought is not shown, "" when it is."""
    hidden = (
        rounds.hides(meaning, first.person, first.at)
        if first.type == "task.completed"
        else first.type == EVALUATED and rounds.hides_scores(first.person, first.at)
    )
    if hidden:
        return _("判断の内容は、まだ見られません。")
    if item is None or first.type != "task.completed":
        return ""
    return opened.withheld.of(opened.pack, item.element, first.at)


def _what(event: audit.Entry, task: str) -> str:
    """Return what was done, with the task or the date it was about."""
    if event.type == "timer.fired":
        return _(
            "{what}：{task}", what=event.label, task=_("、").join(c.after for c in event.changes)
        )
    if event.type.startswith("file."):
        names = [one.after or one.before for one in event.changes if one.field == "name"]
        return _("{what}：{task}", what=event.label, task=_("、").join(filter(None, names)))
    if not task:
        return event.label
    if event.type == "task.completed":
        return task
    return _("{task}：{what}", task=task, what=event.label)


def _reason(act: list[audit.Entry]) -> str:
    """Return the reason that was given with an act."""
    given = (change.after for event in act for change in event.changes if change.field == "reason")
    return next((text for text in given if text), "")


def _in_words(
    changes: tuple[audit.ChangeLine, ...], say: Callable[[str], str] = translated
) -> tuple[audit.ChangeLine, ...]:
    """Return what the program recorded, such as names of stages, in the reader's language."""
    return tuple(
        replace(one, before=say(one.before), after=say(one.after))
        for one in changes
        if one.field not in _IN_THE_LOG
    )


def _shown(event: audit.Entry) -> tuple[audit.ChangeLine, ...]:
    """Return the changes that the head of the entry does not say already."""
    if event.type == "timer.fired":
        return ()
    if event.type.startswith("file."):
        return _in_words(event.changes)
    if event.type in _STARTING:
        return event.changes
    if event.type != "task.completed":
        return tuple(one for one in event.changes if one.field not in _IN_THE_LOG)
    return tuple(change for change in event.changes if change.field not in ("outcome", "reason"))


def _outcome(pack: packs.Pack, event: audit.Entry, item: Row[Any] | None) -> tuple[str, str]:
    key = next((change.after for change in event.changes if change.field == "outcome"), "")
    if not key or item is None or item.form_key not in pack.forms:
        return key, ""
    label, tone = submitted.outcome_words(pack.forms[item.form_key], key)
    return label, "care" if submitted.is_return(key) else {"danger": "bad"}.get(tone, "good")


def _tone(act: list[audit.Entry], outcome: str, tone: str) -> str:
    types = {event.type for event in act}
    if types & _BAD:
        return "bad"
    if act[0].type in _QUIET:
        return "quiet"
    if outcome:
        return tone
    return "good" if types & _GOOD else ""
