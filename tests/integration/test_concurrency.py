"""People at the same time: an act happens once, whole, and the second learns who was first."""

import random
import time
from collections.abc import Callable
from functools import partial
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import func, select

from dxflow import engine, forms
from dxflow.audit import verify_database
from dxflow.db.audit import AuditEvent
from dxflow.db.case import Ballot, Case
from dxflow.db.process import ProcessInstance, Submission, WorkItem
from dxflow.errors import Conflict
from dxflow.services.acts import cases, pulling_back, task_forms
from dxflow.services.acts.closed_tasks import TaskClosed
from dxflow.services.acts.tasks import Completed
from dxflow.services.packs import store as packs
from tests.factories import ANALYSIS, SHEET, City
from tests.integration.histories import History, broken, environment
from tests.walks import MEMBERS, to_committee, to_sheet


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Do things at the same moment, each in a thread; return what came of each, errors too."""
    start, came = Barrier(len(acts)), [None] * len(acts)

    def run(number: int) -> None:
        start.wait()
        try:
            came[number] = acts[number]()
        except Exception as error:
            came[number] = error

    threads = [Thread(target=run, args=(number,)) for number in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive(), "an act neither ends nor fails"
    return came


def count(city: City, *conditions: Any) -> int:
    with city.site.database.read() as tx:
        return tx.execute(
            select(func.count()).select_from(AuditEvent).where(*conditions)
        ).scalar_one()


def assert_whole(city: City, case: str) -> None:
    """The case can be read, its version is that of its log, and its work is the engine's."""
    with city.site.database.read() as tx:
        assert verify_database(tx).findings == ()
        row = tx.execute(
            select(ProcessInstance.__table__).where(ProcessInstance.case_id == case)
        ).one()
        steps = tx.execute(
            select(func.count()).where(
                AuditEvent.case_id == case, AuditEvent.body.like('%"version":%')
            )
        ).scalar_one()
        open_work = tx.execute(
            select(WorkItem.id).where(WorkItem.case_id == case, WorkItem.status == "open")
        ).scalars()
        pack = packs.load(city.site, tx, row.pack_digest)
        step = engine.peek(pack.definitions, row.state, environment(city, pack))
        assert steps == row.version
        assert {task.id for task in step.tasks} == set(open_work)


def test_a_double_click_does_the_act_once_and_gets_one_answer(city):
    for number in range(10):
        case = to_sheet(city)
        (task,) = [one for one in city.open_tasks("applicant") if one.case_id == case]
        form, key = city.form("applicant", task.id), f"key-{number}"
        click = partial(city.complete_form, "applicant", form, "submit", key, **SHEET)
        first, second = at_once(click, click)
        assert isinstance(first, Completed)
        assert first == second
        done = count(city, AuditEvent.case_id == case, AuditEvent.body.contains(key))
        assert done == 1
        city.complete("applicant", "bpr_analysis", "submit", **ANALYSIS)
    assert_whole(city, case)


def test_a_proposal_sent_twice_at_once_is_one_case(city):
    actor = city.actor("applicant")
    form = task_forms.start_form(city.site, actor, "proposal")
    values = {
        "title": "転入の予約",
        "trouble": "困る",
        "change": "直す",
        "beneficiary": ["citizen"],
    }
    submission = forms.submit_values(form.definition, values, "submit", form.context)

    def send() -> cases.Started:
        return cases.start(city.site, actor, "proposal", submission, idempotency_key="one")

    came = at_once(*[send] * 4)
    assert all(one == came[0] for one in came), came
    with city.site.database.read() as tx:
        assert tx.execute(select(func.count()).select_from(Case)).scalar_one() == 1
    assert_whole(city, came[0].id)


def test_a_recalled_proposal_handed_in_twice_at_once_begins_once(city):
    """Two windows, each with a key of its own: the second one finds the draft handed in."""
    actor = city.actor("applicant")
    for _round in range(5):
        case = city.start().id
        pulling_back.pull_back(city.site, actor, case)
        form = task_forms.start_form(city.site, actor, "proposal", draft=case)
        submission = forms.submit_values(form.definition, form.values, "submit", form.context)
        send = partial(cases.start, city.site, actor, "proposal", submission, draft_id=case)
        came = at_once(partial(send, idempotency_key="a" + case), partial(send))
        assert sorted(type(one).__name__ for one in came) == ["Conflict", "Started"], came
        assert count(city, AuditEvent.case_id == case, AuditEvent.type == "case.resubmitted") == 1
        assert_whole(city, case)


