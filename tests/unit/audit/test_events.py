from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dxflow.audit.canonical import NotCanonical, canonical
from dxflow.audit.chain import GENESIS
from dxflow.audit.commitments import commit, opens, reference
from dxflow.audit.event_types import EVENT_TYPES, label
from dxflow.audit.events import (
    Actor,
    Change,
    Channel,
    Event,
    Request,
    Result,
    Subject,
    UnknownEventType,
    body_of,
)
from dxflow.audit.plain import duration_text, moment_text, plain
from dxflow.feel.values import YearMonthDuration

NOW = datetime(2026, 11, 21, 1, 15, tzinfo=UTC)


def an_event(**changed: object) -> Event:
    values: dict[str, object] = {
        "type": "task.completed",
        "at": NOW,
        "actor": Actor(Channel.PAGE, person="p1"),
        "subject": Subject("task", "t1"),
    }
    return Event(**(values | changed))  # type: ignore[arg-type]


def body(event: Event, not_before: datetime | None = None, stream: str = "case:c1") -> dict:
    return body_of(event, stream=stream, seq=1, prev=GENESIS, not_before=not_before)[0]


def test_a_full_event_says_who_did_what_to_which_thing_by_which_authority() -> None:
    event = an_event(
        actor=Actor(
            Channel.API, "p1", "post:課長", ("section:企画",), "決裁区分 3", on_behalf_of="p2"
        ),
        request=Request("r1", "k1"),
        changes=(Change("amount", "総事業費", None, Decimal("1200000")),),
        definition="d" * 64,
        form="f" * 64,
        state="5" * 64,
        version=7,
    )
    assert body(event) == {
        "v": 1,
        "stream": "case:c1",
        "seq": 1,
        "prev": "0" * 64,
        "at": "2026-11-21T01:15:00.000000+00:00",
        "type": "task.completed",
        "actor": {
            "channel": "api",
            "person": "p1",
            "post": "post:課長",
            "groups": ["section:企画"],
            "authority": "決裁区分 3",
            "on_behalf_of": "p2",
        },
        "object": {"kind": "task", "id": "t1", "case": "c1"},
        "result": "ok",
        "request": {"id": "r1", "idempotency": "k1"},
        "changes": [{"field": "amount", "label": "総事業費", "before": None, "after": "1200000"}],
        "definition": "d" * 64,
        "form": "f" * 64,
        "state": "5" * 64,
        "version": 7,
    }


def test_what_is_empty_is_left_out_and_a_refusal_says_why() -> None:
    event = an_event(
        type="access.denied",
        result=Result.DENIED,
        reason="権限がありません",
        actor=Actor(Channel.PAGE),
    )
    found = body(event, stream="sys:access")
    assert found["actor"] == {"channel": "page"}
    assert found["object"] == {"kind": "task", "id": "t1"}
    assert (found["result"], found["reason"]) == ("denied", "権限がありません")
    assert not found.keys() & {"request", "changes", "state", "version", "clock"}


def test_an_event_type_nobody_registered_is_refused() -> None:
    with pytest.raises(UnknownEventType, match="frobnicated"):
        body(an_event(type="task.frobnicated"))


def test_every_event_type_has_a_form_and_words_of_its_own() -> None:
    for name in EVENT_TYPES:
        thing, _, happened = name.partition(".")
        assert thing.replace("_", "").isalpha()
        assert happened.replace("_", "").isalpha()
        assert label(name) != name
    assert len(set(EVENT_TYPES.values())) == len(EVENT_TYPES)
    assert label("no.such") == "no.such"


def test_personal_values_leave_only_commitments_in_the_body() -> None:
    event = an_event(changes=(Change("name", "氏名", None, "架空 花子", personal=True),))
    found, private = body_of(event, stream="s", seq=1, prev=GENESIS, not_before=None)
    assert "花子" not in canonical(found).decode()
    assert found["changes"][0]["before"] is None
    (value,) = private
    assert found["changes"][0]["after"] == {"commitment": value.digest.hex()}
    assert value.value == '"架空 花子"'
    assert opens(value.digest, value.salt, value.value.encode())
    assert not opens(value.digest, value.salt, '"架空 太郎"'.encode())


def test_equal_personal_values_cannot_be_told_from_their_commitments() -> None:
    assert commit("x").digest != commit("x").digest


@pytest.mark.parametrize(
    "value", ["x", None, {"commitment": 1}, {"commitment": "zz"}, {"commitment": "00", "a": 1}]
)
def test_other_values_are_not_taken_for_commitments(value: object) -> None:
    assert reference(value) is None


def test_time_that_would_go_back_is_held_and_marked() -> None:
    later = NOW + timedelta(seconds=1)
    held = body(an_event(), not_before=later)
    assert (held["at"], held["clock"]) == (moment_text(later), "held")
    assert "clock" not in body(an_event(at=later), not_before=NOW)
    assert "clock" not in body(an_event(), not_before=NOW)


def test_moments_are_written_in_utc_at_one_length() -> None:
    tokyo = timezone(timedelta(hours=9))
    assert moment_text(datetime(2026, 4, 1, 8, 30, tzinfo=tokyo)) == (
        "2026-03-31T23:30:00.000000+00:00"
    )
    with pytest.raises(NotCanonical):
        moment_text(datetime(2026, 4, 1))  # noqa: DTZ001


class Colour(StrEnum):
    RED = "red"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (Decimal("1E+3"), "1000"),
        (Decimal("0.10"), "0.10"),
        (Decimal("-0.0000001"), "-0.0000001"),
        (date(2026, 4, 1), "2026-04-01"),
        (time(9, 30), "09:30:00"),
        (timedelta(days=3, hours=2), "P3DT2H"),
        (YearMonthDuration(14), "P1Y2M"),
        (Colour.RED, "red"),
        ("か\u3099", "が"),
        ((1, [None, True]), [1, [None, True]]),
        ({"a": {"b": Decimal(1)}}, {"a": {"b": "1"}}),
    ],
)
def test_values_are_written_plainly(value: object, written: object) -> None:
    assert plain(value) == written
    assert type(plain(value)) is type(written)


@pytest.mark.parametrize("value", [1.5, b"x", object(), {"a": 0.1}])
def test_values_without_a_plain_form_are_refused(value: object) -> None:
    with pytest.raises(NotCanonical):
        plain(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (timedelta(0), "P0D"),
        (timedelta(days=-1), "-P1D"),
        (timedelta(minutes=90), "PT1H30M"),
        (timedelta(seconds=0.5), "PT0.5S"),
        (timedelta(seconds=-61), "-PT1M1S"),
    ],
)
def test_durations_are_iso_8601(value: timedelta, text: str) -> None:
    assert duration_text(value) == text


@given(
    st.one_of(
        st.text(), st.decimals(allow_nan=False, allow_infinity=False), st.timedeltas(), st.dates()
    )
)
def test_whatever_people_type_has_a_canonical_text_or_is_refused_as_such(value: object) -> None:
    try:
        text = canonical(plain(value))
    except NotCanonical:
        assert isinstance(value, str)
        with pytest.raises(UnicodeEncodeError):
            value.encode()
    else:
        assert text
