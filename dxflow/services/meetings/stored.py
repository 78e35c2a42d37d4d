"""What every act on a meeting begins and ends with: bodies, seats, the locked row, the event."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from dxflow import audit
from dxflow.authority.directory import Directory
from dxflow.committee import entered as ballots
from dxflow.committee import seeing
from dxflow.committee.quorum import QuorumKind, required
from dxflow.committee.sitting import State
from dxflow.committee.voting import Majority, TieBreak
from dxflow.committee.written import Consent
from dxflow.db.meeting import Meeting
from dxflow.errors import Conflict, NotAllowed, NotFound
from dxflow.jobs import queue
from dxflow.services.acts import presiding, sitting
from dxflow.services.packs import store as packs
from dxflow.services.packs.settings import Body
from dxflow.services.people import events, organisation, presence
from dxflow.services.people.actor import READS_ALL, Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import translated

#: Who plans meetings and keeps their record.
SECRETARIAT = "secretariat"


@dataclass(frozen=True)
class SeatOfBody:
    """A seat with its holders on a day; without any it is vacant. `order` is that of chairs."""

    key: str
    title: str
    persons: frozenset[str]
    order: int | None = None
    #: The first day without the seat, None for open.
    until: date | None = None


def bodies(site: Site, tx: Connection) -> dict[str, Body]:
    """Return the bodies of the packs that cases are begun with today, by key."""
    return {
        key: body for pack in packs.current(site, tx) for key, body in pack.settings.bodies.items()
    }


def body_of(site: Site, tx: Connection, key: str) -> Body:
    """Return a body. Raises NotFound when no published pack has it."""
    found = bodies(site, tx).get(key)
    if found is None:
        raise NotFound(_("会議体「{body}」は、公開されている手続にありません。", body=key))
    return found


def seats_of(who: Directory, body: Body) -> list[SeatOfBody]:
    """Return the seats of a body on a day, those who may preside first."""
    chairs = presiding.order(who, body.chair_roles)
    found = [
        SeatOfBody(
            post.key, post.title, who.holders(f"post:{post.key}"),
            chairs.index(post.key) if post.key in chairs else None, post.valid_to,
        )
        for post in who.posts.values()
        if body.seat_role in post.roles
    ]  # fmt: skip
    return sorted(found, key=lambda one: (one.order is None, one.order or 0, one.key))


def needed(body: Body, seats: Iterable[SeatOfBody]) -> int:
    """Return how many members must be in the room for the meeting as a whole."""
    members = sum(bool(one.persons) for one in seats)
    return required(body.rules.quorum, members, 0) if members else 1


def row_of(tx: Connection, meeting_id: str) -> Row[Any]:
    """Return a meeting's row, not locked. Raises NotFound."""
    return _found(tx, select(Meeting.__table__).where(Meeting.id == meeting_id))


def locked(
    site: Site, tx: Connection, by: Actor, meeting_id: str, version: int | None = None
) -> Row[Any]:
    """Lock a meeting and return it. Raises NotFound; Conflict for a page that is out of date.

    Conflict too when the person is not any more what they were: the right to act on a meeting
    that has no case hangs on this alone.
    """
    row = _found(tx, select(Meeting.__table__).where(Meeting.id == meeting_id).with_for_update())
    require_present(site, tx, by)
    require_current(row, version)
    return row


def _found(tx: Connection, query: Select[*tuple[Any, ...]]) -> Row[Any]:
    row = tx.execute(query).one_or_none()
    if row is None:
        raise NotFound(_("会議が見つかりません。"))
    return row


def require_current(row: Row[Any], version: int | None) -> None:
    """Raise Conflict for a page of a meeting that is out of date; None, from programs, is none."""
    if version is not None and row.version != version:
        raise Conflict(
            _(
                "画面を開いたあとに、この会議がほかの人によって変わりました。内容を確かめてください。"
            )
        )


def require_present(site: Site, tx: Connection, by: Actor) -> None:
    """Raise Conflict when somebody's posts, or for whom they act, changed since they began."""
    presence.require(site, tx, by, site.today(), organisation.read_version(tx))


def planned(row: Row[Any]) -> Row[Any]:
    """Return a meeting that has not begun. Raises Conflict."""
    if row.status != State.PLANNED:
        raise Conflict(_("この会議はもう始まったか、終わっています。"))
    return row


def in_session(row: Row[Any]) -> Row[Any]:
    """Return a meeting that is open. Raises Conflict."""
    if row.status != State.OPEN:
        raise Conflict(_("この会議は開会していません。"))
    return row


