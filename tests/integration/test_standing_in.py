"""代決・代理・後閲 through the services: who may, what the record says, what is owed afterwards."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from dxflow import audit, forms
from dxflow.db.audit import AuditEvent
from dxflow.db.standing import StoodIn
from dxflow.errors import Conflict, Invalid, NotAllowed, NotFound
from dxflow.services.acts import holds, later_reading, pulling_back, tasks
from dxflow.services.people import organisation, standing
from dxflow.services.people.organisation import HoldingRow, Organisation
from dxflow.services.people.standing import Span
from dxflow.services.reading import case_view, decision_papers
from tests.factories import City
from tests.walks import (
    TRIAGE,
    circulate,
    do,
    task_of,
    to_committee,
    to_decision,
    to_triage,
    whoever,
)


def week(city: City) -> Span:
    return Span(city.site.today(), city.site.today() + timedelta(6))


def away(city: City, name: str) -> str:
    """Record somebody's absence for a week, as they would themselves."""
    return standing.enter_absence(
        city.site, city.actor(name), city.person[name], week(city), "出張"
    )


def lists(city: City, post: str, *substitutes: str) -> None:
    standing.set_substitutes(city.site, city.actor("admin"), post, substitutes)


def events(city: City, event_type: str) -> list[audit.Entry]:
    with city.site.database.read() as tx:
        bodies = tx.execute(
            select(AuditEvent.body).where(AuditEvent.type == event_type).order_by(AuditEvent.id)
        ).scalars()
        return [audit.describe(body) for body in bodies]


def holders(city: City, case: str) -> list[str]:
    """Return who has the open work of a case, as its page says it."""
    found = case_view.page(city.site, city.actor("secretariat"), case)
    return [one.holder for one in found.head.waiting]


def naming_of(city: City, name: str) -> str:
    return city.actor(name).name


def stood_in(city: City) -> list[StoodIn]:
    with city.site.database.read() as tx:
        return list(tx.execute(select(StoodIn.__table__)))  # type: ignore[arg-type]


def test_a_task_comes_to_the_substitute_while_the_head_is_away(city):
    case = city.start().id
    lists(city, "head-counter", "staff-counter-2")
    assert not city.sees("other", case)
    assert [one.element for one in city.open_tasks("colleague")] == []
    away(city, "head")
    (task,) = city.open_tasks("colleague")
    assert (task.element, task.standing) == ("head_approval", "市民課長の代決")
    do(city, case, "colleague", "head_approval", "approve")
    (row,) = stood_in(city)
    assert (row.absent_id, row.person_id) == (city.person["head"], city.person["colleague"])
    (event,) = events(city, "task.completed")
    assert event.person == city.person["colleague"]
    assert event.on_behalf_of == city.person["head"]
    assert event.authority == "市民課長の不在による代決。"
    with city.site.database.read() as tx:
        assert audit.verify_database(tx).findings == ()


def test_a_case_tells_who_is_away_and_who_may_act_instead(city):
    case = city.start().id
    lists(city, "head-counter", "staff-counter-2")
    before = holders(city, case)
    away(city, "head")
    (after,) = [one for one in holders(city, case) if one not in before]
    name = {one: naming_of(city, one) for one in ("head", "colleague")}
    assert f"{name['head']} 不在、代わり {name['colleague']}" in after


def test_a_case_does_not_offer_its_applicant_to_judge_it_for_the_head_who_is_away(city):
    case = city.start().id
    lists(city, "head-counter", "staff-counter")
    away(city, "head")
    (one,) = case_view.page(city.site, city.actor("applicant"), case).head.waiting
    assert not one.mine
    assert naming_of(city, "applicant") not in one.holder


def test_a_vote_names_nobody_instead_of_a_member_who_is_away(city):
    case = to_committee(city)
    lists(city, "head-it", "staff-counter-2")
    away(city, "it_head")
    told = "".join(holders(city, case))
    assert f"{naming_of(city, 'it_head')} 不在" in told
    assert "代わり" not in told


