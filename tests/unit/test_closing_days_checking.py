"""A file of the city's days: what it would change, and every way it can be wrong."""

import io
import zipfile
from datetime import date

import openpyxl
import pytest

from dxflow.calendars.business_days import BusinessCalendar
from dxflow.problems import Refused
from dxflow.services.administration.closing_days.checking import Known, Plan, check
from dxflow.services.administration.closing_days.days import Change, Meaning
from dxflow.services.administration.closing_days.importing import read_days

TODAY = date(2026, 5, 11)
FOUNDING = Meaning("closed", "開港記念日")
OFFICIAL = "国民の祝日・休日月日,国民の祝日・休日名称\r\n"


def plan(content: str | bytes, entered: dict[date, Meaning] | None = None) -> Plan:
    given = content.encode() if isinstance(content, str) else content
    return check(read_days(given, "f.csv"), Known(entered or {}, [BusinessCalendar()], TODAY))


def wrong(content: str | bytes) -> list[tuple[int, str]]:
    try:
        found = plan(content).problems
    except Refused as refused:
        found = list(refused.problems)
    assert all(one.message and one.hint for one in found)
    return [(one.line, one.message) for one in found]


@pytest.mark.parametrize(
    "written", ["2026-10-01", "2026/10/1", "令和8年10月1日", "R8.10.1", "Ｒ８．１０．１"]
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_dates_are_read_as_cities_write_them(written: str, encoding: str) -> None:
    found = plan(f"年月日,種別,名称\n{written},閉庁日,開港記念日\n".encode(encoding))
    assert found.changes == [Change(date(2026, 10, 1), None, FOUNDING)]
    assert found.problems == []


def test_a_workbook_is_read_like_a_file_of_text() -> None:
    book = openpyxl.Workbook()
    book.active.append(["日付", "区分", "名称"])
    book.active.append([date(2026, 10, 1), "開庁", "選挙事務"])
    book.active.append([date(2026, 10, 3), "臨時開庁日", "休日窓口"])
    out = io.BytesIO()
    book.save(out)
    found = plan(out.getvalue())
    assert [(one.day, one.after) for one in found.changes] == [
        (date(2026, 10, 3), Meaning("open", "休日窓口"))
    ]
    assert found.needless == [(date(2026, 10, 1), "選挙事務")]


def test_without_a_column_for_it_every_day_is_closed() -> None:
    assert plan("日付,名称\n2026-10-01,開港記念日\n").changes[0].after == FOUNDING


def test_what_is_entered_is_not_changed_again_and_a_new_name_is_a_change() -> None:
    text, day = "日付,名称\n2026-10-01,開港記念日\n", date(2026, 10, 1)
    assert plan(text, {day: FOUNDING}).unchanged == 1
    other = Meaning("open", "選挙事務")
    assert plan(text, {day: other}).changes == [Change(day, other, FOUNDING)]


def test_what_the_law_closes_anyway_is_left_out_but_not_what_a_pack_closes() -> None:
    found = plan("日付,名称\n2026-11-03,文化の日\n2026-10-03,土曜日\n2026-12-29,年末\n")
    assert found.needless == [(date(2026, 10, 3), "土曜日"), (date(2026, 11, 3), "文化の日")]
    assert [one.day for one in found.changes] == [date(2026, 12, 29)]


def test_the_list_of_national_holidays_adds_only_what_the_program_does_not_know() -> None:
    lines = (
        "1955/1/1,元日\r\n2026/11/3,文化の日\r\n2026/11/23,勤労感謝の日\r\n2026/12/1,新しい祝日\r\n"
    )
    found = plan((OFFICIAL + lines).encode("cp932"))
    assert (found.official, found.problems, found.past) == (True, [], 1)
    assert found.changes == [Change(date(2026, 12, 1), None, Meaning("closed", "新しい祝日"))]
    assert [name for _day, name in found.needless] == ["文化の日", "勤労感謝の日"]
    doubtful = {name for _day, name in found.doubtful}
    assert "敬老の日" in doubtful
    assert "文化の日" not in doubtful
    assert min(day for day, _name in found.doubtful) >= TODAY


def test_a_national_holiday_far_ahead_is_a_slip() -> None:
    assert "2032-03-31" in wrong(OFFICIAL + "1955/1/1,元日\r\n2199/1/1,元日\r\n")[0][1]


def test_days_before_today_are_told_apart() -> None:
    assert plan("日付,名称\n2026-05-08,台風\n").touches_past
    assert not plan("日付,名称\n2026-05-11,台風\n").touches_past


def test_every_line_says_what_is_wrong_with_it() -> None:
    lines = (
        "日付,区分,名称\n"
        "2026-13-01,閉庁日,名前\n"
        "2162-10-01,開庁日,名前\n"
        "2026-10-02,半休,名前\n"
        "2026-10-05,閉庁日,\n"
        "2026-10-06,閉庁日,甲\n"
        "2026-10-06,閉庁日,甲\n"
        "2026-10-06,開庁日,甲\n"
    )
    found = wrong(lines)
    assert [line for line, _message in found] == [2, 3, 4, 5, 7, 8]
    assert "2026-13-01" in found[0][1]
    assert "2032-03-31" in found[1][1]
    assert "半休" in found[2][1]
    assert "6行目と同じ日です" in found[4][1]
    assert "内容が違います" in found[5][1]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"%PDF-1.7 ...", "PDF"),
        (b"\x89PNG\r\n\x1a\n....", "画像"),
        (b"\xff\xd8\xff\xe0....", "画像"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1....", ".xls"),
        (b'\xef\xbb\xbf [{"date": "2026-10-01"}]', "JSON"),
        (b"<html><body>2026-10-01</body></html>", "HTML"),
        (b"PK\x03\x04broken", "Excel"),
        ("見出し,ちがう\n1,2\n".encode(), "知らない見出し"),
        (b"", "取り込む行がありません"),
        ("日付,名称\n".encode(), "取り込む行がありません"),
        (b"\x81", "文字として読めない"),
    ],
)
def test_what_is_no_list_of_days_is_refused_with_a_sentence(content: bytes, said: str) -> None:
    assert said in wrong(content)[0][1]


