"""人事異動: plans made from files, rehearsed, filled, scheduled, applied, taken back."""

from collections.abc import Callable
from datetime import date

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from dxflow.calendars.wareki import wareki_datetime
from dxflow.errors import STATUS_OF_KIND, Conflict, DxflowError, Invalid, NotFound
from dxflow.problems import Problem, Refused
from dxflow.services.administration.imports.days import day_of, why_no_day
from dxflow.services.administration.imports.reading import LARGEST_FILE
from dxflow.services.administration.transfers import (
    applying,
    choice_sheet,
    choosing,
    columns,
    dividing,
    page,
    plans,
    scheduling,
    undoing,
    wording,
)
from dxflow.services.people.access import needs_role
from dxflow.texts import gettext as _
from dxflow.web import current, uploads
from dxflow.web.admin import Entry

blueprint = Blueprint("transfers_admin", __name__)

ENTRY = Entry(
    "transfers_admin.index", _("人事異動"),
    _("異動の前に、作業・代理・会議体・指標の変わり方と穴を確かめ、その日の0時に適用する。"),
    "arrow-right-left", 230,
)  # fmt: skip

Page = str | tuple[str, int]


@blueprint.get("/admin/transfers")
@needs_role("admin")
def index() -> str:
    """List the plans and ask for a file."""
    return _list()


@blueprint.get("/admin/transfers/template.csv")
@needs_role("admin")
def template() -> Response:
    """Give an empty file with the headings of what `what` names: transfers, units or posts."""
    layout = columns.LAYOUTS.get(request.args.get("what", "transfers"))
    if layout is None:
        raise NotFound(_("そのひな形はありません。"))
    text = uploads.csv_text([list(layout.headings.values())])
    return uploads.csv_file(text, f"dxflow-{layout.what}.csv")


@blueprint.post("/admin/transfers")
@needs_role("admin", most=uploads.LARGEST_CONFIRMATION)
def create() -> Page | Answer:
    """Make a plan of a file, or ask what its headings mean."""
    site, by, form = current.site(), current.actor(), request.form

    def act(upload: plans.Upload) -> str:
        text = form.get("effective", "").strip()
        day = day_of(text)
        if text and day is None:
            message = why_no_day(text)
            raise Invalid(message, {"effective": [message]})
        return plans.create(site, by, form.get("plan_name", ""), day, upload)

    return _uploaded("", act)


@blueprint.post("/admin/transfer/<plan>/file")
@needs_role("admin", most=uploads.LARGEST_CONFIRMATION)
def add_file(plan: str) -> Page | Answer:
    """Add a file to a plan, in the place of an earlier one of its kind."""

    def act(upload: plans.Upload) -> str:
        plans.put_file(current.site(), current.actor(), plan, upload, _version())
        return plan

    return _uploaded(plan, act)


@blueprint.get("/admin/transfer/<plan>")
@needs_role("admin")
def show(plan: str) -> str:
    """Show one plan with its rehearsal."""
    return _plan(plan)


@blueprint.get("/admin/transfer/<plan>/changes.csv")
@needs_role("admin")
def changes(plan: str) -> Response:
    """Give every change and hole of a plan as a file."""
    rows = page.table(current.site(), current.actor(), plan)
    return uploads.csv_file(uploads.csv_text(rows), "dxflow-transfer.csv")


@blueprint.post("/admin/transfer/<plan>/holes")
@needs_role("admin")
def fill(plan: str) -> Page | Answer:
    """Take over how holes are to be filled, or accept the first proposal for all."""
    site, by, form = current.site(), current.actor(), request.form

    def act() -> str:
        if form.get("_act") == "accept":
            done = choosing.accept_all(site, by, plan, _version())
        else:
            choices = {
                hole: (
                    form.get(f"other:{hole}", "").strip() or form.get(f"fill:{hole}", ""),
                    form.get(f"reason:{hole}", ""),
                )
                for hole in form.getlist("hole")
            }
            done = choosing.fill(site, by, plan, choices, _version())
        return _("{n} 件を保存しました。", n=done)

    return _done(plan, act, "holes")


