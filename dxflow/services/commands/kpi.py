"""Commands of KPI tracking: register, record, assess a year, revise targets."""

from collections.abc import Collection
from decimal import Decimal
from typing import Any

from dxflow import audit
from dxflow.calendars.fiscal import fiscal_label
from dxflow.calendars.periods import period_fiscal_year, periods_of_year
from dxflow.errors import Invalid
from dxflow.kpi.achievement import Status
from dxflow.kpi.measures import finest
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
    """Record a period's values; a measure without a number keeps its note, which says why.

    Raises Invalid for a row with neither where its form asks for both.
    """
    period = read.text(payload, "period", required=True)
    known = {one.id: one for one in measures.tracked(act.tx, case_ids=[act.case_id], period=period)}
    count = 0
    rows = read.rows(payload, "actuals")
    _require_reasons(rows, {one.id for one in known.values() if one.actuals})
    for row in rows:
        one = known.get(read.text(row, "measure", required=True))
        if one is None:
            raise Invalid(_("この案件の指標ではないものに実績が入っています。"))
        value = read.number(row, "value")
        if value is None:
            continue
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
        if read.number(row, "value") is None
        and "note" in row
        and row.get("measure") not in have
        and not read.text(row, "note").strip()
    ]
    if silent:
        raise Invalid(said, {f"actuals[{n}].note": [said] for n in silent})


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
    """Revise targets; the old value, the new one and the reason are kept."""
    known = _by_id(act)
    body = read.text(payload, "body")
    rows = read.rows(payload, "revisions")
    for row in rows:
        one = known.get(read.text(row, "measure", required=True))
        target = read.number(row, "target")
        if one is None or target is None:
            raise Invalid(_("改定する指標と新しい目標値を指定してください。"))
        years = one.measure.target_years
        revision = revised(
            one.measure.targets,
            years[-1],
            target,
            read.text(row, "reason", required=True),
            act.actor.on,
            body,
        )
        number = max(r.revision for r in one.revisions) + 1
        measures.insert_target(
            act, one.id, number, revision.fiscal_year, target, revision.reason, body
        )
        act.record(
            "kpi.revised",
            audit.Change(
                str(revision.fiscal_year),
                mark("{name}の目標（{year}）", name=one.measure.name, year=fiscal_label(years[-1])),
                revision.old,
                target,
            ),
            audit.Change("reason", mark("理由"), None, revision.reason),
            subject=audit.Subject("measure", one.id, act.case_id),
        )
    act.final = True
    return {"count": len(rows)}


def _by_id(act: Act) -> dict[str, Tracked]:
    return {one.id: one for one in measures.tracked(act.tx, case_ids=[act.case_id])}
