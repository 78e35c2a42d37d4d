"""The cases to divide as a sheet: taken away, filled in a spreadsheet, taken back whole or not."""

import csv
import io

import openpyxl
import pytest
from sqlalchemy import update

from dxflow.db.case import Case
from dxflow.errors import Conflict, NotAllowed
from dxflow.problems import Refused
from dxflow.services.acts import cases
from dxflow.services.administration.transfers import choice_sheet, scheduling
from tests.factories import City
from tests.integration.test_divided_cases import SPLIT, give, shown
from tests.integration.test_standing_in import events
from tests.integration.transfers import PARTED, plan


def rows(city: City, made: str) -> list[list[str]]:
    text = choice_sheet.as_csv(city.site, city.actor("admin"), made).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def written(lines: list[list[str]], encoding: str = "cp932") -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerows(lines)
    return out.getvalue().encode(encoding)


def take(city: City, made: str, content: bytes, version: int | None = None) -> int:
    return choice_sheet.take(city.site, city.actor("admin"), made, content, "案件.csv", version)


def chosen(city: City, made: str) -> dict[str, tuple[str, bool]]:
    return {
        one.number: (one.unit, one.chosen)
        for section in shown(city, made).splits
        for one in section.cases
    }


def refused(city: City, made: str, *lines: list[str]) -> list[tuple[int, str]]:
    before = chosen(city, made), shown(city, made).version
    with pytest.raises(Refused) as raised:
        take(city, made, written([["案件番号", "引き継ぐ課"], *lines]))
    assert (chosen(city, made), shown(city, made).version) == before
    assert all(one.hint for one in raised.value.problems)
    return [(one.line, one.message) for one in raised.value.problems]


def test_the_sheet_lists_the_cases_with_what_there_is_to_choose_by(city):
    case, other = city.start(title="=窓口の混雑をなくす"), city.start("head", title="別の提案")
    made = plan(city, *PARTED)
    give(city, made, **{other.id: "register"})
    heading, *lines = rows(city, made)
    found = {line[0]: dict(zip(heading, line, strict=True)) for line in lines}
    assert found.keys() == {case.number, other.number}
    one = found[case.number]
    assert (one["いまの課"], one["選べる課"]) == ("市民課", "市民課、戸籍課")
    assert (one["提案した人の移る課"], one["引き継ぐ課"]) == ("戸籍課", "")
    assert one["件名"] == "'=窓口の混雑をなくす"
    assert found[other.number]["引き継ぐ課"] == "戸籍課"


@pytest.mark.parametrize("encoding", ["cp932", "utf-8", "utf-8-sig"])
def test_a_filled_sheet_is_taken_back_by_name_or_code(city, encoding):
    case, other, third = city.start(), city.start("head"), city.start(title="消した行")
    made = plan(city, *PARTED)
    give(city, made, **{other.id: "register", third.id: "register"})
    heading, *lines = rows(city, made)
    assert take(city, made, written([heading, *lines], encoding)) == 0
    filled = {case.number: "戸籍課", other.number: ""}
    kept = [[*line[:-1], filled[line[0]]] for line in lines if line[0] in filled]
    assert take(city, made, written([heading, *kept], encoding)) == 2
    assert chosen(city, made) == {
        case.number: ("register", True), other.number: ("counter", False),
        third.number: ("register", True),
    }  # fmt: skip
    short = [["番号", "引継先", "メモ"], [case.number, "counter", "残す"], ["", "", ""]]
    assert take(city, made, written(short, encoding)) == 1
    assert chosen(city, made)[case.number] == ("counter", True)


def test_the_workbook_offers_the_sections_and_is_taken_back(city):
    case = city.start(title="=1+1")
    made = plan(city, *PARTED)
    content = choice_sheet.as_workbook(city.site, city.actor("admin"), made)
    book = openpyxl.load_workbook(io.BytesIO(content))
    sheet = book.worksheets[0]
    assert [cell.value for cell in sheet[1]][-1] == "引き継ぐ課"
    assert sheet["B2"].data_type == "s"
    (offered,) = sheet.data_validations.dataValidation
    assert (offered.formula1, str(offered.sqref)) == ('"市民課,戸籍課"', "I2")
    sheet["I2"] = "戸籍課"
    filled = io.BytesIO()
    book.save(filled)
    assert take(city, made, filled.getvalue()) == 1
    assert chosen(city, made) == {case.number: ("register", True)}


def test_lines_that_cannot_be_are_told_one_by_one_and_nothing_is_taken(city):
    case, other = city.start(), city.start("head")
    made = plan(city, *PARTED)
    found = refused(
        city, made, [case.number, "戸籍課"], [other.number, "収納課"], ["R1-どこか-0001", "戸籍課"],
        [case.number, ""], ["", "戸籍課"],
    )  # fmt: skip
    assert [line for line, _words in found] == [3, 4, 5, 6]
    assert ["引継先ではありません" in found[0][1], "開いている案件ではありません" in found[1][1],
            "2 行目にもあります" in found[2][1], "空です" in found[3][1]] == [True] * 4  # fmt: skip
    assert "市民課、戸籍課 から選んで" in found[0][1]


def test_a_case_that_ended_meanwhile_is_told(city):
    case = city.start()
    made = plan(city, *PARTED)
    cases.withdraw(city.site, city.actor("applicant"), case.id, "取り下げる")
    ((line, words),) = refused(city, made, [case.number, "戸籍課"])
    assert (line, "終わったか" in words) == (2, True)


def test_the_title_of_a_restricted_case_is_withheld(city):
    case = city.start(title="人事の相談")
    with city.site.database.write() as tx:
        tx.execute(update(Case).where(Case.id == case.id).values(restricted=True))
    assert "人事の相談" not in str(rows(city, plan(city, *PARTED)))


def test_a_split_section_is_divided_by_sheet_too_and_the_log_says_what_was_chosen(city):
    case = city.start()
    made = plan(city, *SPLIT)
    assert take(city, made, written([["案件番号", "引き継ぐ課"], [case.number, "戸籍課"]])) == 1
    assert chosen(city, made) == {case.number: ("register", True)}
    said = [one.after for event in events(city, "transfer.changed") for one in event.changes]
    assert f"{case.number} 戸籍課" in said


def test_it_is_for_administrators_and_for_a_plan_as_it_was_seen(city):
    case = city.start()
    made = plan(city, *PARTED)
    content = written([["案件番号", "引き継ぐ課"], [case.number, "戸籍課"]])
    with pytest.raises(NotAllowed):
        choice_sheet.take(city.site, city.actor("head"), made, content, "a.csv")
    with pytest.raises(NotAllowed):
        choice_sheet.as_csv(city.site, city.actor("head"), made)
    with pytest.raises(Conflict):
        take(city, made, content, version=1)
    give(city, made, **{case.id: "register"})
    scheduling.schedule(city.site, city.actor("admin"), made)
    with pytest.raises(Conflict):
        take(city, made, content)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"%PDF-1.7", "PDF"),
        (written([["案件番号", "引き継ぐ課"]]), "取り込む行がありません"),
        (written([["案件番号", "課"], ["x", "y"]]), "知らない見出し"),
        (written([["案件番号"], ["x"]]), "見出し「引き継ぐ課」がありません"),
    ],
)
def test_a_file_that_is_no_such_sheet_is_refused_in_words(city, content, words):
    city.start()
    made = plan(city, *PARTED)
    with pytest.raises(Refused) as raised:
        take(city, made, content)
    assert words in str(raised.value.problems)
