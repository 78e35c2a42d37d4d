"""Compare conditions and milestones of cases with what the log says of them.

Entries of older versions name them by their words and not by their ids; they are paired by these.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection

from dxflow.audit import reading
from dxflow.audit.chain import case_stream
from dxflow.audit.events import CASE_STREAM
from dxflow.audit.findings import Finding
from dxflow.audit.plain import plain
from dxflow.audit.rows.words import UNTOLD, Names, Place, day_words, gone, unknown, unlike
from dxflow.texts import gettext as _
from dxflow.texts import mark

_NUMBERS = "SELECT id, number FROM case_file"
_DUTIES = (
    "SELECT id, case_id, text, owner_group, due_on, status, met_by, evidence FROM duty"
    " ORDER BY case_id, id"
)
_MILESTONES = "SELECT id, case_id, name, due_on, status FROM milestone ORDER BY case_id, position"
#: With these a case ends early, and what is still owed then is void.
_VOIDING = frozenset({"case.recalled", "case.withdrawn", "case.cancelled"})
_DUTY_STATES = {"open": mark("未履行"), "met": mark("履行済み"), "void": mark("失効")}
_MILESTONE_STATES = {
    "planned": mark("これから"), "doing": mark("進行中"), "done": mark("済み"),
    "dropped": mark("取りやめ"),
}  # fmt: skip


@dataclass(slots=True)
class _Duty:
    """A condition as it was imposed; `id` is "" where an older version wrote it."""

    id: str
    text: str
    due: object
    owner: object
    place: Place


@dataclass(slots=True)
class _Plan:
    """The milestones of a case as they were planned last, and what was reported of them since."""

    names: list[str]
    ids: list[str]
    days: list[object]
    place: Place
    by_id: dict[str, tuple[str, Place]] = field(default_factory=dict)
    by_name: dict[str, tuple[str, Place]] = field(default_factory=dict)

    def and_then(self, later: "_Plan") -> "_Plan":
        """Return it with what was added; a plan that an older version wrote goes by names alone."""
        by_ids = bool(self.ids) or not self.names
        return replace(
            self,
            names=[*self.names, *later.names],
            ids=[*self.ids, *later.ids] if by_ids else [],
            days=[*self.days, *later.days] if by_ids else [],
        )


@dataclass(slots=True)
class DutySaid:
    """What the log says of conditions and milestones: gathered event by event."""

    cases: set[str] = field(default_factory=set)
    imposed: dict[str, list[_Duty]] = field(default_factory=lambda: defaultdict(list))
    #: condition -> who reported it as met, what they wrote, and the event.
    met: dict[str, tuple[object, str, Place]] = field(default_factory=dict)
    owners: dict[str, tuple[object, Place]] = field(default_factory=dict)
    voided: set[str] = field(default_factory=set)
    plans: dict[str, _Plan] = field(default_factory=dict)

    def note(self, body: Mapping[str, Any], stream: str, seq: int) -> None:
        """Remember what an event says; one that was damaged says nothing."""
        kind, case = str(body.get("type")), stream.removeprefix(CASE_STREAM)
        if kind in ("case.started", "case.begun", "case.resubmitted"):
            self.cases.add(case)
        elif kind in _VOIDING:
            self.voided.add(case)
        elif kind.startswith(("duty.", "milestone.")):
            self._note(kind, case, body, (stream, seq))

    def _note(self, kind: str, case: str, body: Mapping[str, Any], place: Place) -> None:
        changes, facts = body.get("changes"), body.get("facts")
        thing, actor = body.get("object"), body.get("actor")
        which = str(thing.get("id")) if isinstance(thing, dict) else ""
        said = facts if isinstance(facts, dict) else {}
        told = [one for one in changes if isinstance(one, dict)] if changes else []
        after = {one.get("field"): one.get("after") for one in told}
        if kind == "duty.imposed":
            self._impose(case, after, said.get("duties"), place)
        elif kind == "duty.met":
            person = actor.get("person") if isinstance(actor, dict) else None
            self.met[which] = (person, str(after.get("evidence")), place)
        elif kind == "duty.handed_over":
            self.owners[which] = (said.get("owner", UNTOLD), place)
        elif kind in ("milestone.planned", "milestone.added"):
            names = [str(one) for one in _list(after.get("milestones"))]
            rows = [one for one in _list(said.get("milestones")) if isinstance(one, list)]
            fresh = _Plan(names, [str(one[0]) for one in rows], [one[-1] for one in rows], place)
            before = self.plans.get(case) if kind == "milestone.added" else None
            self.plans[case] = fresh if before is None else before.and_then(fresh)
        elif kind == "milestone.reported" and (plan := self.plans.get(case)) is not None:
            for one in _list(said.get("milestones")):
                if isinstance(one, list) and len(one) == 2:
                    plan.by_id[str(one[0])] = (str(one[1]), place)
            if "milestones" not in said:
                for one in told:
                    plan.by_name[str(one.get("label"))] = (str(one.get("after")), place)

    def _impose(self, case: str, after: Mapping[Any, Any], given: object, place: Place) -> None:
        texts = [str(one) for one in _list(after.get("conditions"))]
        ids, days, owners = (
            found if len(found) == len(texts) else [missing] * len(texts)
            for found, missing in (
                (_list(given), ""), (_list(after.get("due")), UNTOLD),
                (_list(after.get("owners")), UNTOLD),
            )
        )  # fmt: skip
        for key, text, due, owner in zip(ids, texts, days, owners, strict=True):
            self.imposed[case].append(_Duty(str(key), text, due, owner, place))


def duty_findings(connection: Connection, said: DutySaid) -> Iterator[Finding]:
    """Compare the rows with what the log says of them; one pass over each table."""
    numbers = dict(tuple(row) for row in reading.rows(connection, _NUMBERS))
    names = Names(connection)
    left = {case: list(found) for case, found in said.imposed.items()}
    for key, case, text, *held in reading.rows(connection, _DUTIES):
        number, which = numbers.get(case, case), _("条件「{text}」", text=text)
        told = _told(left.get(case, []), key, str(plain(text)), held)
        if told is None:
            if case in said.cases:
                yield unknown((case_stream(case), 0), number, which)
            continue
        left[case].remove(told)
        yield from _of_duty(said, case, key, told, (text, *held), number, names)
    for case, lost in left.items():
        for one in lost:
            which = _("条件「{text}」", text=one.text)
            yield gone(one.place, numbers.get(case, case), which)
    yield from _milestone_findings(connection, said, numbers)


def _told(left: Sequence[_Duty], key: str, text: str, held: Sequence[object]) -> _Duty | None:
    """Return what the log says of a condition: by its id, or by the words that fit it best."""
    known = next((one for one in left if one.id == key), None)
    if known is not None:
        return known
    same = [one for one in left if not one.id and one.text == text]
    owner, due = held[0], _day(held[1])
    return min(same, key=lambda one: (one.due != due) + (one.owner != owner), default=None)


def _of_duty(
    said: DutySaid, case: str, key: str, told: _Duty, held: Sequence[Any], number: str,
    names: Names,
) -> Iterator[Finding]:  # fmt: skip
    text, owner, due, status, met_by, evidence = held
    which = _("条件「{text}」", text=told.text)
    if str(plain(text)) != told.text:
        yield unlike(told.place, number, which, _("内容"), (text, told.text))
    if told.due is not UNTOLD and told.due != _day(due):
        words = (day_words(_day(due)), day_words(told.due))
        yield unlike(told.place, number, which, _("期日"), words)
    owes, place = said.owners.get(key, (told.owner, told.place))
    if owes is not UNTOLD and owes != owner:
        yield unlike(place, number, which, _("負う課"), (names.group(owner), names.group(owes)))
    person, words_of, place = said.met.get(key, (None, "", told.place))
    wanted = "met" if key in said.met else "open"
    if status != wanted and not (wanted == "open" and status == "void" and case in said.voided):
        words = (_state(_DUTY_STATES, status), _state(_DUTY_STATES, wanted))
        yield unlike(place, number, which, _("状態"), words)
    elif wanted == "met":
        if person != met_by:
            words = (names.person(met_by), names.person(person))
            yield unlike(place, number, which, _("履行を報告した人"), words)
        if str(plain(evidence)) != words_of:
            yield unlike(place, number, which, _("履行の内容"), (evidence, words_of))


def _milestone_findings(
    connection: Connection, said: DutySaid, numbers: Mapping[str, str]
) -> Iterator[Finding]:
    cases: dict[str, list[tuple[str, str, object, str]]] = defaultdict(list)
    for key, case, name, due, status in reading.rows(connection, _MILESTONES):
        cases[case].append((key, str(plain(name)), _day(due), status))
    for case in said.cases & (said.plans.keys() | cases.keys()):
        number, plan, rows = numbers.get(case, case), said.plans.get(case), cases.get(case, [])
        if plan is None:
            for _key, name, _due, _status in rows:
                which = _("節目「{name}」", name=name)
                yield unknown((case_stream(case), 0), number, which)
        elif plan.ids:
            yield from _of_plan(plan, rows, number)
        else:
            yield from _of_older(plan, rows, number)


def _of_plan(
    plan: _Plan, rows: Sequence[tuple[str, str, object, str]], number: str
) -> Iterator[Finding]:
    left = dict(zip(plan.ids, zip(plan.names, plan.days, strict=False), strict=False))
    for key, name, due, status in rows:
        if key not in left:
            yield unknown(plan.place, number, _("節目「{name}」", name=name))
            continue
        told, day = left.pop(key)
        which = _("節目「{name}」", name=told)
        if name != told:
            yield unlike(plan.place, number, which, _("名前"), (name, told))
        if due != day:
            words = (day_words(due), day_words(day))
            yield unlike(plan.place, number, which, _("期日"), words)
        wanted, place = plan.by_id.get(key, ("planned", plan.place))
        if status != wanted:
            yield _of_state(place, number, which, status, wanted)
    for told, _day_told in left.values():
        yield gone(plan.place, number, _("節目「{name}」", name=told))


def _of_older(
    plan: _Plan, rows: Sequence[tuple[str, str, object, str]], number: str
) -> Iterator[Finding]:
    """Compare with a plan that an older version recorded: by names, in their order."""
    names = Counter(plan.names)
    for name in (names - Counter(row[1] for row in rows)).elements():
        yield gone(plan.place, number, _("節目「{name}」", name=name))
    for key, name, _due, status in rows:
        which = _("節目「{name}」", name=name)
        if name not in names:
            yield unknown(plan.place, number, which)
        elif names[name] == 1:
            older = plan.by_name.get(name, ("planned", plan.place))
            wanted, place = plan.by_id.get(key, older)
            if status != wanted:
                yield _of_state(place, number, which, status, wanted)


def _of_state(place: Place, number: str, which: str, status: str, wanted: str) -> Finding:
    words = (_state(_MILESTONE_STATES, status), _state(_MILESTONE_STATES, wanted))
    return unlike(place, number, which, _("状態"), words)


def _state(words: Mapping[str, str], status: str) -> str:
    return _(words[status]) if status in words else status


def _day(value: object) -> str | None:
    return None if value is None else str(value)


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