def test_of_two_people_at_once_one_does_the_task_and_the_other_learns_who_it_was(city):
    began, last = time.monotonic(), ""
    winners = set()
    for _pair in range(40):
        case = to_sheet(city)
        (task,) = [one for one in city.open_tasks("applicant") if one.case_id == case]
        opened = {name: city.form(name, task.id) for name in ("applicant", "colleague")}
        came = at_once(
            *(
                partial(city.complete_form, name, form, "submit", **SHEET)
                for name, form in opened.items()
            )
        )
        done = [one for one in came if isinstance(one, Completed)]
        late = [one for one in came if isinstance(one, TaskClosed)]
        assert (len(done), len(late)) == (1, 1), came
        winner = tuple(opened)[came.index(done[0])]
        winners.add(winner)
        assert f"{winner} さんが" in str(late[0])
        assert late[0].case_id == case
        assert count(city, AuditEvent.case_id == case, AuditEvent.type == "kpi.registered") == 1
        last = case
        if time.monotonic() - began > 10:
            break
    assert_whole(city, last)
    with city.site.database.read() as tx:
        sheets = tx.execute(
            select(func.count()).where(Submission.form_key == "project_sheet")
        ).scalar_one()
        started = tx.execute(select(func.count()).select_from(Case)).scalar_one()
    assert sheets == started


def test_members_who_vote_at_the_same_moment_are_all_counted(city):
    case = to_committee(city)
    votes = []
    for member in MEMBERS:
        for task in city.open_tasks(member):
            if task.element == "verdict":
                form = city.form(member, task.id)
                votes.append(
                    partial(city.complete_form, member, form, "approve", reason="見込める")
                )
    came = at_once(*votes)
    assert all(isinstance(one, Completed) for one in came), came
    with city.site.database.read() as tx:
        ballots = tx.execute(select(func.count()).select_from(Ballot)).scalar_one()
    assert ballots == len(votes) >= 3
    assert [task.element for task in city.open_tasks("cio")] == ["conclude"]
    assert_whole(city, case)


def test_opinions_given_at_the_same_moment_move_the_case_on_once(city):
    for _round in range(6):
        case = to_sheet(city, importance=[])
        city.complete("applicant", "project_sheet", "submit", **SHEET)
        city.complete("applicant", "bpr_analysis", "submit", **ANALYSIS)
        city.complete("head", "sheet_approval", "approve")
        given = {
            "security": {"points": [], "comment": "問題なし"},
            "finance": {"funding_outlook": "planned", "comment": "見込む"},
            "tax_head": {"impact": "some", "comment": "手伝う"},
        }
        acts = []
        for name, values in given.items():
            (task,) = [one for one in city.open_tasks(name) if one.case_id == case]
            form = city.form(name, task.id)
            acts.append(partial(city.complete_form, name, form, "agree", **values))
        came = at_once(*acts)
        assert all(isinstance(one, Completed) for one in came), came
        moved = count(
            city, AuditEvent.case_id == case, AuditEvent.type == "case.stage_changed",
            AuditEvent.body.contains("委員会の審議"),
        )  # fmt: skip
        assert moved == 1
        assert_whole(city, case)


def test_a_withdrawal_and_an_approval_at_once_leave_one_of_the_two(city):
    for _round in range(8):
        started = city.start()
        (task,) = [one for one in city.open_tasks("head") if one.case_id == started.id]
        form = city.form("head", task.id)
        came = at_once(
            partial(city.complete_form, "head", form, "approve"),
            partial(cases.withdraw, city.site, city.actor("applicant"), started.id, "やめる"),
        )
        with city.site.database.read() as tx:
            status = tx.execute(select(Case.status).where(Case.id == started.id)).scalar_one()
        assert status == "withdrawn"  # a withdrawal may also come right after the approval
        assert came[1] is None
        assert isinstance(came[0], Completed | Conflict), came
        assert_whole(city, started.id)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_whatever_people_do_in_any_order_no_promise_is_broken(city, seed):
    history = History(city, random.Random(seed))
    end = time.monotonic() + 5
    for _stretch in range(6):
        history.live(40)
        found = broken(city)
        assert not found, "\n".join([*history.did[-25:], *found])
        if time.monotonic() > end:
            break
    assert len(history.did) >= 20


def test_several_people_living_at_the_same_time_break_no_promise(city):
    """Four histories at once in one database: whoever is too late is refused, nothing breaks."""
    city.start()
    lives = [History(city, random.Random(number), together=True) for number in range(4)]
    came = at_once(*(partial(life.live, 15) for life in lives))
    assert came == [None] * 4, came
    assert broken(city) == []
