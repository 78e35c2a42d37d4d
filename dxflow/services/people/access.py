"""Who may call an endpoint at all: a declaration on the function, read by whoever serves it.

What is not declared is refused. What a person may see or do within an endpoint is decided by the
services; this is only the outer door.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from dxflow.errors import NotAllowed
from dxflow.services.people.actor import Actor
from dxflow.texts import gettext as _

View = TypeVar("View", bound=Callable[..., Any])

_MARK = "__dxflow_access__"


@dataclass(frozen=True)
class Access:
    """`public`: anybody. Otherwise whoever is logged in and holds one of `roles`, if there are any.

    `most` is how many bytes such a person may send there, 0 for what all pages take; `files`: as
    many as the installation takes in one attached file.
    """

    public: bool = False
    roles: frozenset[str] = frozenset()
    most: int = 0
    files: bool = False

    def permits(self, actor: Actor) -> bool:
        """Return whether the person may call the endpoint."""
        return not self.roles or actor.has_role(*self.roles)

    def require(self, actor: Actor) -> None:
        """Raise NotAllowed unless the person may call the endpoint."""
        if not self.permits(actor):
            raise NotAllowed(_("この画面は、あなたの職では使えません。"), self.roles)


def public(view: View) -> View:
    """Declare that nobody needs to be logged in."""
    return _marked(view, Access(public=True))


def signed_in(view: View) -> View:
    """Declare that everybody who is logged in may."""
    return _marked(view, Access())


def needs_role(*roles: str, most: int = 0) -> Callable[[View], View]:
    """Declare that only persons with one of the roles may, and that they may send so many bytes."""
    if not roles:
        message = "needs_role needs a role"
        raise ValueError(message)
    return lambda view: _marked(view, Access(roles=frozenset(roles), most=most))


def brings_files(view: View) -> View:
    """Declare beside who may call it that a caller who is logged in brings a file."""
    return _marked(view, replace(declared(view) or Access(), files=True))


def declared(view: object) -> Access | None:
    """Return what a view declares, None when it declares nothing."""
    found = getattr(view, _MARK, None)
    return found if isinstance(found, Access) else None


def _marked(view: View, access: Access) -> View:
    setattr(view, _MARK, access)
    return view
