"""Bugs planted on purpose: each takes one rule out of the product, and the oracle must notice.

A run without violations says nothing unless one with a bug has some.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from sqlalchemy import true

from dxflow.authority import decision as decision_rules
from dxflow.authority import standing_in
from dxflow.authority.decision import AuthorityRow
from dxflow.authority.tables import Ruling
from dxflow.authority.verdicts import Verdict
from dxflow.committee import sitting as sitting_rules
from dxflow.committee.resolution import Resolution
from dxflow.committee.seats import Seating
from dxflow.db.engine import Database
from dxflow.errors import Conflict
from dxflow.problems import Refused
from dxflow.services.acts import act as acts
from dxflow.services.acts import (
    duties,
    later_reading,
    papers,
    pulling_back,
    rulings,
    since_read,
    standing,
    tasks,
)
from dxflow.services.administration.transfers import applying, writing
from dxflow.services.commands import committee, decision
from dxflow.services.meetings import recusing
from dxflow.services.packs.settings import Rules
from dxflow.services.people import standing_rows

#: With a reason: one without would be noticed by the log, whatever the rule was.
YES = Verdict(True, "植えた誤りにより認められます。")


def _yes(*_given: Any, **_named: Any) -> Verdict:
    return YES


def _nothing(*_given: Any, **_named: Any) -> None:
    return None


@dataclass(frozen=True)
class Plant:
    """A bug: what it is, and what is put in whose place (owner, name, instead)."""

    what: str
    patches: tuple[tuple[Any, str, Any], ...]


@contextmanager
def planted(plant: Plant) -> Iterator[None]:
    """Have a bug in the product for a while."""
    with ExitStack() as stack:
        for owner, name, instead in plant.patches:
            stack.enter_context(patch.object(owner, name, instead))
        yield


def _all_sit(real: Callable[..., Seating]) -> Callable[..., Seating]:
    def seating(*given: Any) -> Seating:
        found = real(*given)
        everybody = (*found.sitting, *(one.seat for one in found.recused))
        return Seating(tuple(sorted(everybody, key=lambda seat: seat.key)), (), found.vacant)

    return seating


def _recused_still_sits(act: Any, round_: Any, seat: str, title: str, reason: str) -> None:
    taking = round_.seats
    _REAL_RECUSE(act, round_, seat, title, reason)
    act.tx.execute(
        committee.update(committee.Deliberation)
        .where(committee.Deliberation.id == round_.id)
        .values(seats=taking)
    )


_REAL_RECUSE = recusing._recuse


def _anything(choice: Any, tally: Any, _rule: Any, reason: str = "", conditions: Any = ()) -> Any:
    return Resolution(choice, reason, tuple(conditions), tally)


def _mine(act: Any, submission: str) -> Any:
    return _Owned(_REAL_ROW(act, submission), act)


class _Owned:
    def __init__(self, row: Any, act: Any) -> None:
        self._row, self.owner_id = row, act.actor.person_id

    def __getattr__(self, name: str) -> Any:
        return getattr(self._row, name)


_REAL_ROW = later_reading._row


def _silent(kind: str) -> Callable[..., None]:
    real = acts.Act.record

    def record(self: Any, event_type: str, *given: Any, **named: Any) -> None:
        if event_type != kind:
            real(self, event_type, *given, **named)

    return record


def _forgetful() -> Any:
    """Return a `write` that now and then undoes what it was to keep."""
    turns = iter(range(10**9))

    @contextmanager
    def write(self: Database) -> Iterator[Any]:
        try:
            with _REAL_WRITE(self) as tx:
                yield tx
                if next(turns) % 9 == 8:
                    raise _Undone
        except _Undone:
            return

    return write


class _Undone(Exception):
    pass


_REAL_WRITE = Database.write


def _done_and_refused() -> Callable[..., Any]:
    """Return a completion that now and then says that it was refused, when it was not."""
    real, turns = tasks._complete, iter(range(10**9))

    def complete(*given: Any) -> Any:
        came = real(*given)
        if next(turns) % 5 == 4:
            raise Conflict("refused")
        return came

    return complete


def _holes_do_not_count(found: Any) -> None:
    if found.prospect.problems:
        raise Refused(list(found.prospect.problems))


def _no_stamp_of_whom(act: Any, submission: str, task: str) -> None:
    return None


def _substitutes_always(self: Any, post: Any) -> None:
    for substitute in self.substitutes(post.key):
        for person in sorted(self._who.holders(f"post:{substitute}")):
            self._add(person, standing_in.Way.SUBSTITUTE, post, "")


def _chained(self: Any, given: Any) -> None:
    """Let a deputy pass on what they have only as a deputy."""
    _REAL_DEPUTY(self, given)
    for one in list(self._found.get(given.giver, ())):
        self._add(given.deputy, one.way, self._who.posts[one.post], one.absent)


_REAL_DEPUTY = standing_in.Standing._add_deputy


def _once_taken(actor: Any, groups: Any, assignee: str | None) -> bool:
    if assignee is not None:
        return bool(assignee == actor.person_id)
    return not actor.groups.isdisjoint(groups)


def _always(*_given: Any) -> bool:
    return True


def _lowest_row(_value: Any, table: Any, until: Any) -> Ruling:
    row = AuthorityRow(
        "第6号", "第6号", "section_head", valid_from=table.valid_from, valid_to=until
    )
    return Ruling(row, table.decision)


PLANTS: dict[str, Plant] = {
    "own-matter": Plant(
        "applicants and drafters may judge", ((standing, "conflict", _yes), (decision_rules, "conflict", _yes))
    ),
    "for-the-applicant": Plant(
        "who stands in may judge the matter of whom they stand in for",
        ((standing, "may_stand_in", _yes), (decision_rules, "may_stand_in", _yes)),
    ),
    "important-by-anybody": Plant(
        "important matters are decided by those who stand in",
        ((Rules, "forbids_standing_in", lambda *_a: False),),
    ),
    "any-row": Plant(
        "whatever the matter, the lowest row of the table is taken",
        ((rulings, "ruling_of", _lowest_row),),
    ),
    "any-post": Plant("any post decides", ((decision, "may_decide", _yes), (decision, "may_rule", _yes))),
    "any-day": Plant("a decision bears any day", ((decision, "may_date", _yes),)),
    "dead-delegation": Plant(
        "delegations and lists never run out",
        ((standing_rows, "_in_force", lambda *_a: true()), (standing_in.Delegation, "valid_on", _always)),
    ),
    "chained": Plant("deputies pass on what is not theirs", ((standing_in.Standing, "_add_deputy", _chained),)),
    "nobody-away": Plant(
        "substitutes act while the holder is there",
        ((standing_in.Standing, "_add_substitutes", _substitutes_always),),
    ),
    "no-recusal": Plant("nobody is recused", ((committee, "_seating", _all_sit(committee._seating)),)),
    "declared-in-vain": Plant(
        "who declares an interest stays in", ((recusing, "_recuse", _recused_still_sits),)
    ),
    "no-quorum": Plant(
        "a vote opens and goes on without a quorum", ((sitting_rules, "_quorate", _nothing),)
    ),
    "after-closing": Plant("a ballot is let in at any time", ((sitting_rules, "admit", _nothing),)),
    "any-result": Plant("any resolution follows", ((committee, "resolve_choice", _anything),)),
    "unlocked": Plant("a decided document is not locked", ((papers, "lock", _nothing),)),
    "other-paper": Plant(
        "a document need not be what it was drawn as",
        ((papers, "drawn", lambda content: papers.Paper(content, "0" * 64)), (papers, "may_decide_on", _yes)),
    ),
    "any-duty": Plant("anybody reports a condition as met", ((duties, "may_meet", _yes),)),
    "any-reading": Plant("anybody reads what another owes", ((later_reading, "_row", _mine),)),
    "any-hand-over": Plant("duties pass on without a reason", ((duties, "_require_reason", _nothing), (duties, "may_hand_over", _yes))),
    "any-pull-back": Plant("anybody takes the last act back", ((pulling_back, "may_pull_back", _yes),)),
    "holes-ignored": Plant("a transfer is applied with holes", ((applying, "require_sound", _holes_do_not_count),)),
    "accounts-stay": Plant("who leaves can still log in", ((writing, "accounts", lambda *_given: []),)),
    "tasks-stay": Plant("open tasks do not follow a transfer", ((writing, "tasks", _nothing),)),
    "any-task": Plant(
        "tasks are done by anybody",
        ((tasks, "_require_offered", _nothing), (standing, "of_task", lambda *_a, **_n: (None, ""))),
    ),
    "claims-stay": Plant(
        "who has taken a task keeps it, whatever post they lose", ((standing, "is_own", _once_taken),)
    ),
    "no-entry": Plant("decisions are not in the log", ((acts.Act, "record", _silent("decision.recorded")),)),
    "for-nobody": Plant("it is not kept for whom somebody acted", ((standing, "write", _no_stamp_of_whom),)),
    "forgotten": Plant("what was acknowledged is undone", ((Database, "write", _forgetful()),)),
    "kept": Plant("what was refused is kept", ((tasks, "_complete", _done_and_refused()),)),
    "as-it-is": Plant("a task is done as it is, not as it was read", ((since_read, "require", _nothing),)),
}  # fmt: skip

#: The acts in which a bug shows, so that it need not be waited for among all the others.
NEEDS: dict[str, tuple[str, ...]] = {
    "important-by-anybody": (
        "finish",
        "be_away",
        "delegate",
    ),
    "for-the-applicant": (
        "finish",
        "be_away",
        "delegate",
        "intrude",
    ),
    "any-row": ("finish", "start"),
    "any-post": (
        "finish",
        "transfer",
        "time_passes",
        "delegate",
    ),
    "any-day": ("finish",),
    "dead-delegation": ("finish", "delegate", "intrude", "time_passes"),
    "chained": (
        "finish",
        "delegate",
        "intrude",
    ),
    "nobody-away": (
        "finish",
        "substitutes",
        "intrude",
    ),
    "no-recusal": (
        "finish",
        "start",
    ),
    "declared-in-vain": (
        "meet",
        "disturb",
        "finish",
    ),
    "no-quorum": (
        "meet",
        "disturb",
    ),
    "after-closing": (
        "meet",
        "disturb",
        "finish",
    ),
    "any-result": (
        "meet",
        "finish",
    ),
    "unlocked": ("finish",),
    "other-paper": ("finish",),
    "any-duty": (
        "conditions",
        "finish",
    ),
    "any-reading": (
        "finish",
        "be_away",
        "read_later",
    ),
    "any-hand-over": ("conditions",),
    "any-pull-back": (
        "finish",
        "pull_back",
    ),
    "holes-ignored": (
        "finish",
        "transfer",
    ),
    "accounts-stay": ("transfer",),
    "tasks-stay": (
        "finish",
        "transfer",
        "claim_or_release",
    ),
    "any-task": (
        "intrude",
        "finish",
    ),
    "claims-stay": ("claim_or_release", "change_hands", "intrude"),
    "no-entry": ("finish",),
    "for-nobody": (
        "finish",
        "be_away",
        "delegate",
    ),
    "forgotten": ("finish",),
    "as-it-is": ("too_late", "finish"),
    "kept": (
        "intrude",
        "finish",
    ),
    "own-matter": (
        "intrude",
        "finish",
    ),
}
