"""An operation: one row from which the address, the checks and the description are made."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import Schema

from dxflow.api.call import Call

Document = dict[str, Any] | None


@dataclass(frozen=True)
class Answer:
    """What an operation gives: the document before it passes the schema, and where it lies.

    `file` instead of a document: bytes, with the headers under which they go out.
    """

    document: Document = None
    location: str = ""
    file: tuple[Iterator[bytes], Mapping[str, str]] | None = None


@dataclass(frozen=True)
class Operation:
    """One call of the API. `path` is written as OpenAPI writes it: /cases/{case}.

    `refusals` are the statuses beside those that follow from the rest of the row. `brings_file`:
    the body is a file as it is; `gives_file`: so is the answer.
    """

    method: str
    path: str
    name: str
    summary: str
    run: Callable[[Call], Answer]
    answer: type[Schema] | None = None
    status: int = 200
    query: type[Schema] | None = None
    body: type[Schema] | None = None
    public: bool = False
    idempotent: bool = False
    brings_file: bool = False
    gives_file: bool = False
    refusals: tuple[int, ...] = ()
    description: str = ""

    @property
    def parameters(self) -> tuple[str, ...]:
        """Return the names of the parameters in the path."""
        return tuple(part[1:-1] for part in self.path.split("/") if part.startswith("{"))

    @property
    def rule(self) -> str:
        """Return the path as Flask writes it."""
        return self.path.replace("{", "<").replace("}", ">")
