"""A posted form page: its control fields, checked, and what was typed."""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from flask import request
from werkzeug.exceptions import BadRequest
from werkzeug.routing import BaseConverter

from dxflow.calendars.given import OutOfRange, given_day
from dxflow.errors import Invalid
from dxflow.forms.shapes import FieldView, Posted
from dxflow.texts import gettext as _

_KEY = re.compile(r"[0-9a-f]{32}", re.ASCII)


class Identifier(BaseConverter):
    """An id in an address; anything else is no page of ours."""

    regex = "[0-9a-f]{32}"


@dataclass(frozen=True)
class PostedPage:
    """What came with a form page. `typed` maps names to the texts sent under them."""

    typed: Posted
    outcome: str | None
    saves: bool
    changes_rows: bool
    key: str


def read() -> PostedPage:
    """Return the posted page. Raises BadRequest for control fields no page of ours sends."""
    form = request.form
    key = form.get("_idempotency_key", "")
    if key and not is_key(key):
        raise BadRequest
    return PostedPage(
        typed=form.to_dict(flat=False),
        outcome=form.get("_outcome"),
        saves="_save" in form,
        changes_rows="_row" in form,
        key=key,
    )


def is_key(text: str) -> bool:
    """Return whether a text is a key as `fresh_key` makes them, or an id."""
    return _KEY.fullmatch(text) is not None


def fresh_key() -> str:
    """Return a key under which an act is done once, however often it is sent."""
    return secrets.token_hex(16)


def has_lists(fields: Sequence[FieldView]) -> bool:
    """Return whether a form needs the whole width of the page."""
    return any(field.kind == "list" or has_lists(field.children) for field in fields)


def day_in(given: Mapping[str, str], name: str) -> date | None:
    """Return the day of a field, None when it is empty. Raises Invalid."""
    text = given.get(name, "").strip()
    if not text:
        return None
    try:
        return given_day(text)
    except OutOfRange as refused:
        message = str(refused)
    except ValueError:
        message = _("日付は 2026-04-01 の形で指定してください。")
    raise Invalid(message, {name: [message]})
