"""Give an open task to somebody else: a person, or a group such as a post or a section.

Rights stay what they are: nobody judges their own matter, and what belongs to an office (a vote, a
resolution, a 決裁) only goes to somebody who holds an office it is offered to.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from dxflow import audit
from dxflow.authority.directory import Directory
from dxflow.authority.roles_within import KIND as ROLE_IN
from dxflow.authority.segregation import Action, conflict
from dxflow.db.process import WorkItem, WorkItemGroup
from dxflow.errors import Conflict, Invalid, NotAllowed, NotFound
from dxflow.services.acts.act import Act, lock_of_task, require_running
from dxflow.services.acts.closed_tasks import TaskClosed, finished_text
from dxflow.services.acts.notices import leave_notice
from dxflow.services.operations.case_acts import require_version, required_reason
from dxflow.services.operations.case_choice import OPERATORS
from dxflow.services.people import naming, organisation, person_rows
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import mark

#: Acts whose right lies in the office that was asked, not in the person.
BOUND_TO_OFFICE = frozenset({"vote", "conclude", "decide"})
GROUP_KINDS = ("post", "section", "head", "role", ROLE_IN)


@dataclass(frozen=True)
class Target:
    """Whom a task is to go to: a person's id, or a group string."""

    person: str | None
    group: str

    @property
    def key(self) -> str:
        """Return the group string that means the target."""
        return f"user:{self.person}" if self.person else self.group


def reassign(
    site: Site, actor: Actor, task_id: str, to: str, reason: str, version: int | None = None
) -> str:
    """Give an open task to `to` and return the case's id.

    `to` is `user:<username>`, `post:<key>`, `section:<unit>`, `head:<unit>`, `role:<role>` or
    `role-in:<unit>:<role>`. The people before and after get a notice. Raises NotAllowed,
    NotFound, Invalid (no reason, nobody there), Conflict (task done, case suspended or moved on
    since `version`).
    """
    actor.require_role(*OPERATORS)
    given = required_reason(reason)
    with site.database.write() as tx:
        try:
            act = lock_of_task(site, tx, actor, task_id)
        except NotFound:
            raise NotFound(_("作業が見つかりません。")) from None
        item, groups = _open_item(act, task_id)
        require_version(act, version)
        # What is named here is meant as it is, also where the case calls another section by it.
        who = organisation.directory(site, tx, actor.on, act.organisation)
        target = _target(tx, who, to.strip())
        if (item.assignee_id, groups) == (target.person, {target.key}):
            raise Conflict(_("この作業はすでにその担当です。"))
        _require_right(act, who, item, groups, target)
        _move(act, item, groups, target, given)
        return act.case_id


def _open_item(act: Act, task_id: str) -> tuple[Row[Any], set[str]]:
    item = act.tx.execute(select(WorkItem.__table__).where(WorkItem.id == task_id)).one()
    if item.status != "open":
        raise TaskClosed(finished_text(act.tx, item, act.case, act.pack), act.case_id)
    require_running(act)
    groups = act.tx.execute(
        select(WorkItemGroup.group_key).where(WorkItemGroup.work_item_id == task_id)
    ).scalars()
    return item, set(groups)


def _target(tx: Connection, who: Directory, to: str) -> Target:
    """Return whom the words mean. Raises Invalid or NotFound in a sentence."""
    kind, _colon, key = to.partition(":")
    if kind == "user" and key:
        row = person_rows.person(tx, key)
        if row["status"] != "active":
            message = _(
                "{name} さんの利用は止められているため、担当にできません。", name=row["name"]
            )
            raise Invalid(message, {"to": [message]})
        if row["id"] not in who.persons:
            message = _("{name} さんは今日どの職にも就いていないため、担当にできません。",
                        name=row["name"])  # fmt: skip
            raise Invalid(message, {"to": [message]})
        return Target(row["id"], "")
    if kind in GROUP_KINDS and key:
        if not who.holders(to):
            message = _("「{to}」に当たる人が今日はいません。", to=to)
            raise Invalid(message, {"to": [message]})
        return Target(None, to)
    message = _(
        "新しい担当は user:利用者名、post:職、section:課、head:課、role:役割、role-in:課:役割 で"
        "指定してください。"
    )
    raise Invalid(message, {"to": [message]})


def _require_right(
    act: Act, who: Directory, item: Row[Any], groups: set[str], target: Target
) -> None:
    """Raise NotAllowed for somebody who may not do the task."""
    meaning = act.pack.act_of(item.process_key, item.element)
    people = who.holders(target.key)
    if meaning in BOUND_TO_OFFICE:
        offices = {one for one in groups if not one.startswith("user:")} or groups
        holders = frozenset().union(*(who.holders(one) for one in offices))
        if not people <= holders:
            raise NotAllowed(
                _(
                    "「{task}」は職に結び付いた作業のため、その職に就いている人にしか渡せません。"
                    "空席なら、後任をその職に就けてください。",
                    task=item.name,
                )
            )
    if item.act:
        verdicts = [conflict(Action(item.act), person, act.involved()) for person in sorted(people)]
        if not any(verdict.allowed for verdict in verdicts):
            verdicts[0].require()


def _move(act: Act, item: Row[Any], groups: set[str], target: Target, reason: str) -> None:
    tx = act.tx
    kept = groups if _stays_in_office(act, item, target) else set()
    tx.execute(
        update(WorkItem)
        .where(WorkItem.id == item.id)
        .values(assignee_id=target.person, given_to="" if kept else target.key)
    )
    if not kept:
        tx.execute(delete(WorkItemGroup).where(WorkItemGroup.work_item_id == item.id))
        tx.execute(
            insert(WorkItemGroup).values(
                work_item_id=item.id,
                group_key=target.key,
                due_at=item.due_at,
                created_at=item.created_at,
            )
        )
    before = groups | ({f"user:{item.assignee_id}"} if item.assignee_id else set())
    act.tell_task(item.id, assignee=target.person)
    words = _words(act, before | {target.key})
    names = {group: words.group(group) for group in before | {target.key}}
    act.record(
        "task.reassigned",
        audit.Change(
            "holder",
            mark("担当"),
            _("、").join(sorted(names[one] for one in before)),
            names[target.key],
            personal=True,
        ),
        audit.Change("reason", mark("理由"), None, reason),
        subject=audit.Subject("task", item.id, act.case_id),
    )
    values = {"number": act.case["number"], "task": item.name, "reason": reason}
    left = before - {target.key}
    if left:
        said = mark("案件 {number} の「{task}」の担当が変わりました（理由: {reason}）。", **values)
        leave_notice(act, left, said, f"{item.id}:from")
    said = mark("案件 {number} の「{task}」の担当になりました（理由: {reason}）。", **values)
    leave_notice(act, {target.key}, said, f"{item.id}:to")
    act.finish()


def _stays_in_office(act: Act, item: Row[Any], target: Target) -> bool:
    """Return whether the office keeps the task when one of its holders gets it."""
    bound = act.pack.act_of(item.process_key, item.element) in BOUND_TO_OFFICE
    return bound and target.person is not None


def _words(act: Act, groups: set[str]) -> naming.Names:
    persons = [one.removeprefix("user:") for one in groups if one.startswith("user:")]
    return naming.load(act.tx, act.directory(), persons=persons)
