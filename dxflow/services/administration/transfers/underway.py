"""What is under way in the city, read for a rehearsal: so many queries, however much there is."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, literal_column, select

from dxflow.authority.affairs import Affairs, Body, Duty, Round, Task
from dxflow.authority.obligations import Follows
from dxflow.authority.segregation import Action, Involvement
from dxflow.authority.standing_in import PASSED_OVER, Absence, Delegation, way_label
from dxflow.authority.succession import Succession
from dxflow.committee.quorum import required
from dxflow.db import case as tables
from dxflow.db.case import Case, Deliberation, Measure
from dxflow.db.identity import Person
from dxflow.db.process import Submission, WorkItem, WorkItemGroup
from dxflow.db.standing import Delegation as DelegationRow
from dxflow.db.standing import StoodIn
from dxflow.services import plain
from dxflow.services.administration.transfers.conclusions import followed
from dxflow.services.packs import own_words
from dxflow.services.packs import store as packs
from dxflow.services.packs.settings import Body as BodySettings
from dxflow.services.people import organisation, standing_rows
from dxflow.services.site import Site
from dxflow.texts import to_be_stored


@dataclass(frozen=True)
class About:
    """What a task or duty is called, as it is stored, and the case it belongs to."""

    words: str
    case_id: str
    number: str


@dataclass(frozen=True)
class Underway:
    """The affairs of a city with what names them.

    `people` are (username, name) by id, `about` tasks and duties by id, `numbers` cases by id,
    `bodies` names of committees by key, `role_words` what the roles of packs are called.
    """

    affairs: Affairs
    absences: tuple[Absence, ...]
    successions: tuple[Succession, ...]
    people: Mapping[str, tuple[str, str]]
    about: Mapping[str, About]
    numbers: Mapping[str, str]
    bodies: Mapping[str, str]
    role_words: Mapping[str, Mapping[str, str]]


def load(site: Site, tx: Connection, day: date) -> Underway:
    """Return what is under way now, with absences, deputies and lists as they stand on a day."""
    people, closed = {}, set()
    for person in tx.execute(select(Person.id, Person.username, Person.name, Person.status)):
        people[person.id] = (person.username, person.name)
        if person.status != "active":
            closed.add(person.id)
    numbers: dict[str, str] = {}
    cases: dict[str, list[str]] = defaultdict(list)
    for row in tx.execute(
        select(Case.id, Case.number, Case.lead_unit)
        .where(Case.status == "running")
        .order_by(Case.id)
    ):
        numbers[row.id] = row.number
        cases[row.lead_unit].append(row.id)
    tracked: dict[str, list[str]] = defaultdict(list)
    for one in tx.execute(
        select(Case.id, Case.lead_unit)
        .where(Case.status == "running", Case.id.in_(select(Measure.case_id)))
        .order_by(Case.id)
    ):
        tracked[one.lead_unit].append(one.id)
    about: dict[str, About] = {}
    bodies, names = _bodies(site, tx)
    affairs = Affairs(
        tasks=tuple(followed(site, tx, _tasks(site, tx, about))),
        duties=(*_conditions(tx, about), *_readings(site, tx, about)),
        bodies=bodies,
        rounds=_rounds(tx),
        cases={unit: tuple(ids) for unit, ids in cases.items()},
        tracked={unit: tuple(ids) for unit, ids in tracked.items()},
        delegations=_delegations(tx, day),
        ranks=tuple(standing_rows.ranks(tx, day)),
        closed=frozenset(closed),
    )
    return Underway(
        affairs,
        tuple(standing_rows.absences(tx, day)),
        tuple(standing_rows.successions(tx)),
        people,
        about,
        numbers,
        names,
        organisation.read_role_words(tx),
    )


def _tasks(site: Site, tx: Connection, about: dict[str, About]) -> tuple[Task, ...]:
    open_cases = select(WorkItem.case_id).where(WorkItem.status == "open")
    groups: dict[str, set[str]] = defaultdict(set)
    for item, group in tx.execute(
        select(WorkItemGroup.work_item_id, WorkItemGroup.group_key)
        .join(WorkItem, WorkItem.id == WorkItemGroup.work_item_id)
        .where(WorkItem.status == "open")
    ):
        groups[item].add(group)
    drafters: dict[str, set[str]] = defaultdict(set)
    for case, person in tx.execute(
        select(Submission.case_id, Submission.person_id)
        # the word itself, not a parameter: only so the index of drafts is used
        .where(Submission.act == literal_column("'draft'"), Submission.case_id.in_(open_cases))
        .distinct()
    ):
        drafters[case].add(person)
    found = []
    for row in tx.execute(
        select(
            WorkItem.id, WorkItem.case_id, WorkItem.name, WorkItem.assignee_id, WorkItem.act,
            Case.number, Case.unit, Case.applicant_id, Case.pack_digest,
        )
        .join(Case, Case.id == WorkItem.case_id)
        .where(WorkItem.status == "open")
        .order_by(WorkItem.created_at, WorkItem.id)
    ):  # fmt: skip
        about[row.id] = About(
            own_words.text(site, tx, row.pack_digest, row.name), row.case_id, row.number
        )
        involved = Involvement(row.applicant_id, frozenset(drafters[row.case_id]))
        action = Action(row.act) if row.act in packs.SEGREGATED else None
        found.append(
            Task(
                row.id, row.case_id, frozenset(groups[row.id]), row.assignee_id, action, involved,
                row.unit,
            )
        )  # fmt: skip
    return tuple(found)


def _conditions(tx: Connection, about: dict[str, About]) -> list[Duty]:
    found = []
    for row in tx.execute(
        select(
            tables.Duty.id, tables.Duty.case_id, tables.Duty.text, tables.Duty.owner_group,
            Case.number,
        )
        .join(Case, Case.id == tables.Duty.case_id)
        .where(tables.Duty.status == "open", Case.status == "running")
        .order_by(tables.Duty.id)
    ):  # fmt: skip
        about[row.id] = About(row.text, row.case_id, row.number)
        found.append(Duty(row.id, row.case_id, row.owner_group))
    return found


def _readings(site: Site, tx: Connection, about: dict[str, About]) -> list[Duty]:
    found = []
    for row in tx.execute(
        select(
            StoodIn.submission_id, StoodIn.case_id, StoodIn.owner_id, StoodIn.post,
            StoodIn.person_id, Case.number, Case.pack_digest, WorkItem.name,
        )
        .join(Case, Case.id == StoodIn.case_id)
        .outerjoin(WorkItem, WorkItem.id == StoodIn.work_item_id)
        .where(StoodIn.read_at.is_(None), StoodIn.owner_id.is_not(None))
        .order_by(StoodIn.submission_id)
    ):  # fmt: skip
        name = row.name and own_words.text(site, tx, row.pack_digest, row.name)
        about[row.submission_id] = About(name or _passed_over(), row.case_id, row.number)
        found.append(
            Duty(
                row.submission_id, row.case_id, f"user:{row.owner_id}", row.post,
                frozenset({row.person_id} - {""}), _follows(site, tx, row.pack_digest),
            )
        )  # fmt: skip
    return found


def _passed_over() -> str:
    with to_be_stored():
        return way_label(PASSED_OVER)


def _follows(site: Site, tx: Connection, digest: str) -> bool:
    """Return whether later readings of cases of a pack pass to the new holder of the post."""
    rules = packs.load(site, tx, digest).settings.rules
    return rules.later_reading_follows is Follows.POST


def _rounds(tx: Connection) -> tuple[Round, ...]:
    rows = tx.execute(
        select(Deliberation.case_id, Deliberation.seats, Deliberation.quorum)
        .join(Case, Case.id == Deliberation.case_id)
        .where(Deliberation.resolution.is_(None), Case.status == "running")
        .order_by(Deliberation.case_id, Deliberation.round)
    )
    last = {row.case_id: row for row in rows}
    return tuple(
        Round(row.case_id, tuple(plain.loads(row.seats)), row.quorum) for row in last.values()
    )


def _bodies(site: Site, tx: Connection) -> tuple[tuple[Body, ...], dict[str, str]]:
    found: dict[str, Body] = {}
    names = {}
    for pack in packs.current(site, tx):
        for key, body in pack.settings.bodies.items():
            found[key] = Body(key, body.seat_role, tuple(body.chair_roles), _need(body))
            names[key] = body.name
    return tuple(found.values()), names


def _need(body: BodySettings) -> Callable[[int], int]:
    return lambda members: required(body.rules.quorum, members, 0) if members else 1


def _delegations(tx: Connection, day: date) -> dict[str, Delegation]:
    return {
        row.id: Delegation(
            giver=row.giver_id, deputy=row.deputy_id, post=row.post,
            valid_from=row.valid_from, valid_to=row.valid_to,
        )
        for row in tx.execute(
            select(DelegationRow.__table__).where(
                DelegationRow.ended_at.is_(None), DelegationRow.valid_from <= day,
                DelegationRow.valid_to > day,
            )
        )
    }  # fmt: skip
