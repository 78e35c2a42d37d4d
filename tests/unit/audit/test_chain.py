import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dxflow.audit.canonical import canonical, parse
from dxflow.audit.chain import GENESIS, ChainCheck, Head, Link, Row, case_stream, leaf_hash, link
from dxflow.audit.findings import FindingKind as Kind
from tests.unit.audit.test_events import NOW, an_event


def a_chain(length: int = 5) -> list[Row]:
    head, rows = Head.start(case_stream("c1")), []
    for number in range(1, length + 1):
        made = link(head, an_event(at=NOW + timedelta(minutes=number), state=str(number) * 64))
        rows.append(row_of(made, number))
        head = made.head
    return rows


def row_of(made: Link, number: int) -> Row:
    return Row(
        number, made.head.stream, made.head.seq, made.prev, made.head.hash, made.index,
        made.body.encode(),
    )  # fmt: skip


def findings(rows: list[Row]) -> set[Kind]:
    check = ChainCheck("case:c1")
    for row in rows:
        check.step(row)
    return {finding.kind for finding in check.findings}


def test_the_leaf_hash_is_that_of_rfc_9162() -> None:
    assert leaf_hash(b"").hex() == (
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    )
    assert leaf_hash(b"x") == hashlib.sha256(b"\0x").digest()


def test_each_event_names_the_hash_of_the_one_before_inside_its_own() -> None:
    first, second = a_chain(2)
    assert first.prev == GENESIS
    assert parse(second.body)["prev"] == first.hash.hex()  # type: ignore[union-attr]
    assert second.hash == leaf_hash(second.body)


def test_a_clean_chain_has_no_findings_and_ends_in_its_last_state() -> None:
    check = ChainCheck("case:c1")
    for row in a_chain():
        assert check.step(row)
    assert check.findings == []
    assert (check.seq, check.state) == (5, "5" * 64)


def with_body(row: Row, **changes: object) -> Row:
    body = canonical(parse(row.body) | changes)
    return replace(row, body=body, hash=leaf_hash(body))


@pytest.mark.parametrize(
    ("change", "kinds"),
    [
        (lambda row: replace(row, body=row.body.replace(b"p1", b"p2")), {Kind.BODY, Kind.COLUMN}),
        (lambda row: replace(row, hash=bytes(32)), {Kind.BODY, Kind.LINK}),
        (lambda row: replace(row, hash=None), {Kind.BODY}),
        (lambda row: replace(row, prev=None), {Kind.LINK, Kind.COLUMN}),
        (lambda row: replace(row, seq=None), {Kind.ORDER, Kind.COLUMN}),
        (lambda row: replace(row, id=None), {Kind.ORDER}),
        (lambda row: replace(row, stream="case:c2"), {Kind.COLUMN}),
        (lambda row: replace(row, body=b"\xff"), {Kind.BODY, Kind.FORM}),
        (lambda row: replace(row, body=b"[]", hash=leaf_hash(b"[]")), {Kind.FORM, Kind.LINK}),
        (lambda row: with_body(row, type="case.viewed"), {Kind.COLUMN, Kind.LINK}),
        (lambda row: with_body(row, actor=None), {Kind.FORM, Kind.LINK}),
        (lambda row: with_body(row, prev="zz"), {Kind.FORM, Kind.LINK}),
        (lambda row: with_body(row, at="2020"), {Kind.ORDER, Kind.COLUMN, Kind.LINK}),
        (lambda row: with_body(row, at=7), {Kind.ORDER, Kind.COLUMN, Kind.LINK}),
    ],
)
def test_one_altered_row_is_found(change: Callable[[Row], Row], kinds: set[Kind]) -> None:
    rows = a_chain()
    rows[2] = change(rows[2])
    assert findings(rows) == kinds


@given(st.data())
def test_any_other_order_or_selection_of_rows_is_found(data: st.DataObject) -> None:
    rows = a_chain()
    chosen = data.draw(st.lists(st.sampled_from(range(5)), max_size=7))
    if chosen == list(range(len(chosen))):  # a prefix is seen only by its head
        assert findings([rows[index] for index in chosen]) == set()
    else:
        assert findings([rows[index] for index in chosen])


@given(st.integers(0, 4), st.data())
def test_any_byte_changed_in_a_body_is_found(number: int, data: st.DataObject) -> None:
    rows = a_chain()
    body = bytearray(rows[number].body)
    place = data.draw(st.integers(0, len(body) - 1))
    body[place] ^= data.draw(st.integers(1, 255))
    rows[number] = replace(rows[number], body=bytes(body))
    assert Kind.BODY in findings(rows)
