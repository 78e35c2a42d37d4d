"""What holds whatever is posted."""

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from dxflow.forms import (
    FormInvalid,
    FormView,
    diff,
    from_plain,
    is_blank,
    read,
    read_posted,
    readonly_view,
    rows_changed,
    submit_posted,
    submit_values,
    to_plain,
    view,
    view_posted,
)
from dxflow.problems import Refused
from tests.unit.forms.samples import PROJECT_SHEET, context, form_text, posted_by, project_sheet

SHEET = project_sheet()
CONTEXT = context()

NAMES = [
    "title", "class", "tools", "issue", "lead", "contact", "cost.initial", "cost.reason", "kpis[0].name",
    "kpis[0].baseline", "kpis[1].direction", "kpis[99].targets[0].year", "kpis[0].targets[3].value",
    "steps[0].name", "steps[0].count", "steps[1].minutes", "steps[0].hours", "total_hours", "start",
    "bpr", "agree", "comment", "_csrf", "_row", "kpis[0]._", "cost", "kpis", "kpis[]", "kpis[-1].name",
    "kpis[0]", "steps[0].name[0].name", "",
]  # fmt: skip
names = st.one_of(st.sampled_from(NAMES), st.text(max_size=20))
texts = st.one_of(
    st.text(max_size=30),
    st.sampled_from(["1", "２，０００", "2027-04-01", "R9.4.1", "life", "up", "down", "yes", "true", "1e9", "-1",
                     "add:kpis", "remove:kpis:0", "add:kpis[0].targets", "remove:steps:1"]),
)  # fmt: skip
posted_pages = st.dictionaries(names, st.lists(texts, max_size=3), max_size=15)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.decimals(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["name", "targets", "year", "value", "initial", "kpis", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
api_values = st.dictionaries(
    st.sampled_from([name for name in NAMES if "[" not in name and "." not in name] + ["steps"]),
    json_values,
    max_size=8,
)
outcomes = st.sampled_from(["submit", "return", "other", "", None])


def refusal_of(act: Callable[[], object]) -> FormInvalid | None:
    """Do something that may refuse; any other error fails the test."""
    try:
        act()
    except FormInvalid as invalid:
        return invalid
    return None


def keeps_its_word(act: Callable[[], object]) -> None:
    invalid = refusal_of(act)
    if invalid is not None:
        assert invalid.fields
        assert sum(len(found) for found in invalid.fields.values()) == len(invalid.errors)
        assert all("\ufffc" not in error.message for error in invalid.errors)


@given(posted_pages, outcomes)
@settings(max_examples=150, deadline=None)
@example({"kpis[0].baseline": ["0"], "agree": ["true"]}, "submit")
def test_whatever_is_posted_is_taken_or_refused_with_field_messages(posted, outcome):
    keeps_its_word(lambda: submit_posted(SHEET, posted, outcome, CONTEXT))


@given(api_values, outcomes)
@settings(max_examples=150, deadline=None)
def test_whatever_a_program_sends_is_taken_or_refused_with_field_messages(values, outcome):
    keeps_its_word(lambda: submit_values(SHEET, values, outcome, CONTEXT))


@given(posted_pages)
@settings(max_examples=100, deadline=None)
def test_every_posted_page_can_be_drawn_again(posted):
    for drawn in (
        view_posted(SHEET, posted, CONTEXT),
        view(SHEET, read_posted(SHEET, posted), CONTEXT),
        view_posted(SHEET, rows_changed(SHEET, posted, CONTEXT) or {}, CONTEXT),
    ):
        assert isinstance(drawn, FormView)
    is_blank(SHEET, read_posted(SHEET, posted))


@given(api_values, api_values)
@settings(max_examples=100, deadline=None)
def test_any_stored_values_can_be_shown_and_compared(before, after):
    view(SHEET, before, CONTEXT)
    readonly_view(SHEET, before, CONTEXT)
    json.dumps([[change.before, change.after] for change in diff(SHEET, before, after)])
    assert diff(SHEET, before, before) == []
    from_plain(SHEET, before)


def no_float(value: Any) -> bool:
    if isinstance(value, dict):
        return all(no_float(part) for part in value.values())
    if isinstance(value, list):
        return all(no_float(part) for part in value)
    return value is None or isinstance(value, str | bool)


line = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=20)
numbers = st.decimals(0, 10**12, places=3)
kpi_rows = st.fixed_dictionaries(
    {
        "name": line,
        "direction": st.sampled_from(["up", "down"]),
        "baseline": st.decimals(-(10**12), 10**12, places=2),
        "why": line,
        "targets": st.lists(
            st.fixed_dictionaries({"year": st.integers(2020, 2100), "value": numbers}), max_size=3
        ),
    }
)
steps = st.fixed_dictionaries({"name": line, "count": numbers, "minutes": numbers})
sheets = st.fixed_dictionaries(
    {
        "title": line,
        "class": st.sampled_from(["life", "office"]),
        "tools": st.lists(st.sampled_from(["rpa", "ai"]), unique=True),
        "issue": st.lists(line, min_size=1, max_size=3).map("\n".join),
        "lead": st.sampled_from(["kikaku", "shimin"]),
        "contact": st.none() | line,
        "cost": st.fixed_dictionaries({"initial": st.integers(0, 2_000_000), "reason": line}),
        "kpis": st.lists(kpi_rows, min_size=1, max_size=4),
        "steps": st.lists(steps, max_size=4),
        "start": st.dates(date(2026, 11, 21), date(2100, 1, 1)).map(str),
        "bpr": st.sampled_from(["yes", "no"]),
        "agree": st.just(value=True),
    }
)


@given(sheets)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_was_accepted_shows_posts_and_stores_without_loss(values):
    accepted = submit_values(SHEET, values, "submit", CONTEXT).values

    plain = to_plain(accepted)
    assert no_float(plain)
    assert from_plain(SHEET, json.loads(json.dumps(plain))) == accepted
    page = posted_by(view(SHEET, plain, CONTEXT), "submit")
    assert submit_posted(SHEET, page, "submit", CONTEXT).values == accepted
    again = posted_by(view_posted(SHEET, page, CONTEXT), "submit")
    assert again == page
    assert diff(SHEET, accepted, plain) == []
    assert accepted["total_hours"] is None or isinstance(accepted["total_hours"], Decimal)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_a_damaged_form_file_is_read_or_refused_with_problems(data):
    whole = json.loads(form_text(*PROJECT_SHEET))
    spots = [part for part in walk(whole) if isinstance(part, dict)]
    spot = data.draw(st.sampled_from(spots))
    key = data.draw(
        st.sampled_from([*spot, "type", "key", "validate", "properties", "conditional", "path"])
    )
    spot[key] = data.draw(json_values)
    with suppress(Refused):
        assert read(json.dumps(whole, default=str), "x").outcomes


@given(st.text(max_size=60) | st.binary(max_size=60))
@settings(max_examples=150)
def test_no_text_at_all_breaks_the_reader(text):
    with pytest.raises(Refused):
        read(text, "x")


def walk(value: Any) -> list[Any]:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [value, *(part for one in inner for part in walk(one))]
