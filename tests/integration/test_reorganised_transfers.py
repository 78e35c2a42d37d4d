"""Sections renamed, merged, split and ended in a transfer: their open work follows the successor."""

import pytest
from sqlalchemy import select

from dxflow import audit
from dxflow.db.case import Case, CaseUnit
from dxflow.db.transfer import Succession
from dxflow.errors import Conflict
from dxflow.services.administration.transfers import choosing, scheduling, undoing
from dxflow.services.people import organisation, standing
from tests.factories import City
from tests.integration.test_transfers import holders, ids
from tests.integration.transfers import (
    APRIL,
    on_the_day,
    plan,
    posts,
    rehearse,
    status,
    units,
    upload,
)
from tests.walks import do, to_decision, to_kpi, to_opinions, to_triage, whoever


def names(city: City) -> dict[str, str]:
    with city.site.database.read() as tx:
        who = organisation.directory(city.site, tx, city.site.today())
        return {key: unit.name for key, unit in who.units.items()}


def led(city: City) -> set[tuple[str, str]]:
    """Return the leading sections of cases, as the case and as its units say."""
    with city.site.database.read() as tx:
        rows = tx.execute(
            select(Case.lead_unit, CaseUnit.unit)
            .join(CaseUnit, CaseUnit.case_id == Case.id)
            .where(CaseUnit.part == "lead")
        )
        return {(row.lead_unit, row.unit) for row in rows}


def apply(city: City, made: str) -> None:
    found = rehearse(city, made)
    assert found.sound, (found.prospect.problems, found.open)
    scheduling.schedule(city.site, city.actor("admin"), made)
    on_the_day(city)
    assert status(city, made) == "applied"


#: 市民課 goes into 収納課, which is then called 市民税務課; the head of 市民課 retires.
MERGER = (
    units("counter,市民課,,,2027-04-01,tax", "tax,市民税務課,section,civic,,"),
    upload("head,退職,,"),
)


def test_the_work_of_a_merged_section_follows_to_its_successor(city):
    case = city.start().id
    made = plan(city, *MERGER)
    apply(city, made)
    assert "counter" not in names(city)
    assert names(city)["tax"] == "市民税務課"
    assert holders(city, "section:counter") == {"applicant", "colleague", "other", "tax_head"}
    assert holders(city, "post:head-counter") == {"tax_head"}
    do(city, case, "tax_head", "head_approval", "approve")
    assert city.sees("other", case)
    with city.site.database.read() as tx:
        assert audit.verify_database(tx).findings == ()


def test_a_process_goes_on_though_its_variables_name_the_ended_section(city):
    case = to_decision(city)
    apply(city, plan(city, *MERGER))
    do(city, case, whoever(city, case, "decide"), "decide", "approve", reason="決裁する")
    do(city, case, "other", "execution_report", "done", progress="すべて終えた", reports=[])
    with city.site.database.read() as tx:
        assert audit.verify_database(tx).findings == ()


def test_a_tracked_kpi_of_a_merged_section_is_owned_by_the_successor(city):
    case = to_kpi(city)
    made = plan(city, *MERGER)
    found = rehearse(city, made)
    assert any(one.matter == "kpi" and one.key == "counter" for one in found.changes)
    apply(city, made)
    assert city.sees("other", case)


def test_a_merger_is_taken_back_whole(city):
    to_opinions(city)
    before = (names(city), holders(city, "section:counter"), led(city))
    made = plan(city, *MERGER)
    apply(city, made)
    assert led(city) == {("tax", "tax")}
    undoing.undo(city.site, city.actor("admin"), made)
    assert (names(city), holders(city, "section:counter"), led(city)) == before
    with city.site.database.read() as tx:
        assert tx.execute(select(Succession.id)).all() == []


def test_a_section_ended_without_a_successor_is_a_hole_until_one_is_named(city):
    case = to_triage(city)
    made = plan(
        city,
        units("counter,市民課,,,2027-04-01,"),
        upload("head,退職,,", "applicant,異動,収納課 主事,", "colleague,異動,収納課 主事,"),
    )
    assert "unit:counter" in ids(city, made)
    with pytest.raises(Conflict):
        scheduling.schedule(city.site, city.actor("admin"), made)
    choosing.fill(city.site, city.actor("admin"), made, {"unit:counter": ("unit:tax", "")})
    apply(city, made)
    assert "other" in holders(city, "section:counter")
    assert city.sees("other", case)


def test_a_split_section_has_new_posts_and_one_successor(city):
    city.start()
    made = plan(
        city,
        units(
            "counter,市民課,,,2027-04-01,window",
            "window,窓口課,section,civic,,", "register,戸籍課,section,civic,,",
        ),
        posts(
            "head-window,窓口課長,window,section_head,,,", "head-register,戸籍課長,register,section_head,,,",
            "staff-register,戸籍課 主事,register,staff,,,",
        ),
        upload("head,異動,窓口課長,", "colleague,異動,戸籍課 主事,"),
    )  # fmt: skip
    assert ids(city, made) >= {"post:head-register"}
    choosing.accept_all(city.site, city.actor("admin"), made)
    apply(city, made)
    assert holders(city, "section:counter") >= {"head", "applicant"}
    assert "colleague" not in holders(city, "section:counter")
    assert holders(city, "head:counter") == {"head"}
    undoing.undo(city.site, city.actor("admin"), made)
    assert "register" not in names(city)
    assert holders(city, "head:counter") == {"head"}
    assert holders(city, "section:window") == set()


def test_a_list_of_substitutes_names_the_successor_of_an_ended_post(city):
    standing.set_substitutes(
        city.site, city.actor("admin"), "head-civic", ["head-counter", "head-tax"]
    )
    made = plan(city, *MERGER)
    apply(city, made)
    with city.site.database.read() as tx:
        who = organisation.directory(city.site, tx, city.site.today())
        assert who.standing.substitutes("head-civic") == ("head-tax",)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("counter,市民課,,,2026-04-01,tax", "令和8年度の日付です"),
        ("counter,市民課,,,2027-04-01,nowhere", "引継先「nowhere」"),
        ("counter,収納課,,,2027-04-01,tax", "名前は「市民課」です"),
        ("nobody,どこか課,,,2027-04-01,tax", "前日にはありません"),
        ("tax,収納課,,,,counter", "引継先は、終わる"),
    ],
)
def test_a_reorganisation_that_cannot_be_is_refused_at_its_line(sqlite_city, line, why):
    city = sqlite_city
    made = plan(city, units(line), upload("head,退職,,"))
    problems = rehearse(city, made).prospect.problems
    assert any(why in one.message and one.line == 2 for one in problems), problems


def test_somebody_whose_post_ends_is_not_left_without_any(sqlite_city):
    city = sqlite_city
    made = plan(city, units("counter,市民課,,,2027-04-01,tax"))
    problems = rehearse(city, made).prospect.problems
    assert any("どの職にも就かない" in one.message for one in problems)
    assert APRIL.year == 2027
