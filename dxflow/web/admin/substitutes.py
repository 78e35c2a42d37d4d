"""代決順位: who decides while the holder of a post is away, post by post."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from dxflow.errors import Invalid, NotFound
from dxflow.services.people import standing
from dxflow.services.people.access import needs_role
from dxflow.services.reading import standing as reading
from dxflow.texts import gettext as _
from dxflow.web import current
from dxflow.web.admin import Entry

blueprint = Blueprint("substitutes_admin", __name__)

ENTRY = Entry(
    "substitutes_admin.index", _("代決順位"),
    _("職の人が不在のときに、だれがどの順で代わりに決裁するか。"), "list-checks", 250,
)  # fmt: skip
#: How many places the page offers.
PLACES = 5


@blueprint.get("/admin/substitutes")
@needs_role("admin")
def index() -> str:
    """List the posts that lead or decide, with who decides in their stead."""
    return _page(request.args.get("post", ""))


@blueprint.post("/admin/substitutes")
@needs_role("admin")
def change() -> tuple[str, int] | Response:
    """Change the list of one post from today on."""
    post = request.form.get("post", "")
    chosen = [request.form.get(f"place-{place}", "") for place in range(1, PLACES + 1)]
    try:
        standing.set_substitutes(current.site(), current.actor(), post, chosen)
    except (Invalid, NotFound) as refused:
        return _page(post, refused.message, chosen), 422
    flash(_("代決順位を保存しました。"), "success")
    return redirect(url_for("substitutes_admin.index", _anchor=post), 303)


def _page(post: str = "", refused: str = "", chosen: list[str] | None = None) -> str:
    site = current.site()
    today = site.today()
    return render_template(
        "admin/substitutes.html",
        rows=reading.substitutes(site, today),
        choices=[("", _("（なし）")), *reading.post_choices(site, today)] if post else [],
        post=post,
        refused=refused,
        chosen=chosen,
        places=range(1, PLACES + 1),
    )
