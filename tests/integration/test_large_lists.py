"""Lists of a large city: every way of reading gives the same answer, and none reads all there is."""

import re
from typing import Any

import pytest
from sqlalchemy import event, select

from dxflow.db.case import Case
from dxflow.db.process import WorkItem
from dxflow.services import paging
from dxflow.services.acts import cases
from dxflow.services.paging import together
from dxflow.services.people import visibility
from dxflow.services.reading import (
    audit_log,
    case_list,
    case_view,
    inbox,
    kpi_cases,
    kpis,
    notices,
    open_work,
    portfolio,
)
from tests.factories import City
from tests.walks import do, to_committee, to_sheet

WHO = ("applicant", "colleague", "head", "civic_head", "other", "secretariat", "cio", "admin")
#: Indexes that are walked in the order of a list until a page is full, or counted up to a limit.
WALKED = (
    "ix_process_instance_updated_at_case_id",
    "ix_work_item_open_due",
    "ix_work_item_open_place",
    "ix_audit_event_filter",
    "sqlite_autoindex_audit_event_1",
)
GROWING = (
    "case_file", "case_unit", "process_instance", "work_item", "work_item_group", "submission",
    "audit_event", "notice", "milestone", "duty", "decision_record", "measure",
)  # fmt: skip


@pytest.fixture
def filled(city: City) -> City:
    to_committee(city)
    to_sheet(city)
    city.start(by="other", title="収納課の提案")
    dropped = city.start(title="取り下げる提案")
    cases.withdraw(city.site, city.actor("applicant"), dropped.id, "やめる")
    return city


def lists(city: City, by: str) -> dict[str, Any]:
    site, actor = city.site, city.actor(by)
    found: dict[str, Any] = {
        f"tasks {scope}": [one.id for one in inbox.waiting(site, actor, scope).entries]
        for scope in inbox.SCOPES
    }
    for filters in (
        case_list.Filters(),
        case_list.Filters(status="running"),
        case_list.Filters(unit="tax"),
        case_list.Filters(q="提案"),
    ):
        page = case_list.search(site, actor, filters, exact=True)
        found[f"cases {filters}"] = (page.total, [one.id for one in page.entries])
        second = case_list.search(site, actor, filters, 2, 1)
        found[f"second {filters}"] = [one.id for one in second.entries]
    found["years"] = case_list.choices(site, actor).years
    found["measures"] = sorted(row.id for row in kpis.listed(site, actor).page.entries)
    return found


def many(*_given: object, **_named: object) -> None:
    """Stand for a list that is too long to be read and sorted."""


@pytest.mark.parametrize("by", WHO)
def test_what_may_be_seen_is_the_same_for_one_case_and_for_a_list(filled, by):
    site, actor = filled.site, filled.actor(by)
    with site.database.read() as tx:
        which = visibility.visible(site, tx, actor)
        one_by_one = tx.execute(select(Case.id).where(which)).scalars().all()
        listed = tx.execute(together(visibility.branches(site, tx, actor))).scalars().all()
    assert sorted(listed) == sorted(one_by_one)
    assert len(set(listed)) == len(listed)


@pytest.mark.parametrize("by", WHO)
def test_the_newest_of_what_may_be_seen_are_the_last_of_all_of_it(filled, by):
    site, actor = filled.site, filled.actor(by)
    with site.database.read() as tx:
        if visibility.scope(site, tx, actor).all:
            return
        for statuses in (("running",), ("withdrawn", "completed")):
            which = visibility.visible(site, tx, actor)
            seen = select(Case.id).where(which, Case.status.in_(statuses))
            every = list(tx.execute(seen.order_by(Case.id.desc())).scalars())
            for most in (1, 2, 100):
                newest = visibility.newest(site, tx, actor, statuses, most)
                assert list(tx.execute(newest).scalars()) == every[:most]


@pytest.mark.parametrize("by", WHO)
def test_what_is_read_group_by_group_is_what_each_task_says_of_itself(filled, by):
    site, actor = filled.site, filled.actor(by)
    for scope in ("mine", "group"):
        with site.database.read() as tx:
            which = open_work.condition(site, tx, actor, scope)
            asked = select(WorkItem.id).where(WorkItem.status == "open", which)
            asked_of_each = list(tx.execute(asked.order_by(*open_work.MOST_URGENT)).scalars())
            found = tx.execute(together(open_work.found(site, tx, actor, scope))).scalars().all()
        assert sorted(found) == sorted(asked_of_each)
        assert [one.id for one in inbox.waiting(site, actor, scope).entries] == asked_of_each
        pages = [inbox.waiting(site, actor, scope, page, 1) for page in (1, 2, 3)]
        assert [one.id for page in pages for one in page.entries] == asked_of_each[:3]
        assert pages[0].total == len(asked_of_each)


