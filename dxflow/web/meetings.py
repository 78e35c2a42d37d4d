"""会議: planned, prepared and held; the papers for its members, the agenda, who is there."""

from collections.abc import Callable, Collection
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from dxflow.errors import STATUS_OF_KIND, Conflict, DxflowError, Invalid, NotAllowed
from dxflow.services.meetings import (
    agenda,
    bloc_views,
    blocs,
    book,
    ordering,
    papers,
    planning,
    recusing,
    session,
    together,
)
from dxflow.services.meetings.planning import Plan
from dxflow.services.people.access import needs_role, signed_in
from dxflow.services.people.actor import READS_ALL, Actor
from dxflow.services.reading import backlog
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.web import current
from dxflow.web.inbox import page_number
from dxflow.web.posting import day_in

blueprint = Blueprint("meetings", __name__)

Answer = tuple[str, int] | Response
Given = dict[str, str]
#: What is done to a meeting or to a matter; each returns what the page says afterwards.
Doing = Callable[[Site, Actor, str, Given], str]


@blueprint.get("/meetings")
@signed_in
def index() -> str:
    """List the meetings."""
    return _index()


@blueprint.post("/meetings")
@needs_role("secretariat")
def plan() -> Answer:
    """Plan a meeting."""
    given = request.form.to_dict()
    try:
        meeting = planning.plan(
            current.site(), current.actor(), given.get("body", ""), plan_in(given)
        )
    except (Invalid, Conflict) as refused:
        return _index(words(refused), given), STATUS_OF_KIND[refused.kind]
    flash(_("会議を計画しました。議題を選び、資料を配付してください。"), "success")
    return redirect(url_for("meetings.show", meeting_id=meeting), 303)


@blueprint.get("/meetings/bodies")
@signed_in
def bodies() -> str:
    """Show the bodies, their seats and their rules."""
    return bodies_page()


def bodies_page(refused: str = "", typed: Given | None = None) -> str:
    """Return the page of bodies, with what was refused and typed."""
    site, actor = current.site(), current.actor()
    return render_template(
        "meetings/bodies.html", bodies=book.bodies(site, actor), refused=refused,
        typed=typed or {}, appoints=actor.has_role("admin"),
    )  # fmt: skip


@blueprint.get("/meetings/<ident:meeting_id>")
@signed_in
def show(meeting_id: str) -> str:
    """Show a meeting: what is ready, who is there, the agenda."""
    return page_of(meeting_id)


@blueprint.get("/meetings/<ident:meeting_id>/papers")
@signed_in
def show_papers(meeting_id: str) -> str:
    """Show the papers of the whole agenda as one document."""
    site = current.site()
    found = papers.of_meeting(site, current.actor(), meeting_id)
    return render_template(
        "meetings/papers.html", found=found, printed_at=site.now(),
        blocs=bloc_views.of_matters(found.meeting.matters),
    )  # fmt: skip


@blueprint.post(
    "/meetings/<ident:meeting_id>/<any(change,cancel,distribute,add,attend,consent,begin,close):act>"
)
@signed_in
def do(meeting_id: str, act: str) -> Answer:
    """Do something to a meeting."""
    doing = MEETING_ACTS[act]
    try:
        said = doing(current.site(), current.actor(), meeting_id, request.form.to_dict())
    except (Invalid, Conflict, NotAllowed) as refused:
        return page_of(meeting_id, words(refused)), STATUS_OF_KIND[refused.kind]
    flash(said, "success")
    return redirect(url_for("meetings.show", meeting_id=meeting_id), 303)


@blueprint.post(
    "/meetings/<ident:meeting_id>/matters/<ident:matter_id>/"
    "<any(remove,open,close,defer,recuse,rejoin,separate,read,up,down):act>"
)
@signed_in
def do_to_matter(meeting_id: str, matter_id: str, act: str) -> Answer:
    """Do something to a matter of a meeting."""
    doing = MATTER_ACTS[act]
    try:
        said = doing(current.site(), current.actor(), matter_id, request.form.to_dict())
    except session.SeatsUnheard as asked:
        return page_of(meeting_id, asked=asked, matter=matter_id), STATUS_OF_KIND[asked.kind]
    except (Invalid, Conflict, NotAllowed) as refused:
        return page_of(meeting_id, words(refused)), STATUS_OF_KIND[refused.kind]
    flash(said, "success")
    way = "meetings.show_papers" if request.form.get("back") == "papers" else "meetings.show"
    return redirect(url_for(way, meeting_id=meeting_id, _anchor=f"m-{matter_id}"), 303)


def plan_in(given: Given) -> Plan:
    """Return the plan of a form. Raises Invalid for a day that is none."""
    return Plan(
        day_in(given, "held_on"), given.get("begins", ""), given.get("ends", ""),
        given.get("place", ""), written=given.get("kind") == "written",
    )  # fmt: skip


def words(refused: DxflowError) -> str:
    """Return what was wrong, with the words of each field."""
    fields = refused.fields.values() if isinstance(refused, Invalid) else ()
    extra = [text for texts in fields for text in texts if text not in refused.message]
    return "\n".join([refused.message, *extra])


def _change(site: Site, by: Actor, meeting: str, given: Given) -> str:
    version = int(given["version"]) if given.get("version", "").isdecimal() else None
    changed = planning.change(site, by, meeting, version, plan_in(given))
    return _("予定を変えました。") if changed else _("変わったところはありません。")


def _cancel(site: Site, by: Actor, meeting: str, given: Given) -> str:
    planning.cancel(site, by, meeting, given.get("reason", ""))
    return _("会議を取りやめました。議題だった案件は、審議を待つ案件に戻りました。")


