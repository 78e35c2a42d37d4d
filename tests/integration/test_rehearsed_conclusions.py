"""An open conclusion in a rehearsal: who presides on the day has it, and only nobody is a hole."""

from datetime import timedelta

import pytest

from dxflow.authority.filling import LEAVE
from dxflow.services.administration.transfers import choosing, page, scheduling
from dxflow.services.meetings import session
from dxflow.services.operations import reassigning
from tests.factories import City
from tests.integration.test_concluding import concluder, counted, drafts, look
from tests.integration.transfers import on_the_day, plan, rehearse, upload
from tests.sessions import opened
from tests.walks import MEMBERS, do, task_of


def conclusion(city: City, case: str, made: str) -> tuple[set[str], bool]:
    """Return who would have the task, by name, and whether it is a hole."""
    names = {key: name for name, key in city.person.items()}
    task = task_of(city, next(iter(concluder(city, case))), case, "conclude").id
    found = rehearse(city, made)
    after = {names[one] for change in found.changes if change.key == task for one in change.after}
    return after, f"task:{task}" in {one.hole.id for one in found.holes}


def test_the_deputy_has_what_the_chair_leaves_open_and_it_is_no_hole(city):
    case = counted(city)
    day = city.site.today() + timedelta(1)
    made = plan(city, upload("cio,退職,,"), day=day)
    assert conclusion(city, case, made) == ({"planning_head"}, False)
    (line,) = (page.page(city.site, city.actor("admin"), made).changes or {})["task"]
    assert (line.before, line.after) == ("cio", "planning_head")
    left = {one.hole.id: (LEAVE, "後任は来月") for one in rehearse(city, made).open}
    choosing.fill(city.site, city.actor("admin"), made, left)
    scheduling.schedule(city.site, city.actor("admin"), made)
    on_the_day(city, day)
    look(city)
    assert concluder(city, case) == {"planning_head"}, "as it was rehearsed"
    do(city, case, "planning_head", "conclude", "approve", reason="賛成多数")


@pytest.mark.parametrize("lines", [("cio,退職,,", "planning_head,退職,,"), ("cio,退職,,",)])
def test_without_a_deputy_who_may_it_is_a_hole(city, lines):
    case = counted(city)
    if len(lines) == 1:
        drafts(city, case, "planning_head")
    made = plan(city, upload(*lines))
    assert conclusion(city, case, made) == (set(), True)


def test_whoever_comes_into_the_chair_has_it_unless_it_is_their_own_matter(city):
    case = counted(city)
    successor = plan(city, upload("cio,退職,,", "tax_head,異動,副市長,"))
    assert conclusion(city, case, successor) == ({"tax_head"}, False)
    applicant = plan(city, upload("cio,退職,,", "applicant,異動,副市長,"))
    assert conclusion(city, case, applicant) == ({"planning_head"}, False)


def test_a_deputy_who_was_not_in_the_room_does_not_have_it(city):
    there = [name for name in MEMBERS if name != "planning_head"]
    case, _meeting, matter = opened(city, there)
    for name in there[:5]:
        if any(task.element == "verdict" for task in city.open_tasks(name)):
            do(city, case, name, "verdict", "approve", reason="効果が見込める")
    if not concluder(city, case):
        session.close_vote(city.site, city.actor("secretariat"), matter)
    assert concluder(city, case) == {"cio"}
    made = plan(city, upload("cio,退職,,"))
    assert conclusion(city, case, made) == (set(), True)


def test_what_an_operator_gave_to_others_stays_with_them(city):
    case = counted(city)
    task = task_of(city, "cio", case, "conclude").id
    reassigning.reassign(city.site, city.actor("admin"), task, "role:cio", "CIOとして")
    made = plan(city, upload("cio,退職,,"))
    assert conclusion(city, case, made) == (set(), True)
