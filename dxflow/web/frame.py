"""What stands around every page: who I am, in which post, what waits, where I can go.

Costs two statements: what waits, and notices that are new.
"""

from dataclasses import dataclass
from typing import Any, cast

from flask import Flask, current_app, g, get_flashed_messages, request, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map
from werkzeug.routing.exceptions import RoutingException

from dxflow.calendars.retelling import retold
from dxflow.services.operations.case_choice import OPERATORS
from dxflow.services.people.actor import Actor
from dxflow.services.reading import inbox, notices
from dxflow.texts import LANGUAGE_NAMES, gettext, language, translated
from dxflow.web import current, returning

#: Addresses of the navigation. What no blueprint serves is not shown.
ADDRESSES = {
    "home": "/",
    "inbox": "/",
    "mine": "/mine",
    "new": "/proposals/new",
    "cases": "/cases",
    "kpis": "/kpis",
    "meetings": "/meetings",
    "audit": "/audit",
    "notices": "/notices",
    "standing": "/standing",
    "portfolio": "/portfolio",
    "admin": "/admin",
    "logout": "/logout",
    "act-as": "/acting-post",
    "password": "/password",
    "second-factor": "/account/second-factor",
    "calendar": "/calendar",
}
#: Entries that need a role; the rest is for everybody.
ROLES = {
    "audit": ("cio", "auditor"),
    "portfolio": ("cio", "secretariat", "auditor"),
    "admin": ("admin", "secretariat", "cio", "auditor"),
    "meetings": (
        "secretariat",
        "cio",
        "auditor",
        "committee",
        "committee-chair",
        "committee-member",
    ),
}
PAGES = (
    "inbox",
    "mine",
    "new",
    "cases",
    "kpis",
    "meetings",
    "portfolio",
    "audit",
    "notices",
    "admin",
)


@dataclass(frozen=True)
class PostChoice:
    """A post the person may act in."""

    key: str
    title: str
    current: bool


@dataclass(frozen=True)
class Frame:
    """The frame of a person's pages; `can` holds the keys of the navigation they may use."""

    person_name: str
    post_title: str
    posts: tuple[PostChoice, ...]
    waiting: int
    late: int
    notices: int
    can: frozenset[str]
    #: Whether the person may suspend, cancel and reassign: the way to a case's operations.
    operates: bool = False


def install(app: Flask, served: frozenset[str]) -> None:
    """Give the templates the frame and the ways to the pages that are served."""
    app.extensions["dxflow.served"] = served
    app.jinja_env.filters["t"] = translated
    app.jinja_env.filters["retold"] = retold
    app.jinja_env.globals.update(
        _=gettext, nav_url=nav_url, case_url=case_url, typed_mark=returning.mark
    )
    app.context_processor(_around)


def served_pages(pages: Map) -> frozenset[str]:
    """Return the keys of the navigation that some blueprint serves."""
    adapter = pages.bind("localhost")
    return frozenset(key for key in PAGES if _is_served(adapter, ADDRESSES[key]))


def _is_served(adapter: Any, path: str) -> bool:
    try:
        adapter.match(path, method="GET")
    except (HTTPException, RoutingException):
        return False
    return True


def nav_url(key: str) -> str:
    """Return the address of a navigation entry."""
    return request.script_root + ADDRESSES[key]


def task_url(task_id: str, act: str = "") -> str:
    """Return the address of a task, or of an `act` on it: claim or release."""
    return f"{request.script_root}/tasks/{task_id}{'/' if act else ''}{act}"


def case_url(case_id: str) -> str:
    """Return the address of a case."""
    return f"{request.script_root}/cases/{case_id}"


def frame() -> Frame | None:
    """Return the frame of whoever is logged in, None when nobody is; made once a request."""
    if "frame" not in g:
        visitor = current.visitor()
        g.frame = _frame_of(visitor.actor) if visitor else None
    found: Frame | None = g.frame
    return found


def allowed(actor: Actor, served: frozenset[str]) -> frozenset[str]:
    """Return the navigation entries a person may use."""
    able = {key for key in served if key not in ROLES or actor.has_role(*ROLES[key])}
    if actor.unit is None:
        able.discard("new")
    return frozenset(able)


def _frame_of(actor: Actor) -> Frame:
    site = current.site()
    waiting, late = inbox.counts(site, actor)
    can = allowed(actor, current_app.extensions["dxflow.served"])
    return Frame(
        person_name=actor.name,
        post_title=actor.post.title if actor.post else "",
        posts=tuple(
            PostChoice(post.key, post.title, post.key == actor.acting_post) for post in actor.posts
        ),
        waiting=waiting,
        late=late,
        notices=notices.unread_count(site, actor) if "notices" in can else 0,
        can=can,
        operates=actor.has_role(*OPERATORS),
    )


def _other_languages() -> list[tuple[str, str, str]]:
    """Return (language, its own name, address that switches to it) of those not in use."""
    here = request.full_path.rstrip("?") if request.method == "GET" else "/"
    return [
        (lang, name, url_for("tongue.choose", lang=lang, next=here))
        for lang, name in LANGUAGE_NAMES.items()
        if lang != language.get()
    ]


def _around() -> dict[str, Any]:
    said = cast("list[tuple[str, str]]", get_flashed_messages(with_categories=True))
    return {
        "frame": frame(),
        "lang": language.get(),
        "languages": _other_languages(),
        "flashes": [{"kind": kind, "text": text} for kind, text in said],
    }