def _distribute(site: Site, by: Actor, meeting: str, _given: Given) -> str:
    planning.distribute(site, by, meeting)
    return _("資料を配付しました。席に就いている人にお知らせが届きます。")


def _add(site: Site, by: Actor, meeting: str, given: Given) -> str:
    agenda.add(site, by, meeting, given.get("case", ""))
    return _("議題に加えました。")


def _attend(site: Site, by: Actor, meeting: str, given: Given) -> str:
    here = given.get("here") == "yes"
    if here and not given.get("seat"):
        number = session.attend_rest(site, by, meeting)
        return _("{n}人の出席を記録しました。", n=number)
    session.attend(site, by, meeting, given.get("seat", ""), here=here)
    return _("出席を記録しました。") if here else _("退席を記録しました。")


def _consent(site: Site, by: Actor, meeting: str, given: Given) -> str:
    agrees = given.get("agrees") == "yes"
    session.consent(site, by, meeting, given.get("seat", ""), agrees=agrees)
    return _("同意を記録しました。") if agrees else _("不同意を記録しました。")


def _begin(site: Site, by: Actor, meeting: str, given: Given) -> str:
    if session.begin(site, by, meeting, given.get("late_reason", "")):
        return _("持ち回り審議を始めました。席に就いている人に作業が届いています。")
    return _("開会しました。")


def _close(site: Site, by: Actor, meeting: str, _given: Given) -> str:
    session.close(site, by, meeting)
    return _("終えました。続けて議事録を作れます。")


def _remove(site: Site, by: Actor, matter: str, given: Given) -> str:
    agenda.remove(site, by, matter, given.get("reason", ""))
    return _("議題から外しました。")


def _open_vote(site: Site, by: Actor, matter: str, _given: Given) -> str:
    session.open_vote(site, by, matter)
    return _("表決を始めました。出席している人に作業が届いています。")


def _close_vote(site: Site, by: Actor, matter: str, given: Given) -> str:
    session.close_vote(site, by, matter, without=given.get("without", "").split(","))
    return _("表決を締め切りました。")


def _defer(site: Site, by: Actor, matter: str, given: Given) -> str:
    session.defer(site, by, matter, given.get("reason", ""))
    return _("継続審議にしました。次の会議の議題に選べます。")


def _recuse(site: Site, by: Actor, matter: str, given: Given) -> str:
    recusing.declare(site, by, matter, given.get("seat", ""), given.get("reason", ""))
    return _("除斥を記録しました。この席への表決の依頼はなくなりました。")


def _rejoin(site: Site, by: Actor, matter: str, given: Given) -> str:
    recusing.take_back(site, by, matter, given.get("seat", ""), given.get("reason", ""))
    return _("除斥の申出の取下げを記録しました。この席は、この議題の審議と表決に加わります。")


def _separate(site: Site, by: Actor, matter: str, given: Given) -> str:
    blocs.take_out(site, by, matter, given.get("reason", ""))
    return _("この議題を一括審議から分離しました。出ている判断はそのまま数えます。")


def _read(site: Site, by: Actor, matter: str, _given: Given) -> str:
    papers.read(site, by, matter)
    return _("資料を確認したことを記録しました。")


def _up(site: Site, by: Actor, matter: str, _given: Given) -> str:
    ordering.up(site, by, matter)
    return _("議題の順を変えました。")


def _down(site: Site, by: Actor, matter: str, _given: Given) -> str:
    ordering.down(site, by, matter)
    return _("議題の順を変えました。")


MEETING_ACTS: dict[str, Doing] = {
    "change": _change, "cancel": _cancel, "distribute": _distribute, "add": _add,
    "attend": _attend, "consent": _consent, "begin": _begin, "close": _close,
}  # fmt: skip
MATTER_ACTS: dict[str, Doing] = {
    "remove": _remove, "open": _open_vote, "close": _close_vote, "defer": _defer,
    "recuse": _recuse, "rejoin": _rejoin, "separate": _separate, "read": _read, "up": _up, "down": _down,
}  # fmt: skip


def _index(refused: str = "", typed: Given | None = None) -> str:
    site, actor = current.site(), current.actor()
    return render_template(
        "meetings/list.html",
        found=book.listed(site, actor, page_number()),
        backlogs=backlog.names(site, actor) if actor.has_role(*READS_ALL) else [],
        address_of=lambda number: url_for("meetings.index", page=number),
        today=site.today(),
        refused=refused,
        typed=typed or {},
    )


def page_of(
    meeting_id: str,
    refused: str = "",
    asked: session.SeatsUnheard | None = None,
    matter: str = "",
    bloc_asked: tuple[int, together.BlocUnheard] | None = None,
    chosen: Collection[str] | None = None,
) -> str:
    """Return the page of a meeting; `asked`: whether to close the vote on `matter` all the same.

    `bloc_asked` is that question about a bloc, `chosen` the items ticked to be put together.
    """
    found = book.one(current.site(), current.actor(), meeting_id)
    given: dict[str, Any] = request.form.to_dict() if refused else {}
    return render_template(
        "meetings/one.html",
        found=found,
        refused=refused,
        typed=given,
        asked=asked,
        asked_of=next((one for one in found.matters if one.id == matter), None),
        bloc_asked=bloc_asked,
        blocs=bloc_views.of_matters(found.matters),
        joinable=bloc_views.joinable(found.matters) if found.keeper else (),
        chosen=chosen,
    )
