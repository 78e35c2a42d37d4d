"""Readers of English meet no text that has a translation, on no page they can reach."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import html

from catalogue import keeping
from tests.factories import City
from tests.walks import (
    do,
    task_of,
    to_committee,
    to_decision,
    to_execution,
    to_kpi,
    to_opinions,
    to_sheet,
    to_triage,
)
from tests.web.conftest import Browser, text_of

ROOT = Path(__file__).parents[2]
JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
ID = re.compile(r"[0-9a-f]{32}")
ATTRIBUTES = "//@aria-label | //@title | //@placeholder | //@data-label | //@alt"
NOT_PAGES = ("/static", "/language", "/logout", "/cases.", "/audit/export", "/api")
#: Pages of one kind that are opened.
MOST = 3


def known() -> set[str]:
    """Return every text that has a translation."""
    catalogue = ROOT / "dxflow" / "locale" / "en" / "LC_MESSAGES" / "dxflow.po"
    pack = (ROOT / "processes" / "standard" / "texts.en.toml").read_text(encoding="utf-8")
    found = {*keeping.read(catalogue, "en"), *tomllib.loads(pack)}
    return {text for text in found if JAPANESE.search(text)}


def shown(page: html.HtmlElement) -> Iterator[str]:
    for text in page.xpath("//text()[not(ancestor::script) and not(ancestor::style)]"):
        yield str(text).strip()
    for value in page.xpath(ATTRIBUTES):
        yield str(value).strip()


def pages(browser: Browser) -> Iterator[tuple[str, html.HtmlElement]]:
    """Yield the pages that can be reached from the first one, a few of each kind."""
    seen: dict[str, int] = {}
    waiting = ["/"]
    while waiting:
        path = waiting.pop(0)
        answer = browser.get(path)
        if answer.mimetype != "text/html" or answer.status_code != 200:
            continue
        page = html.fromstring(answer.text)
        yield path, page
        for address in page.xpath("//a/@href"):
            target = address.partition("#")[0]
            kind = ID.sub("ID", target.partition("?")[0])
            if not target.startswith("/") or target.startswith(NOT_PAGES):
                continue
            seen[kind] = seen.get(kind, 0) + 1
            if seen[kind] <= MOST and target not in waiting:
                waiting.append(target)


@pytest.fixture
def busy_city(sqlite_city: City) -> City:
    """A city with a case at every stage."""
    for walk in (to_triage, to_sheet, to_opinions, to_committee, to_decision, to_execution, to_kpi):
        walk(sqlite_city)
    return sqlite_city


@pytest.mark.parametrize("name", ["applicant", "head", "secretariat", "cio", "auditor", "admin"])
def test_no_translated_text_is_shown_in_japanese(busy_city, browse, name):
    browser = browse(name)
    browser.get("/language/en")
    translated, visited, left = known(), 0, {}
    for path, page in pages(browser):
        visited += 1
        for text in shown(page):
            if text in translated and text not in TYPED:
                left.setdefault(text, path)
    assert visited > 4
    assert not left, "\n".join(f"{path}: {text}" for text, path in left.items())


#: What people of the test city typed, or what things of it are called, in the words of the program.
TYPED = frozenset({"市長", "副市長", "日本語", "職員", "受付", "決裁する"})


def test_whoever_decides_reads_in_english_why_they_do(sqlite_city, browse):
    case = to_decision(sqlite_city)
    browser = browse("civic_head")
    browser.get("/language/en")
    task = task_of(sqlite_city, "civic_head", case, "decide")
    for path in (f"/tasks/{task.id}", f"/cases/{case}/decision", f"/cases/{case}/decision/print"):
        words = text_of(browser.get(path))
        assert "が決裁します" not in words, path
        assert "の決裁を求めます" not in words, path


def test_the_log_says_in_english_by_which_right_it_was_done(sqlite_city, browse):
    case = to_decision(sqlite_city)
    do(sqlite_city, case, "civic_head", "decide", "approve", reason="ok")
    browser = browse("auditor")
    browser.get("/language/en")
    listed = browser.page("/audit?type=decision.recorded")
    (event,) = listed.xpath("//a[starts-with(@href, '/audit/events/')]/@href")
    for path in ("/audit?type=decision.recorded", event):
        words = text_of(browser.get(path)).partition("Exact text")[0]
        assert "By authority row" in words, path
        assert "決裁できます" not in words.partition("{")[0], path
