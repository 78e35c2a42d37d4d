"""Values as they travel: moments with offset, exact numbers, whole numbers, bounded texts.

Each field knows its JSON Schema, which the OpenAPI document takes from here.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from marshmallow import ValidationError, fields

from dxflow.calendars.given import OutOfRange, given_day
from dxflow.clock import TOKYO
from dxflow.texts import gettext as _

#: What identifies cases, tasks, measures and persons.
ID = r"^[0-9A-Za-z_-]{1,64}$"
#: What identifies processes.
KEY = r"^[A-Za-z_][0-9A-Za-z_.-]{0,127}$"
EXACT = r"^-?[0-9]+(\.[0-9]+)?$"
_MOST_WHOLE = 2**53 - 1


class Moment(fields.Field[datetime]):
    """A moment: ISO 8601 with the offset of Japan, to the second."""

    schema = {"type": "string", "format": "date-time"}  # noqa: RUF012

    def _serialize(self, value: Any, *_args: Any, **_kwargs: Any) -> str | None:
        if value is None:
            return None
        return str(value.astimezone(TOKYO).isoformat(timespec="seconds"))


class Day(fields.Field[date]):
    """A day: ISO 8601."""

    schema = {"type": "string", "format": "date"}  # noqa: RUF012

    def _serialize(self, value: Any, *_args: Any, **_kwargs: Any) -> str | None:
        return None if value is None else str(value.isoformat())

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> date:
        try:
            if isinstance(value, str) and len(value) == len("2026-04-01"):
                return given_day(value)
        except OutOfRange as refused:
            raise ValidationError(str(refused)) from None
        except ValueError:
            pass
        raise ValidationError(_("日付は 2026-04-01 の形で指定してください。"))


class Exact(fields.Field[Decimal]):
    """A measured number as text, so that no digit is lost on the way."""

    schema = {"type": "string", "pattern": EXACT}  # noqa: RUF012

    def _serialize(self, value: Any, *_args: Any, **_kwargs: Any) -> str | None:
        return None if value is None else format(value, "f")


class Cell(fields.Field[Any]):
    """A value of a measure: an exact number as text, or a step of its scale in words."""

    schema = {"type": "string"}  # noqa: RUF012

    def _serialize(self, value: Any, *_args: Any, **_kwargs: Any) -> str | None:
        return format(value, "f") if isinstance(value, Decimal) else value


class Measured(fields.Field[Any]):
    """A value somebody sends: a JSON number, taken digit by digit, or the same as text."""

    schema = {  # noqa: RUF012
        "oneOf": [{"type": "number"}, {"type": "string", "minLength": 1, "maxLength": 64}]
    }

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> Decimal | str:
        if isinstance(value, Decimal | int) and not isinstance(value, bool):
            return Decimal(value)
        if isinstance(value, str) and 0 < len(value) <= 64:
            return value
        raise ValidationError(_("数か、数を書いた文字列で指定してください。"))


class Whole(fields.Field[int]):
    """A whole number between bounds, in a body or in a query."""

    def __init__(self, *, minimum: int = 0, maximum: int = _MOST_WHOLE, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.minimum, self.maximum = minimum, maximum

    @property
    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema."""
        return {"type": "integer", "minimum": self.minimum, "maximum": self.maximum}

    def _serialize(self, value: Any, *_args: Any, **_kwargs: Any) -> int | None:
        return None if value is None else int(value)

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> int:
        number = self._number(value)
        if number is None or not self.minimum <= number <= self.maximum:
            raise ValidationError(
                _(
                    "{least} から {most} までの整数で指定してください。",
                    least=self.minimum,
                    most=self.maximum,
                )
            )
        return number

    @staticmethod
    def _number(value: Any) -> int | None:
        if isinstance(value, str):
            return int(value) if value.isascii() and value.isdigit() and len(value) < 17 else None
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            return None
        return int(value) if value == int(value) else None


class Flag(fields.Field[bool]):
    """Yes or no, as JSON writes it and nothing that reads like it."""

    schema = {"type": "boolean"}  # noqa: RUF012

    def _serialize(self, value: Any, *_args: Any, **_kwargs: Any) -> bool:
        return bool(value)

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise ValidationError(_("true か false で指定してください。"))
        return value


class Anything(fields.Field[Any]):
    """A JSON object whose members the OpenAPI document cannot know, such as a form's values."""

    schema = {"type": "object", "additionalProperties": True}  # noqa: RUF012

    def _serialize(self, value: Any, *_args: Any, **_kwargs: Any) -> Any:
        return value

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise ValidationError(_("JSON のオブジェクトで指定してください。"))
        return value


class FormField(Anything):
    """A field of a form, described for programs by `forms.describe`."""

    schema = {  # noqa: RUF012
        "type": "object",
        "properties": {
            "key": {"type": "string"},
            "path": {"type": "string", "description": "where its messages stand in `errors`"},
            "type": {"type": "string"},
            "label": {"type": "string"},
            "required": {"type": "boolean"},
            "readonly": {"type": "boolean"},
            "hidden": {"type": "boolean"},
            "min": {"type": "number"},
            "max": {"type": "number"},
            "max_length": {"type": "integer"},
            "options": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"value": {"type": "string"}, "label": {"type": "string"}},
                    "required": ["value", "label"],
                },
            },
        },
        "required": ["key", "path", "type", "label", "required", "readonly", "hidden"],
        "additionalProperties": True,
    }


def schema_of(field: fields.Field[Any], **_kwargs: Any) -> dict[str, Any]:
    """Return the JSON Schema of one of these fields, for apispec; nothing for others."""
    own = getattr(field, "schema", None)
    if not isinstance(own, dict):
        return {}
    if not field.allow_none:
        return dict(own)
    if "type" in own:
        return own | {"type": [own["type"], "null"]}
    return {"oneOf": [*own["oneOf"], {"type": "null"}]}
