"""The sheet of a decision and the minutes as PDF: set beside the server, nothing fetched for it."""

import re
import sys
import threading
import zlib
from contextlib import suppress
from pathlib import Path

import pytest

from dxflow.errors import Throttled
from dxflow.web import pdf, pdf_setting
from tests.walks import do, to_decision
from tests.web.api_client import Caller, application
from tests.web.conftest import text_of

EMPTY_FONTS = '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig/>'


def unpacked(file: bytes) -> bytes:
    """Return a PDF's streams, those that are packed unpacked."""
    found = b""
    for stream in re.findall(rb"stream\n(.*?)\nendstream", file, re.S):
        with suppress(zlib.error):
            found += zlib.decompress(stream)
    return found


@pytest.fixture
def decided(sqlite_city) -> str:
    case = to_decision(sqlite_city)
    do(sqlite_city, case, "civic_head", "decide", "approve")
    return str(case)


def test_a_decision_is_a_pdf_with_its_own_japanese_letters(decided, browse):
    answer = browse("applicant").get(f"/cases/{decided}/decision/pdf")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert answer.data.startswith(b"%PDF")
    assert b"/FontFile" in unpacked(answer.data)
    assert "UTF-8''%E6%B1%BA%E8%A3%81%E6%9B%B8_" in answer.headers["Content-Disposition"]
    assert browse("applicant").get(f"/cases/{decided}/decision").text.count("/decision/pdf") == 1
    assert browse("admin").get(f"/cases/{decided}/decision/pdf").status_code == 404


@pytest.mark.parametrize(
    ("gone", "said"),
    [("library", "（Pango）がありません"), ("font", "日本語のフォントがありません")],
)
def test_without_library_or_font_the_sheet_says_so_and_can_be_printed(
    gone, said, decided, browse, tmp_path, monkeypatch
):
    if gone == "library":
        (tmp_path / "weasyprint.py").write_text("raise OSError('cannot load libpango')")
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    else:
        (tmp_path / "fonts.conf").write_text(EMPTY_FONTS)
        monkeypatch.setenv("FONTCONFIG_FILE", str(tmp_path / "fonts.conf"))
    answer = browse("applicant").get(f"/cases/{decided}/decision/pdf")
    assert answer.status_code == 200
    for words in (said, "このサーバーでは PDF を作れません", "ブラウザーで印刷", "決裁書", "第4号"):
        assert words in text_of(answer)


