"""Names of attached files: kept as people wrote them, without what could mislead."""

from urllib.parse import unquote

import pytest

from dxflow.attachments.names import LONGEST_BYTES, content_disposition, ending_of, safe_name


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("見積書（令和8年度）.pdf", "見積書（令和8年度）.pdf"),
        ("C:\\Users\\秘密\\図面.png", "図面.png"),
        ("../../etc/passwd", "passwd"),
        ("か\u3099ぞう.png", "がぞう.png"),  # as a Mac sends it
        ("請求\u202exslx.exe", "請求xslx.exe"),  # reads "請求exe.xlsx" to a person
        ("a\u200bb\x00c\r\nd.txt", "abcd.txt"),
        ("  二つ  の 空白 .csv ", "二つ の 空白 .csv"),
        ('a<b>"c":d|e?f*.txt', "a_b__c__d_e_f_.txt"),
        ("CON.txt", "_CON.txt"),
        ("葛\U000e0100城市.pdf", "葛\U000e0100城市.pdf"),  # which 葛 it is stays
        ("....", ""),
        ("", ""),
    ],
)
def test_a_name_keeps_what_people_read_and_nothing_else(sent: str, kept: str):
    assert safe_name(sent) == kept


def test_a_long_name_is_cut_before_its_ending_so_that_every_disk_takes_it():
    name = safe_name("長" * 300 + ".xlsx")
    assert name.endswith("長.xlsx")
    assert len(name.encode()) <= LONGEST_BYTES


def test_the_ending_is_the_last_one():
    assert ending_of("見積.pdf.EXE") == "exe"
    assert ending_of(safe_name(".pdf")) == ""


def test_a_browser_keeps_the_whole_name_and_an_old_one_something_like_it():
    header = content_disposition("見積 100%\"'.pdf")
    assert header.startswith('attachment; filename="__ 100__\'.pdf"; ')
    assert header.isascii()
    assert unquote(header.partition("filename*=UTF-8''")[2]) == "見積 100%\"'.pdf"
    assert "\n" not in content_disposition(safe_name("a\r\nSet-Cookie: x.pdf"))
