"""A process asks every section of the city without anybody ticking them: those of the day."""

from datetime import UTC, date, datetime

import pytest

from dxflow.problems import errors_in
from dxflow.services.commands import COMMANDS
from dxflow.services.packs import organised
from dxflow.services.packs.check import check_files
from dxflow.services.people import organisation
from dxflow.services.people.organisation import HoldingRow, Organisation, PostRow, UnitRow
from tests import yearly
from tests.factories import City
from tests.integration.test_timed_starts import APRIL, begun, sound

ALL = {"task": yearly.EVERY_SECTION, "flows": yearly.SECTION_FLOWS}
HEADS = {"head": "counter", "tax_head": "tax", "mgmt_head": "management", "it_head": "it"}


def begin(city: City, **changed: str) -> None:
    yearly.publish(city, **(ALL | changed))
    city.clock.moment = APRIL
    city.run_jobs()


def asked(city: City) -> set[str]:
    """Return which of the heads have been asked."""
    return {name for name in HEADS if any(t.element == "nominate" for t in city.open_tasks(name))}


def new_section(city: City, day: date) -> None:
    with city.site.database.write() as tx:
        organisation.write(
            tx,
            Organisation(
                (UnitRow("digital", "デジタル課", "section", "planning", day),),
                (PostRow("head-digital", "デジタル課長", "digital", "section_head", day),),
                (HoldingRow(city.person["colleague"], "head-digital", day, concurrent=True),),
            ),
            city.site,
        )


def finance_head(city: City) -> None:
    """Give the one section without a head its head."""
    with city.site.database.write() as tx:
        post = PostRow("head-finance", "財政課長", "finance", "section_head", date(2026, 4, 1))
        held = HoldingRow(city.person["finance"], "head-finance", date(2026, 4, 1), concurrent=True)
        organisation.write(tx, Organisation(posts=(post,), holdings=(held,)), city.site)


def test_every_section_of_the_day_is_asked_and_those_that_are_new_by_the_end(city):
    finance_head(city)
    begin(city)
    assert asked(city) == set(HEADS)
    new_section(city, date(2027, 5, 1))
    for name in (*HEADS, "finance"):
        city.complete(name, "nominate", "submit", nominee="山田")
    # the last answer came in April: the new section is there from May on
    assert begun(city)[0].status == "completed"
    assert sound(city)


def test_a_section_that_is_new_before_the_last_has_answered_is_asked_too(city):
    finance_head(city)
    begin(city)
    new_section(city, date(2027, 5, 1))
    for name in HEADS:
        city.complete(name, "nominate", "submit", nominee="山田")
    city.clock.moment = datetime(2027, 5, 6, 1, tzinfo=UTC)
    city.complete("finance", "nominate", "submit", nominee="山田")
    assert begun(city)[0].status == "running"
    assert [t.element for t in city.open_tasks("colleague")] == ["nominate"]
    city.complete("colleague", "nominate", "submit", nominee="山田")
    assert begun(city)[0].status == "completed"
    assert sound(city)


def test_a_department_has_those_below_it(city):
    begin(
        city, task=yearly.EVERY_SECTION.replace("all_sections()", "all_sections(&quot;civic&quot;)")
    )
    assert asked(city) == {"head", "tax_head"}


@pytest.mark.parametrize("department", ["5", "null"])
def test_what_is_no_unit_asks_nobody_unknowingly(sqlite_city, department, caplog):
    begin(
        sqlite_city,
        task=yearly.EVERY_SECTION.replace("all_sections()", f"all_sections({department})"),
    )
    assert len(begun(sqlite_city)) == (1 if department == "null" else 0)


def test_many_sections_are_asked_in_one_step(sqlite_city):
    city, day = sqlite_city, date(2026, 4, 1)
    many = [f"s{number}" for number in range(120)]
    with city.site.database.write() as tx:
        units = tuple(UnitRow(key, f"{key}課", "section", "planning", day) for key in many)
        organisation.write(tx, Organisation(units=units), city.site)
    begin(city)
    assert len(begun(city)) == 1
    assert sound(city)


def test_a_process_calls_a_unit_by_its_name_of_the_day(city):
    new_section(city, date(2027, 5, 1))
    for day, expected in ((date(2027, 4, 30), None), (date(2027, 5, 1), "企画部デジタル課")):
        with city.site.database.read() as tx:
            who = organisation.directory(city.site, tx, day)
        unit_name = organised.functions(lambda who=who: who)["unit_name"]
        assert (unit_name("tax"), unit_name("digital")) == ("市民部収納課", expected)
    assert unit_name(None) is None


def test_the_check_knows_the_function_in_diagrams_and_not_in_forms():
    assert errors_in(check_files(yearly.files(**ALL), COMMANDS).problems) == []
    files = yearly.files()
    name = "forms/nomination.form"
    files[name] = files[name].replace(
        '"label": "推薦する人"',
        '"label": "x", "conditional": {"hide": "=count(all_sections()) = 0"}',
    )
    assert any("all_sections" in one.message for one in check_files(files, COMMANDS).problems)
