"""What is stored comes back as it was, or is refused loudly."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dxflow import engine
from dxflow.engine import StateUnreadable, StepFailed
from dxflow.engine.values import NotStorable, decode, encode, plain, same
from dxflow.feel import YearMonthDuration
from tests.process.engine.factory import Draft, World, out

TEXTS = st.text(st.characters(codec="utf-8"), max_size=8)
KEYS = st.one_of(TEXTS, st.sampled_from(["typename", "$n", "$o", "$", "value", "__class__"]))
NUMBERS = st.one_of(
    st.integers(-(10**30), 10**30),
    st.decimals(allow_nan=False, allow_infinity=False).filter(lambda n: n != n.to_integral_value()),
)
MOMENTS = st.datetimes(
    datetime(1900, 1, 1),  # noqa: DTZ001
    datetime(2200, 1, 1),  # noqa: DTZ001
    timezones=st.sampled_from([None, UTC, ZoneInfo("Asia/Tokyo"), timezone(timedelta(hours=-3))]),
)
ATOMS = st.one_of(
    st.none(),
    st.booleans(),
    TEXTS,
    NUMBERS,
    st.dates(),
    MOMENTS,
    st.times(),
    st.timedeltas(),
    st.integers(-(10**4), 10**4).map(YearMonthDuration),
)
VALUES = st.recursive(
    ATOMS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=8,
)


@given(VALUES)
def test_every_value_survives_storage(value: Any) -> None:
    restored = decode(orjson.loads(orjson.dumps(encode(plain(value)))))
    assert same(restored, plain(value))
    assert repr(restored) == repr(plain(value))


@given(VALUES)
def test_a_copy_shares_nothing_that_can_change(value: Any) -> None:
    def containers(of: Any) -> list[int]:
        inner = of.values() if isinstance(of, dict) else of if isinstance(of, list) else []
        return [id(of)] * isinstance(of, dict | list) + [
            one for part in inner for one in containers(part)
        ]

    copy = plain(value)
    assert not set(containers(copy)) & set(containers(value))


def test_one_number_has_one_form() -> None:
    assert plain([1.0, Decimal("2.50"), Decimal("3.0"), 0.1, True]) == [
        1,
        Decimal("2.50"),
        3,
        Decimal("0.1"),
        True,
    ]
    assert type(plain(Decimal("3.0"))) is int
    assert not same(1, True)
    assert not same([1], [True])
    assert not same({"a": 1}, {"b": 1})


@pytest.mark.parametrize(
    "value",
    [{1: 2}, {1, 2}, b"x", object(), float("nan"), Decimal("Infinity"), "\ud800", {"\udfff": 1}],
)
def test_what_cannot_be_stored_is_refused_before_it_is_kept(value: Any) -> None:
    with pytest.raises(NotStorable):
        plain(value)
    with pytest.raises(StepFailed):
        World(Draft().start().user("a").end()).start(x=value)


def test_fields_of_any_name_may_be_kept() -> None:
    form = {"typename": "UUID", "value": "zzz", "$n": "1", "deep": [{"typename": "x"}, {"$d": 1}]}
    w = World(
        Draft().start().user("a", outputs=out(form="values")).user("b").user("c").end()
    ).start()
    w.do("a", **form).do("b")
    assert w.task("c").variables["form"] == form


def test_looking_changes_nothing() -> None:
    w = World(
        Draft().start().user("a").timer("a", "t", '"P1D"').end("e").user("b", after="a").end()
    ).start()
    step = engine.peek(w.definitions, w.state, w.later(days=3).env)
    assert step.state is w.state
    assert (step.tasks, step.timers, step.visits) == (w.now_at.tasks, w.now_at.timers, ())


def test_an_ended_instance_stays_readable_and_refuses_work() -> None:
    w = World(Draft().start().user("a").end()).start(x={"y": Decimal("1.5")}).do("a")
    step = engine.peek(w.definitions, w.state, w.env)
    assert (step.ended, step.tasks, step.variables) == (
        True,
        (),
        {"x": {"y": Decimal("1.5")}, "outcome": "ok"},
    )
    with pytest.raises(engine.TaskNotReady):
        w.complete("0" * 32)
    assert w.fire().ended


def changed(state: bytes, change: Any) -> bytes:
    parts = orjson.loads(state)
    change(parts)
    return orjson.dumps(parts)


@pytest.mark.parametrize(
    "damage",
    [
        lambda parts: parts.__setitem__(0, 99),
        lambda parts: parts.__setitem__(1, "gone"),
        lambda parts: parts.__setitem__(3, [f"{name}X" for name in parts[3]]),
        lambda parts: parts[4][0][4].append(["ff", 99, 16, 0]),
        lambda parts: parts[4][0][4][-1].__setitem__(3, 99),
        lambda parts: parts.pop(),
        lambda parts: parts[4].append([0, "nobody", 0, 0, []]),
        lambda parts: parts.__setitem__(4, []),
        lambda parts: parts[4][0][4][1].__setitem__(4, {"$n": "no number"}),
    ],
)
def test_a_state_that_does_not_fit_is_refused(damage: Any) -> None:
    w = World(Draft().start().user("a").end()).start(x=1)
    with pytest.raises(StateUnreadable):
        engine.peek(w.definitions, changed(w.state, damage), w.env)


@pytest.mark.parametrize("state", [b"", b"{}", b"[1]", b"\xff\xfe", b"null", b'"x"'])
def test_what_is_no_state_is_refused(state: bytes) -> None:
    w = World(Draft().start().user("a").end())
    with pytest.raises(StateUnreadable):
        engine.peek(w.definitions, state, w.env)


def test_a_definition_that_lost_an_element_refuses_its_instances() -> None:
    old = World(Draft().start().user("a").user("gone").end()).start().do("a")
    new = World(Draft().start().user("a").end())
    with pytest.raises(StateUnreadable, match="gone"):
        engine.peek(new.definitions, old.state, new.env)


def test_dates_and_durations_reach_expressions_after_storage() -> None:
    d = (
        Draft()
        .start()
        .user("a")
        .script("s", "late", 'day + period > date("2026-05-01") and at.hour = 9')
        .user("b")
        .end()
    )
    w = World(d).start(
        day=date(2026, 4, 1),
        period=YearMonthDuration(2),
        at=datetime(2026, 4, 1, 9, tzinfo=ZoneInfo("Asia/Tokyo")),
        t=time(9),
    )
    assert w.do("a").variables["late"] is True
