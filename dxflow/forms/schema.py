"""The strict check of entered values: a marshmallow schema for the form as it is laid out.

Every visible field gets a marshmallow field that reads the entry with `coerce` and checks it
against the component's rules; keys that the form does not have are refused. Rows of a list may
differ in what is visible, so alike rows share a schema and others get their own.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from dxflow.clock import TOKYO
from dxflow.forms.coerce import SUBJECT, Unreadable, canonical, guess_value, read_value
from dxflow.forms.definition import MAX_TEXT, MOMENT_KINDS, ONE_OF_KINDS, TEXT_KINDS
from dxflow.forms.evaluation import MOST_ROWS_TOGETHER
from dxflow.forms.layout import Placed
from dxflow.texts import gettext as _

Check = Callable[[Any], None]

_PHONE = re.compile(r"\+?[0-9()\- ]{6,20}", re.ASCII)
_LONGEST_MAIL = 254


class _Strict(ma.Schema):
    """A schema of fields found while a form was laid out; a class of its own would cost more."""

    class Meta:
        unknown = ma.RAISE

    def __init__(self, found: dict[str, fields.Field[Any]]) -> None:
        self._declared_fields = found
        super().__init__()


def schema_for(placed: tuple[Placed, ...], today: date) -> ma.Schema:
    """Return the schema of laid-out fields; read-only and computed ones refuse other values."""
    found: dict[str, fields.Field[Any]] = {}
    _gather(placed, today, found)
    schema = _Strict(found)
    schema.error_messages["unknown"] = _(
        "この項目はフォームにありません。送る値から外してください。"
    )
    schema.error_messages["type"] = _("{subject}の形が誤っています。", subject=SUBJECT)
    return schema


def _gather(placed: tuple[Placed, ...], today: date, found: dict[str, fields.Field[Any]]) -> None:
    for one in placed:
        key = one.component.key
        if one.component.kind == "group":
            if key:
                found[key] = fields.Nested(schema_for(one.children, today))
            else:
                _gather(one.children, today, found)
        elif key and (one.readonly or one.component.kind == "expression"):
            found[key] = _Kept(one)
        elif one.component.kind == "list":
            found[key] = _Rows(one, today)
        elif key:
            found[key] = _Entry(one, today)


class _Entry(fields.Field[Any]):
    """One input: read, then checked."""

    def __init__(self, placed: Placed, today: date) -> None:
        self.placed = placed
        missing = _missing(placed)
        super().__init__(
            required=placed.required,
            allow_none=not placed.required,
            validate=list(_checks(placed, today)),
            error_messages={"required": missing, "null": missing},
        )

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> Any:
        try:
            return read_value(self.placed.component, value)
        except Unreadable as error:
            raise ma.ValidationError(str(error)) from None


class _Kept(fields.Field[Any]):
    """A read-only or computed field: sending back what is there is harmless, else refused."""

    def __init__(self, placed: Placed) -> None:
        self.placed = placed
        super().__init__(allow_none=True)

    def deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> Any:
        """Return nothing of interest; raise ValidationError for another value."""
        component = self.placed.component
        if value is ma.missing or value == self.placed.raw:
            return None
        if component.kind == "expression":
            raise ma.ValidationError(
                _("{subject}は計算される項目です。送る値から外してください。", subject=SUBJECT)
            )
        if component.is_field and guess_value(component, value) == self.placed.value:
            return None
        raise ma.ValidationError(
            _("{subject}は変更できません。送る値から外してください。", subject=SUBJECT)
        )


class _Rows(fields.Field[Any]):
    """A list: its rows one by one, rows in which nothing was entered left out."""

    def __init__(self, placed: Placed, today: date) -> None:
        self.placed = placed
        self.today = today
        super().__init__(allow_none=True)

    def deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> list[Any]:
        """Return the checked rows. Raises ValidationError with messages by row number."""
        rows = [] if value is ma.missing or value is None else value
        if not isinstance(rows, list):
            raise ma.ValidationError(_("{subject}は配列で指定してください。", subject=SUBJECT))
        self.check_length(rows)
        schemas: dict[object, ma.Schema] = {}
        errors: dict[int, Any] = {}
        found = []
        for number, row in enumerate(self.placed.rows):
            entered = rows[number] if number < len(rows) else {}
            if number in self.placed.spare_rows and isinstance(entered, Mapping):
                entered = {key: part for key, part in entered.items() if _stranger(key, row)}
                if not entered:
                    continue
            alike = _likeness(row)
            if alike not in schemas:
                schemas[alike] = schema_for(row, self.today)
            try:
                found.append(schemas[alike].load(entered))
            except ma.ValidationError as error:
                errors[number] = error.messages
        if errors:
            raise ma.ValidationError(errors)
        return found

    def check_length(self, rows: list[Any]) -> None:
        rules, component = self.placed.component.rules, self.placed.component
        entered = len(self.placed.rows) - len(self.placed.spare_rows)
        least = max(rules.min_rows, 1 if self.placed.required else 0)
        if component.fixed_rows and len(rows) > len(self.placed.rows):
            raise ma.ValidationError(_("{subject}の行は増やせません。", subject=SUBJECT))
        if self.placed.too_many or entered > rules.max_rows:
            most = min(rules.max_rows, MOST_ROWS_TOGETHER)
            raise ma.ValidationError(
                _("{subject}は{most}行までです。行を減らしてください。", subject=SUBJECT, most=most)
            )
        if entered < least:
            raise ma.ValidationError(
                _("{subject}を{least}行以上入力してください。", subject=SUBJECT, least=least)
            )


def _stranger(key: object, row: tuple[Placed, ...]) -> bool:
    return not any(
        key == one.component.key or _has(key, one.children)
        for one in row
        if one.component.key or one.children
    )


def _has(key: object, placed: tuple[Placed, ...]) -> bool:
    return not _stranger(key, placed) if placed else False


def _likeness(row: tuple[Placed, ...]) -> object:
    """Return what a row's schema depends on; rows with containers or kept fields are unique."""
    if any(one.children or one.component.kind == "list" or one.readonly for one in row):
        return id(row)
    return tuple(
        (one.component.key, one.required, one.options, one.minimum, one.maximum, one.trouble)
        if one.component.kind != "expression"
        else (one.path,)
        for one in row
    )