def test_what_is_too_large_or_takes_too_long_is_given_up(monkeypatch, tmp_path):
    (tmp_path / "weasyprint.py").write_text(
        "kept = bytearray(60_000_000)\nimport time\ntime.sleep(60)"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(pdf, "LONGEST_SETTING", 1)
    with pytest.raises(pdf.NotSet, match="時間がかかりすぎた"):
        pdf.made_of("<p>x</p>")
    monkeypatch.setattr(pdf, "LONGEST_SETTING", 60)
    monkeypatch.setattr(pdf_setting, "LARGEST", 1)
    ended = []
    monkeypatch.setattr(pdf_setting.os, "_exit", lambda status: ended.append(status) or sys.exit())
    with pytest.raises(SystemExit):
        pdf_setting._watch()
    assert ended == [pdf_setting.EXIT_TOO_LARGE]
    assert "大きすぎます" in pdf._reason(pdf_setting.EXIT_TOO_LARGE, b"")


def test_one_is_made_at_a_time_and_others_are_told_to_wait(monkeypatch):
    monkeypatch.setattr(pdf, "LONGEST_WAIT", 0)
    monkeypatch.setattr(pdf, "_turn", threading.BoundedSemaphore(1))
    with pdf._turn, pytest.raises(Throttled, match="少し待ってから"):
        pdf.made_of("<p>x</p>")


@pytest.mark.parametrize(
    "url",
    [
        "https://example.invalid/static/css/pdf.css",
        "http://page.invalid/static/../pdf.py",
        "http://page.invalid/static/%2e%2e/%2e%2e/config.py",
        "http://page.invalid/etc/passwd",
        "file:///etc/passwd",
        "http://page.invalid.other.invalid/static/css/pdf.css",
    ],
)
def test_nothing_but_files_of_the_package_is_read(url):
    with pytest.raises(ValueError):
        pdf_setting.own_file(url)


def test_the_style_sheet_of_the_package_is_read():
    found = pdf_setting.own_file("http://page.invalid/static/css/pdf.css?v=1")
    assert found.name == "pdf.css"


def test_no_secret_reaches_the_program_that_sets_type(monkeypatch):
    seen = {}
    monkeypatch.setenv("DXFLOW_DATABASE", "postgresql://user:secret@host/db")

    def run(command, **options):
        seen.update(options["env"])
        raise pdf.subprocess.TimeoutExpired(command, 1)

    monkeypatch.setattr(pdf.subprocess, "run", run)
    with pytest.raises(pdf.NotSet):
        pdf.made_of("<p>x</p>")
    assert "PATH" in seen
    assert "DXFLOW_DATABASE" not in seen


def test_a_start_does_not_load_what_sets_type():
    done = pdf.subprocess.run(
        [sys.executable, "-c", "import dxflow.web.app, dxflow.web.minutes, sys; print('weasyprint' in sys.modules)"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == "False"


def test_a_heading_of_a_group_never_stands_alone_at_the_foot_of_a_page():
    weasyprint = pytest.importorskip("weasyprint")
    css = (Path(pdf.__file__).parent / "static" / "css" / "pdf.css").read_text(encoding="utf-8")
    pair = '<div class="facts__pair"><dt>{}</dt><dd>値</dd></div>'.format
    group = f'<dt class="facts__full paper-part__group">見出し</dt>{pair("一つ目")}'
    begins = set()
    for lines in range(33, 41):  # the heading comes near the foot of the first page, and over it
        rows = pair("項目") * lines
        html = (
            f'<style>{css}</style><section class="paper-part"><dl class="facts">{rows}{group}</dl>'
        )
        pages = [placed(page._page_box) for page in weasyprint.HTML(string=html).render().pages]
        assert [one for one in pages if ("見出し" in one) != ("一つ目" in one)] == [], lines
        begins.add("見出し" in pages[0])
    assert begins == {True, False}


def placed(box: object) -> str:
    """Return the text of a box and of those in it."""
    inside = getattr(box, "children", None) or ()
    return getattr(box, "text", "") + "".join(map(placed, inside))


def test_a_program_gets_the_decision_as_the_page_gives_it(decided, sqlite_city, browse):
    app = application(sqlite_city)
    applicant, stranger = Caller.of(app, "applicant"), Caller.of(app, "admin")
    here = f"/cases/{decided}/decision/pdf"
    found = applicant.get(here)
    assert (found.status_code, found.mimetype) == (200, "application/pdf")
    assert b"/FontFile" in unpacked(found.data)
    assert "%E6%B1%BA%E8%A3%81%E6%9B%B8_" in found.headers["Content-Disposition"]
    assert applicant.get(f"{here}?revision=1").status_code == 200
    assert applicant.get(f"{here}?revision=2").status_code == 404
    assert applicant.get(f"{here}?revision=x").status_code == 422
    assert stranger.get(here).status_code == 404
    assert Caller(app.test_client()).get(here).status_code == 401


def test_a_program_is_told_why_there_is_no_pdf_and_when_to_come_again(
    decided, sqlite_city, tmp_path, monkeypatch
):
    applicant = Caller.of(application(sqlite_city), "applicant")
    here = f"/cases/{decided}/decision/pdf"
    monkeypatch.setattr(pdf, "LONGEST_WAIT", 0)
    monkeypatch.setattr(pdf, "_turn", threading.BoundedSemaphore(1))
    with pdf._turn:
        assert applicant.get(here).status_code == 429
    (tmp_path / "weasyprint.py").write_text("raise OSError('cannot load libpango')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    refused = applicant.get(here)
    assert refused.status_code == 503
    assert "（Pango）がありません" in refused.json["detail"]
