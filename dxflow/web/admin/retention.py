"""保存期間と廃棄: ended cases that are due, proposals and their approval, the register of disposals."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask import Response as FileResponse
from werkzeug.wrappers import Response

from dxflow.audit.export import guarded
from dxflow.calendars.fiscal import EARLIEST, LATEST, fiscal_label
from dxflow.calendars.wareki import wareki_date
from dxflow.clock import local_date
from dxflow.errors import Invalid
from dxflow.services.operations import case_acts, retention, retention_list
from dxflow.services.operations.retention import APPROVERS, PROPOSERS, READERS
from dxflow.services.operations.retention_list import Disposed
from dxflow.services.people.access import needs_role
from dxflow.texts import gettext as _
from dxflow.web import current
from dxflow.web.admin import Entry
from dxflow.web.case import attachment
from dxflow.web.inbox import page_number

blueprint = Blueprint("retention_admin", __name__)

ENTRY = Entry(
    "retention_admin.index", _("保存期間と廃棄"),
    _("保存期間の終わった案件の廃棄と延長を発案し、承認する。廃棄簿を見る。"), "history", 150, READERS,
)  # fmt: skip
PER_PAGE = 50


@blueprint.get("/admin/retention")
@needs_role(*READERS)
def index() -> str:
    """List the cases that are due, with what is proposed of them."""
    return _list({})


@blueprint.post("/admin/retention/proposals")
@needs_role(*PROPOSERS)
def propose() -> Response | tuple[str, int]:
    """Propose disposal or an extension for the chosen cases."""
    site, actor, form = current.site(), current.actor(), request.form
    years = form.get("years", "").strip()
    given = int(years) if years.isascii() and years.isdigit() and len(years) < 4 else None

    def operation(case: str) -> str:
        what = form.get("_act", "")
        return retention.propose(site, actor, case, what, form.get("reason", ""), given)

    return _several(
        "case", operation, PROPOSERS,
        lambda n: _("{n} 件を発案しました。承認されると行われます。", n=n),
    )  # fmt: skip


@blueprint.post("/admin/retention/decisions")
@needs_role(*APPROVERS)
def decide() -> Response | tuple[str, int]:
    """Approve or refuse the chosen proposals."""
    acts = {"approve": True, "refuse": False}
    approve = acts.get(request.form.get("_act", ""))
    if approve is None:
        return _list({"decision": _("承認か却下かを選んでください。")}), 422
    operation = partial(
        retention.decide,
        current.site(),
        current.actor(),
        approve=approve,
        reason=request.form.get("reason", ""),
    )
    return _several(
        "proposal", operation, APPROVERS,
        lambda n: _("{n} 件を承認しました。", n=n) if approve else _("{n} 件を却下しました。", n=n),
    )  # fmt: skip


@blueprint.get("/admin/retention/register")
@needs_role(*READERS)
def register() -> str:
    """Show the register of disposals."""
    site, actor, year = current.site(), current.actor(), _year()
    return render_template(
        "admin/retention/register.html",
        page=retention_list.register(site, actor, year, page_number(), PER_PAGE),
        year=year,
        years=[(str(one), fiscal_label(one)) for one in retention_list.years(site, actor)],
        given={"year": year} if year else {},
        tabs_of=_tabs("register", retention_list.waiting(site, actor)),
        address_of=lambda number: url_for(
            "retention_admin.register", year=year or None, page=number
        ),
    )


@blueprint.get("/admin/retention/register/print")
@needs_role(*READERS)
def on_paper() -> str:
    """Show the register on A4."""
    year = _year()
    return render_template(
        "admin/retention/print.html",
        lines=retention_list.whole_register(current.site(), current.actor(), year),
        year=fiscal_label(year) if year else "",
        given={"year": year} if year else {},
        printed_at=current.site().now(),
    )


@blueprint.get("/admin/retention/register.csv")
@needs_role(*READERS)
def as_csv() -> FileResponse:
    """Hand the register out for spreadsheets."""
    lines = retention_list.whole_register(current.site(), current.actor(), _year())
    return attachment(_csv(lines), "text/csv; charset=utf-8", "disposals.csv")


def _several(
    field: str,
    operation: Callable[[str], str],
    roles: tuple[str, ...],
    said: Callable[[int], str],
) -> Response | tuple[str, int]:
    chosen = request.form.getlist(field)
    try:
        outcomes = case_acts.on_several(current.site(), current.actor(), chosen, operation, roles)
    except Invalid as refused:
        return _list(_errors(refused, field)), 422
    done = sum(not one.refusal for one in outcomes)
    if done:
        flash(said(done), "success")
    for one in outcomes:
        if one.refusal:
            flash(one.refusal, "warning")
    return redirect(url_for("retention_admin.index", **_given()), 303)


def _list(errors: dict[str, str]) -> str:
    given = _given()
    found = retention_list.due(
        current.site(), current.actor(), given.get("standing", ""), page_number(), PER_PAGE
    )
    return render_template(
        "admin/retention/list.html",
        found=found,
        page=found.page,
        given=given,
        standing=given.get("standing", ""),
        errors=errors,
        typed=request.form,
        chosen={*request.form.getlist("case"), *request.form.getlist("proposal")},
        tabs_of=_tabs(given.get("standing", ""), found.waiting),
        address_of=lambda number: url_for("retention_admin.index", **given, page=number),
    )


def _tabs(here: str, waiting: int) -> list[dict[str, Any]]:
    proposed = _("承認待ち（{n}件）", n=waiting) if waiting else _("承認待ち")
    pages = (
        ("", _("満了する案件"), url_for("retention_admin.index")),
        ("proposed", proposed, url_for("retention_admin.index", standing="proposed")),
        ("register", _("廃棄簿"), url_for("retention_admin.register")),
    )
    return [{"label": label, "url": url, "current": key == here} for key, label, url in pages]


def _given() -> dict[str, Any]:
    standing = request.args.get("standing", "")
    return {"standing": standing} if standing in retention_list.STANDINGS and standing else {}


def _year() -> int | None:
    text = request.args.get("year", "")
    if not text:
        return None
    four = text.isascii() and text.isdigit() and len(text) == 4
    if not (four and EARLIEST <= int(text) < LATEST):
        message = _("年度は数で指定してください。")
        raise Invalid(message, {"year": [message]})
    return int(text)


def _errors(refused: Invalid, field: str) -> dict[str, str]:
    """Return what is wrong by the field of the form it belongs to."""
    named = {name: " ".join(texts) for name, texts in refused.fields.items()}
    own = {"reason": "decision_reason"} if field == "proposal" else {}
    return {own.get(name, name): text for name, text in named.items()} or {"case": refused.message}


def _csv(lines: Iterable[Disposed]) -> Iterator[bytes]:
    yield "\ufeff".encode() + _line(
        [
            _("案件番号"), _("件名"), _("担当課"), _("終了日"), _("保存期間の終わり"), _("廃棄日"),
            _("発案"), _("承認"), _("理由"), _("添付ファイル"), _("大きさ（バイト）"), _("個人情報の値"),
            _("決裁の文書"),
        ]
    )  # fmt: skip
    for one in lines:
        yield _line(
            [
                one.number, one.title, one.section, wareki_date(local_date(one.ended_at)),
                wareki_date(one.kept_until), wareki_date(local_date(one.at)), one.proposer,
                one.approver, one.reason, str(one.files), str(one.bytes), str(one.openings),
                str(one.documents),
            ]
        )  # fmt: skip


def _line(cells: list[str]) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerow([guarded(cell) for cell in cells])
    return buffer.getvalue().encode()
