"""What was answered in a form, over the cases of a list: chosen on a page, kept as a workbook."""

from flask import Blueprint, Response, render_template, request

from dxflow.errors import Invalid
from dxflow.services.people.access import signed_in
from dxflow.services.reading import answer_forms, case_list
from dxflow.web import case_filters, current, uploads
from dxflow.web.case import attachment

blueprint = Blueprint("answers", __name__)


@blueprint.get("/answers")
@signed_in
def choose() -> str:
    """Offer the forms whose answers can be had, and the filters of the list of cases."""
    return _page()


@blueprint.get("/answers.xlsx")
@signed_in
def as_workbook() -> Response | tuple[str, int]:
    """Hand the answers of a form out as an Excel workbook."""
    from dxflow.services.reading import answer_book  # here: Excel's library is slow to read in

    site, actor = current.site(), current.actor()
    try:
        pieces = answer_book.workbook(
            site, actor, request.args.get("form", ""), case_filters.read()
        )
        return attachment(pieces, uploads.XLSX, "answers.xlsx")
    except Invalid as refused:
        return _page(refused), 422


def _page(refused: Invalid | None = None) -> str:
    site, actor = current.site(), current.actor()
    return render_template(
        "answers.html",
        forms=answer_forms.offered(site),
        chosen=request.args.get("form", ""),
        given=case_filters.given(),
        choices=case_list.choices(site, actor),
        statuses=case_filters.statuses(),
        refused=refused,
    )
