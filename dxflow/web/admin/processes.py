"""手続きの版: side by side, what changed, publish, make current again, retire."""

from flask import (
    Blueprint,
    Response,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from werkzeug.wrappers import Response as Answer

from dxflow.errors import Invalid
from dxflow.services.acts import timed_starts
from dxflow.services.operations import publishing, versions
from dxflow.services.operations.publishing import Uploaded
from dxflow.services.people.access import needs_role
from dxflow.services.reading import upcoming_starts
from dxflow.texts import gettext as _
from dxflow.texts import translated
from dxflow.web import current
from dxflow.web.admin import Entry

blueprint = Blueprint("processes_admin", __name__)

ENTRY = Entry(
    "processes_admin.index", "手続きの版",
    "版を並べて違いを見る。新しい版を公開する、前の版に戻す、廃止する。", "git-branch", 310,
)  # fmt: skip


@blueprint.get("/admin/processes")
@needs_role("admin")
def index() -> str:
    """List every version of every pack."""
    return _list()


@blueprint.get("/admin/processes/<key>/compare")
@needs_role("admin")
def compare(key: str) -> str:
    """Show what changed between two versions, in words."""
    before, after = _number("from"), _number("to")
    found = versions.compare(current.site(), current.actor(), key, before, after)
    return render_template("admin/processes/compare.html", found=found)


@blueprint.get("/admin/processes/<key>/<int:number>.zip")
@needs_role("admin")
def download(key: str, number: int) -> Response:
    """Hand a version out as a zip file."""
    answer = Response(
        publishing.as_zip(current.site(), current.actor(), key, number), mimetype="application/zip"
    )
    answer.headers["Content-Disposition"] = f'attachment; filename="{key}-{number}.zip"'
    return answer


@blueprint.post("/admin/processes/upload")
@needs_role("admin")
def upload() -> Response:
    """Check an uploaded pack and show what publishing it would change."""
    sent = request.files.get("file")
    try:
        if sent is None or not sent.filename:
            message = _("zip ファイルを選んでください。")
            raise Invalid(message, {"file": [message]})
        found = publishing.upload(current.site(), current.actor(), sent.read())
    except Invalid as refused:
        return make_response(_list(error=refused.message), 422)
    return make_response(_looked_at(found), 409 if found.same else 200 if found.digest else 422)


@blueprint.post("/admin/processes/publish")
@needs_role("admin")
def publish() -> Answer | tuple[str, int]:
    """Publish what was uploaded and looked at."""
    digest, reason = request.form.get("digest", ""), request.form.get("reason", "")
    try:
        row = publishing.publish(current.site(), current.actor(), digest, reason)
    except Invalid as refused:
        found = publishing.looked_at(current.site(), current.actor(), digest)
        return _looked_at(found, reason, refused.message), 422
    flash(
        _(
            "パック {key}（{title}）の第 {version} 版を公開しました。",
            key=row.key,
            title=translated(row.title),
            version=row.version,
        ),
        "success",
    )
    return redirect(url_for("processes_admin.index"), 303)


@blueprint.post("/admin/processes/<key>/<int:number>/current")
@needs_role("admin")
def make_current(key: str, number: int) -> Answer | tuple[str, int]:
    """Have new cases begin on a version."""
    try:
        versions.make_current(
            current.site(), current.actor(), key, number, request.form.get("reason", "")
        )
    except Invalid as refused:
        return _list(error=refused.message), 422
    flash(_("第 {n} 版を公開中にしました。新しい案件はこの版で始まります。", n=number), "success")
    return redirect(url_for("processes_admin.index"), 303)


@blueprint.post("/admin/processes/<key>/retire")
@needs_role("admin")
def retire(key: str) -> Answer | tuple[str, int]:
    """Have no new case begin with a pack."""
    try:
        versions.retire(current.site(), current.actor(), key, request.form.get("reason", ""))
    except Invalid as refused:
        return _list(error=refused.message), 422
    flash(_("廃止しました。進行中の案件はそのまま進みます。"), "success")
    return redirect(url_for("processes_admin.index"), 303)


@blueprint.post("/admin/processes/<key>/starts/<start_id>")
@needs_role("admin")
def begin(key: str, start_id: str) -> Answer | tuple[str, int]:
    """Begin a case that would begin by itself, ahead of its time."""
    last, reason = request.form.get("last", ""), request.form.get("reason", "")
    try:
        started = timed_starts.begin_now(current.site(), current.actor(), start_id, last, reason)
    except Invalid as refused:
        return _list(error=refused.message), 422
    flash(_("案件 {number} を始めました。", number=started.number), "success")
    return redirect(url_for("processes_admin.index", _anchor=f"pack-{key}"), 303)


def _list(error: str = "") -> str:
    site, actor = current.site(), current.actor()
    found = versions.listed(site, actor)
    starts = upcoming_starts.shown(site, actor)
    return render_template(
        "admin/processes/list.html",
        packs=[
            (key, [one for one in found if one.key == key])
            for key in dict.fromkeys(one.key for one in found)
        ],
        status_name=versions.status_name,
        starts={
            key: [one for one in starts if one.pack == key] for key in {s.pack for s in starts}
        },
        error=error,
    )


def _looked_at(found: Uploaded, reason: str = "", error: str = "") -> str:
    return render_template(
        "admin/processes/upload.html",
        found=found,
        same_already=publishing.same_already,
        reason=reason,
        error=error,
    )


def _number(name: str) -> int:
    text = request.args.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) < 7):
        message = _("版は数で指定してください。")
        raise Invalid(message, {name: [message]})
    return int(text)
