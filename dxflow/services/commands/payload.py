"""Read a command's payload: FEEL values as the process computed them, checked one by one."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from dxflow.errors import Invalid
from dxflow.texts import gettext as _


def text(payload: Mapping[str, Any], key: str, *, required: bool = False) -> str:
    """Return a text, "" when it is null. Raises Invalid when it is required and empty."""
    value = payload.get(key)
    if value is None or value == "":
        if required:
            raise _missing(key)
        return ""
    if not isinstance(value, str):
        raise _wrong(key, _("文字列"))
    return value


def rows(payload: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """Return a list of contexts, empty when it is null. Raises Invalid for anything else."""
    value = payload.get(key)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        raise _wrong(key, _("行の一覧"))
    return value


def texts(payload: Mapping[str, Any], key: str) -> list[str]:
    """Return a list of texts without the empty ones; a single text is a list of one."""
    value = payload.get(key)
    if value is None:
        return []
    values = value if isinstance(value, list) else [value]
    if not all(isinstance(one, str) for one in values):
        raise _wrong(key, _("文字列の一覧"))
    return [one for one in values if one]


def context(payload: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Return a context, empty when it is null. Raises Invalid for anything else."""
    value = payload.get(key)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise _wrong(key, _("まとまり"))
    return value


def whole(payload: Mapping[str, Any], key: str) -> int:
    """Return a whole number. Raises Invalid for anything else, and without one."""
    value = number(payload, key)
    if value is None:
        raise _missing(key)
    if value != int(value):
        raise _wrong(key, _("整数"))
    return int(value)


def number(payload: Mapping[str, Any], key: str) -> Decimal | None:
    """Return a number or None. Raises Invalid for anything else."""
    value = payload.get(key)
    if value is None or isinstance(value, Decimal):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    raise _wrong(key, _("数"))


def cell(payload: Mapping[str, Any], key: str) -> str:
    """Return what stands in a cell as text, "" when it is empty: words, or a number written out."""
    value = payload.get(key)
    return format(value, "f") if isinstance(value, Decimal) else text(payload, key)


def fiscal_year(payload: Mapping[str, Any], key: str) -> int | None:
    """Return a fiscal year or None; the text of an option is read. Raises Invalid."""
    value = payload.get(key)
    if isinstance(value, str) and value:
        if not value.isascii() or not value.isdigit() or len(value) > 4:
            raise _wrong(key, _("年度"))
        return int(value)
    number_given = number(payload, key) if value != "" else None
    return None if number_given is None else int(number_given)


def day(payload: Mapping[str, Any], key: str) -> date | None:
    """Return a date or None; an ISO text is read. Raises Invalid for anything else."""
    value = payload.get(key)
    if value is None or value == "":
        return None
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise _wrong(key, _("年月日")) from None
    if isinstance(value, date):
        return value
    raise _wrong(key, _("年月日"))


def _missing(key: str) -> Invalid:
    return Invalid(_("処理に必要な値「{key}」がありません。", key=key))


def _wrong(key: str, kind: str) -> Invalid:
    return Invalid(_("処理に渡された値「{key}」は{kind}ではありません。", key=key, kind=kind))
