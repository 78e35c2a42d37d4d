"""Commands of KPI tracking: register, record, assess a year, revise targets."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from dxflow import audit
from dxflow.calendars.fiscal import fiscal_label
from dxflow.calendars.periods import period_fiscal_year, periods_of_year
from dxflow.errors import Invalid
from dxflow.kpi.achievement import Status
from dxflow.kpi.cells import as_written, read_target
from dxflow.kpi.measures import Target, Value, finest
from dxflow.kpi.targets import revise as revised
from dxflow.services.acts import measures
from dxflow.services.acts.act import Act
from dxflow.services.acts.measures import Tracked
from dxflow.services.commands import payload as read
from dxflow.texts import gettext as _
from dxflow.texts import mark


def register(act: Act, payload: dict[str, Any], _element: str) -> dict[str, Any]:
    """Make the sheet's grid the case's measures."""
    registered = measures.register(act, read.rows(payload, "measures"))
    years = [year for measure in registered for year in measure.target_years]
    frequency = finest(measure.frequency for measure in registered)
    return {
        "count": len(registered),
        "frequency": frequency.value,
        "target_period": periods_of_year(max(years), frequency)[-1] if years else None,
    }


def record(act: Act, payload: dict[str, Any], _element: str) -> dict[str, Any]:
    """Record a period's values: numbers (`value`), or steps of the measure's scale (`state`).

    A measure without either keeps its note, which says why.

    Raises Invalid for a row with neither where its form asks for both.
    """
    period = read.text(payload, "period", required=True)
    known = {one.id: one for one in measures.tracked(act.tx, case_ids=[act.case_id], period=period)}
    count = 0
    rows = read.rows(payload, "actuals")
    _require_reasons(rows, {one.id for one in known.values() if one.actuals})
    for number, row in enumerate(rows):
        one = known.get(read.text(row, "measure", required=True))
        if one is None:
            raise Invalid(_("この案件の指標ではないものに実績が入っています。"))
        value = _entered(row)
        if value is None:
            continue
        with _told_at(f"actuals[{number}].{'state' if one.measure.scale else 'value'}"):
            measures.record(act, one, period, value, read.text(row, "note"))
        count += 1
    act.final = True
    return {"count": count}


def _require_reasons(rows: list[dict[str, Any]], have: Collection[str]) -> None:
    """Raise Invalid for rows without value and note, but for measures that `have` one already.

    A form without notes cannot be asked for one.
    """
    said = _("実績値が空欄です。値を入れるか、まだ入れられない理由を説明に書いてください。")
    silent = [
        n
        for n, row in enumerate(rows)
        if _entered(row) is None
        and "note" in row
        and row.get("measure") not in have
        and not read.text(row, "note").strip()
    ]
    if silent:
        raise Invalid(said, {f"actuals[{n}].note": [said] for n in silent})


def _entered(row: dict[str, Any]) -> Value | None:
    return read.text(row, "state") or read.number(row, "value")


@contextmanager
def _told_at(path: str) -> Iterator[None]:
    """Say what is wrong with a cell of a form at that cell."""
    try:
        yield
    except Invalid as refused:
        raise Invalid(refused.message, {path: [refused.message]}) from refused
    except ValueError as refused:
        raise Invalid(str(refused), {path: [str(refused)]}) from refused


def assess(act: Act, payload: dict[str, Any], _element: str) -> dict[str, Any]:
    """Judge every measure at the end of a period; `due` when the last target year is over."""
    period = read.text(payload, "period", required=True)
    measures.require_period(period)
    known = list(_by_id(act).values())
    calendar, grace = act.calendar(), act.pack.settings.rules.grace_days
    verdicts = [one.achievement(act.actor.on, calendar, grace) for one in known]
    achieved = sum(verdict.status is Status.ACHIEVED for verdict in verdicts)
    years = [year for one in known for year in one.measure.target_years]
    due = not years or period_fiscal_year(period) >= max(years)
    act.record(
        "kpi.assessed",
        audit.Change(
            "achieved",
            mark("目標に届いた指標（{year}）", year=fiscal_label(period_fiscal_year(period))),
            None,
            mark("{achieved} / {total}", achieved=achieved, total=len(known)),
        ),
    )
    return {"achieved": Decimal(achieved), "total": Decimal(len(known)), "due": due}


def revise(act: Act, payload: dict[str, Any], _element: str) -> dict[str, Any]:
    """Revise targets; the old value, the new one and the reason are kept.

    A row's `year` is a fiscal year; without one the last target is meant.
    """
    known = _by_id(act)
    body = read.text(payload, "body")
    rows = read.rows(payload, "revisions")
    targets = {one.id: dict(one.measure.targets) for one in known.values()}
    numbers = {
        one.id: max((r.revision for r in one.revisions), default=0) for one in known.values()
    }
    for place, row in enumerate(rows):
        one = known.get(read.text(row, "measure", required=True))
        if one is None:
            raise Invalid(_("改定する指標と新しい目標値を指定してください。"))
        current = targets[one.id]
        year = read.fiscal_year(row, "year") or one.measure.target_years[-1]
        with _told_at(f"revisions[{place}].target"):
            target = read_target(read.cell(row, "target"), measures.column_of(one.measure))
            revision = revised(
                current, year, target, read.text(row, "reason", required=True), act.actor.on, body
            )
        current[year] = target
        numbers[one.id] += 1
        measures.insert_target(act, one.id, numbers[one.id], year, target, revision.reason, body)
        act.record(
            "kpi.revised",
            audit.Change(
                str(revision.fiscal_year),
                mark("{name}の目標（{year}）", name=one.measure.name, year=fiscal_label(year)),
                _logged(revision.old),
                _logged(target),
            ),
            audit.Change("reason", mark("理由"), None, revision.reason),
            subject=audit.Subject("measure", one.id, act.case_id),
        )
    act.final = True
    return {"count": len(rows)}


def _logged(target: Target | None) -> Value | None:
    """Return a target as the log has it: a number, or what was written."""
    return target if target is None or isinstance(target, Decimal) else as_written(target)


def _by_id(act: Act) -> dict[str, Tracked]:
    return {one.id: one for one in measures.tracked(act.tx, case_ids=[act.case_id])}
