"""A task done at the version at which it was read: what others did beside it does not matter."""

from typing import Any

import pytest

from dxflow import forms
from dxflow.forms.definition import FormDefinition
from dxflow.services.acts import task_forms, tasks
from dxflow.services.acts.since_read import PageOutdated
from dxflow.services.acts.task_forms import TaskForm
from dxflow.services.meetings import evaluating
from dxflow.services.operations import case_acts
from dxflow.services.packs.store import Pack
from tests.factories import City
from tests.sessions import SEAT_OF
from tests.walks import do, task_of, to_committee, to_opinions

VOTE = ("verdict", "approve", {"reason": "効果が見込める"})
OPINION = ("security_opinion", "agree", {"comment": "問題なし", "points": []})


def read(city: City, by: str, case: str, element: str) -> TaskForm:
    return city.form(by, task_of(city, by, case, element).id)


def send(city: City, by: str, form: TaskForm, outcome: str, values: dict[str, Any]) -> None:
    """Hand a form in as a program does: with the version at which it was read."""
    submission = forms.submit_values(form.definition, values, outcome, form.context)
    tasks.complete(city.site, city.actor(by), form.task.id, submission, version=form.version)


def test_members_who_read_their_votes_at_the_same_moment_all_vote(city: City):
    case = to_committee(city)
    members = ("civic_head", "tax_head", "mgmt_head")
    element, outcome, values = VOTE
    ready = {member: read(city, member, case, element) for member in members}
    assert len({form.version for form in ready.values()}) == 1
    for member, form in ready.items():
        send(city, member, form, outcome, values)
    assert not [t for member in members for t in city.open_tasks(member) if t.case_id == case]


def test_taking_another_task_of_the_case_does_not_matter(city: City):
    case = to_opinions(city)
    form = read(city, "security", case, "security_opinion")
    other = task_of(city, "finance", case, "finance_opinion").id
    tasks.claim(city.site, city.actor("finance"), other)
    tasks.release(city.site, city.actor("finance"), other)
    send(city, "security", form, *OPINION[1:])


def test_the_task_itself_must_not_have_been_touched(city: City):
    case = to_opinions(city)
    form = read(city, "security", case, "security_opinion")
    tasks.claim(city.site, city.actor("security"), form.task.id)
    with pytest.raises(PageOutdated):
        send(city, "security", form, *OPINION[1:])


def test_anything_else_that_was_done_on_the_case_matters(city: City):
    case = to_opinions(city)
    form = read(city, "security", case, "security_opinion")
    admin = city.actor("admin")
    case_acts.suspend(city.site, admin, case, "調べる")
    case_acts.resume(city.site, admin, case)
    with pytest.raises(PageOutdated):
        send(city, "security", form, *OPINION[1:])


def test_a_version_of_the_future_is_none(city: City):
    case = to_opinions(city)
    form = read(city, "security", case, "security_opinion")
    submission = forms.submit_values(form.definition, OPINION[2], "agree", form.context)
    for version in (form.version + 1, 0):
        with pytest.raises(PageOutdated):
            tasks.complete(
                city.site, city.actor("security"), form.task.id, submission, version=version
            )


def finance_is_first(city: City) -> TaskForm:
    """Return security's task as it was read before finance gave its opinion."""
    case = to_opinions(city)
    form = read(city, "security", case, "security_opinion")
    do(
        city, case, "finance", "finance_opinion", "remark",
        comment="予算に注意", funding_outlook="planned",
    )  # fmt: skip
    return form


def test_an_opinion_beside_ones_own_does_not_matter(city: City):
    send(city, "security", finance_is_first(city), *OPINION[1:])


def test_a_form_that_shows_what_others_handed_in_is_outdated_by_that(
    city: City, monkeypatch: pytest.MonkeyPatch
):
    form = finance_is_first(city)
    monkeypatch.setattr(
        FormDefinition, "asks_for", lambda _form, name: name == task_forms.SUBMITTED
    )
    with pytest.raises(PageOutdated):
        send(city, "security", form, *OPINION[1:])


@pytest.mark.parametrize("meaning", ["conclude", "decide"])
def test_whoever_judges_by_all_that_was_said_must_have_read_all(
    city: City, monkeypatch: pytest.MonkeyPatch, meaning: str
):
    form = finance_is_first(city)
    monkeypatch.setattr(Pack, "act_of", lambda *_given: meaning)
    with pytest.raises(PageOutdated):
        send(city, "security", form, *OPINION[1:])


def test_two_who_draft_one_form_do_not_write_over_each_other(
    city: City, monkeypatch: pytest.MonkeyPatch
):
    case = to_committee(city)
    first, second = (read(city, who, case, "verdict") for who in ("civic_head", "tax_head"))
    send(city, "civic_head", first, *VOTE[1:])
    monkeypatch.setattr(Pack, "act_of", lambda *_given: "draft")
    with pytest.raises(PageOutdated):
        send(city, "tax_head", second, *VOTE[1:])


def test_scores_of_another_seat_do_not_matter_those_for_ones_own_do(city: City):
    case = to_committee(city)
    form = read(city, "tax_head", case, "verdict")
    scores = {"effect": 5, "feasibility": 4, "cost": 3}
    evaluating.evaluate(city.site, city.actor("it_head"), case, SEAT_OF["it_head"], dict(scores))
    late = read(city, "it_head", case, "verdict")
    send(city, "tax_head", form, *VOTE[1:])
    evaluating.evaluate(
        city.site, city.actor("civic_head"), case, SEAT_OF["civic_head"], dict(scores)
    )
    send(city, "it_head", late, *VOTE[1:])
    own = read(city, "mgmt_head", case, "verdict")
    evaluating.evaluate(
        city.site, city.actor("mgmt_head"), case, SEAT_OF["mgmt_head"], dict(scores)
    )
    with pytest.raises(PageOutdated):
        send(city, "mgmt_head", own, *VOTE[1:])


def test_a_case_that_went_on_for_long_is_read_again(city: City):
    case = to_opinions(city)
    form = read(city, "security", case, "security_opinion")
    other = task_of(city, "finance", case, "finance_opinion").id
    for _time in range(50):
        tasks.claim(city.site, city.actor("finance"), other)
        tasks.release(city.site, city.actor("finance"), other)
    with pytest.raises(PageOutdated):
        send(city, "security", form, *OPINION[1:])
