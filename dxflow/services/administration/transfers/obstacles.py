"""What an applied transfer kept of the time before it, and what prevents it from being taken back."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from sqlalchemy import Connection, select

from dxflow.authority.affairs import Able
from dxflow.authority.organisation import Holding, Post, Unit
from dxflow.authority.structure import Structure
from dxflow.db import case as tables
from dxflow.db.case import Case
from dxflow.db.identity import Person
from dxflow.db.process import Submission, WorkItem, WorkItemGroup
from dxflow.db.standing import StoodIn
from dxflow.db.transfer import TransferPlan
from dxflow.services import plain
from dxflow.services.administration.transfers import rehearsing, underway, writing
from dxflow.services.people import organisation
from dxflow.services.site import Site
from dxflow.texts import gettext as _

MOST_NAMED = 20


@dataclass(frozen=True)
class Record:
    """What was kept with the plan: pairs of before and after by key.

    `hands` are who has tasks and duties that changed hands, with a note; `accounts` the states of
    those that were closed or opened. Plans applied by older versions have none of either.
    """

    units: Mapping[str, tuple[list[Any], list[Any]]]
    posts: Mapping[str, tuple[list[Any], list[Any]]]
    holdings: Mapping[str, tuple[list[Any], list[Any]]]
    tasks: Mapping[str, tuple[tuple[str | None, list[str]], tuple[str | None, list[str]]]]
    duties: Mapping[str, tuple[str, str]]
    deputies: Mapping[str, str]
    lists: Mapping[str, tuple[list[Any], list[Any]]]
    led: Mapping[str, tuple[str, str]]
    heirs: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    hands: Mapping[str, tuple[list[str], list[str], str]] = field(default_factory=dict)
    accounts: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def closed(self) -> frozenset[str]:
        """Return the persons whose accounts were closed."""
        return frozenset(one for one, (_was, now) in self.accounts.items() if now != "active")

    @property
    def opened(self) -> frozenset[str]:
        """Return the persons whose accounts were opened again."""
        return frozenset(one for one, (_was, now) in self.accounts.items() if now == "active")


def record_of(row: Any) -> Record:
    """Return what an applied plan's row keeps."""
    return Record(**plain.loads(row.before))


def restored(record: Record, now: Structure) -> Structure:
    """Return the organisation as it is when a transfer has been taken back."""
    was = writing.by_person(now.holdings)
    then = dict(was) | {
        person: [held_of(one) for one in old] for person, (old, _new) in record.holdings.items()
    }
    return replace(
        now,
        units={**now.units, **{key: units_of(old) for key, (old, _new) in record.units.items()}},
        posts={**now.posts, **{key: posts_of(old) for key, (old, _new) in record.posts.items()}},
        holdings=tuple(
            Holding(person, post, concurrent, valid_from=begin, valid_to=end)
            for person, rows in then.items()
            for post, begin, end, concurrent in rows
        ),
    )


def obstacles(site: Site, tx: Connection, row: Any, record: Record, now: Structure) -> list[str]:
    """Return what prevents an applied plan from being taken back, in words; empty when nothing."""
    found: list[str] = []
    changed = _changed_since(tx, record, now)
    if changed:
        found.append(_("組織や職がその後に変わりました: {words}。", words=_listing(changed)))
    successor = tx.execute(
        select(TransferPlan.name).where(
            TransferPlan.status == "applied",
            TransferPlan.id != row.id,
            TransferPlan.applied_at >= row.applied_at,
        )
    ).scalars().first()  # fmt: skip
    if successor is not None:
        found.append(_("あとの異動「{name}」が適用されています。", name=successor))
    found += _acts_since(tx, row, record)
    found += _work_since(tx, record)
    found += _tasks_since(site, tx, record, now)
    return found


def _changed_since(tx: Connection, record: Record, now: Structure) -> list[str]:
    held = writing.by_person(now.holdings)
    persons = [
        person
        for person, (_old, new) in record.holdings.items()
        if [held_of(one) for one in new] != held.get(person, [])
    ]
    units = [
        (rows[-1].name if rows else key)
        for key, (_old, new) in record.units.items()
        for rows in (now.units.get(key, ()),)
        if units_of(new) != rows
    ]
    posts = [
        (rows[-1].title if rows else key)
        for key, (_old, new) in record.posts.items()
        for rows in (now.posts.get(key, ()),)
        if posts_of(new) != rows
    ]
    return [*units, *posts, *organisation.names_of(tx, persons).values()]


def _acts_since(tx: Connection, row: Any, record: Record) -> list[str]:
    """Name cases in which people acted in a post that the transfer gave them, or gave back."""
    gained = {
        (person, post)
        for person, (old, new) in record.holdings.items()
        for post in _posts_on(new, row.effective) - _posts_on(old, row.effective)
    }
    acted = tx.execute(
        select(Submission.person_id, Submission.post, Case.number, Person.name)
        .join(Case, Case.id == Submission.case_id)
        .join(Person, Person.id == Submission.person_id)
        .where(Submission.at >= row.applied_at)
        .order_by(Submission.at)
    )
    words = [
        _("{name} さん（{number}）", name=one.name, number=one.number)
        for one in acted
        if (one.person_id, one.post) in gained
    ]
    if not words:
        return []
    return [_("新しい職での行為があります: {words}。", words=_listing(words))]


