"""Targets over time: a revision keeps the old value, the new one and the reason."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from dxflow.calendars.fiscal import fiscal_label
from dxflow.errors import Invalid
from dxflow.kpi.measures import Target
from dxflow.texts import gettext as _


@dataclass(frozen=True)
class Revision:
    """A target of a fiscal year changed on a date by a body. None: there was, or is, no target."""

    fiscal_year: int
    old: Target | None
    new: Target | None
    reason: str
    on: date
    body: str = ""


def targets_on(
    initial: Mapping[int, Target], revisions: Sequence[Revision], day: date
) -> dict[int, Target]:
    """Return the targets in force on a day, by fiscal year ascending.

    Revisions count from their date on; those of one date in the order given. Raises ValueError
    when a revision's old value is not the one in force before it.
    """
    targets = dict(initial)
    for revision in sorted(revisions, key=lambda r: r.on):
        if revision.on > day:
            break
        if targets.get(revision.fiscal_year) != revision.old:
            raise ValueError(
                _(
                    "{year}の目標の改定が、その前の値とつながりません。",
                    year=fiscal_label(revision.fiscal_year),
                )
            )
        if revision.new is None:
            del targets[revision.fiscal_year]
        else:
            targets[revision.fiscal_year] = revision.new
    return dict(sorted(targets.items()))


def revise(
    current: Mapping[int, Target],
    fiscal_year: int,
    new: Target | None,
    reason: str,
    on: date,
    body: str = "",
) -> Revision:
    """Return the revision of one target. Raises Invalid without a reason or without a change."""
    old = current.get(fiscal_year)
    if not reason.strip():
        message = _("目標を改める理由を書いてください。")
        raise Invalid(message, {"reason": [message]})
    if old == new:
        message = _("新しい目標が今の目標と同じです。")
        raise Invalid(message, {"target": [message]})
    return Revision(fiscal_year, old, new, reason.strip(), on, body)


def history(
    initial: Mapping[int, Target], revisions: Sequence[Revision], fiscal_year: int
) -> list[tuple[date | None, Target | None, str]]:
    """Return (since, value, reason) of one year's target, oldest first; the first since is None."""
    steps: list[tuple[date | None, Target | None, str]] = [(None, initial.get(fiscal_year), "")]
    for revision in sorted(revisions, key=lambda r: r.on):
        if revision.fiscal_year == fiscal_year:
            steps.append((revision.on, revision.new, revision.reason))
    return steps
