"""Pages of the administrators: every module here is one page, listed on the hub.

A module has a `blueprint`, and an `ENTRY` when the hub should lead to it.
"""

from dataclasses import dataclass

from dxflow.services.people.actor import Actor


@dataclass(frozen=True)
class Entry:
    """A page the hub leads to.

    `endpoint` is its first page, `title` and `lead` are message ids (translated when shown),
    `icon` is one of the sprite's, `position` orders the hub, its
    hundreds say below which heading; `roles` say who may use it.
    """

    endpoint: str
    title: str
    lead: str
    icon: str
    position: int
    roles: tuple[str, ...] = ("admin",)

    def serves(self, actor: Actor) -> bool:
        """Return whether the person may use the page."""
        return actor.has_role(*self.roles)
