"""Who sees one case today, and by which rule: the rule of visibility asked for everybody."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from dxflow.authority.directory import Directory
from dxflow.authority.visibility import PRIVATE_STATUSES, VisibilityScope, scope_of
from dxflow.db.case import Case, CaseUnit, Duty
from dxflow.db.identity import Person
from dxflow.db.process import Submission, WorkItem, WorkItemGroup
from dxflow.db.standing import StoodIn
from dxflow.errors import NotFound
from dxflow.services.people import naming, organisation
from dxflow.services.people.actor import Actor
from dxflow.services.people.person_rows import ADMIN_ROLE
from dxflow.services.site import Site
from dxflow.texts import gettext as _


@dataclass(frozen=True)
class Seer:
    """Somebody who may open the case, with every rule that lets them."""

    person_id: str
    name: str
    username: str
    post: str
    closed: bool
    rules: tuple[str, ...]


@dataclass(frozen=True)
class Seen:
    """A case by its number, and who sees it. `private`: not handed in, so only the applicant."""

    case_id: str
    number: str
    private: bool
    seers: Sequence[Seer]


@dataclass(frozen=True)
class _Facts:
    """What the rule asks of a case; see `services.people.visibility`."""

    applicant: str
    private: bool
    restricted: bool
    units: frozenset[str]
    groups: frozenset[str]
    handed_in_by: frozenset[str]
    conditions_of: frozenset[str]
    to_be_read_by: frozenset[str]


def of_case(site: Site, by: Actor, number: str) -> Seen:
    """Return who sees the case with this number, in eight queries. Raises NotFound, NotAllowed.

    What the case is about is not told: administrators do not read cases.
    """
    by.require_role(ADMIN_ROLE)
    with site.database.read() as tx:
        case = tx.execute(
            select(Case.id, Case.number, Case.applicant_id, Case.status, Case.restricted).where(
                Case.number == number.strip()
            )
        ).one_or_none()
        if case is None:
            raise NotFound(_("番号「{number}」の案件はありません。", number=number.strip()))
        who = organisation.directory(site, tx, site.today())
        facts = _facts(tx, case)
        names = naming.load(tx, who, units=facts.units)
        people = tx.execute(
            select(Person.id, Person.name, Person.username, Person.status).order_by(Person.username)
        ).all()
    seers = []
    for row in people:
        rules = tuple(_rules(who, names, facts, scope_of(row.id, who)))
        if rules:
            posts = who.posts_of(row.id)
            post = posts[0].title if posts else ""
            seers.append(Seer(row.id, row.name, row.username, post, row.status != "active", rules))
    return Seen(case.id, case.number, facts.private, seers)


def _facts(tx: Connection, case: Any) -> _Facts:
    case_id = case.id
    units = tx.execute(select(CaseUnit.unit).where(CaseUnit.case_id == case_id)).scalars()
    groups = tx.execute(
        select(WorkItemGroup.group_key)
        .join(WorkItem, WorkItem.id == WorkItemGroup.work_item_id)
        .where(WorkItem.case_id == case_id)
        .distinct()
    ).scalars()
    persons = tx.execute(
        select(Submission.person_id).where(Submission.case_id == case_id).distinct()
    ).scalars()
    owing = tx.execute(select(Duty.owner_group).where(Duty.case_id == case_id).distinct()).scalars()
    reading = tx.execute(
        select(StoodIn.owner_id)
        .where(StoodIn.case_id == case_id, StoodIn.read_at.is_(None), StoodIn.owner_id.is_not(None))
        .distinct()
    ).scalars()
    return _Facts(
        case.applicant_id, case.status in PRIVATE_STATUSES, case.restricted,
        frozenset(units), frozenset(groups), frozenset(persons), frozenset(owing),
        frozenset(one for one in reading if one),
    )  # fmt: skip


def _rules(
    who: Directory, names: naming.Names, case: _Facts, scope: VisibilityScope
) -> Iterable[str]:
    """Give the words for every rule that shows the case to the person."""
    if scope.person == case.applicant:
        yield _("提案者である")
    if case.private:
        return
    if scope.restricted_too or (scope.all and not case.restricted):
        yield _("すべての案件を見る役割または職にある")
    units = sorted(names.unit(unit) for unit in scope.units & case.units)
    if units and not case.restricted:
        yield _("関わる課・部に属するか、その長である（{units}）", units=_("、").join(units))
    groups = sorted(names.group(group) for group in scope.groups & case.groups)
    if groups:
        yield _("作業が届いている（{groups}）", groups=_("、").join(groups))
    owing = sorted(names.group(group) for group in scope.groups & case.conditions_of)
    if owing:
        yield _("付された条件を負う（{groups}）", groups=_("、").join(owing))
    if scope.person in case.handed_in_by:
        yield _("様式を提出したことがある")
    if scope.person in case.to_be_read_by:
        yield _("後閲がまだ済んでいない")
