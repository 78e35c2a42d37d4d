"""Measures: the list with what is overdue first, and one measure with its chart and its values."""

from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from dxflow.calendars.periods import (
    period_label,
    period_of,
    period_start,
    previous_period,
)
from dxflow.errors import Invalid
from dxflow.forms import FieldError
from dxflow.services.people.access import signed_in
from dxflow.services.reading import case_list, kpi_cases, kpi_table, kpis
from dxflow.services.reading.kpis import KpiDetail
from dxflow.texts import gettext as _
from dxflow.web import current, kpi_chart, uploads
from dxflow.web.case import attachment
from dxflow.web.inbox import page_number

blueprint = Blueprint("kpi", __name__)

PER_PAGE = 50
#: How many periods before the first owed one may be chosen, for late corrections.
EARLIER = 8


@blueprint.get("/kpis")
@signed_in
def index() -> str:
    """List the measures the person may see."""
    site, actor = current.site(), current.actor()
    given: dict[str, Any] = {
        key: request.args[key] for key in ("status", "unit") if request.args.get(key)
    }
    found = kpis.listed(site, actor, **given, page=page_number(), per_page=PER_PAGE)
    words = dict(kpis.status_words())
    return render_template(
        "kpi/list.html",
        found=found,
        most=kpi_cases.MOST_CASES,
        given=given,
        statuses=[(key, words[key], found.counts[key]) for key in kpis.ORDER],
        units=case_list.sections(site, actor),
        kpi=kpi_chart,
        may_publish=kpi_table.may_publish(site, actor),
        address_of=lambda number: url_for("kpi.index", **given, page=number),
    )


@blueprint.get("/kpis.csv")
@signed_in
def as_csv() -> Response:
    """Hand the list out for spreadsheets, a line for each measure and year."""
    return _table("csv", "text/csv; charset=utf-8")


@blueprint.get("/kpis.xlsx")
@signed_in
def as_workbook() -> Response:
    """Hand the same out as an Excel workbook."""
    return _table("xlsx", uploads.XLSX)


def _table(form: str, media: str) -> Response:
    given = {key: request.args.get(key, "") for key in ("status", "unit")}
    wanted = kpi_table.Wanted(**given, open_data=request.args.get("open_data") == "1")
    pieces = kpi_table.export(current.site(), current.actor(), wanted, form)
    return attachment(pieces, media, f"{'kpis-open-data' if wanted.open_data else 'kpis'}.{form}")


@blueprint.get("/kpis/<ident:measure_id>")
@signed_in
def show(measure_id: str) -> str:
    """Show a measure."""
    return _page(measure_id, {}, {})


@blueprint.post("/kpis/<ident:measure_id>")
@signed_in
def record(measure_id: str) -> Response | tuple[str, int]:
    """Enter a period's value."""
    typed = {name: request.form.get(name, "") for name in ("period", "value", "note")}
    try:
        kpis.record_actual(current.site(), current.actor(), measure_id, *typed.values())
    except Invalid as refused:
        errors = {name: " ".join(texts) for name, texts in refused.fields.items()}
        return _page(measure_id, typed, errors or {"value": refused.message}), 422
    label = period_label(typed["period"])
    flash(_("{period}の実績を記録しました。", period=label), "success")
    return redirect(url_for("kpi.show", measure_id=measure_id), 303)


def _page(measure_id: str, typed: dict[str, str], errors: dict[str, str]) -> str:
    site, actor = current.site(), current.actor()
    detail = kpis.one(site, actor, measure_id)
    return render_template(
        "kpi/one.html",
        detail=detail,
        row=detail.row,
        measure=detail.row.measure,
        found=detail.row.achievement,
        kpi=kpi_chart,
        periods=_periods(detail, site.today()),
        typed=typed,
        errors=errors,
        failures=_failures(errors),
    )


def _failures(errors: dict[str, str]) -> list[FieldError]:
    """Return the lines of the error summary, each leading to its field."""
    labels = {"period": _("期間"), "value": _("値"), "note": _("メモ")}
    return [FieldError(f"f-{name}", labels.get(name, name), text) for name, text in errors.items()]


def _periods(detail: KpiDetail, today: date) -> list[tuple[str, list[str]]]:
    """Return the periods that may be chosen, in groups: owed ones first."""
    measure = detail.row.measure
    owed = [one.period for one in detail.row.achievement.owed]
    entered = {one.period for one in detail.entered if one.superseded_at is None}
    now = period_of(today, measure.frequency)
    recent = [now]
    for _step in range(EARLIER):
        recent.append(previous_period(recent[-1]))
    since = period_start(period_of(detail.row.since or today, measure.frequency))
    rest = [p for p in recent if p not in owed and p not in entered and period_start(p) >= since]
    return [
        (_("未報告の期間"), owed),
        (_("入力済みの値を訂正"), sorted(entered, key=period_start, reverse=True)),
        (_("そのほかの期間"), rest),
    ]