def _missing(placed: Placed) -> str:
    kind = placed.component.kind
    if kind == "checkbox":
        return _("{subject}にチェックを入れてください。", subject=SUBJECT)
    if kind == "checklist":
        return _("{subject}を一つ以上選んでください。", subject=SUBJECT)
    if kind in ONE_OF_KINDS:
        return _("{subject}を選んでください。", subject=SUBJECT)
    return _("{subject}を入力してください。", subject=SUBJECT)


def _checks(placed: Placed, today: date) -> list[Check]:
    kind, missing = placed.component.kind, _missing(placed)

    def present(value: Any) -> None:
        if placed.required and (value is None or value is False or value == []):
            raise ma.ValidationError(missing)

    def readable(_value: Any) -> None:
        if placed.trouble:
            raise ma.ValidationError(placed.trouble)

    found: list[Check] = [present, readable]
    if kind in TEXT_KINDS:
        found.extend(_text_checks(placed))
    elif kind == "number":
        found.extend(_number_checks(placed))
    elif kind in MOMENT_KINDS and placed.component.rules.not_past:
        found.append(_not_past(today))
    elif kind == "checklist" or kind in ONE_OF_KINDS:
        found.append(_offered(placed))
    return [found[0], *(_when_given(check) for check in found[1:])]


def _when_given(check: Check) -> Check:
    def given(value: Any) -> None:
        if value is not None:
            check(value)

    return given


def _text_checks(placed: Placed) -> list[Check]:
    rules = placed.component.rules
    least, most = rules.min_length or 0, rules.max_length or MAX_TEXT

    def length(value: str) -> None:
        if len(value) > most:
            raise ma.ValidationError(
                _(
                    "{subject}は{most}文字以内で入力してください（今は{count}文字）。",
                    subject=SUBJECT,
                    most=most,
                    count=len(value),
                )
            )
        if len(value) < least:
            raise ma.ValidationError(
                _("{subject}は{least}文字以上で入力してください。", subject=SUBJECT, least=least)
            )

    def shape(value: str) -> None:
        if rules.shape == "email" and not _is_mail(value):
            raise ma.ValidationError(
                _(
                    "{subject}はメールアドレスの形（例: name@example.jp）で入力してください。",
                    subject=SUBJECT,
                )
            )
        if rules.shape == "phone" and not _PHONE.fullmatch(value):
            raise ma.ValidationError(
                _("{subject}は電話番号（例: 0270-24-5111）で入力してください。", subject=SUBJECT)
            )

    def pattern(value: str) -> None:
        if len(value) <= most and not re.search(rules.pattern, value, re.ASCII):
            raise ma.ValidationError(
                rules.pattern_message or _("{subject}の形が誤っています。", subject=SUBJECT)
            )

    return [length, *([shape] if rules.shape else []), *([pattern] if rules.pattern else [])]


def _is_mail(value: str) -> bool:
    try:
        validate.Email()(value)
    except ma.ValidationError:
        return False
    return len(value) <= _LONGEST_MAIL


def _number_checks(placed: Placed) -> list[Check]:
    low, high, digits = placed.minimum, placed.maximum, placed.component.rules.digits

    def in_range(value: Decimal) -> None:
        if (low is None or value >= low) and (high is None or value <= high):
            return
        raise ma.ValidationError(_range_message(low, high))

    def fine_enough(value: Decimal) -> None:
        exponent = value.as_tuple().exponent
        if digits is None or not isinstance(exponent, int) or -exponent <= digits:
            return
        raise ma.ValidationError(
            _(
                "{subject}は小数点以下{digits}桁までで入力してください。",
                subject=SUBJECT,
                digits=digits,
            )
            if digits
            else _("{subject}は整数で入力してください。", subject=SUBJECT)
        )

    return [in_range, fine_enough]


def _range_message(low: Decimal | None, high: Decimal | None) -> str:
    least = "" if low is None else canonical(low)
    most = "" if high is None else canonical(high)
    if least and most:
        return _(
            "{subject}は{least}以上{most}以下の数を入力してください。",
            subject=SUBJECT,
            least=least,
            most=most,
        )
    if least:
        return _("{subject}は{least}以上の数を入力してください。", subject=SUBJECT, least=least)
    return _("{subject}は{most}以下の数を入力してください。", subject=SUBJECT, most=most)


def _not_past(today: date) -> Check:
    def check(value: Any) -> None:
        if isinstance(value, datetime):
            value = value.astimezone(TOKYO).date()
        if isinstance(value, date) and value < today:
            raise ma.ValidationError(
                _(
                    "{subject}は今日（{today}）以後の日付を入力してください。",
                    subject=SUBJECT,
                    today=today,
                )
            )

    return check


def _offered(placed: Placed) -> Check:
    offered = {option.value for option in placed.options}

    def check(value: Any) -> None:
        chosen = value if isinstance(value, list) else [value]
        if not offered.issuperset(chosen):
            raise ma.ValidationError(_("{subject}は選択肢から選んでください。", subject=SUBJECT))

    return check
