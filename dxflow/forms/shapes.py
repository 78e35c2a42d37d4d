"""The values the forms room hands out: what a page draws, what a task is completed with.

A `FormView` is everything a template needs and nothing it has to compute. A `Submission` is the
only thing a task can be completed with.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from dxflow.errors import Invalid
from dxflow.texts import gettext as _

Plain = Mapping[str, Any]
"""Values as stored: JSON without floats (text, booleans, lists, objects, null)."""

Posted = Mapping[str, Sequence[str]]
"""A posted page: field name to the strings sent under it."""


@dataclass(frozen=True)
class Option:
    """One choice: what is stored and what is shown."""

    value: str
    label: str


@dataclass(frozen=True)
class Outcome:
    """A button that completes the task.

    `require`: dotted paths of fields that become mandatory. `only`: the paths that are checked
    and kept for this outcome; None means all.
    """

    key: str
    label: str
    tone: str = "primary"
    require: tuple[str, ...] = ()
    only: tuple[str, ...] | None = None


CellCheck = Callable[[str, Mapping[str, Any]], str]
"""(key of a cell, values of its row) -> why it cannot be read, "" when it can."""


@dataclass(frozen=True)
class Context:
    """What a form is filled in against.

    `options`: lists named by `valuesKey`. `variables`: the outer FEEL scope (facts of the case).
    `functions`: FEEL functions. `today`: the local date. `prefill`: values given by the program
    (plain or typed); a read-only field always shows and keeps its prefilled value. `cells`: by the
    kind of a cell what says why it cannot be read, from its key and the values around it.
    """

    options: Mapping[str, Sequence[Option]]
    variables: Mapping[str, Any]
    functions: Mapping[str, Callable[..., object]]
    today: date
    prefill: Mapping[str, Any] = field(default_factory=dict)
    cells: Mapping[str, "CellCheck"] = field(default_factory=dict)


@dataclass(frozen=True)
class FieldError:
    """One message of the error summary; `id` is the HTML id to link to, "" when there is none."""

    id: str
    label: str
    message: str


@dataclass(frozen=True)
class FieldView:
    """One field as drawn.

    `name` "kpis[0].name" has the id "f-kpis-0-name". `value` is as typed: text; list of texts for
    a checklist; bool for a checkbox. `rows` holds the fields of a list row by row; for a table its
    cells, with the columns in `options`. `text` is the paragraph of a text, and the value written
    out for people in read-only and computed fields.
    """

    kind: str
    key: str
    name: str
    id: str
    label: str = ""
    help: str = ""
    required: bool = False
    readonly: bool = False
    value: Any = ""
    errors: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()
    minimum: str = ""
    maximum: str = ""
    max_length: int | None = None
    step: str = ""
    inputmode: str = ""
    width: str = ""
    unit: str = ""
    pii: bool = False
    children: "tuple[FieldView, ...]" = ()
    rows: "tuple[tuple[FieldView, ...], ...]" = ()
    columns: "tuple[FieldView, ...]" = ()  # of a list: a field of each column, in the form's order
    add_label: str = ""
    may_add: bool = False
    may_remove: bool = False
    text: str = ""
    refers: str = ""  # "case": the text is the number of another case


@dataclass(frozen=True)
class FormPart:
    """Neighbouring fields of a page. With an outcome they matter for it alone, and are folded.

    `open`: the fold is open, since something was entered in it or is wrong.
    """

    fields: tuple[FieldView, ...]
    outcome: Outcome | None = None
    open: bool = False


@dataclass(frozen=True)
class FormView:
    """A form ready to be drawn; `parts` are its fields as a page arranges them.

    A page that leads with some outcomes folds `aside` what belongs to the `others`.
    """

    key: str
    title: str
    fields: tuple[FieldView, ...]
    outcomes: tuple[Outcome, ...]
    errors: tuple[FieldError, ...]
    digest: str
    parts: tuple[FormPart, ...] = ()
    others: tuple[Outcome, ...] = ()
    aside: tuple[FormPart, ...] = ()
    aside_open: bool = False


@dataclass(frozen=True)
class Submission:
    """Checked values and the pressed button.

    `values` holds every visible field: Decimal, date, time, aware datetime (Asia/Tokyo), str,
    bool, list, dict, or None where nothing was entered. Hidden fields are not in it.
    """

    form_key: str
    form_digest: str
    outcome: str
    values: dict[str, Any]


class FormInvalid(Invalid):
    """The posted values do not pass; `errors` are in the order of the page."""

    def __init__(self, fields: dict[str, list[str]], errors: Sequence[FieldError]) -> None:
        self.errors = tuple(errors)
        count = len(self.errors)
        super().__init__(
            _(
                "入力内容に誤りが{count}か所あります。直してからもう一度送ってください。",
                count=count,
            ),
            fields,
        )


def field_id(path: str) -> str:
    """Return the HTML id of a field: "kpis[0].name" gives "f-kpis-0-name"."""
    return "f-" + path.replace("[", "-").replace("]", "").replace(".", "-")
