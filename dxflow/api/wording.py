"""What marshmallow says of values that do not pass, in the reader's language.

A sentence is worded when it is said, not when a schema is made: schemas outlive a request.
"""

from collections.abc import Iterator
from typing import Any

from marshmallow import fields, validate

from dxflow.texts import gettext, mark

#: By the name that marshmallow has for a trouble.
_OF_ANY_FIELD = {
    "required": mark("この項目は必須です。"),
    "null": mark("null は指定できません。"),
    "validator_failed": mark("値が正しくありません。"),
}
_OF_FIELDS: tuple[tuple[type[fields.Field[Any]], dict[str, str]], ...] = (
    (
        fields.String,
        {
            "invalid": mark("文字列で指定してください。"),
            "invalid_utf8": mark("UTF-8 の文字列で指定してください。"),
        },
    ),
    (fields.List, {"invalid": mark("配列で指定してください。")}),
    (fields.Mapping, {"invalid": mark("JSON のオブジェクトで指定してください。")}),
    (fields.Nested, {"type": mark("JSON のオブジェクトで指定してください。")}),
)
_OF_SCHEMA = {
    "unknown": mark("指定できない項目です。"),
    "type": mark("JSON のオブジェクトで指定してください。"),
}
_NOT_OF_THESE = mark("次のどれかを指定してください: {choices}")
_NOT_OF_THIS_FORM = mark("決められた形で指定してください。")
_LENGTHS = {
    (True, False): mark("{min} 文字以上で指定してください。"),
    (False, True): mark("{max} 文字以内で指定してください。"),
    (True, True): mark("{min} 文字以上 {max} 文字以内で指定してください。"),
}
_COUNTS = {
    (True, False): mark("{min} 件以上を指定してください。"),
    (False, True): mark("{max} 件以内で指定してください。"),
    (True, True): mark("{min} 件以上 {max} 件以内で指定してください。"),
}


class Later(str):
    """A sentence that marshmallow keeps and that is worded when it is filled in."""

    __slots__ = ()

    def format(self, *_args: object, **values: object) -> str:
        """Return the sentence in the current language."""
        return gettext(str(self), **values)


def of_schema() -> dict[str, str]:
    """Return what a schema says of what is no object of its kind."""
    return {name: Later(text) for name, text in _OF_SCHEMA.items()}


def reword(field: fields.Field[Any]) -> None:
    """Have a field of a request, and those within it, speak to the reader.

    Raises KeyError or TypeError for what has no words here yet.
    """
    for one in _with_inner(field):
        known = _OF_ANY_FIELD.copy()
        for kind, said in _OF_FIELDS:
            if isinstance(one, kind):
                known.update(said)
        one.error_messages = {name: Later(known[name]) for name in one.error_messages}
        for validator in one.validators:
            _reword_validator(validator, one)


def _with_inner(field: fields.Field[Any]) -> Iterator[fields.Field[Any]]:
    yield field
    for name in ("inner", "key_field", "value_field"):
        inner = getattr(field, name, None)
        if inner is not None:
            yield from _with_inner(inner)


def _reword_validator(validator: Any, field: fields.Field[Any]) -> None:
    if isinstance(validator, validate.Length):
        words = _COUNTS if isinstance(field, fields.List) else _LENGTHS
        text = words[validator.min is not None, validator.max is not None]
    elif isinstance(validator, validate.OneOf):
        text = _NOT_OF_THESE
    elif isinstance(validator, validate.Regexp):
        text = _NOT_OF_THIS_FORM
    else:
        message = f"no words for {type(validator).__name__}"
        raise TypeError(message)
    validator.error = Later(text)