@blueprint.post("/admin/transfer/<plan>/cases")
@needs_role("admin")
def divide(plan: str) -> Page | Answer:
    """Give open cases of a section that is split to its successors, each or all at once."""
    site, by, form = current.site(), current.actor(), request.form
    unit = form.get("unit", "")

    def act() -> str:
        if to := form.get("_all", ""):
            done = dividing.give_all(site, by, plan, unit, to, _version())
        else:
            choices = {case: form.get(f"case:{case}", "") for case in form.getlist("case")}
            done = dividing.give(site, by, plan, choices, _version())
        return _("{n} 件を保存しました。", n=done)

    return _done(plan, act, f"split-{unit}")


@blueprint.get("/admin/transfer/<plan>/cases.csv")
@needs_role("admin")
def cases_csv(plan: str) -> Response:
    """Give the cases to divide as a file with a column to fill."""
    content = choice_sheet.as_csv(current.site(), current.actor(), plan)
    return uploads.file(content, "text/csv", "dxflow-transfer-cases.csv")


@blueprint.get("/admin/transfer/<plan>/cases.xlsx")
@needs_role("admin")
def cases_xlsx(plan: str) -> Response:
    """Give the same as an Excel workbook."""
    content = choice_sheet.as_workbook(current.site(), current.actor(), plan)
    return uploads.file(content, uploads.XLSX, "dxflow-transfer-cases.xlsx")


@blueprint.post("/admin/transfer/<plan>/cases/file")
@needs_role("admin", most=uploads.LARGEST_UPLOAD)
def divide_by_file(plan: str) -> Page | Answer:
    """Take over where cases go from a filled sheet, all of its lines or none."""

    def act() -> str:
        content, name = uploads.received()
        site, by = current.site(), current.actor()
        done = choice_sheet.take(site, by, plan, content, name, _version())
        return _("{n} 件を保存しました。", n=done)

    return _done(plan, act, "cases")


@blueprint.post("/admin/transfer/<plan>/remove")
@needs_role("admin")
def remove_file(plan: str) -> Page | Answer:
    """Take a file out of a plan."""
    what = request.form.get("what", "")

    def act() -> str:
        plans.remove_file(current.site(), current.actor(), plan, what, _version())
        return _("ファイルを外しました。")

    return _done(plan, act)


@blueprint.post("/admin/transfer/<plan>/schedule")
@needs_role("admin")
def schedule(plan: str) -> Page | Answer:
    """Have a plan applied at 00:00 of its day."""

    def act() -> str:
        scheduling.schedule(current.site(), current.actor(), plan, _version())
        return _("予約しました。その日の0時に適用されます。")

    return _done(plan, act)


@blueprint.post("/admin/transfer/<plan>/unschedule")
@needs_role("admin")
def unschedule(plan: str) -> Page | Answer:
    """Take a plan's hour back."""

    def act() -> str:
        scheduling.unschedule(current.site(), current.actor(), plan, _version())
        return _("予約を取り消しました。")

    return _done(plan, act)


@blueprint.post("/admin/transfer/<plan>/apply")
@needs_role("admin")
def apply(plan: str) -> Page | Answer:
    """Carry a plan out now."""

    def act() -> str:
        done = applying.apply(current.site(), current.actor(), plan, _version())
        return _(
            "適用しました（異動した人 {n} 人）。職の変わった人は、ログインし直します。",
            n=done.persons,
        )

    return _done(plan, act)


@blueprint.post("/admin/transfer/<plan>/undo")
@needs_role("admin")
def undo(plan: str) -> Page | Answer:
    """Take an applied plan back."""

    def act() -> str:
        undoing.undo(current.site(), current.actor(), plan, _version())
        return _("異動を取り消し、元に戻しました。職の変わった人は、ログインし直します。")

    return _done(plan, act)


@blueprint.post("/admin/transfer/<plan>/discard")
@needs_role("admin")
def discard(plan: str) -> Page | Answer:
    """Throw a plan away."""

    def act() -> str:
        plans.discard(current.site(), current.actor(), plan, _version())
        return _("計画を破棄しました。")

    return _done(plan, act)


