"""Who acts: a person in a post on a date, or the system itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from dxflow.authority.directory import Directory
from dxflow.authority.standing_in import StandIn
from dxflow.errors import NotAllowed
from dxflow.texts import gettext as _

SYSTEM_ID = "system"

#: Roles that read every case that has been handed in (kessai: 事務局, CIO, 監査, 委員会).
READS_ALL = frozenset({"secretariat", "cio", "auditor", "committee", "committee-chair"})


@dataclass(frozen=True)
class HeldPost:
    """A post a person holds on a date."""

    key: str
    title: str
    unit: str
    unit_name: str
    kind: str
    concurrent: bool


@dataclass(frozen=True)
class Actor:
    """A person with what they are on `on`, and by which channel they act.

    `channel` is page, api, cli, job or system. `groups` are the strings work is offered to;
    `stands_in` are groups that are somebody else's, for whom the person may act on this date.
    """

    person_id: str
    username: str
    name: str
    on: date
    groups: frozenset[str]
    posts: tuple[HeldPost, ...]
    acting_post: str | None
    unit: str | None
    department: str | None
    channel: str = "page"
    request_id: str = ""
    must_change_password: bool = False
    #: Whether the installation asks a second factor of one of the roles, and the person has none.
    lacks_second_factor: bool = False
    stands_in: Mapping[str, StandIn] = field(default_factory=dict)
    #: The organisation that this was read from: an act asks whether it still stands.
    who: Directory | None = field(default=None, compare=False, repr=False)

    @property
    def reach(self) -> frozenset[str]:
        """Return every group whose work the person may have, for others too."""
        return self.groups | self.stands_in.keys() if self.stands_in else self.groups

    @property
    def roles(self) -> frozenset[str]:
        """Return the role keys without their prefix."""
        return frozenset(g.removeprefix("role:") for g in self.groups if g.startswith("role:"))

    @property
    def is_system(self) -> bool:
        """Return whether no person stands behind the act."""
        return self.person_id == SYSTEM_ID

    @property
    def post(self) -> HeldPost | None:
        """Return the post the person acts in."""
        return next((p for p in self.posts if p.key == self.acting_post), None)

    def has_role(self, *roles: str) -> bool:
        """Return whether the person holds one of the roles."""
        return not self.roles.isdisjoint(roles)

    def require_role(self, *roles: str) -> None:
        """Raise NotAllowed unless the person holds one of the roles."""
        if not self.has_role(*roles):
            raise NotAllowed(_("この操作を行う権限がありません。"), frozenset(roles))


def system_actor(on: date, request_id: str = "") -> Actor:
    """Return the system: timers and jobs act under this name."""
    return Actor(
        person_id=SYSTEM_ID,
        username=SYSTEM_ID,
        name=_("システム"),
        on=on,
        groups=frozenset(),
        posts=(),
        acting_post=None,
        unit=None,
        department=None,
        channel="job",
        request_id=request_id,
    )
