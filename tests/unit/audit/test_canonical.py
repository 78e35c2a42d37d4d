import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dxflow.audit.canonical import NotCanonical, canonical, parse

TEXT = st.text(st.characters(exclude_categories=["Cs"])).map(
    lambda text: unicodedata.normalize("NFC", text)
)
KEYS = st.text(st.characters(max_codepoint=127), max_size=8)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**53) + 1, 2**53 - 1), TEXT),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=20,
)


@given(VALUES)
def test_canonical_text_is_compact_sorted_json(value: object) -> None:
    expected = json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    assert canonical(value) == expected.encode()


@given(VALUES)
def test_a_value_survives_its_canonical_text(value: object) -> None:
    assert parse(canonical(value)) == value


@given(st.dictionaries(KEYS, VALUES, min_size=2, max_size=6))
def test_the_order_in_which_keys_were_added_does_not_matter(value: dict) -> None:
    assert canonical(dict(reversed(value.items()))) == canonical(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ('\u20ac$\u000f\nA\'B"\\\\"/', b'"\xe2\x82\xac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"'),
        ("\b\t\n\f\r\x00\x1f\x7f", b'"\\b\\t\\n\\f\\r\\u0000\\u001f\x7f"'),
        ("\u2028</script>", b'"\xe2\x80\xa8</script>"'),
        ({"b": 1, "a": [None, True, False], "A": ""}, b'{"A":"","a":[null,true,false],"b":1}'),
    ],
)
def test_vectors_of_rfc_8785(value: object, text: bytes) -> None:
    assert canonical(value) == text


@pytest.mark.parametrize(
    "value",
    [
        1.5,
        float("nan"),
        2**53,
        -(2**53),
        b"x",
        (1, 2),
        {1},
        "か\u3099",
        "\ud800",
        {"キー": 1},
        {1: 1},
        {"a": [{"b": 0.1}]},
        {"\ud800": 1},
    ],
    ids=repr,
)
def test_what_has_no_one_spelling_is_refused(value: object) -> None:
    with pytest.raises(NotCanonical):
        canonical(value)


def test_subclasses_that_could_spell_differently_are_refused() -> None:
    class Shouting(str):
        __slots__ = ()

    with pytest.raises(NotCanonical):
        canonical([Shouting("x")])


def test_nesting_has_a_limit() -> None:
    deep: object = 1
    for _ in range(17):
        deep = [deep]
    canonical(deep)
    with pytest.raises(NotCanonical):
        canonical([deep])


@pytest.mark.parametrize(
    "text",
    [
        b'{"a": 1}',
        b'{"b":1,"a":1}',
        b'{"a":1,"a":1}',
        b'{"a":1.0}',
        b'{"a":1e3}',
        b'"\\u3042"',
        b'"\\/"',
        b"NaN",
        b'"\\ud800"',
        b'"\xff"',
        b"",
        b"[1",
        b"[" * 100_000,
        b"1" * 5000,
        b'\xef\xbb\xbf"a"',
        b'"a"\n',
    ],
    ids=lambda text: repr(text[:16]),
)
def test_any_other_spelling_is_refused_when_read(text: bytes) -> None:
    with pytest.raises(NotCanonical):
        parse(text)
