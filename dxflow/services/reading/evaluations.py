"""What the evaluators of a round gave, side by side, as far as the reader may see it.

Who has given something is shown to everybody; scores and remarks by the body's rule (see
`committee.seeing`). One's own are always shown.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from dxflow.committee import evaluation
from dxflow.committee.evaluation import Consensus, EvaluationRule
from dxflow.committee.seeing import Disclosure, Standpoint, label, sees_scores
from dxflow.db.case import Evaluation
from dxflow.db.process import WorkItem, WorkItemGroup
from dxflow.services import plain
from dxflow.services.people.naming import Names
from dxflow.texts import translated

#: The rows of evaluations that count, by round and seat.
Given = Mapping[str, Mapping[str, Row[Any]]]


@dataclass(frozen=True)
class CriterionView:
    """A criterion in the reader's language."""

    key: str
    name: str
    weight: int
    lowest: int
    highest: int


@dataclass(frozen=True)
class EvaluatedSeat:
    """A seat; `total` and `remark` are empty when there are none or they may not be seen yet.

    `open`: the reader may give or change its scores now; `enter`: they may enter them from paper.
    `entered` says of scores that came on paper how it came, "" for the member's own.
    """

    key: str
    title: str
    given: bool
    mine: bool
    open: bool = False
    total: str = ""
    remark: str = ""
    entered: str = ""
    enter: bool = False


@dataclass(frozen=True)
class LineView:
    """A criterion with the scores of the seats in their order, "" for none or one unseen."""

    criterion: CriterionView
    scores: tuple[str, ...]
    mean: str = ""
    median: str = ""
    spread: str = ""
    apart: bool = False


@dataclass(frozen=True)
class EvaluationView:
    """The evaluation of a round. `scores_seen`: the reader sees everybody's.

    `missing` are titles of seats that have given nothing. `own` are the reader's own scores and
    remark by seat, to be filled in again.
    """

    lines: tuple[LineView, ...]
    seats: tuple[EvaluatedSeat, ...]
    scores_seen: bool
    rule: str
    required: bool
    total: str
    most: int
    missing: tuple[str, ...]
    own: Mapping[str, tuple[Mapping[str, int], str]]

    @property
    def criteria(self) -> tuple[CriterionView, ...]:
        """Return the criteria in their order."""
        return tuple(line.criterion for line in self.lines)

    @property
    def given(self) -> int:
        """Return how many seats have given theirs."""
        return sum(seat.given for seat in self.seats)

    @property
    def apart(self) -> tuple[str, ...]:
        """Return the names of criteria on which opinions are far apart."""
        return tuple(line.criterion.name for line in self.lines if line.apart)


def given_in(tx: Connection, rounds: Iterable[str]) -> Given:
    """Return what counts in these rounds: one query, none without rounds."""
    wanted = sorted(set(rounds))
    found: dict[str, dict[str, Row[Any]]] = {}
    if wanted:
        standing = Evaluation.deliberation_id.in_(wanted) & Evaluation.superseded_at.is_(None)
        for row in tx.execute(select(Evaluation.__table__).where(standing)):
            found.setdefault(row.deliberation_id, {})[row.seat] = row
    return found


def owing_in(tx: Connection, cases: Sequence[str]) -> dict[str, set[str]]:
    """Return the seats whose vote is asked for, by case: one query, none without cases."""
    found: dict[str, set[str]] = {}
    if cases:
        query = select(WorkItem.case_id, WorkItemGroup.group_key)
        for case, group in tx.execute(
            query.join(WorkItemGroup, WorkItemGroup.work_item_id == WorkItem.id).where(
                WorkItem.case_id.in_(cases), WorkItem.status == "open", WorkItem.act == "vote"
            )
        ):
            found.setdefault(case, set()).add(group.removeprefix("post:"))
    return found


def consensus_of(
    rule: EvaluationRule, seats: Sequence[str], given: Mapping[str, Row[Any]]
) -> Consensus:
    """Return what the rows of one round say together."""
    scores = {seat: plain.loads(row.scores) for seat, row in given.items()}
    return evaluation.consensus(rule, seats, scores)


def view_of(
    rule: EvaluationRule,
    disclosure: Disclosure,
    seats: Sequence[str],
    given: Mapping[str, Row[Any]],
    reader: Standpoint,
    names: Names,
    *,
    enters: bool = False,
) -> EvaluationView | None:
    """Return the evaluation of one round as the reader may see it, None for a body without one.

    `enters`: the reader is of the secretariat, which enters what came on paper.
    """
    if not rule.criteria:
        return None
    seen = sees_scores(disclosure, reader)
    found = consensus_of(rule, seats, given)
    mine, totals = set(reader.mine), dict(found.totals)
    return EvaluationView(
        lines=tuple(_line(one, seen, mine) for one in found.lines),
        seats=tuple(
            EvaluatedSeat(
                key=seat,
                title=names.seat(seat),
                given=seat in given,
                mine=seat in mine,
                open=seat in mine
                and seat in reader.owing
                and not (seat in given and disclosure is Disclosure.AFTER_OWN),
                total=str(totals[seat]) if seat in totals and (seen or seat in mine) else "",
                remark=given[seat].remark if seat in given and (seen or seat in mine) else "",
                entered=given[seat].source if seat in given else "",
                enter=enters
                and rule.from_paper
                and seat in reader.owing
                and seat not in mine
                and (seat not in given or _may_change(given[seat], disclosure)),
            )
            for seat in seats
        ),
        scores_seen=seen,
        rule=label(disclosure),
        required=rule.required,
        total=evaluation.rounded(found.total) if seen else "",
        most=found.most,
        missing=tuple(names.seat(seat) for seat in found.missing),
        own={
            seat: (plain.loads(row.scores), row.remark)
            for seat, row in given.items()
            if seat in mine
        },
    )


def _may_change(row: Row[Any], disclosure: Disclosure) -> bool:
    return row.entered_by is not None and disclosure is not Disclosure.AFTER_OWN


def _line(line: evaluation.Line, seen: bool, mine: set[str]) -> LineView:
    one = line.criterion
    criterion = CriterionView(one.key, translated(one.name), one.weight, one.lowest, one.highest)
    scores = tuple(
        str(score) if score is not None and (seen or seat in mine) else ""
        for seat, score in line.scores
    )
    if not seen:
        return LineView(criterion, scores)
    return LineView(
        criterion, scores, evaluation.rounded(line.mean), evaluation.rounded(line.median),
        "―" if line.spread is None else str(line.spread), line.apart,
    )  # fmt: skip
