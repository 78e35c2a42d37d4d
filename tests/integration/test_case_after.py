"""What a program is told after a task: the same case as when it asks for it."""

from dxflow.services.acts import tasks
from dxflow.services.reading import case_record
from tests.walks import TRIAGE, task_of


def _after_and_asked(city, by, done):
    actor = city.actor(by, "api")
    return (
        case_record.after(city.site, actor, done),
        case_record.one(city.site, actor, done.case_id),
    )


def test_the_answer_to_a_task_is_the_case_as_it_is_read_afterwards(city):
    case = city.start().id
    head, triage = (
        city.complete("head", "head_approval", "approve"),
        city.complete("secretariat", "triage", "proceed", **TRIAGE),
    )
    tasks.claim(
        city.site, city.actor("applicant"), task_of(city, "applicant", case, "project_sheet").id
    )
    for by, done in (("head", head), ("secretariat", triage)):
        after, asked = _after_and_asked(city, by, done)
        assert after == asked
    assert [one.assignee_name for one in after.open_tasks] == ["applicant"]


def test_a_case_that_has_ended_has_no_open_task_in_the_answer(city):
    city.start()
    done = city.complete("head", "head_approval", "reject", reason="効果が見込めない。")
    after, asked = _after_and_asked(city, "head", done)
    assert after == asked
    assert after.open_tasks == ()
