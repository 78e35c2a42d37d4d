"""Files of people as rows: encodings, days, headings; every file is read or refused in words."""

import contextlib
import csv
import io
import zipfile
from datetime import date

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dxflow.problems import Refused
from dxflow.services.administration.imports.days import day_of
from dxflow.services.administration.imports.reading import (
    LARGEST_FILE,
    LARGEST_UNPACKED,
    MOST_PARTS,
    read,
)

WORDS = st.text(st.sampled_from("abc山田太郎,\"' \n1"), min_size=1, max_size=8).map(str.strip)


def _csv(rows: list[list[str]]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    return out.getvalue()


@given(st.lists(WORDS.filter(bool), min_size=1), st.sampled_from(["utf-8", "utf-8-sig", "cp932"]))
def test_what_is_written_is_read(names: list[str], encoding: str) -> None:
    text = _csv([["氏名", "username"], *([name, f"u{n}"] for n, name in enumerate(names))])
    sheet = read(text.encode(encoding), "f.csv")
    assert [(r.text("name"), r.text("username")) for r in sheet.rows] == [
        (name, f"u{n}") for n, name in enumerate(names)
    ]
    assert sheet.encoding == ("cp932" if encoding == "cp932" else "utf-8")


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    for start in (b"", b"PK\x03\x04", b"username,name\r\n"):
        with contextlib.suppress(Refused):
            assert read(start + content, "f").rows


def test_a_workbook_is_read_and_its_days_too() -> None:
    book = openpyxl.Workbook()
    book.active.append(["利用者名", "氏名", "開始日"])
    book.active.append(["u1", "山田", date(2026, 4, 1)])
    out = io.BytesIO()
    book.save(out)
    sheet = read(out.getvalue(), "f.xlsx")
    assert (sheet.encoding, sheet.rows[0].line) == ("xlsx", 2)
    assert sheet.rows[0].text("from") == "2026-04-01"


def test_bytes_that_are_no_text_are_named_by_place() -> None:
    with pytest.raises(Refused) as refused:
        read("username,name\nu1,山".encode("cp932") + b"\xff\n", "f.csv")
    assert [(p.line, p.column) for p in refused.value.problems] == [(2, 5)]


def test_every_unknown_heading_is_named_with_the_known_ones() -> None:
    with pytest.raises(Refused) as refused:
        read("username,name,給料,血液型\nu,n,1,A\n".encode(), "f.csv")
    problems = refused.value.problems
    assert [p.column for p in problems] == [3, 4]
    assert "利用者名(username)" in problems[0].hint


def test_what_is_too_large_is_refused_with_the_limit() -> None:
    with pytest.raises(Refused) as refused:
        read(b"a" * (LARGEST_FILE + 1), "f.csv")
    assert "10 MiB" in refused.value.problems[0].message


def _zip(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize(
    "parts",
    [
        {"xl/workbook.xml": b"", "xl/sharedStrings.xml": b"0" * (LARGEST_UNPACKED + 1)},
        {"xl/workbook.xml": b""} | {f"xl/{n}.xml": b"" for n in range(MOST_PARTS + 1)},
    ],
    ids=["unfolds", "many"],
)
def test_a_small_file_that_unfolds_to_too_much_is_refused(parts: dict[str, bytes]) -> None:
    content = _zip(parts)
    assert len(content) < LARGEST_FILE
    with pytest.raises(Refused) as refused:
        read(content, "bomb.xlsx")
    assert "広げると" in refused.value.problems[0].message


def test_a_cell_far_to_the_right_does_not_widen_every_row() -> None:
    book = openpyxl.Workbook()
    book.active.append(["利用者名", "氏名"])
    book.active.append(["u1", "山田"])
    book.active.cell(row=2, column=16_384, value="x")
    out = io.BytesIO()
    book.save(out)
    assert read(out.getvalue(), "f.xlsx").rows[0].text("name") == "山田"


@pytest.mark.parametrize(
    ("headings", "what"),
    [
        ("利用者名,氏名,職,所属", "people"), ("username,name,post,unit", "people"),
        ("組織コード,組織名,種別,上位の組織", "units"), ("unit,name,parent", "units"),
        ("部署コード,部署名,上位", "units"), ("職コード,職名,所属", "posts"),
        ("post,title,unit,roles", "posts"),
    ],
)  # fmt: skip
def test_what_a_file_holds_is_recognised_by_its_headings(headings: str, what: str) -> None:
    line = ",".join("x" for _ in headings.split(","))
    assert read(f"{headings}\n{line}\n".encode(), "f.csv").layout.what == what


def test_headings_that_fit_nothing_are_refused_with_those_of_the_nearest() -> None:
    with pytest.raises(Refused) as refused:
        read("職コード,給料\nx,1\n".encode(), "f.csv")
    assert "職名(title)" in refused.value.problems[0].hint


@pytest.mark.parametrize(
    "text", ["2026-04-01", "2026/4/1", "令和8年4月1日", "R8.4.1", "Ｒ８．４．１", "2026年4月1日"]
)
def test_days_in_every_way(text: str) -> None:
    assert day_of(text) == date(2026, 4, 1)


@pytest.mark.parametrize(
    "text", ["", "2026-02-30", "平成32年1月1日", "R0.1.1", "明日", "昭和64年1月8日"]
)
def test_what_is_no_day(text: str) -> None:
    assert day_of(text) is None


def test_every_place_that_is_no_text_is_named_with_line_and_column():
    content = "利用者名,氏名\na,髙橋\nb,".encode("cp932") + b"\xf0\x40\nc,\xff\x80\n"
    with pytest.raises(Refused) as refused:
        read(content, "f.csv")
    places = [(one.line, one.column, one.message) for one in refused.value.problems]
    assert places[0][:2] == (3, 3)
    assert "外字（F040）" in places[0][2]
    assert [place[:2] for place in places[1:]] == [(4, 3), (4, 4)]
    assert "0xFF" in places[1][2]
