"""The list of cases: only what one may see, found by words, and safe in a spreadsheet."""

import csv

import pytest

from dxflow.errors import Invalid
from dxflow.services.acts import cases
from dxflow.services.reading import case_list
from dxflow.services.reading.case_list import Filters
from tests.factories import City
from tests.walks import to_committee, to_sheet


def titles(city: City, by: str = "cio", **filters: object) -> list[str]:
    return [
        row.title for row in case_list.search(city.site, city.actor(by), Filters(**filters)).entries
    ]


def table(city: City, by: str = "cio", **filters: object) -> list[list[str]]:
    text = b"".join(case_list.to_csv(city.site, city.actor(by), Filters(**filters))).decode(
        "utf-8-sig"
    )
    return list(csv.reader(text.splitlines()))


def test_everybody_sees_their_own_part_of_the_list_also_as_a_file(city):
    to_sheet(city)
    city.start(by="other", title="収納課の提案")
    assert titles(city, "other") == ["収納課の提案"]
    assert titles(city, "admin") == []
    assert sorted(titles(city)) == ["収納課の提案", "転入手続のオンライン予約"]
    assert [line[1] for line in table(city, "other")[1:]] == ["収納課の提案"]
    assert len(table(city, "admin")) == 1


@pytest.mark.parametrize("words", ["ｵﾝﾗｲﾝ", "オンライン 転入", "r8-市民-0001", "R8－市民"])
def test_words_are_found_however_they_are_typed(city, words):
    to_sheet(city)
    assert titles(city, q=words) == ["転入手続のオンライン予約"]


def test_signs_of_the_database_are_only_signs(city):
    city.start(title="100%の電子化をめざす")
    city.start(title="100人の電子化をめざす")
    assert titles(city, q="100%") == ["100%の電子化をめざす"]
    assert titles(city, q="100_") == []
    assert titles(city, q="'; --") == []


def test_filters_narrow_by_stage_section_year_and_status(city):
    to_committee(city)
    withdrawn = city.start(title="取り下げる提案")
    cases.withdraw(city.site, city.actor("applicant"), withdrawn.id, "やめる")
    assert titles(city, stage="committee") == ["転入手続のオンライン予約"]
    assert titles(city, stage="idea") == []
    assert titles(city, status="withdrawn") == ["取り下げる提案"]
    assert titles(city, unit="tax") == []
    assert titles(city, fiscal_year=2025) == []
    assert len(titles(city, fiscal_year=2026, unit="counter", process="proposal")) == 2
    with pytest.raises(Invalid):
        titles(city, status="lost")


def test_a_title_that_looks_like_a_formula_is_text_in_the_file(city):
    city.start(title="=HYPERLINK(1)の提案")
    assert table(city)[1][1] == "'=HYPERLINK(1)の提案"


def test_pages_hold_what_they_say(city):
    for number in range(3):
        city.start(title=f"提案その{number}")
    page = case_list.search(city.site, city.actor("cio"), Filters(), 2, 2)
    assert (len(page.entries), page.total, page.pages) == (1, 3, 2)


def test_the_filters_offered_come_from_packs_organisation_and_cases(city):
    city.start()
    offered = case_list.choices(city.site, city.actor("cio"))
    assert ("committee", "委員会の審議") in offered.stages
    assert ("counter", "市民課") in offered.units
    assert offered.years == (("2026", "令和8年度"),)