def test_a_list_beyond_what_is_counted_can_be_read_to_its_end(filled, monkeypatch):
    site, actor = filled.site, filled.actor("cio")
    every = case_list.search(site, actor, case_list.Filters(), exact=True)
    monkeypatch.setattr(paging, "MOST_SORTED", 1)
    monkeypatch.setattr(case_list, "few", many)
    seen, number, more = [], 0, True
    while more:
        number += 1
        page = case_list.search(site, actor, case_list.Filters(), number, 1)
        more = page.more
        seen += [one.id for one in page.entries]
        assert page.total >= number
    assert seen == [one.id for one in every.entries]
    assert page.total == every.total == number


@pytest.mark.parametrize("walked", [0, 2_000])
def test_long_lists_are_walked_to_the_same_pages_that_short_ones_are_sorted_to(
    filled, walked, monkeypatch
):
    short = {by: lists(filled, by) for by in WHO}
    for module in (case_list, inbox, kpi_cases):
        monkeypatch.setattr(module, "few", many)
    monkeypatch.setattr(case_list, "MOST_WALKED", walked)
    assert {by: lists(filled, by) for by in WHO} == short


def test_a_year_of_which_the_newest_cases_do_not_tell_is_found_nevertheless(filled, monkeypatch):
    monkeypatch.setattr(case_list, "few", many)
    monkeypatch.setattr(case_list, "MOST_TRIED", 1)
    for by in WHO:
        seen = case_list.search(filled.site, filled.actor(by), case_list.Filters()).entries
        offered = case_list.choices(filled.site, filled.actor(by)).years
        assert {year for year, _name in offered} == {str(one.fiscal_year) for one in seen}


@pytest.mark.parametrize("by", ["applicant", "secretariat", "cio"])
def test_no_page_reads_a_whole_table_that_grows_with_the_years(filled, by, monkeypatch):
    if not filled.site.database.is_sqlite:
        return  # PostgreSQL reads small tables whole, and rightly
    for module in (case_list, inbox):
        monkeypatch.setattr(module, "few", many)
    site, actor = filled.site, filled.actor(by)
    sent: list[tuple[str, Any]] = []

    def note(*given: Any) -> None:
        sent.append((given[2], given[3]))

    event.listen(site.database.engine, "before_cursor_execute", note)
    try:
        for scope in inbox.SCOPES:
            inbox.waiting(site, actor, scope)
        inbox.counts(site, actor)
        notices.for_actor(site, actor)
        notices.unread_count(site, actor)
        shown = case_list.search(site, actor, case_list.Filters()).entries
        case_view.page(site, actor, shown[0].id)
        if by == "cio":
            portfolio.page(site, actor)
            audit_log.search(site, actor, audit_log.Filters())
            audit_log.search(site, actor, audit_log.Filters(case=shown[0].number))
    finally:
        event.remove(site.database.engine, "before_cursor_execute", note)
    assert [fault for one in sent for fault in scans(filled, *one)] == []


def test_who_sees_every_case_gets_a_list_without_a_search_for_what_is_twice(filled):
    """PostgreSQL walked through the table in the order of its key for it, past 90,000 cases."""
    sent: list[str] = []

    def note(*given: Any) -> None:
        sent.append(given[2])

    event.listen(filled.site.database.engine, "before_cursor_execute", note)
    try:
        running = case_list.Filters(status="running")
        assert case_list.search(filled.site, filled.actor("cio"), running).entries
    finally:
        event.remove(filled.site.database.engine, "before_cursor_execute", note)
    assert not [one for one in sent if "SELECT DISTINCT case_file.id" in one]


def test_an_act_does_not_walk_through_the_past_of_its_case(filled):
    if not filled.site.database.is_sqlite:
        return  # the plans of PostgreSQL follow the size of the tables
    case = filled.start(title="長く続く案件").id
    sent: list[tuple[str, Any]] = []

    def note(*given: Any) -> None:
        sent.append((given[2], given[3]))

    engine = filled.site.database.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        do(filled, case, "head", "head_approval", "approve")
    finally:
        event.remove(engine, "before_cursor_execute", note)
    steps = [step for one in sent for step in plan(filled, *one)]
    assert any("work_item USING INDEX ix_work_item_case_id_status" in step for step in steps)
    walks = [
        step
        for step in steps
        if re.match(
            r"SEARCH (work_item|submission|audit_event|actual) .*\((case_id|stream)=\?\)$", step
        )
    ]
    assert [step for step in walks if "ix_submission_drafts" not in step] == []


def plan(city: City, statement: str, parameters: Any) -> list[str]:
    """Return the steps by which SQLite reads a statement's rows."""
    if not statement.lstrip().startswith(("SELECT", "WITH")):
        return []
    pooled = city.site.database.engine.raw_connection()
    try:
        cursor = pooled.cursor()
        cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
        steps = [row[3] for row in cursor.fetchall()]
        cursor.close()
    finally:
        pooled.close()
    return steps


def scans(city: City, statement: str, parameters: Any) -> list[str]:
    """Return the steps of a statement's plan that read a whole table."""
    return [
        f"{step}: {statement}"
        for step in plan(city, statement, parameters)
        if step.startswith(tuple(f"SCAN {name}" for name in GROWING))
        and not any(index in step for index in WALKED)
    ]