@pytest.mark.parametrize("importance", [[], ["precedent"]], ids=["usual", "important"])
def test_somebody_is_named_instead_of_a_decider_unless_the_pack_keeps_this_decision(
    city, monkeypatch, importance
):
    monkeypatch.setitem(TRIAGE, "importance", importance)
    case = to_decision(city)
    circulate(city, case)
    decider = whoever(city, case, "decide")
    lists(city, next(one.key for one in city.actor(decider).posts), "head-it")
    away(city, decider)
    (told,) = holders(city, case)
    assert f"{naming_of(city, decider)} 不在" in told
    instead = () if importance else (naming_of(city, "it_head"),)
    assert (f"代わり {naming_of(city, 'it_head')}" in told) == bool(instead)
    (document,) = decision_papers.page(city.site, city.actor("secretariat"), case).documents
    (now,) = [one for one in document.stamps if one.state == "now"]
    assert now.having.people == ((naming_of(city, decider), True),)
    assert now.having.instead == instead
    assert {one.having.people for one in document.stamps if one.state != "now"} == {()}


def test_the_stamp_that_is_waited_for_names_whoever_took_it(city):
    case = to_decision(city)
    circulate(city, case)
    decider = whoever(city, case, "decide")
    tasks.claim(city.site, city.actor(decider), task_of(city, decider, case, "decide").id)
    (document,) = decision_papers.page(city.site, city.actor("secretariat"), case).documents
    (now,) = [one for one in document.stamps if one.state == "now"]
    assert now.having.people == ((naming_of(city, decider), False),)


def test_the_head_who_is_back_has_the_task_alone_again(city):
    city.start()
    lists(city, "head-counter", "staff-counter-2")
    absence = away(city, "head")
    assert city.open_tasks("colleague")
    standing.end_absence(city.site, city.actor("head"), absence)
    assert not city.open_tasks("colleague")
    assert city.open_tasks("head")


def test_a_task_the_absent_head_had_taken_can_be_done_for_them(city):
    case = city.start().id
    (task,) = city.open_tasks("head")
    tasks.claim(city.site, city.actor("head"), task.id)
    lists(city, "head-counter", "staff-counter-2")
    away(city, "head")
    do(city, case, "colleague", "head_approval", "approve")


def test_an_approval_of_ones_own_matter_is_neither_taken_nor_laid_aside(city):
    case = city.start("head").id
    task = task_of(city, "civic_head", case, "head_approval")
    until = city.site.today() + timedelta(3)
    for act in (
        lambda: tasks.claim(city.site, city.actor("head"), task.id),
        lambda: holds.hold(city.site, city.actor("head"), task.id, "あとで", until),
    ):
        with pytest.raises(NotAllowed, match="申請者"):
            act()
    do(city, case, "civic_head", "head_approval", "approve")


def test_a_task_a_colleague_has_taken_is_left_to_them(sqlite_city):
    city = sqlite_city
    case = to_triage(city)
    (task,) = [one for one in city.open_tasks("secretariat") if one.case_id == case]
    tasks.claim(city.site, city.actor("secretariat"), task.id)
    standing.delegate(city.site, city.actor("secretariat"), "other", week(city))
    assert not city.open_tasks("other")  # the secretariat's work comes by the role


def test_a_substitute_who_drafted_may_not_approve(city):
    case = city.start().id
    lists(city, "head-counter", "staff-counter")
    away(city, "head")
    (task,) = city.open_tasks("head")
    with pytest.raises(NotAllowed):
        city.complete_id("applicant", task.id, "approve")
    assert city.open_tasks("applicant") == []
    assert case == task.case_id


def test_the_deputy_of_a_head_who_applies_may_not_approve_for_them(city):
    case = city.start("head").id
    standing.delegate(city.site, city.actor("head"), "colleague", week(city))
    tasks_of = {one.element for one in city.open_tasks("colleague") if one.case_id == case}
    if "head_approval" in tasks_of:
        with pytest.raises(NotAllowed, match="申請または起案"):
            do(city, case, "colleague", "head_approval", "approve")
    do(city, case, "civic_head", "head_approval", "approve")


