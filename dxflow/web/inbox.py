"""受信箱: what waits, the late first."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date

from flask import Blueprint, render_template, request, url_for

from dxflow.calendars.wareki import wareki_date, wareki_short
from dxflow.clock import local_date
from dxflow.errors import Invalid
from dxflow.services.acts import processes
from dxflow.services.people.access import signed_in
from dxflow.services.people.actor import READS_ALL, Actor
from dxflow.services.reading import inbox, owed_conditions, standing
from dxflow.services.reading.inbox import Listed
from dxflow.texts import gettext as _
from dxflow.web import current, frame

blueprint = Blueprint("inbox", __name__)

PER_PAGE = 30


@dataclass(frozen=True)
class Entry:
    """A task as a line of the inbox, in words. Addresses are empty for what one may not do.

    `people`: what waits for several others on one case and reads the same is one line.
    """

    url: str
    task: str
    case_number: str
    case_title: str
    phase: str
    due: str
    due_iso: str
    urgency: str
    due_note: str
    received: str
    claimed_by: str
    claim_url: str
    release_url: str
    suspended: bool = False
    returned: bool = False
    standing: str = ""
    held_for: str = ""
    held_until: str = ""
    hold_over: bool = False
    people: int = 1


@dataclass(frozen=True)
class Section:
    """Tasks of one urgency."""

    urgency: str
    title: str
    entries: tuple[Entry, ...]

    @property
    def tasks(self) -> int:
        """Return how many tasks the lines stand for."""
        return sum(one.people for one in self.entries)


@blueprint.get("/")
@signed_in
def index() -> str:
    """Show what waits for the person, their section, or everybody."""
    actor, site = current.actor(), current.site()
    scope = request.args.get("scope", "mine")
    page = inbox.waiting(site, actor, scope, page_number(), PER_PAGE)
    first = scope == "mine" and page.page == 1
    return render_template(
        "inbox.html",
        scope=scope,
        page=page,
        sections=_sections([_entry(actor, one, site.today()) for one in page.entries]),
        tabs=_tabs(actor, scope),
        owed=standing.owed_count(site, actor) if scope == "mine" else 0,
        owes=owed_conditions.for_actor(site, actor) if first else None,
        offered=processes.listed(site, actor) if first and not page.total else (),
        address_of=lambda number: url_for("inbox.index", scope=scope, page=number),
    )


@blueprint.get("/conditions")
@signed_in
def conditions() -> str:
    """List every condition that the person's groups owe, the first due first."""
    return render_template(
        "conditions.html",
        page=owed_conditions.page(current.site(), current.actor(), page_number(), PER_PAGE),
        address_of=lambda number: url_for("inbox.conditions", page=number),
    )


def page_number() -> int:
    """Return the page asked for. Raises Invalid for anything but a number."""
    text = request.args.get("page", "1")
    if not text.isascii() or not text.isdigit() or len(text) > 7:
        message = _("ページは 1 からの数で指定してください。")
        raise Invalid(message, {"page": [message]})
    return int(text)


def due_note(urgency: str, due: date | None, today: date) -> str:
    """Return how far the due date is, in days as people count them."""
    if due is None or urgency == "none":
        return ""
    days = (due - today).days
    if urgency == "late":
        return _("{n}日超過", n=-days) if days < 0 else _("期限超過")
    if days <= 0:
        return _("きょうまで")
    return _("あすまで") if days == 1 else _("あと{n}日", n=days)


def _entry(actor: Actor, one: Listed, today: date) -> Entry:
    due = local_date(one.due_at) if one.due_at else None
    taken_by_me = one.assignee_id == actor.person_id
    shared = len(one.groups) > 0 and not all(group.startswith("user:") for group in one.groups)
    moves = shared and not one.suspended
    claim = one.mine and one.assignee_id is None and moves and not one.standing
    return Entry(
        url=frame.task_url(one.id) if one.mine else frame.case_url(one.case_id),
        task=one.name,
        case_number=one.case_number,
        case_title=one.case_title,
        phase=one.stage,
        due=wareki_date(due) if due else "",
        due_iso=due.isoformat() if due else "",
        urgency=one.urgency,
        due_note=due_note(one.urgency, due, today),
        received=wareki_short(local_date(one.created_at)),
        claimed_by=_("あなた") if taken_by_me and shared else one.assignee if shared else "",
        claim_url=frame.task_url(one.id, "claim") if claim else "",
        release_url=frame.task_url(one.id, "release") if taken_by_me and moves else "",
        suspended=one.suspended,
        returned=one.returned,
        standing=one.standing,
        held_for=one.held_for,
        held_until=wareki_short(one.held_until) if one.held_until else "",
        hold_over=one.held_until is not None and one.held_until <= today,
    )


def _sections(entries: list[Entry]) -> tuple[Section, ...]:
    titles = (
        ("late", _("期限を過ぎたもの")),
        ("soon", _("まもなく期限")),
        ("none", _("待っている作業")),
    )
    lines = [replace(one, people=count) for one, count in Counter(entries).items()]
    sections = (
        Section(key, title, tuple(one for one in lines if one.urgency == key))
        for key, title in titles
    )
    return tuple(section for section in sections if section.entries)


def _tabs(actor: Actor, scope: str) -> list[dict[str, object]]:
    scopes = [("mine", _("私の作業")), ("group", _("課の作業"))]
    if actor.has_role(*READS_ALL):
        scopes.append(("all", _("すべて")))
    return [
        {"label": label, "url": url_for("inbox.index", scope=key), "current": key == scope}
        for key, label in scopes
    ]
