"""Whether something is allowed, and the sentence that says why."""

from dataclasses import dataclass

from dxflow.errors import NotAllowed


@dataclass(frozen=True)
class Verdict:
    """An answer with its reason in Japanese; a reason stands also beside a yes."""

    allowed: bool
    reason: str

    def __bool__(self) -> bool:
        return self.allowed

    def require(self) -> None:
        """Raise NotAllowed with the reason unless allowed."""
        if not self.allowed:
            raise NotAllowed(self.reason)


def person_key(person: str) -> str:
    """Return the bare person id of `user:<id>` or of an id."""
    return person.removeprefix("user:")