def test_a_decision_by_a_substitute_bears_both_names_and_is_read_afterwards(city):
    case = to_decision(city)
    decider = whoever(city, case, "decide")
    post = next(one.key for one in city.actor(decider).posts)
    lists(city, post, "head-it")
    away(city, decider)
    do(city, case, "it_head", "decide", "approve", reason="急ぐため")
    (event,) = events(city, "decision.recorded")
    assert (event.person, event.on_behalf_of) == (city.person["it_head"], city.person[decider])
    assert "代決" in event.authority
    (row,) = stood_in(city)
    with pytest.raises(NotAllowed, match="本人"):
        later_reading.read(city.site, city.actor("it_head"), row.submission_id)
    later_reading.read(city.site, city.actor(decider), row.submission_id, "了承した")
    with pytest.raises(Conflict):
        later_reading.read(city.site, city.actor(decider), row.submission_id)
    (done,) = events(city, "later_reading.done")
    assert done.person == city.person[decider]


def test_an_important_matter_is_decided_by_nobody_else(city, monkeypatch):
    monkeypatch.setitem(TRIAGE, "importance", ["precedent"])
    case = to_decision(city)
    circulate(city, case)
    decider = whoever(city, case, "decide")
    post = next(one.key for one in city.actor(decider).posts)
    lists(city, post, "head-it")
    away(city, decider)
    with pytest.raises(NotAllowed, match="重要な事案"):
        do(city, case, "it_head", "decide", "approve", reason="急ぐため")


def test_no_vote_is_cast_for_a_member(city):
    case = to_committee(city)
    standing.delegate(city.site, city.actor("civic_head"), "colleague", week(city))
    assert [one for one in city.open_tasks("colleague") if one.case_id == case] == []
    (task,) = [one for one in city.open_tasks("civic_head") if one.element == "verdict"]
    with pytest.raises((NotAllowed, NotFound)):
        city.complete_id("colleague", task.id, "approve", reason="代わりに")


def test_a_deputys_act_owes_no_later_reading_unless_the_pack_asks(city):
    case = city.start().id
    standing.delegate(city.site, city.actor("head"), "other", week(city))
    (task,) = city.open_tasks("other")
    assert task.standing == "市民課長の代理"
    do(city, case, "other", "head_approval", "approve")
    (row,) = stood_in(city)
    assert (row.way, row.owner_id) == ("deputy", None)
    assert city.sees("other", case)  # what one has done oneself, one may go on reading


def test_an_act_that_is_pulled_back_leaves_nothing_to_read(city):
    case = city.start().id
    lists(city, "head-counter", "staff-counter-2")
    away(city, "head")
    do(city, case, "colleague", "head_approval", "approve")
    pulling_back.pull_back(city.site, city.actor("colleague"), case)
    assert stood_in(city) == []


def test_a_delegation_is_told_to_the_deputy_and_ends_at_once(city):
    city.start()
    given = standing.delegate(city.site, city.actor("head"), "colleague", week(city))
    assert city.open_tasks("colleague")
    with pytest.raises(NotAllowed):
        standing.end_delegation(city.site, city.actor("other"), given)
    standing.end_delegation(city.site, city.actor("head"), given)
    assert not city.open_tasks("colleague")
    with pytest.raises(Conflict):
        standing.end_delegation(city.site, city.actor("head"), given)
    assert [one.type for one in events(city, "delegation.granted")] == ["delegation.granted"]


def test_times_that_overlap_or_lie_in_the_past_are_refused(city):
    head, today = city.actor("head"), city.site.today()
    away(city, "head")
    with pytest.raises(Conflict):
        away(city, "head")
    for span in (
        Span(today - timedelta(1), today),
        Span(today, None),
        Span(today, today - timedelta(1)),
    ):
        with pytest.raises(Invalid):
            standing.enter_absence(city.site, head, head.person_id, span)
    standing.delegate(city.site, head, "colleague", week(city))
    with pytest.raises(Conflict):
        standing.delegate(city.site, head, "other", week(city), post="head-counter")


