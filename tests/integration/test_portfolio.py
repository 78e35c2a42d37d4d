"""全体状況: where every initiative is, what is late since when, where work waits, what was decided."""

from datetime import date

import pytest
from sqlalchemy import func, select, update

from dxflow.db.case import DecisionRecord
from dxflow.db.process import WorkItem
from dxflow.errors import NotAllowed
from dxflow.services.reading import case_list, portfolio, portfolio_figures
from tests.factories import City
from tests.statements import counted
from tests.walks import to_committee, to_kpi, to_opinions


def page(city: City, by: str = "cio", **options: date) -> portfolio.Portfolio:
    return portfolio.page(city.site, city.actor(by), **options)


@pytest.mark.parametrize("by", ["applicant", "head", "admin"])
def test_who_does_not_read_every_case_gets_no_figures(city, by):
    with pytest.raises(NotAllowed):
        page(city, by)


def test_cases_are_counted_by_section_and_stage(city):
    city.start(title="窓口の予約")
    to_opinions(city)
    found = page(city)
    (row,) = found.rows
    assert row.name == "市民課"
    assert {key: n for key, n in row.cells.items() if n} == {"idea": 1, "opinions": 1}
    assert (found.running, found.totals["idea"], found.handed_in) == (2, 1, 2)
    assert [one.key for one in found.columns][:3] == ["idea", "sheet", "opinions"]


def test_a_case_that_ended_this_year_is_counted_by_how_it_ended(city):
    started = city.start()
    city.complete("head", "head_approval", "reject", reason="いまは行わない。")
    found = page(city)
    assert found.running == 0
    assert found.totals["rejected"] == 1
    city.clock.at(date(2028, 4, 3))
    assert page(city).rows == (), started


def test_what_is_late_is_there_with_the_days_since(city):
    city.start()
    assert page(city).late == ()
    city.clock.advance(days=60)
    found = page(city)
    assert found.late_total >= 1
    first = found.late[0]
    assert first.late.since < city.actor("cio").on
    assert first.days == (city.actor("cio").on - first.late.since).days
    assert list(found.late) == sorted(found.late, key=lambda row: row.late.since)


def test_where_work_waits_names_task_and_stage(city):
    city.start()
    city.start(title="別の提案です")
    (row,) = page(city).waiting
    assert (row.tasks, row.late, row.stage) == (2, 0, "提案と受付")
    city.clock.advance(days=3)
    assert page(city).waiting[0].days == 3


def test_a_body_that_is_late_is_one_line_with_how_many_people_it_waits_for(city):
    case = to_committee(city)
    city.clock.advance(days=60)
    found = page(city)
    (line,) = [row.late for row in found.late if row.late.name == "委員の判断"]
    members = line.tasks
    assert (line.case_id, members > 1) == (case, True)
    assert sum(row.late.tasks for row in found.late) == found.late_total
    assert found.late_left == 0


def test_lines_beyond_what_is_read_are_counted_all_the_same(city, monkeypatch):
    to_committee(city)
    city.clock.advance(days=60)
    whole = page(city)
    monkeypatch.setattr(portfolio_figures, "TASKS_PER_LINE", 1)
    monkeypatch.setattr(portfolio, "MOST_LATE", 1)
    cut = page(city)
    assert cut.late == whole.late[:1]
    assert cut.late_left == whole.late_total - whole.late[0].late.tasks


def test_what_reads_the_same_is_one_row_of_what_waits(city):
    to_committee(city)
    city.start()
    rows = [(row.name, row.stage) for row in page(city).waiting]
    assert len(rows) == len(set(rows)) > 1
    with city.site.database.write() as tx:  # a second process in which work has that name
        head = select(WorkItem.id).where(WorkItem.element == "head_approval")
        tx.execute(
            update(WorkItem)
            .where(WorkItem.id.in_(head))
            .values(process_key="elsewhere", name="委員の判断")
        )
    found = {(row.name, row.stage): row.tasks for row in page(city).waiting}
    assert found["委員の判断", ""] == 1
    assert ("委員の判断", "委員会の審議") in found


@pytest.mark.parametrize("by", ["cio", "applicant"])
def test_the_cases_that_wait_for_work_are_a_list(city, by):
    waits = city.start(title="待つ案件").id
    to_opinions(city)
    filters = case_list.Filters(task="所属長の確認")
    found = case_list.search(city.site, city.actor(by), filters)
    assert [one.id for one in found.entries] == [waits]
    city.complete("head", "head_approval", "approve")
    assert case_list.search(city.site, city.actor(by), filters).total == 0


def decided_in(city: City) -> date:
    """Return a day of the month in which the decisions were made."""
    with city.site.database.read() as tx:
        return tx.execute(select(func.max(DecisionRecord.decided_on))).scalar_one()


def test_decisions_stand_in_their_month(city):
    to_kpi(city)
    month = city.actor("cio").on.replace(day=1)
    found = page(city, month=month)
    assert [row.outcome for row in found.decisions.entries]
    assert all(row.decided.on.month == month.month for row in found.decisions.entries)
    assert page(city, month=date(2020, 1, 1)).decisions.total == 0


def test_the_number_of_queries_does_not_depend_on_the_number_of_cases(city):
    city.start()
    city.clock.advance(days=60)
    page(city)
    with counted(city.site.database) as few:
        page(city)
    for number in range(5):
        city.start(title=f"窓口の予約その{number}")
    with counted(city.site.database) as many:
        page(city)
    assert many.statements == few.statements


def test_the_decisions_of_a_month_can_be_paged_to_the_last(city, monkeypatch):
    to_kpi(city)
    to_kpi(city)
    month = decided_in(city)
    every = page(city, month=month).decisions
    monkeypatch.setattr(portfolio, "DECISIONS_PER_PAGE", 1)
    pages = [
        portfolio.page(city.site, city.actor("cio"), month, number).decisions
        for number in range(1, every.total + 1)
    ]
    assert every.total == len(every.entries) == len(pages) > 1
    assert [one.entries[0] for one in pages] == list(every.entries)
