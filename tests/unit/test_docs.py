"""The documentation is true of the program: links, commands, settings, and the author's guide."""

import re
import tomllib
from functools import cache
from pathlib import Path

import pytest

from dxflow import cli
from dxflow.calendars.business_days import BusinessCalendar
from dxflow.calendars.functions import feel_functions
from dxflow.clock import now
from dxflow.committee.rules import KEYS
from dxflow.decisions.table import AGGREGATIONS, HitPolicy
from dxflow.feel.library import BUILT_INS
from dxflow.forms.files.components import KINDS
from dxflow.models.extensions import _READERS
from dxflow.models.requirements import STATUSES
from dxflow.services.commands import COMMANDS
from dxflow.services.packs.store import SEGREGATED
from dxflow.services.sample import loading

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
#: Each guide and its Japanese counterpart: whoever reads one of them only finds everything.
OPERATIONS = ("docs/operations.md", "docs/ja/operations.md")
AUTHORS = ("docs/processes.md", "docs/ja/processes.md")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")


@cache
def _text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def _said(name: str) -> set[str]:
    """Return everything a page sets in code, whole and in words."""
    spans = CODE.findall(FENCE.sub("", _text(name)))
    return {part for span in spans for part in (span, *re.findall(r"[\w:.-]+", span))}