def _version() -> int | None:
    text = request.form.get("version", "")
    return int(text) if text.isdecimal() and len(text) < 10 else None


def _done(plan: str, act: Callable[[], str], anchor: str = "") -> Page | Answer:
    """Do something to a plan and show it, or say why it was refused."""
    try:
        message = act()
    except (Invalid, Conflict, Refused) as refused:
        return _plan(plan, refused), STATUS_OF_KIND.get(refused.kind, 422)
    flash(message, "success")
    return redirect(url_for("transfers_admin.show", plan=plan, _anchor=anchor or None), 303)


def _uploaded(plan: str, act: Callable[[plans.Upload], str]) -> Page | Answer:
    """Do something with an uploaded file, or with one that comes back with its headings mapped."""
    try:
        upload = _upload()
        made = act(upload)
    except columns.Unmapped as unmapped:
        return _mapping(plan, upload, unmapped), 422
    except Refused as refused:
        return (_plan(plan, refused) if plan else _list(problems=refused.problems)), 422
    except (Invalid, Conflict) as refused:
        status = STATUS_OF_KIND.get(refused.kind, 422)
        return (_plan(plan, refused) if plan else _list(refused)), status
    flash(_("ファイルを読みました。直すところ、変わり方、穴を確かめてください。"), "info")
    return redirect(url_for("transfers_admin.show", plan=made), 303)


def _upload() -> plans.Upload:
    """Return the file that was sent, or the one that a form carries with its mapping."""
    if "content" not in request.form:
        return plans.Upload(*uploads.received())
    content, name = uploads.carried()
    headings = request.form.getlist("heading")
    mapped = dict(zip(headings, request.form.getlist("column"), strict=False))
    return plans.Upload(content, name, request.form.get("what", ""), mapped)


def _mapping(plan: str, upload: plans.Upload, unmapped: columns.Unmapped) -> str:
    """Ask which column each heading of a file means."""
    layout = unmapped.layout
    choices = [
        ("", _("選んでください")),
        *layout.headings.items(),
        (columns.NOT_READ, _("読まない")),
    ]
    target = (
        url_for("transfers_admin.add_file", plan=plan)
        if plan
        else url_for("transfers_admin.create")
    )
    return render_template(
        "admin/transfers/mapping.html",
        action=target, asked=unmapped, choices=choices, what=layout.what, name=upload.name,
        content=uploads.carrying(upload.content), typed=request.form, plan=plan,
        words=columns.names(), missing=[layout.headings[key] for key in unmapped.missing],
    )  # fmt: skip


def _list(refused: DxflowError | None = None, problems: tuple[Problem, ...] = ()) -> str:
    site, by = current.site(), current.actor()
    today = site.today()
    april = date(today.year + (today.month >= 4), 4, 1)
    return render_template(
        "admin/transfers/list.html",
        plans=plans.listed(site, by), states=plans.status_words(), kinds=columns.names(),
        refused=refused.message if refused else "", problems=problems, typed=request.form,
        effective=request.form.get("effective", april.isoformat()),
        largest=LARGEST_FILE // (1024 * 1024),
    )  # fmt: skip


def _plan(plan: str, refused: DxflowError | None = None) -> str:
    shown = page.page(current.site(), current.actor(), plan)
    wrong = refused.fields if isinstance(refused, Invalid) else {}
    in_file = isinstance(refused, Refused)
    problems = refused.problems if isinstance(refused, Refused) else shown.problems
    return render_template(
        "admin/transfers/plan.html",
        told=[(words, f"{name} {wareki_datetime(at)}") for words, name, at in shown.told],
        plan=shown, states=plans.status_words(), matters=wording.matter_words(done=shown.done is not None),
        hole_states=wording.state_words(), in_file=in_file, refused=refused.message if refused and not in_file else "",
        wrong=wrong, problems=problems, typed=request.form if wrong else {}, most=page.MOST, beside=dividing.APPLICANT,
    )  # fmt: skip
