"""Cases: the list, a case's pages, what can be done on them beside its tasks."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from dxflow.errors import Invalid
from dxflow.services.acts import cases, duties, pulling_back
from dxflow.services.people.access import signed_in
from dxflow.services.reading import case_list, case_pages, case_view, diagrams
from dxflow.services.reading.case_head import CaseHead
from dxflow.texts import gettext as _
from dxflow.web import case_filters, current, kpi_chart, uploads
from dxflow.web.inbox import page_number

blueprint = Blueprint("case", __name__)

PER_PAGE = 30
FORMS_PER_PAGE = 20
ENTRIES_PER_PAGE = 40


@dataclass(frozen=True)
class Typed:
    """What was typed into a form of the overview that comes back with an error."""

    form: str = ""
    text: str = ""
    messages: tuple[str, ...] = field(default=())

    def error(self, form: str) -> str:
        """Return the message of a form, empty when it is not the one that failed."""
        return " ".join(self.messages) if form == self.form else ""

    def value(self, form: str) -> str:
        """Return what was typed into a form."""
        return self.text if form == self.form else ""


@blueprint.get("/cases")
@signed_in
def index() -> str:
    """List the cases the person may see."""
    site, actor, filters = current.site(), current.actor(), case_filters.read()
    page = case_list.search(site, actor, filters, page_number(), PER_PAGE)
    given = case_filters.given()
    return render_template(
        "cases.html",
        page=page,
        filters=filters,
        choices=case_list.choices(site, actor, filters.task),
        statuses=case_filters.statuses(),
        answers_url=url_for("answers.choose", **given),
        csv_url=url_for("case.as_csv", **given),
        workbook_url=url_for("case.as_workbook", **given),
        narrowed=bool(given),
        address_of=lambda number: url_for("case.index", **given, page=number),
    )


@blueprint.get("/cases.csv")
@signed_in
def as_csv() -> Response:
    """Hand the list out for spreadsheets."""
    rows = case_list.to_csv(current.site(), current.actor(), case_filters.read())
    return attachment(rows, "text/csv; charset=utf-8", "cases.csv")


@blueprint.get("/cases.xlsx")
@signed_in
def as_workbook() -> Response:
    """Hand the list out as an Excel workbook, with the measures of its cases."""
    from dxflow.services.reading import case_book  # here: Excel's library is slow to read in

    pieces = case_book.workbook(current.site(), current.actor(), case_filters.read())
    return attachment(pieces, uploads.XLSX, "cases.xlsx")


@blueprint.get("/cases/<ident:case_id>")
@signed_in
def show(case_id: str) -> str:
    """Show what the case is about and where it stands."""
    return _overview(case_id, Typed())


@blueprint.get("/cases/number/<path:number>")
@signed_in
def by_number(number: str) -> Answer:
    """Lead to the case that is called by its number."""
    case_id = case_pages.by_number(current.site(), current.actor(), number)
    return redirect(url_for("case.show", case_id=case_id))


@blueprint.get("/cases/<ident:case_id>/progress")
@signed_in
def progress(case_id: str) -> str:
    """Show the case on its diagrams and as a list of steps."""
    found = case_pages.progress(current.site(), current.actor(), case_id)
    state = diagrams.document(
        found.standing,
        lambda process: url_for("case.diagram", case_id=case_id, process=process),
    )
    return case_page(
        "progress", found.head, state=state, standing=found.standing, rulings=found.rulings
    )


@blueprint.get("/cases/<ident:case_id>/timeline")
@signed_in
def timeline(case_id: str) -> str:
    """Show who did what."""
    found = case_pages.story(
        current.site(), current.actor(), case_id, page_number(), ENTRIES_PER_PAGE
    )
    return case_page(
        "timeline",
        found.head,
        page=found.page,
        address_of=lambda number: url_for("case.timeline", case_id=case_id, page=number),
    )


@blueprint.get("/cases/<ident:case_id>/forms")
@signed_in
def papers(case_id: str) -> str:
    """Show every form as it was handed in; `shown` is the id of one that is opened."""
    shown = request.args.get("shown", "")
    found = case_pages.papers(
        current.site(), current.actor(), case_id, page_number(), FORMS_PER_PAGE, shown
    )
    return case_page(
        "papers",
        found.head,
        page=found.page,
        shown=shown,
        address_of=lambda number: url_for("case.papers", case_id=case_id, page=number),
    )


@blueprint.get("/cases/<ident:case_id>/print")
@signed_in
def on_paper(case_id: str) -> str:
    """Show everything of the case as one document."""
    site = current.site()
    found = case_pages.whole(site, current.actor(), case_id)
    return render_template(
        "case/print.html",
        whole=found,
        case=found.overview,
        head=found.overview.head,
        printed_at=site.now(),
        kpi=kpi_chart,
    )


@blueprint.get("/cases/<ident:case_id>/diagrams/<process>")
@signed_in
def diagram(case_id: str, process: str) -> Response:
    """Give the BPMN of a process in the version the case runs on."""
    text = diagrams.source(current.site(), current.actor(), case_id, process)
    return Response(text, mimetype="application/xml")


@blueprint.post("/cases/<ident:case_id>/withdraw")
@signed_in
def withdraw(case_id: str) -> Answer | tuple[str, int]:
    """Take the proposal back for good."""
    reason = request.form.get("reason", "")
    try:
        cases.withdraw(current.site(), current.actor(), case_id, reason)
    except Invalid as refused:
        return _overview(case_id, typed_again("withdraw", reason, refused)), 422
    flash(_("取り下げました。"), "success")
    return redirect(url_for("case.show", case_id=case_id), 303)


@blueprint.post("/cases/<ident:case_id>/pull-back")
@signed_in
def pull_back(case_id: str) -> Answer:
    """Take the person's last act back and open its task again."""
    back = pulling_back.pull_back(current.site(), current.actor(), case_id)
    flash(_("引き戻しました。入力した内容は下書きに残っています。"), "success")
    if back.task_id:
        return redirect(url_for("task.show", task_id=back.task_id), 303)
    where = url_for("proposal.show", process=back.process, draft_id=back.draft_id)
    return redirect(where, 303)


