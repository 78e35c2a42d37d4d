"""Measures with baseline, targets, actuals and achievement."""

from dxflow.api import answers, present, requests
from dxflow.api.call import Call
from dxflow.api.operation import Answer, Operation
from dxflow.services.reading import kpis


def listed(call: Call) -> Answer:
    """List the measures of the cases the caller may see."""
    query = call.query
    found = kpis.listed(
        call.site,
        call.actor,
        case_id=query["case"],
        status=query.get("status", ""),
        page=query["page"],
        per_page=query["per_page"],
    ).page
    return Answer(present.page(found, map(present.kpi, found.entries)))


def one(call: Call) -> Answer:
    """Give a measure in full."""
    return Answer(present.kpi_in_full(kpis.one(call.site, call.actor, call.path["kpi"])))


def record(call: Call) -> Answer:
    """Record a period's value."""
    body, measure = call.body, call.path["kpi"]
    kpis.record_actual(
        call.site,
        call.actor,
        measure,
        body["period"],
        body["value"],
        body["note"],
        keyed=call.keyed,
    )
    return Answer(
        present.kpi_in_full(kpis.one(call.site, call.actor, measure)),
        location=f"/kpis/{measure}",
    )


OPERATIONS = (
    Operation(
        "GET", "/kpis", "listKpis", "Measures", listed,
        answer=answers.KpiPage, query=requests.KpiQuery,
    ),
    Operation("GET", "/kpis/{kpi}", "getKpi", "A measure", one, answer=answers.KpiInFull),
    Operation(
        "POST", "/kpis/{kpi}/actuals", "recordActual", "Record a period's value", record,
        answer=answers.KpiInFull, status=201, body=requests.NewActual, idempotent=True,
        refusals=(409,),
        description="A value recorded before stays, marked as superseded.",
    ),
)  # fmt: skip
