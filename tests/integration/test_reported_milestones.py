"""A report of progress is in the log where it says that a milestone stands elsewhere than before."""

from datetime import datetime

import pytest
from sqlalchemy import select

from dxflow.audit.verify import verify_database
from dxflow.db.case import Milestone
from tests.factories import City
from tests.integration.test_decision_papers import Ticking
from tests.logged import events
from tests.walks import do, task_of, to_execution


@pytest.fixture(autouse=True)
def _time_goes_on(city: City) -> None:
    city.clock.__class__ = Ticking


def told(city: City, case: str) -> list[list[tuple[str, str]]]:
    """Return of each entry what became of which milestone."""
    with city.site.database.read() as tx:
        assert verify_database(tx).findings == ()
    return [
        [(one["before"], one["after"]) for one in entry.get("changes", ())]
        for entry in events(city, case, "milestone.reported")
    ]


def report(city: City, case: str, *statuses: str, note: str = "") -> None:
    """Hand in a report whose first rows say this of the first milestones."""
    form = city.form("applicant", task_of(city, "applicant", case, "execution_report").id)
    keys = [option.value for option in form.context.options["milestones"]]
    rows = [
        {"milestone": key, "status": status, "note": note}
        for key, status in zip(keys, statuses, strict=False)
    ]
    do(city, case, "applicant", "execution_report", "progress", progress="進んだ", reports=rows)


def first(city: City, case: str) -> tuple[str, str, datetime | None]:
    query = select(Milestone.status, Milestone.note, Milestone.done_at)
    with city.site.database.read() as tx:
        row = tx.execute(query.where(Milestone.case_id == case).order_by(Milestone.position))
        return tuple(row.first())


def test_a_report_without_milestones_leaves_no_empty_entry(city):
    case = to_execution(city)
    report(city, case)
    assert told(city, case) == []
    assert task_of(city, "applicant", case, "execution_report"), "it is asked for again"


def test_milestones_that_stand_as_they_stood_leave_no_empty_entry(city):
    case = to_execution(city)
    report(city, case, "doing")
    report(city, case, "doing", note="資材を待っている")
    assert told(city, case) == [[("planned", "doing")]]
    assert first(city, case)[:2] == ("doing", "資材を待っている")


def test_what_was_done_stays_done_on_its_day_when_it_is_reported_again(city):
    case = to_execution(city)
    report(city, case, "done")
    day = first(city, case)[2]
    report(city, case, "done")
    assert first(city, case)[2] == day
    report(city, case, "doing")
    assert first(city, case)[2] is None
    assert told(city, case) == [[("planned", "done")], [("done", "doing")]]
