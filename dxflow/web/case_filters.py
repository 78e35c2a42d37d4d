"""What a list of cases is narrowed to, as it stands in the address."""

from typing import Any

from flask import request

from dxflow.errors import Invalid
from dxflow.services.packs.store import status_name
from dxflow.services.reading import case_list
from dxflow.texts import gettext as _

#: Filters that are taken as they are written.
_TEXTS = ("q", "stage", "process", "unit", "task")


def read() -> case_list.Filters:
    """Return the filters. Raises Invalid for a year that is none."""
    texts = {key: request.args.get(key, "").strip() for key in _TEXTS}
    status = request.args.get("status", "")
    return case_list.Filters(**texts, status=status, fiscal_year=_year())


def given() -> dict[str, Any]:
    """Return the filters as they stand in the address, nothing else of it."""
    known = (*_TEXTS, "status", "fiscal_year")
    return {key: request.args[key] for key in known if request.args.get(key)}


def _year() -> int | None:
    text = request.args.get("fiscal_year", "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) == 4):
        message = _("年度は西暦4桁で指定してください。")
        raise Invalid(message, {"fiscal_year": [message]})
    return int(text)


def statuses() -> list[tuple[str, str]]:
    """Return the states a list may be narrowed to, as (value, label)."""
    return [(key, status_name(key)) for key in case_list.STATUSES]