@pytest.mark.parametrize("deputy", ["head", "nobody"])
def test_a_deputy_is_somebody_else_who_is_there(sqlite_city, deputy):
    with pytest.raises(Invalid):
        standing.delegate(sqlite_city.site, sqlite_city.actor("head"), deputy, week(sqlite_city))


def test_only_recorders_say_that_somebody_else_is_away(city):
    head = city.person["head"]
    with pytest.raises(NotAllowed):
        standing.enter_absence(city.site, city.actor("colleague"), head, week(city))
    absence = standing.enter_absence(city.site, city.actor("secretariat"), head, week(city))
    with pytest.raises(NotAllowed):
        standing.end_absence(city.site, city.actor("colleague"), absence)
    standing.end_absence(city.site, city.actor("secretariat"), absence)


@pytest.mark.parametrize("chosen", [["head-counter"], ["nowhere"], ["staff-tax", "staff-tax"]])
def test_a_list_of_substitutes_names_other_posts_once(sqlite_city, chosen):
    with pytest.raises(Invalid):
        lists(sqlite_city, "head-counter", *chosen)


def test_a_list_that_is_set_for_a_later_day_counts_from_then(city):
    later = city.site.today() + timedelta(3)
    lists(city, "head-counter", "staff-counter-2")
    standing.set_substitutes(city.site, city.actor("admin"), "head-counter", ["staff-tax"], later)
    with city.site.database.read() as tx:
        today = organisation.directory(city.site, tx, city.site.today())
        then = organisation.directory(city.site, tx, later)
    assert today.standing.substitutes("head-counter") == ("staff-counter-2",)
    assert then.standing.substitutes("head-counter") == ("staff-tax",)


def test_a_second_holder_who_is_there_needs_no_substitute(city):
    with city.site.database.write() as tx:
        more = HoldingRow(city.person["mayor"], "head-counter", city.site.today(), concurrent=True)
        organisation.write(tx, Organisation(holdings=(more,)), city.site)
    city.start()
    lists(city, "head-counter", "staff-counter-2")
    away(city, "head")
    assert not city.open_tasks("colleague")
    assert city.open_tasks("mayor")


@pytest.mark.parametrize("ended", ["delegation", "absence", "post"])
def test_what_somebody_was_when_they_opened_the_page_does_not_count_any_more(city, ended):
    """The right is asked behind the lock: what ended meanwhile has ended."""
    case = city.start().id
    lists(city, "head-counter", "staff-counter-2")
    if ended == "delegation":
        given = standing.delegate(city.site, city.actor("head"), "colleague", week(city))
    elif ended == "absence":
        given = away(city, "head")
    name = "head" if ended == "post" else "colleague"
    stale, form = city.actor(name), city.form(name, city.open_tasks(name)[0].id)
    if ended == "delegation":
        standing.end_delegation(city.site, city.actor("head"), given)
    elif ended == "absence":
        standing.end_absence(city.site, city.actor("head"), given)
    else:
        with city.site.database.write() as tx:
            organisation.end_holding(
                tx, city.person["head"], "head-counter", city.site.today(), city.site.now()
            )
    submission = forms.submit_values(form.definition, {}, "approve", form.context)
    with pytest.raises(Conflict, match="画面を開き直して"):
        tasks.complete(city.site, stale, form.task.id, submission)
    with pytest.raises(Conflict, match="画面を開き直して"):
        tasks.claim(city.site, stale, form.task.id)
    assert events(city, "task.completed") == []
    assert case == form.task.case_id


def test_a_change_that_does_not_concern_somebody_does_not_stop_them(city):
    city.start()
    (task,) = city.open_tasks("head")
    stale, form = city.actor("head"), city.form("head", task.id)
    away(city, "mayor")
    submission = forms.submit_values(form.definition, {}, "approve", form.context)
    assert tasks.complete(city.site, stale, task.id, submission).status == "running"
