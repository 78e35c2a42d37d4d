"""A transfer of a whole city: 1,000 people, 35 % of them moved, 500 open cases, half of them taken.

The file is what a personnel section sends. The heads of all sections go to the next one, so that
every open task changes hands and every claim ends.
"""

import statistics
import time
from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import insert, select, update

from bench.cities import version
from bench.report import Figure
from dxflow.authority.affairs import Able
from dxflow.db.identity import Person
from dxflow.db.process import WorkItem
from dxflow.ids import new_id
from dxflow.services.administration.transfers import applying, page, plans, underway, undoing
from dxflow.services.people import organisation
from dxflow.services.people.organisation import HoldingRow, Organisation, PostRow, UnitRow
from tests.factories import BEGIN, City

SECTIONS, STAFF = 50, 19
MOVED = 350
CASES = 500
GOAL = "<= 10 s"


def measure(city: City, rounds: int) -> Iterator[Figure]:
    """Rehearse the transfer, apply it, and take it back."""
    _people(city)
    _cases(city)
    by = city.actor("admin")
    today = city.site.today()
    begin = time.perf_counter()
    plan = plans.create(city.site, by, "", today, plans.Upload(_file(), "transfer.csv"))
    read = time.perf_counter() - begin
    spans = []
    for _round in range(rounds):
        city.site.directories.clear()
        begin = time.perf_counter()
        shown = page.page(city.site, by, plan)
        spans.append(time.perf_counter() - begin)
    assert not shown.problems, shown.problems[:3]
    assert not shown.left, [one.what for one in shown.holes[:3]]
    begin = time.perf_counter()
    done = applying.apply(city.site, by, plan)
    applied = time.perf_counter() - begin
    orphans = _unauthorised(city)
    begin = time.perf_counter()
    undoing.undo(city.site, by, plan)
    undone = time.perf_counter() - begin
    changes = sum(len(lines) for lines in (shown.changes or {}).values())
    note = f"{version(city)}; {changes} changes shown, {done.released} claims released"
    yield Figure("file of a transfer read", read, "s", conditions=f"{MOVED} lines")
    yield Figure(
        "rehearsal of a transfer", statistics.median(spans), "s", goal=GOAL, conditions=note
    )
    yield Figure(
        "transfer applied", applied, "s", goal=GOAL,
        conditions=f"{done.persons} people of {SECTIONS * (STAFF + 1)}, {CASES} open cases",
    )  # fmt: skip
    yield Figure("transfer taken back", undone, "s")
    yield Figure("tasks of nobody or of somebody unauthorised", orphans, "", goal="0")


def _people(city: City) -> None:
    """Make departments of ten sections each with a head and staff."""
    moment = city.site.now()
    units, posts, holdings, people = [], [], [], []
    for number in range(SECTIONS):
        department = f"bench-d{number // 10}"
        if number % 10 == 0:
            units.append(UnitRow(department, f"第{number // 10}部", "department", None, BEGIN))
        section = f"bench-{number}"
        units.append(UnitRow(section, f"第{number}課", "section", department, BEGIN))
        posts.append(PostRow(f"{section}-head", f"第{number}課長", section, "section_head", BEGIN))
        posts.append(PostRow(f"{section}-staff", f"第{number}課 主事", section, "staff", BEGIN))
        for place in range(STAFF + 1):
            name = f"b{number:02}-{place:02}"
            city.person[name] = new_id(moment)
            people.append(
                {
                    "id": city.person[name], "username": name, "name": f"職員 {name}", "email": "",
                    "password_hash": "x", "status": "active", "demo": False,
                    "must_change_password": False, "epoch": 1, "created_at": moment,
                }
            )  # fmt: skip
            post = f"{section}-staff" if place else f"{section}-head"
            holdings.append(HoldingRow(city.person[name], post, BEGIN))
    with city.site.database.write() as tx:
        tx.execute(insert(Person), people)
        organisation.write(tx, Organisation(tuple(units), tuple(posts), tuple(holdings)), city.site)


def _cases(city: City) -> None:
    """Start cases in every section; the heads take every second approval."""
    for number in range(CASES):
        section = number % SECTIONS
        city.start(f"b{section:02}-{1 + number // SECTIONS:02}")
        city.clock.moment += timedelta(seconds=1)
    with city.site.database.write() as tx:
        items = tx.execute(
            select(WorkItem.id, WorkItem.case_id).where(WorkItem.status == "open")
        ).all()
        for number, item in enumerate(items):
            if number % 2 == 0:
                head = city.person[f"b{number % SECTIONS:02}-00"]
                tx.execute(update(WorkItem).where(WorkItem.id == item.id).values(assignee_id=head))


def _file() -> bytes:
    """Return the file: heads to the next section, six of the staff of each with them."""
    lines = ["利用者名,区分,新しい職"]
    for number in range(MOVED):
        section, place = number % SECTIONS, number // SECTIONS
        there = (section + 1) % SECTIONS
        post = "head" if place == 0 else "staff"
        lines.append(f"b{section:02}-{place:02},異動,bench-{there}-{post}")
    return "\r\n".join(lines).encode("cp932")


def _unauthorised(city: City) -> int:
    """Return how many open tasks nobody can do, or are taken by somebody without a right to them."""
    with city.site.database.read() as tx:
        now = underway.load(city.site, tx, city.site.today())
        who = organisation.directory(city.site, tx, city.site.today())
    able = Able(who, now.affairs.closed)
    return sum(
        not able.doing(one) or (one.assignee is not None and not able.holds(one))
        for one in now.affairs.tasks
    )
