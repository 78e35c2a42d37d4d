"""Files the pages are made of: complete, unchanged, and readable in contrast."""

import hashlib
import json
import re
from pathlib import Path

import pytest

from .conftest import WEB

VENDOR = WEB / "static" / "vendor"
TOKEN = re.compile(r"--([\w-]+):\s*([^;]+);")
READABLE = 4.5  # WCAG 2.2 §1.4.3, text of normal size
VISIBLE = 3.0  # WCAG 2.2 §1.4.11, borders of inputs and other parts that carry meaning

ON_GROUND = [
    ("ink-body", "ground"), ("ink-soft", "ground"), ("ink-quiet", "ground"), ("brand", "ground"),
    ("ink-quiet", "surface"), ("bad", "surface"), ("bad", "bad-soft"), ("bad-strong", "bad-soft"),
    ("care", "surface"), ("care", "care-soft"), ("good", "good-soft"), ("good-mark", "surface"),
    ("brand", "brand-soft"), ("brand-strong", "brand-soft"), ("now", "now-soft"),
    ("surface", "brand"), ("surface", "bad"), ("surface", "care"), ("surface", "brand-deep"),
    ("ink-quiet", "now-soft"), ("ink-quiet", "surface-soft"), ("ink-soft", "brand-soft"),
]  # fmt: skip
PARTS = [("line-input", "surface"), ("line-strong", "surface"), ("brand", "surface")]


def tokens() -> dict[str, str]:
    found: dict[str, str] = {}
    for sheet in (VENDOR / "tokens.css", WEB / "static" / "css" / "base.css"):
        found.update(TOKEN.findall(sheet.read_text(encoding="utf-8")))
    return found


def colour(name: str, known: dict[str, str]) -> tuple[float, float, float]:
    value = known[name].strip()
    while value.startswith("var("):
        value = known[value.removeprefix("var(--").removesuffix(")")].strip()
    assert value.startswith("#"), (name, value)
    red, green, blue = (int(value[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def luminance(rgb: tuple[float, float, float]) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in rgb]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    known = tokens()
    low, high = sorted(luminance(colour(name, known)) for name in (one, other))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(("text", "ground"), ON_GROUND)
def test_text_can_be_read_on_its_ground(text: str, ground: str) -> None:
    assert contrast(text, ground) >= READABLE


@pytest.mark.parametrize(("part", "ground"), PARTS)
def test_borders_that_carry_meaning_can_be_seen(part: str, ground: str) -> None:
    assert contrast(part, ground) >= VISIBLE


def test_vendor_files_are_those_the_build_made() -> None:
    manifest = json.loads((VENDOR / "manifest.json").read_text(encoding="utf-8"))
    present = {path.name for path in VENDOR.iterdir()} - {"manifest.json"}
    assert present == set(manifest["files"])
    for name, entry in manifest["files"].items():
        content = (VENDOR / name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == entry["sha256"], name


def test_every_icon_the_templates_name_is_in_the_sprite() -> None:
    symbols = set(re.findall(r'<symbol id="([\w-]+)"', (VENDOR / "icons.svg").read_text()))
    named = re.compile(r"""icon\("([\w-]+)\"""")
    used: set[str] = set()
    for path in sorted((WEB / "templates").rglob("*.html")):
        used.update(named.findall(path.read_text(encoding="utf-8")))
    assert used
    assert used <= symbols


def test_pages_load_nothing_from_elsewhere() -> None:
    sheets: list[Path] = [*(WEB / "static" / "css").glob("*.css"), VENDOR / "viewer.css"]
    for sheet in sheets:
        content = sheet.read_text(encoding="utf-8")
        assert not re.search(r"""(url\(|@import)\s*['"]?(https?:)?//""", content), sheet.name