def test_an_archive_that_is_no_workbook_is_called_one() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("days.csv", "日付,名称")
    assert "ZIP" in wrong(out.getvalue())[0][1]


def calendar(*events: str) -> str:
    body = "".join(f"BEGIN:VEVENT\r\n{one}\r\nEND:VEVENT\r\n" for one in events)
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{body}END:VCALENDAR\r\n"


def test_all_day_events_of_a_calendar_program_are_closed_days() -> None:
    found = plan(
        calendar(
            "DTSTART;VALUE=DATE:20261001\r\nSUMMARY:開港\r\n 記念日",
            "DTSTART;VALUE=DATE:20260812\r\nDTEND;VALUE=DATE:20260814\r\nSUMMARY:夏季\\, 休業",
            "DTSTART;VALUE=DATE:20261002\r\nSTATUS:CANCELLED\r\nSUMMARY:やめた日",
            "DTSTART:20261006\r\nSUMMARY:点検\r\nBEGIN:VALARM\r\nSUMMARY:鳴る\r\nEND:VALARM",
        )
    )
    assert (found.problems, found.encoding) == ([], "iCalendar")
    assert [(one.day, one.after) for one in found.changes] == [
        (date(2026, 8, 12), Meaning("closed", "夏季, 休業")),
        (date(2026, 8, 13), Meaning("closed", "夏季, 休業")),
        (date(2026, 10, 1), FOUNDING),
        (date(2026, 10, 6), Meaning("closed", "点検")),
    ]


def test_events_that_are_no_single_days_are_refused_with_their_line() -> None:
    found = wrong(
        calendar(
            "DTSTART:20261001T090000Z\r\nSUMMARY:会議",
            "DTSTART;VALUE=DATE:20261002\r\nRRULE:FREQ=YEARLY\r\nSUMMARY:毎年",
            "DTSTART;VALUE=DATE:20261301\r\nSUMMARY:十三月",
            "DTSTART;VALUE=DATE:20260401\r\nDTEND;VALUE=DATE:20270401\r\nSUMMARY:一年",
            "SUMMARY:いつ",
        )
    )
    assert [line for line, _message in found] == [3, 7, 12, 16, 21]
    assert "終日の予定ではありません" in found[0][1]
    assert "繰り返し" in found[1][1]
    assert "終日の予定がありません" in wrong(calendar())[0][1]
    assert wrong(b"BEGIN:VCALENDAR\r\n\xff")