def _posts_on(held: list[Any], day: date) -> set[str]:
    """Return the posts that kept holdings mean on a day."""
    return {
        post
        for post, begin, end, _concurrent in map(held_of, held)
        if begin <= day and (end is None or day < end)
    }


def _work_since(tx: Connection, record: Record) -> list[str]:
    found = []
    items = {
        one.id: one
        for one in tx.execute(
            select(WorkItem.id, WorkItem.status, WorkItem.assignee_id, Case.number)
            .join(Case, Case.id == WorkItem.case_id)
            .where(WorkItem.id.in_(sorted(record.tasks)))
        )
    }
    groups: dict[str, set[str]] = {}
    for item, group in tx.execute(
        select(WorkItemGroup.work_item_id, WorkItemGroup.group_key).where(
            WorkItemGroup.work_item_id.in_(sorted(record.tasks))
        )
    ):
        groups.setdefault(item, set()).add(group)
    gone_on = [
        items[key].number if key in items else key
        for key, (_old, new) in record.tasks.items()
        if key not in items
        or items[key].status != "open"
        or items[key].assignee_id != new[0]
        or groups.get(key, set()) != set(new[1])
    ]
    if gone_on:
        found.append(_("作業が先へ進んでいます: {words}。", words=_listing(gone_on)))
    now_led = tx.execute(
        select(Case.id, Case.number, Case.lead_unit).where(Case.id.in_(sorted(record.led)))
    )
    elsewhere = [one.number for one in now_led if one.lead_unit != record.led[one.id][1]]
    if elsewhere:
        found.append(_("案件の担当課がその後に変わりました: {words}。", words=_listing(elsewhere)))
    done = _duties_done(tx, record)
    if done:
        found.append(_("引き継いだ義務が {n} 件果たされています。", n=done))
    return found


def _duties_done(tx: Connection, record: Record) -> int:
    owed = {
        one.submission_id: f"user:{one.owner_id}"
        for one in tx.execute(
            select(StoodIn.submission_id, StoodIn.owner_id).where(
                StoodIn.submission_id.in_(sorted(record.duties)), StoodIn.read_at.is_(None)
            )
        )
    } | {
        one.id: one.owner_group
        for one in tx.execute(
            select(tables.Duty.id, tables.Duty.owner_group).where(
                tables.Duty.id.in_(sorted(record.duties)), tables.Duty.status == "open"
            )
        )
    }
    return sum(owed.get(key) != new for key, (_old, new) in record.duties.items())


def _tasks_since(site: Site, tx: Connection, record: Record, now: Structure) -> list[str]:
    """Name cases in which somebody has taken, or can do, a task by the transfer alone."""
    current = underway.load(site, tx, site.today())
    before = rehearsing.directory(restored(record, now), current, site.today())
    able = Able(before, (current.affairs.closed - record.closed) | record.opened)
    after = Able(organisation.directory(site, tx, site.today()), current.affairs.closed)
    since = [one for one in current.affairs.tasks if one.id not in record.tasks]
    taken = [one for one in since if after.holds(one) and not able.holds(one)]
    left = [one for one in since if after.doing(one) and not able.doing(one)]
    found = []
    if taken:
        words = _listing([current.about[one.id].number for one in taken])
        found.append(_("新しい職で引き受けた作業があります: {words}。", words=words))
    if left:
        words = _listing([current.about[one.id].number for one in left])
        found.append(
            _(
                "取り消すと作業を行える人がいなくなります。先に担当を変えてください: {words}。",
                words=words,
            )
        )
    return found


def end_of(text: Any) -> date:
    """Return a kept day."""
    return date.fromisoformat(str(text))


def rank_of(row: Any) -> tuple[int, str, date, date | None]:
    """Return a kept place on a list of substitutes."""
    return int(row[0]), str(row[1]), end_of(row[2]), _day(row[3])


def _day(text: Any) -> date | None:
    return None if text is None else date.fromisoformat(str(text))


def held_of(row: Any) -> writing.Held:
    """Return a kept holding."""
    return row[0], end_of(row[1]), _day(row[2]), bool(row[3])


def units_of(rows: list[Any]) -> tuple[Unit, ...]:
    """Return the kept rows of a unit."""
    return tuple(Unit(**_dated(row)) for row in rows)


def posts_of(rows: list[Any]) -> tuple[Post, ...]:
    """Return the kept rows of a post."""
    return tuple(Post(**_dated(row) | {"roles": frozenset(row["roles"])}) for row in rows)


def _dated(row: Any) -> dict[str, Any]:
    return dict(row) | {
        "valid_from": end_of(row["valid_from"]), "valid_to": _day(row["valid_to"])
    }  # fmt: skip


def _listing(words: list[str]) -> str:
    named = _("、").join(dict.fromkeys(words[:MOST_NAMED]))
    more = len(words) - MOST_NAMED
    return _("{words} ほか {n} 件", words=named, n=more) if more > 0 else named
