"""Forms: form-js files, the pages made from them, and the strict check of what is entered."""

from dxflow.forms.by_outcome import led
from dxflow.forms.changes import Change, diff, personal_labels, without_personal
from dxflow.forms.comparing import Difference, compared
from dxflow.forms.definition import FieldFact, FormDefinition
from dxflow.forms.describe import describe, outcomes
from dxflow.forms.files.reading import read
from dxflow.forms.names import unknown_references
from dxflow.forms.plain import from_plain, to_plain
from dxflow.forms.posted import read_posted, rows_changed
from dxflow.forms.references import Reference, references
from dxflow.forms.shapes import (
    Context,
    FieldError,
    FieldView,
    FormInvalid,
    FormPart,
    FormView,
    Option,
    Outcome,
    Submission,
    field_id,
)
from dxflow.forms.submission import submit_posted, submit_values
from dxflow.forms.submitted import is_blank, readonly_view
from dxflow.forms.view import view, view_posted

__all__ = [
    "Change",
    "Context",
    "Difference",
    "FieldError",
    "FieldFact",
    "FieldView",
    "FormDefinition",
    "FormInvalid",
    "FormPart",
    "FormView",
    "Option",
    "Outcome",
    "Reference",
    "Submission",
    "compared",
    "describe",
    "diff",
    "field_id",
    "from_plain",
    "is_blank",
    "led",
    "outcomes",
    "personal_labels",
    "read",
    "read_posted",
    "readonly_view",
    "references",
    "rows_changed",
    "submit_posted",
    "submit_values",
    "to_plain",
    "unknown_references",
    "view",
    "view_posted",
    "without_personal",
]
