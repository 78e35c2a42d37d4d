"""Kinds of files: what the name says must be what the bytes are."""

import io

import pytest

from dxflow.attachments.kinds import DEFAULT, KINDS, LyingType, kind_of, require_true
from dxflow.attachments.limits import MEGABYTE, Limits, named, require_room
from dxflow.errors import Invalid
from tests.files import OLE, PDF, PNG, open_document, packed, workbook

TRUE = {
    "pdf": PDF,
    "png": PNG,
    "jpg": b"\xff\xd8\xff\xe0" + b"\x00" * 9,
    "gif": b"GIF89a" + b"\x00" * 9,
    "webp": b"RIFF\x00\x00\x00\x00WEBPVP8 ",
    "tif": b"II*\x00" + b"\x00" * 9,
    "xlsx": workbook(),
    "docx": packed(**{"[Content_Types].xml": b"x", "word__document.xml": b"x"}),
    "ods": open_document(),
    "csv": "課,件数\r\n市民課,3\r\n".encode("cp932"),
    "txt": "\ufeff議事のメモ".encode(),
    "zip": packed(a=b"x"),
    "xls": OLE,
}
LIES = {
    "a program as a PDF": ("pdf", b"MZ\x90\x00"),
    "HTML as a PDF": ("pdf", b"<html><script>alert(1)</script>%PDF-"),
    "HTML as text": ("txt", b"  <!DOCTYPE html><script>"),
    "SVG as an image": ("png", b"<svg xmlns='x' onload='alert(1)'/>"),
    "SVG as text": ("csv", b"\xef\xbb\xbf<svg onload=x>"),
    "a ZIP as a workbook": ("xlsx", packed(a=b"x")),
    "a workbook as a document": ("docx", workbook()),
    "a workbook with macros": ("xlsx", workbook(**{"xl__vbaProject.bin": b"x"})),
    "a protected workbook": ("xlsx", OLE),
    "a cut workbook": ("xlsx", workbook()[:60]),
    "binary as text": ("txt", b"abc\x00\x01"),
    "neither UTF-8 nor CP932": ("csv", b"abc\x81\x39"),
    "a bomb": ("zip", packed(a=b"\x00" * (40 << 20))),
    "nothing at all": ("pdf", b""),
}


@pytest.mark.parametrize("ending", TRUE)
def test_a_file_of_its_kind_is_taken_and_left_at_its_beginning(ending: str):
    file = io.BytesIO(TRUE[ending])
    require_true(KINDS[ending], file)
    assert file.tell() == 0


@pytest.mark.parametrize("lie", LIES)
def test_a_lying_type_is_refused_with_what_it_is_and_how_to_mend_it(lie: str):
    ending, body = LIES[lie]
    with pytest.raises(LyingType) as refused:
        require_true(KINDS[ending], io.BytesIO(body))
    assert f"「.{ending}」" in str(refused.value)
    assert "保存し直す" in str(refused.value)


def test_the_refusal_says_what_the_bytes_look_like():
    with pytest.raises(LyingType, match="プログラム"):
        require_true(KINDS["pdf"], io.BytesIO(b"MZ\x90"))
    with pytest.raises(LyingType, match="暗号化"):
        require_true(KINDS["xlsx"], io.BytesIO(OLE))


def test_what_runs_in_a_browser_is_no_kind_under_any_setting():
    for ending in ("html", "htm", "svg", "xml", "js", "exe", "xlsm", "docm", "lnk", "hta"):
        assert kind_of(ending) is None
    assert {one for one, kind in KINDS.items() if kind.shown} == {
        "pdf", "png", "jpg", "jpeg", "gif", "webp",
    }  # fmt: skip
    assert set(DEFAULT) <= set(KINDS)
    assert not {"zip", "xls", "doc"} & set(DEFAULT)


def test_a_kind_that_is_not_allowed_is_refused_with_those_that_are():
    with pytest.raises(Invalid, match="pdf・xlsx") as refused:
        named("台帳.zip", Limits())
    assert "file" in refused.value.fields
    name, kind = named("台帳.ZIP", Limits(endings=("zip",)))
    assert (name, kind.ending) == ("台帳.ZIP", "zip")


def test_a_pack_narrows_what_the_site_allows_and_never_widens_it():
    site = Limits(10 * MEGABYTE, 100 * MEGABYTE, ("pdf", "png"))
    assert site.narrowed(5 * MEGABYTE, None, ("pdf", "zip")) == Limits(
        5 * MEGABYTE, 100 * MEGABYTE, ("pdf",)
    )
    assert site.narrowed(50 * MEGABYTE, 500 * MEGABYTE, None) == site


def test_size_is_asked_of_the_file_and_of_all_files_of_the_case():
    limits = Limits(10 * MEGABYTE, 12 * MEGABYTE)
    require_room(10 * MEGABYTE, 2 * MEGABYTE, 0, limits)
    for size, used, count, said in (
        (0, 0, 0, "空です"),
        (10 * MEGABYTE + 1, 0, 0, "10 MB まで"),
        (1, 12 * MEGABYTE, 0, "合計が 12 MB"),
        (1, 0, 200, "200 個まで"),
    ):
        with pytest.raises(Invalid, match=said):
            require_room(size, used, count, limits)
