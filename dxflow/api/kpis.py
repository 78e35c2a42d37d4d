"""Measures with baseline, targets, actuals and achievement."""

from marshmallow import fields, validate

from dxflow.api import answers, present, requests
from dxflow.api.call import Call
from dxflow.api.operation import Answer, Operation
from dxflow.api.requests import Request
from dxflow.attachments.serving import headers
from dxflow.services.reading import kpi_table, kpis

_MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class ExportQuery(Request):
    """Which measures, and as what."""

    format = fields.String(required=True, validate=validate.OneOf(kpi_table.FORMATS))
    case = fields.String(validate=validate.Length(max=64), load_default="")
    status = fields.String(validate=validate.OneOf(kpis.ORDER))
    open_data = fields.String(
        validate=validate.OneOf(("true", "false")),
        load_default="false",
        metadata={
            "description": "true: what may be published, with its licence; for the secretariat and "
            "the CIO"
        },
    )


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


def export(call: Call) -> Answer:
    """Give the table of measures as a file."""
    query = call.query
    wanted = kpi_table.Wanted(
        status=query.get("status", ""),
        case_id=query["case"],
        open_data=query["open_data"] == "true",
    )
    body = b"".join(kpi_table.export(call.site, call.actor, wanted, query["format"]))
    name = f"kpis.{query['format']}"
    return Answer(file=(iter((body,)), headers(name, len(body), _MEDIA[query["format"]])))


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
    Operation(
        "GET", "/kpis/export", "exportKpis", "The measures as CSV or Excel, a line for each year",
        export, query=ExportQuery, gives_file=True,
        description="UTF-8 with byte order mark. Every call leaves an entry in the audit log.",
    ),
    Operation("GET", "/kpis/{kpi}", "getKpi", "A measure", one, answer=answers.KpiInFull),
    Operation(
        "POST", "/kpis/{kpi}/actuals", "recordActual", "Record a period's value", record,
        answer=answers.KpiInFull, status=201, body=requests.NewActual, idempotent=True,
        refusals=(409,),
        description="A value recorded before stays, marked as superseded.",
    ),
)  # fmt: skip
