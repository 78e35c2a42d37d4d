"""Every error dxflow raises on purpose.

`kind` says what sort of refusal it is; the pages and the API turn it into an HTTP status. The
message is for people, in Japanese, and says how to go on.
"""

#: What the pages and the API answer with.
STATUS_OF_KIND = {
    "invalid": 422,
    "forbidden": 403,
    "not_found": 404,
    "conflict": 409,
    "unauthenticated": 401,
    "code_needed": 401,
    "throttled": 429,
    "unavailable": 503,
    "outcome-unknown": 503,
}


class DxflowError(Exception):
    """Base of all errors raised on purpose."""

    kind = "invalid"

    @property
    def message(self) -> str:
        """Return the sentence shown to a person, as it was made: it may know its Japanese."""
        made = self.args[0] if len(self.args) == 1 else None
        return made if isinstance(made, str) else str(self)


class NotFound(DxflowError):
    """There is no such thing, or the person may not know of it."""

    kind = "not_found"


class NotAllowed(DxflowError):
    """The person may not do this; the message says why.

    `roles`: whoever has one of them may, where nothing else decides. `case_id`: whose page says
    whose turn it is; whoever shows it looks first whether the person may see the case.
    """

    kind = "forbidden"

    def __init__(
        self, message: str, roles: frozenset[str] = frozenset(), case_id: str = ""
    ) -> None:
        self.roles = roles
        self.case_id = case_id
        super().__init__(message)


class NotLoggedIn(DxflowError):
    """Nobody is logged in, or the session or token has ended."""

    kind = "unauthenticated"


class CodeNeeded(NotLoggedIn):
    """The password was right, and a code of the second factor is needed beside it.

    `reference` names the login that waits for it, "" where none does.
    """

    kind = "code_needed"

    def __init__(self, message: str, reference: str = "") -> None:
        self.reference = reference
        super().__init__(message)


class Throttled(DxflowError):
    """Too many attempts; the message says when to try again."""

    kind = "throttled"

    def __init__(self, message: str, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(message)


class Conflict(DxflowError):
    """Somebody else was first, or the thing has moved on meanwhile."""

    kind = "conflict"


class Unavailable(DxflowError):
    """The database is locked, full or away; nothing was changed."""

    kind = "unavailable"


class OutcomeUnknown(Unavailable):
    """It may have been saved although something failed: look, or ask with the same key.

    The database was lost before it said whether it had saved, or while the answer was read.
    """

    kind = "outcome-unknown"


class Invalid(DxflowError):
    """The values do not pass; `fields` maps a field's path to its messages."""

    kind = "invalid"

    def __init__(self, message: str, fields: dict[str, list[str]] | None = None) -> None:
        self.fields = fields or {}
        super().__init__(message)