def _anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    titles = re.findall(r"^#+ +(.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_every_link_leads_somewhere():
    broken = []
    for page in PAGES:
        for target in LINK.findall(FENCE.sub("", page.read_text(encoding="utf-8"))):
            place, _hash, anchor = target.partition("#")
            found = (page.parent / place).resolve() if place else page
            if target.startswith("https://"):
                continue
            if not found.exists() or (anchor and anchor not in _anchors(found)):
                broken.append((str(page.relative_to(ROOT)), target))
    assert broken == []


def test_decisions_are_numbered_without_gaps_and_say_where_they_stand():
    files = sorted((ROOT / "docs" / "adr").glob("*.md"))
    assert [int(file.name[:4]) for file in files] == list(range(1, len(files) + 1))
    for file in files:
        text = file.read_text(encoding="utf-8")
        assert text.startswith(f"# {file.name[:4]} "), file.name
        for part in ("Status: ", "## Context", "## Decision", "## Consequences"):
            assert part in text, (file.name, part)


def _code(page: Path) -> list[str]:
    """Return the lines and spans that a page sets in code."""
    text = page.read_text(encoding="utf-8")
    return [*CODE.findall(FENCE.sub("", text)), *"\n".join(FENCE.findall(text)).splitlines()]


def _written(program: str) -> set[tuple[str, ...]]:
    """Return the words that follow a program's name in code, up to the first that is no word."""
    return {
        tuple(rest.split())
        for page in PAGES
        for line in _code(page)
        for rest in re.findall(rf"(?:^|[ /]){program}((?: +[a-z][a-z./-]*(?![\w=]))+)", line)
    }


def test_every_command_in_the_documentation_exists(capsys):
    written = _written("dxflow")
    assert len(written) > 12
    wrong = [words for words in written if cli.main([*words[: _depth(words)], "--help"]) != 0]
    capsys.readouterr()
    assert wrong == []


def _depth(words: tuple[str, ...]) -> int:
    """Return how many words name the command; arguments follow."""
    return (
        3
        if words[:2] == ("user", "post")
        else 2
        if words[0] in ("pack", "user", "audit", "case", "incident", "mail")
        else 1
    )


def test_the_drawn_order_of_the_rooms_is_the_one_that_is_checked():
    contracts = tomllib.loads(_text("pyproject.toml"))["tool"]["importlinter"]["contracts"]
    checked = [layer.split(" | ") for layer in contracts[0]["layers"]]
    drawn = re.search(
        r"^`(cli > .+)`$", _text("docs/adr/0001-house-and-import-directions.md"), re.M
    )
    assert [layer.split(" | ") for layer in drawn.group(1).split(" > ")] == checked


@pytest.mark.parametrize("guides", [*zip(OPERATIONS, AUTHORS, strict=True)])
def test_every_command_of_the_program_is_documented(capsys, guides):
    cli.main(["--help"])
    listed = re.findall(r"^    ([a-z]+) {2,}", capsys.readouterr().out, re.MULTILINE)
    assert len(listed) > 7
    both = "".join(_text(guide) for guide in (*guides, "README.md"))
    assert [name for name in listed if not re.search(rf"dxflow {name}\b|make {name}\b", both)] == []


@pytest.mark.parametrize("guide", OPERATIONS)
def test_every_setting_of_the_environment_is_documented(guide: str):
    names = set(re.findall(r'"(DXFLOW_[A-Z_]+)"', _text("dxflow/config.py")))
    assert len(names) > 10
    assert names == set(re.findall(r"DXFLOW_[A-Z_]+", _text(guide)))


def test_every_make_target_in_the_documentation_exists():
    targets = set(re.findall(r"^([\w./-]+):", _text("Makefile"), re.MULTILINE))
    named = {words[0] for words in _written("make")}
    named |= set(re.findall(r"\bmake (\.venv/[a-z]+)", _text("docs/operations.md")))
    assert {"demo", "test"} <= named
    assert named <= targets


def test_the_accounts_to_try_are_in_the_readme():
    for account in loading.accounts("standard"):
        assert f"| `{account.username}` | {account.role} |" in _text("README.md")
        assert f"`{account.password}`" in _text("README.md")


@pytest.mark.parametrize("guide", AUTHORS)
@pytest.mark.parametrize(
    ("what", "names"),
    [
        ("commands", set(COMMANDS)),
        ("FEEL's built-in functions", set(BUILT_INS)),
        ("form components", set(KINDS)),
        ("settings of elements", {f"zeebe:{name}" for name in _READERS}),
        ("ways to end", set(STATUSES)),
        ("acts", {"draft", *SEGREGATED}),
        ("rules of a body", set(KEYS)),
    ],
)
def test_the_authors_guide_names_all(what: str, names: set[str], guide: str):
    assert names - _said(guide) == set(), what


@pytest.mark.parametrize("guide", AUTHORS)
def test_the_authors_guide_names_the_programs_own_functions_with_their_parameters(guide: str):
    for name in feel_functions(BusinessCalendar(), now):
        assert re.search(rf"`{name}\([a-z, ]*\)`", _text(guide)), name


@pytest.mark.parametrize("guide", AUTHORS)
def test_the_authors_guide_names_hit_policies_and_aggregations(guide: str):
    for name in (*HitPolicy, *AGGREGATIONS):
        # no letter of the Latin script on either side: Japanese stands beside it without a blank
        assert re.search(rf"(?<![A-Za-z]){name}(?![A-Za-z])", _text(guide)), name


@pytest.mark.parametrize("pair", [OPERATIONS, AUTHORS])
def test_both_languages_have_the_same_sections_and_the_same_commands(pair: tuple[str, str]):
    english, japanese = (
        [len(mark) for mark in re.findall(r"^(#+) ", FENCE.sub("", _text(guide)), re.MULTILINE)]
        for guide in pair
    )
    assert english == japanese
    english, japanese = (_code_lines(guide) for guide in pair)
    assert english == japanese


def _code_lines(guide: str) -> list[str]:
    """Return the lines set apart as code, without remarks and with one word for each blank."""
    lines = "\n".join(FENCE.findall(_text(guide))).splitlines()
    lines = [re.sub(r"\s*# .*|^(processes|forms)/.*", "", line) for line in lines]
    lines = [re.sub(r"<[^>]*>|dxflow_app", "<>", line) for line in lines]
    return [line.replace("パスワード", "PASSWORD") for line in lines if line.strip()]
