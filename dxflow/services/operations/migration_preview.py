"""What a plan would do to running cases: tried in memory, nothing is written."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, select

from dxflow import engine
from dxflow.calendars.wareki import wareki_datetime
from dxflow.db.case import Case
from dxflow.db.process import PackVersion, ProcessInstance, WorkItem
from dxflow.errors import Conflict, DxflowError, Invalid
from dxflow.services.acts import migrating
from dxflow.services.acts.suspension import SUSPENDED
from dxflow.services.operations import case_choice
from dxflow.services.operations.case_choice import OPERATORS
from dxflow.services.operations.migration_plans import Plan
from dxflow.services.packs import city_days
from dxflow.services.packs import store as packs
from dxflow.services.paging import Page, bounds
from dxflow.services.people import naming, organisation, visibility
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import translated

#: Cases of one batch.
MOST = 2000


@dataclass(frozen=True)
class Blocked:
    """Why a case cannot be moved, at which element; process and element "" for the whole case."""

    process: str
    element: str
    name: str
    sentence: str

    @property
    def place(self) -> str:
        """Return `process/element`, "" for the case as a whole."""
        return f"{self.process}/{self.element}" if self.element else ""


@dataclass(frozen=True)
class Preview:
    """What a plan would do to a case.

    `standing` are the names of open steps and timers, `changes` say what will differ about them.
    `at_once` are sentences about what will be past when it is moved: timers that fire straight
    away, and tasks that are late.
    """

    case: str
    number: str
    title: str
    version: int
    standing: tuple[str, ...]
    changes: tuple[str, ...]
    at_once: tuple[str, ...]
    blockers: tuple[Blocked, ...]


class _Nobody:
    """The host of a preview: nothing runs, so nobody may be called."""

    def call(
        self, command: str, payload: dict[str, Any], element: str, branch: str
    ) -> dict[str, Any]:
        """Refuse."""
        raise LookupError(command)


@dataclass(frozen=True)
class _Tried:
    """A case with the versions it would move between; moved, or refused where it stands."""

    row: Any
    old: packs.Pack
    new: packs.Pack
    before: engine.Step | None
    moved: engine.Migrated | None
    refused: DxflowError | None


def candidates(tx: Connection, plan: Plan, cases: Sequence[str] = ()) -> list[str]:
    """Return the ids of the named cases, or of all running ones of other versions of the pack.

    Raises NotFound for an unknown case, Invalid when there are too many.
    """
    if cases:
        return case_choice.find_all(tx, cases)
    found = list(tx.execute(_movable(plan).limit(MOST + 1)).scalars())
    if len(found) > MOST:
        raise Invalid(_("一度に移せるのは {most} 件までです。案件を選んでください。", most=MOST))
    return found


def _movable(plan: Plan) -> Select[Any]:
    """Return the statement for the running cases of other versions of the pack, by number."""
    return (
        select(Case.id)
        .join(ProcessInstance, ProcessInstance.case_id == Case.id)
        .join(PackVersion, PackVersion.digest == ProcessInstance.pack_digest)
        .where(
            Case.status == "running",
            PackVersion.key == plan.pack,
            PackVersion.digest != plan.digest,
        )
        .order_by(Case.number)
    )


def preview(site: Site, actor: Actor, plan: Plan, cases: Sequence[str] = ()) -> list[Preview]:
    """Return what a plan would do to each case, by number; a fixed number of queries."""
    actor.require_role(*OPERATORS)
    with site.database.read() as tx:
        return _previews(site, tx, actor, plan, candidates(tx, plan, cases))


def preview_page(
    site: Site, actor: Actor, plan: Plan, page: int = 1, per_page: int = 50
) -> Page[Preview]:
    """Return a page of what a plan would do to all cases it could move."""
    actor.require_role(*OPERATORS)
    offset, limit = bounds(page, per_page)
    with site.database.read() as tx:
        rows = _movable(plan)
        total = tx.execute(select(func.count()).select_from(rows.subquery())).scalar_one()
        some = tx.execute(rows.offset(offset).limit(limit)).scalars().all()
        return Page(_previews(site, tx, actor, plan, some), page, per_page, total)


def unmapped(previews: Iterable[Preview]) -> dict[str, str]:
    """Return the steps that are in the way of cases and could be mapped: place to name."""
    return {why.place: why.name for one in previews for why in one.blockers if why.place}


def _previews(
    site: Site, tx: Connection, actor: Actor, plan: Plan, ids: Sequence[str]
) -> list[Preview]:
    rows = tx.execute(
        select(
            Case.id, Case.number, visibility.told_title(), Case.status, ProcessInstance.state,
            ProcessInstance.pack_digest, ProcessInstance.status.label("standing"),
        )
        .join(ProcessInstance, ProcessInstance.case_id == Case.id)
        .where(Case.id.in_(ids))
        .order_by(Case.number)
    ).all()  # fmt: skip
    opened = select(WorkItem.case_id, WorkItem.id, WorkItem.created_at).where(
        WorkItem.case_id.in_(ids), WorkItem.status == "open"
    )
    reached: dict[str, dict[str, datetime]] = {}
    for item in tx.execute(opened):
        reached.setdefault(item.case_id, {})[item.id] = item.created_at
    tried = [_try(site, tx, plan, row, reached.get(row.id, {})) for row in rows]
    words = _words(site, tx, actor, tried)
    now = site.now()
    return [_previewed(one, words, now) for one in tried]


def _try(site: Site, tx: Connection, plan: Plan, row: Any, reached: dict[str, datetime]) -> _Tried:
    old, new = packs.load(site, tx, row.pack_digest), packs.load(site, tx, plan.digest)
    now, before = site.now(), None
    calendars = city_days.Calendars(site, tx)
    functions = old.functions(now, calendars.of(old))
    env = engine.Environment(functions, now, _Nobody(), old.settings.lanes)
    try:
        before = engine.peek(old.definitions, row.state, env)
        _require_movable(row, old, new)
        moved = migrating.move(
            old,
            new,
            row.state,
            plan.mapping,
            reached,
            now,
            env.host,
            calendars.of(new),
            lambda: organisation.directory(site, tx, site.today()),
        )
    except DxflowError as refused:
        return _Tried(row, old, new, before, None, refused)
    return _Tried(row, old, new, before, moved, None)


def _require_movable(row: Any, old: packs.Pack, new: packs.Pack) -> None:
    if row.status != "running":
        raise Conflict(_("終わった案件は移せません。"))
    if row.standing == SUSPENDED:
        raise Conflict(_("一時停止中の案件は移せません。再開してから移してください。"))
    migrating.require_other_version(old, new)


def _words(site: Site, tx: Connection, actor: Actor, tried: Sequence[_Tried]) -> naming.Names:
    """Return the names of the groups whose tasks change hands."""
    steps = [step for one in tried if one.moved for step in (one.moved.before, one.moved.after)]
    groups = {group for step in steps for task in step.tasks for group in task.groups}
    persons = [one.removeprefix("user:") for one in groups if one.startswith("user:")]
    return naming.load(tx, organisation.directory(site, tx, actor.on), persons=persons)


def _previewed(one: _Tried, words: naming.Names, now: datetime) -> Preview:
    standing: dict[str, None] = {}
    if one.before is not None:
        names = (one.old.element_name(timer.element) for timer in one.before.timers)
        every = (*(task.name for task in one.before.tasks), *names)
        standing = dict.fromkeys(map(translated, every))
    changes: tuple[str, ...] = ()
    at_once: tuple[str, ...] = ()
    if one.moved is not None:
        changes = (*_task_changes(one.moved, words), *_timer_changes(one))
        at_once = tuple(_past_at_once(one.moved, one.new, now))
    row, blockers = one.row, tuple(_blockers(one))
    return Preview(
        row.id, row.number, row.title, one.old.version, tuple(standing), changes, at_once, blockers
    )


def _blockers(one: _Tried) -> Iterator[Blocked]:
    if isinstance(one.refused, engine.NotMigratable):
        for why in one.refused.blockers:
            found = one.old.element(why.process, why.element)
            name = (found.name if found else "") or why.element
            yield Blocked(why.process, why.element, translated(name), why.message)
    elif one.refused is not None:
        yield Blocked("", "", "", str(one.refused))


def _task_changes(moved: engine.Migrated, words: naming.Names) -> Iterator[str]:
    was = {task.id: task for task in moved.before.tasks}
    for task in moved.after.tasks:
        before = was[task.id]
        for what, old, now in (
            (_("要素"), before.element, task.element),
            (_("名前"), translated(before.name), translated(task.name)),
            (_("様式"), before.form_key, task.form_key),
            (_("期日"), _moment(before.due), _moment(task.due)),
            (_("担当"), _groups(before, words), _groups(task, words)),
        ):
            if old != now:
                yield _(
                    "{task}: {what} {old} → {now}",
                    task=translated(before.name), what=what, old=old or "-", now=now or "-",
                )  # fmt: skip


def _groups(task: engine.OpenTask, words: naming.Names) -> str:
    return _("、").join(words.group(group) for group in task.groups)


def _timer_changes(one: _Tried) -> Iterator[str]:
    said = {"armed": _("新しい期限"), "rearmed": _("期限の変更"), "dropped": _("期限の廃止")}
    for timer in one.moved.timers if one.moved else ():
        pack = one.old if timer.what == "dropped" else one.new
        moments = [_moment(at) for at in (timer.before, timer.after) if at is not None]
        name = translated(pack.element_name(timer.element))
        yield _(
            "{what}: {timer} {moments}",
            what=said[timer.what], timer=name, moments=" → ".join(moments),
        )  # fmt: skip


def _past_at_once(moved: engine.Migrated, new: packs.Pack, now: datetime) -> Iterator[str]:
    """Say what is past as soon as the case is moved: whoever moves it may not want it to happen."""
    for timer in moved.after.timers:
        if timer.due <= now:
            yield _(
                "期限「{timer}」は {at} で、もう過ぎています。移すと、すぐに処理されます。",
                timer=translated(new.element_name(timer.element)), at=_moment(timer.due),
            )  # fmt: skip
    was = {task.id: task.due for task in moved.before.tasks}
    for task in moved.after.tasks:
        due, before = task.due, was[task.id]
        if due is not None and due < now and (before is None or before >= now):
            yield _(
                "「{task}」の期日は {at} になり、移すとすぐに期限超過になります。",
                task=translated(task.name), at=_moment(due),
            )  # fmt: skip


def _moment(at: datetime | None) -> str:
    return wareki_datetime(at) if at is not None else ""
