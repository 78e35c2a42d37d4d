"""The OpenAPI 3.1 document, made from the operations and the schemas they use."""

from collections.abc import Iterable
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin

from dxflow.api import answers
from dxflow.api.call import FILE
from dxflow.api.fields import ID, KEY, schema_of
from dxflow.api.operation import Operation
from dxflow.api.refusals import CHALLENGE, CONTENT_TYPE, LARGEST_RETRY

VERSION = "1"
ABOUT = """\
Proposals from the idea to the measured result.

Call `POST /token` and send the token as `Authorization: Bearer …`. The session cookie of the pages
works too; acts then need the header `X-CSRFToken` of the page.

Times are ISO 8601 with offset. Measured numbers are decimal texts, so that no digit is lost;
amounts are whole yen. Numbers in a form's `values` may be sent as JSON numbers or as text, and
come back as text. Errors are RFC 9457 problem documents; with 422 `errors` maps each field to its
messages. Acts with an `Idempotency-Key` are done once: the same key with the same body gives the
first answer again, with another body 409.

The log is protected by its hash chains, and by signed checkpoints that are kept elsewhere:
`GET /audit/checkpoints` says which were made, to be compared with the files.
"""
_WORDS = {
    400: "The body is no JSON",
    401: "No token, or it has ended",
    403: "Not allowed; `detail` says why",
    404: "There is no such thing, or the caller may not know of it",
    409: "Somebody else was first, or the key was used for something else",
    413: "The body is too large",
    415: "The body is not application/json",
    422: "Values do not pass; `errors` says which and why",
    429: "Too many failed logins",
    500: "An incident; nothing was changed, unless the kind is `outcome-unknown`",
    503: "The database is away; nothing was changed, unless the kind is `outcome-unknown`",
}


def describe(operations: Iterable[Operation], prefix: str) -> dict[str, Any]:
    """Return the OpenAPI document of the operations."""
    plugin = MarshmallowPlugin(schema_name_resolver=lambda schema: _name(schema))
    spec = APISpec(
        title="dxflow",
        version=VERSION,
        openapi_version="3.1.0",
        info={"description": ABOUT},
        servers=[{"url": prefix}],
        plugins=[plugin],
    )
    if plugin.converter is not None:
        plugin.converter.attribute_functions.append(schema_of)
    spec.components.security_scheme("bearer", {"type": "http", "scheme": "bearer"})
    spec.components.security_scheme("session", {"type": "apiKey", "in": "cookie", "name": "dxflow"})
    spec.components.security_scheme(
        "csrf", {"type": "apiKey", "in": "header", "name": "X-CSRFToken"}
    )
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    paths["/openapi.json"] = {"get": _own_description()}
    for path, methods in paths.items():
        spec.path(path, operations=methods)
    return spec.to_dict()


def _operation(operation: Operation) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "tags": [operation.path.split("/")[1]],
        "parameters": _parameters(operation),
        "responses": _responses(operation),
        "security": _security(operation),
    }
    if operation.description:
        found["description"] = operation.description
    if operation.body is not None:
        found["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": operation.body}},
        }
    if operation.brings_file:
        found["requestBody"] = {"required": True, "content": {FILE: {"schema": {}}}}
    return found


def _parameters(operation: Operation) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {
            "in": "path",
            "name": name,
            "required": True,
            "schema": {"type": "string", "pattern": KEY if name == "process" else ID},
        }
        for name in operation.parameters
    ]
    if operation.query is not None:
        found.append({"in": "query", "schema": operation.query})
    if operation.idempotent:
        found.append(
            {
                "in": "header",
                "name": "Idempotency-Key",
                "required": False,
                "description": "the same key with the same body is done once",
                "schema": {"type": "string", "pattern": "^[!-~]{1,128}$"},
            }
        )
    return found


def _security(operation: Operation) -> list[dict[str, list[str]]]:
    if operation.public:
        return []
    if operation.method == "GET":
        return [{"bearer": []}, {"session": []}]
    return [{"bearer": []}, {"session": [], "csrf": []}]


def _responses(operation: Operation) -> dict[str, Any]:
    done: dict[str, Any] = {"description": operation.summary}
    if operation.answer is not None:
        done["content"] = {"application/json": {"schema": operation.answer}}
    if operation.gives_file:
        done["content"] = {"*/*": {"schema": {}}}
        done["headers"] = {"Content-Disposition": {"schema": {"type": "string"}}}
    if operation.status == 201:
        done["headers"] = {"Location": {"schema": {"type": "string"}}}
    statuses = {500, 503, *operation.refusals}
    if not operation.public:
        statuses |= {401, 403}
    if operation.parameters:
        statuses.add(404)
    if operation.query is not None or operation.idempotent:
        statuses.add(422)
    if operation.body is not None:
        statuses |= {400, 413, 415, 422}
    if operation.brings_file:
        statuses |= {413, 415, 422}
    return {str(operation.status): done} | {
        str(status): _refusal(status) for status in sorted(statuses)
    }


def _refusal(status: int) -> dict[str, Any]:
    found: dict[str, Any] = {
        "description": _WORDS[status],
        "content": {CONTENT_TYPE: {"schema": answers.Problem}},
    }
    if status == 401:
        found["headers"] = {
            "WWW-Authenticate": {"schema": {"type": "string"}, "example": CHALLENGE}
        }
    if status in (429, 503):
        found["headers"] = {
            "Retry-After": {"schema": {"type": "integer", "minimum": 0, "maximum": LARGEST_RETRY}}
        }
    return found


def _own_description() -> dict[str, Any]:
    return {
        "operationId": "openapi",
        "summary": "This document",
        "tags": ["openapi"],
        "security": [],
        "responses": {
            "200": {
                "description": "OpenAPI 3.1",
                "content": {"application/json": {"schema": {"type": "object"}}},
            }
        },
    }


def _name(schema: Any) -> str:
    return str(schema.__name__ if isinstance(schema, type) else type(schema).__name__)