@blueprint.post("/cases/<ident:case_id>/duties/<ident:duty_id>")
@signed_in
def meet_duty(case_id: str, duty_id: str) -> Answer | tuple[str, int]:
    """Report a condition as met."""
    evidence = request.form.get("evidence", "")
    try:
        case_id = duties.meet(current.site(), current.actor(), duty_id, evidence)
    except Invalid as refused:
        return _overview(case_id, typed_again(duty_id, evidence, refused)), 422
    flash(_("条件の履行を報告しました。"), "success")
    return redirect(url_for("case.show", case_id=case_id) + "#duties", 303)


@blueprint.post("/cases/<ident:case_id>/duties/<ident:duty_id>/hand-over")
@signed_in
def hand_duty_over(case_id: str, duty_id: str) -> Answer | tuple[str, int]:
    """Pass a condition on to another section."""
    unit, reason = request.form.get("unit", ""), request.form.get("reason", "")
    try:
        case_id = duties.hand_over(current.site(), current.actor(), duty_id, unit, reason)
    except Invalid as refused:
        return _overview(case_id, typed_again(f"{duty_id}-over", reason, refused)), 422
    flash(_("条件を別の課に引き継ぎました。"), "success")
    return redirect(url_for("case.show", case_id=case_id) + "#duties", 303)


def attachment(parts: Iterator[bytes], mimetype: str, name: str) -> Response:
    """Return a file to be kept, sent piece by piece; the first piece is made before answering."""
    first = next(parts, b"")

    def pieces() -> Iterator[bytes]:
        yield first
        yield from parts

    answer = Response(pieces(), mimetype=mimetype)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _overview(case_id: str, typed: Typed) -> str:
    found = case_view.page(current.site(), current.actor(), case_id)
    return case_page(
        "overview",
        found.head,
        case=found,
        typed=typed,
        kpi=kpi_chart,
    )


def case_page(name: str, head: CaseHead, **values: object) -> str:
    """Draw one of the pages of a case under its tabs."""
    tabs = [
        ("overview", _("概要"), "case.show"),
        ("progress", _("進み具合"), "case.progress"),
        ("decision", _("決裁"), "decision.show"),
        ("attachments", _("添付"), "attachments.index"),
        ("timeline", _("経過"), "case.timeline"),
        ("papers", _("提出された様式"), "case.papers"),
        *([("previous", _("前年との比較"), "previous.show")] if head.continues else []),
    ]
    return render_template(
        f"case/{name}.html",
        head=head,
        tabs=[
            {
                "label": label,
                "url": url_for(endpoint, case_id=head.id),
                "current": key == name,
            }
            for key, label, endpoint in tabs
        ],
        **values,
    )


def typed_again(form: str, text: str, refused: Invalid) -> Typed:
    """Return what was typed with what is wrong with it."""
    messages = [message for found in refused.fields.values() for message in found]
    return Typed(form, text, tuple(messages or [refused.message]))