def require_keeper(by: Actor, body: Body, who: Directory) -> None:
    """Raise NotAllowed unless the person is of the secretariat or may preside."""
    chairs = {f"post:{one.key}" for one in seats_of(who, body) if one.order is not None}
    if not by.has_role(SECRETARIAT) and chairs.isdisjoint(by.groups):
        raise NotAllowed(_("会議を進められるのは、議長を務める人と事務局だけです。"))


def require_reader(by: Actor, body: Body) -> None:
    """Raise NotAllowed unless the person is a member, or one of those who see all cases."""
    if not by.has_role(*READS_ALL, body.seat_role):
        raise not_for(by)


def not_for(by: Actor) -> NotAllowed:
    """Return the refusal for somebody who has nothing to do with any body."""
    return NotAllowed(
        _("会議の資料と記録を見られるのは、席に就いている人、事務局、監査などに限られます（{name} さんは対象外です）。",
          name=by.name)
    )  # fmt: skip


def rules_in_words(body: Body) -> tuple[tuple[str, str], ...]:
    """Return a body's rules as (what, how), in words."""
    rules = body.rules
    quorum = {
        QuorumKind.HALF: _("半数"), QuorumKind.TWO_THIRDS: _("三分の二"),
        QuorumKind.FRACTION: f"{rules.quorum.numerator}/{rules.quorum.denominator}",
        QuorumKind.NUMBER: _("{n}人", n=rules.quorum.number),
    }[rules.quorum.kind]  # fmt: skip
    more = (
        _("{share}を超える", share=quorum)
        if rules.quorum.strictly_more
        else _("{share}以上", share=quorum)
    )
    majority = {
        Majority.SIMPLE: _("過半数"), Majority.TWO_THIRDS: _("三分の二以上"),
        Majority.UNANIMOUS: _("全員一致"),
    }[rules.vote.majority]  # fmt: skip
    consent = {
        Consent.MAJORITY: _("過半数の同意"),
        Consent.TWO_THIRDS: _("三分の二以上の同意"),
        Consent.ALL: _("全員の同意"), Consent.NEVER: _("行わない"),
    }[rules.consent]  # fmt: skip
    tie = _("議長が決める") if rules.vote.tie is TieBreak.CHAIR else _("否決とする")
    entered = _("、").join(ballots.label(way) for way in ballots.allowed(rules.entered))
    criteria = _("、").join(
        f"{translated(one.name)}（{one.lowest}–{one.highest} ×{one.weight}）"
        for one in body.evaluation.criteria
    )
    return (
        (_("定足数"), more), (_("表決"), majority), (_("可否同数のとき"), tie),
        (_("持ち回り審議"), consent),
        (_("判断・評価の見え方"), seeing.label(rules.disclosure)),
        (_("評価の観点"), criteria or _("なし")), (_("事務局が入れる票"), entered or _("なし")),
    )  # fmt: skip


def seat_held(by: Actor, body: Body, who: Directory, seat: str) -> SeatOfBody:
    """Return a seat of a body that the person holds. Raises NotAllowed."""
    for one in seats_of(who, body):
        if one.key == seat and by.person_id in one.persons:
            return one
    raise NotAllowed(_("この席に就いている人だけが行えます。"))


def record(
    site: Site,
    tx: Connection,
    by: Actor,
    event_type: str,
    meeting_id: str,
    *changes: audit.Change,
    subject: audit.Subject | None = None,
) -> None:
    """Record what was done to a meeting, and let its pages know."""
    sitting.touch(tx, meeting_id)
    audit.append_system(
        tx,
        audit.SystemStream.COMMITTEE,
        audit.Event(
            type=event_type,
            at=site.now(),
            actor=events.who(by),
            subject=subject or audit.Subject("meeting", meeting_id),
            request=audit.Request(id=by.request_id),
            changes=tuple(one for one in changes if one.before != one.after),
        ),
    )


def tell(
    site: Site, tx: Connection, key: str, seats: Iterable[str], message: str,
    *, meeting: str | None = None, case: str | None = None,
) -> None:  # fmt: skip
    """Leave a notice for seats, once for a key; it leads to the meeting or case it is about."""
    groups = [f"post:{seat}" for seat in sorted(seats)]
    tell_groups(site, tx, key, groups, message, meeting=meeting, case=case)


def tell_groups(
    site: Site, tx: Connection, key: str, groups: list[str], message: str,
    *, meeting: str | None = None, case: str | None = None,
) -> None:  # fmt: skip
    """Leave a notice for groups, once for a key."""
    if groups:
        queue.defer(
            tx, site.now(), kind="notice.deliver", key=key,
            payload={
                "case_id": case, "meeting_id": meeting, "groups": groups, "message": message,
            },
        )  # fmt: skip


def today(site: Site, tx: Connection) -> Directory:
    """Return who is who today."""
    return organisation.directory(site, tx, site.today())
