"""運用: the way to everything that administrators do."""

import importlib
import pkgutil
from collections.abc import Iterable
from functools import cache
from itertools import groupby

from flask import Blueprint, render_template

from dxflow.errors import NotAllowed
from dxflow.services.operations import incident_list, retention_list
from dxflow.services.people.access import signed_in
from dxflow.services.people.actor import Actor
from dxflow.texts import gettext as _
from dxflow.web import admin, current
from dxflow.web.admin import Entry

blueprint = Blueprint("admin", __name__)


@blueprint.get("/admin")
@signed_in
def index() -> str:
    """List the pages the person may use. Raises NotAllowed when there is none."""
    entries = entries_for(current.actor())
    if not entries:
        may = frozenset(role for entry in _entries() for role in entry.roles)
        raise NotAllowed(_("この画面は、あなたの職では使えません。"), may)
    failed = incident_list.open_count(current.site(), current.actor())
    counts = {"incidents_admin.index": _("未解消 {n}件", n=failed)} if failed else {}
    if proposed := retention_list.waiting(current.site(), current.actor()):
        counts["retention_admin.index"] = _("承認待ち {n}件", n=proposed)
    return render_template("admin/hub.html", groups=grouped(entries), counts=counts)


def grouped(entries: Iterable[Entry]) -> list[tuple[str, list[Entry]]]:
    """Return the entries below their headings."""
    headings = {
        1: _("毎日の確認"),
        2: _("人と組織"),
        3: _("手続きと版"),
        4: _("暦、通知、保守"),
    }
    by = groupby(entries, key=lambda entry: entry.position // 100)
    return [(headings[number], list(found)) for number, found in by]


def entries_for(actor: Actor) -> list[Entry]:
    """Return the pages of the hub that a person may use, in order."""
    return [entry for entry in _entries() if entry.serves(actor)]


@cache
def _entries() -> tuple[Entry, ...]:
    found = (getattr(module, "ENTRY", None) for module in modules())
    return tuple(sorted((one for one in found if one), key=lambda entry: entry.position))


@cache
def modules() -> tuple[object, ...]:
    """Return the modules of this folder, the hub included."""
    names = [found.name for found in pkgutil.iter_modules(admin.__path__)]
    return tuple(importlib.import_module(f"{admin.__name__}.{name}") for name in sorted(names))
