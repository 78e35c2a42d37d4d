"""A call as an operation sees it, and how a request becomes one: read strictly, refused in words."""

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from typing import IO, Any

import orjson
from flask import Request
from marshmallow import Schema, ValidationError
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge, UnsupportedMediaType

from dxflow.api.wording import Later
from dxflow.errors import Invalid, NotLoggedIn
from dxflow.services.keyed import Keyed
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _

LARGEST_BODY = 1 << 20
FILE = "application/octet-stream"
LONGEST_KEY = 128
#: Numbers larger or finer than this are no amounts of anything.
MOST_DIGITS = 60


@dataclass
class Call:
    """One call. `sent` is the SHA-256 of the body, by which a repeated one is known again.

    `case_id` is set by operations as soon as they know it, for an incident that may follow.
    """

    site: Site
    caller: Actor | None
    token: str = ""
    origin: str = ""
    request_id: str = ""
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict)
    sent: str = ""
    idempotency_key: str | None = None
    case_id: str | None = None
    #: What sets the sheets of the pages as PDF (`sheets.Sheets`), None without pages.
    sheets: Any = None
    #: The body of an operation that brings a file.
    file: IO[bytes] = field(default_factory=io.BytesIO)

    @property
    def actor(self) -> Actor:
        """Return who calls. Raises NotLoggedIn."""
        if self.caller is None:
            raise NotLoggedIn(_("トークンを付けて呼び出してください。"))
        return self.caller

    @property
    def keyed(self) -> Keyed | None:
        """Return the caller's key with what is asked for, None without a key."""
        if self.idempotency_key is None:
            return None
        asked = [*self.path.values(), self.sent] if self.path else [self.sent]
        return Keyed(self.idempotency_key, " ".join(asked))


def read_query(request: Request, schema: type[Schema] | None) -> Mapping[str, Any]:
    """Return the query's parameters. Raises Invalid, also for unknown and repeated ones."""
    if schema is None:
        return {}
    repeated = [name for name, values in request.args.lists() if len(values) > 1]
    if repeated:
        message = _("同じ引数が二つあります。")
        raise Invalid(message, {name: [message] for name in repeated})
    given = request.args.to_dict()
    _require_text(given)
    return _loaded(schema, given)


def read_body(request: Request, schema: type[Schema] | None) -> tuple[Mapping[str, Any], str]:
    """Return the body's members and the digest of its bytes.

    Raises Invalid for members that do not pass, and what HTTP has for everything before that:
    413 too large, 415 no JSON, 400 broken JSON.
    """
    if schema is None:
        return {}, ""
    request.max_content_length = LARGEST_BODY
    if request.content_length is not None and request.content_length > LARGEST_BODY:
        raise RequestEntityTooLarge
    if not request.is_json:
        raise UnsupportedMediaType(_("application/json で送ってください。"))
    found = parsed(request.get_data(cache=False))
    if not isinstance(found, dict):
        raise Invalid(_("JSON のオブジェクトを送ってください。"))
    _require_text(found)
    canonical = json.dumps(found, default=str, sort_keys=True)
    return _loaded(schema, found), hashlib.sha256(canonical.encode()).hexdigest()


def read_file(request: Request, largest: int) -> IO[bytes]:
    """Return the body as it comes. Raises what HTTP has for too large (413) and another type."""
    request.max_content_length = largest
    if request.content_length is not None and request.content_length > largest:
        raise RequestEntityTooLarge
    if request.mimetype not in ("", FILE):
        raise UnsupportedMediaType(_("ファイルは application/octet-stream で送ってください。"))
    return request.stream


def parsed(data: bytes) -> Any:
    """Return a JSON text's value with numbers exact.

    Raises BadRequest for what is no JSON, Invalid for numbers beyond all measure.
    """
    try:
        orjson.loads(data)  # strict: UTF-8, no lone surrogates, no NaN, bounded nesting
        return json.loads(data, parse_float=_number, parse_int=_number)
    except json.JSONDecodeError as exc:
        where = _("{line} 行目の {column} 文字目", line=exc.lineno, column=exc.colno)
        raise BadRequest(_("JSON として読めません（{where}）。", where=where)) from exc
    except (ValueError, RecursionError) as exc:
        raise BadRequest(_("JSON として読めません。")) from exc


def idempotency_key(request: Request) -> str | None:
    """Return the caller's key for this act. Raises Invalid for one that is empty or too long."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not 0 < len(key) <= LONGEST_KEY or not key.isascii() or not key.isprintable():
        message = _("Idempotency-Key は 1 から {n} 文字の ASCII です。", n=LONGEST_KEY)
        raise Invalid(message, {"Idempotency-Key": [message]})
    return key


def _number(text: str) -> int | Decimal:
    number = Decimal(text)
    exponent = number.as_tuple().exponent
    fine = isinstance(exponent, int) and exponent < -MOST_DIGITS
    if fine or number.adjusted() > MOST_DIGITS or len(text) > 4 * MOST_DIGITS:
        raise Invalid(_("数の桁が多すぎます。"))
    whole = text.removeprefix("-").isdigit()
    return int(text) if whole else number


@cache
def schema_of(kind: type[Schema]) -> Schema:
    """Return the one instance of a schema: making one copies each of its fields, nested ones too.

    Reading and writing keep nothing in it, so that all threads may use it at once.
    """
    return kind()


def _loaded(schema: type[Schema], given: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        loaded: Mapping[str, Any] = schema_of(schema).load(given)
    except ValidationError as exc:
        said = exc.messages if isinstance(exc.messages, dict) else {"_schema": exc.messages}
        fields = {str(name): _messages(texts) for name, texts in said.items()}
        raise Invalid(_("送られた内容を確かめてください。"), fields) from exc
    return loaded


def _messages(said: Any) -> list[str]:
    if isinstance(said, dict):
        return [message for inner in said.values() for message in _messages(inner)]
    if isinstance(said, list):
        return [message for inner in said for message in _messages(inner)]
    return [said.format()] if isinstance(said, Later) else [str(said)]


def _require_text(value: Any, path: str = "") -> None:
    """Raise Invalid for a NUL sign anywhere: no database column and no form takes one."""
    if isinstance(value, str) and "\x00" in value:
        message = _("使えない文字（U+0000）が含まれています。")
        raise Invalid(message, {path: [message]})
    if isinstance(value, dict):
        for key, inner in value.items():
            _require_text(key, path)
            _require_text(inner, f"{path}.{key}" if path else str(key))
    if isinstance(value, list):
        for number, inner in enumerate(value):
            _require_text(inner, f"{path}[{number}]")
