"""Sentences stored in Japanese with their values are read in English."""

from collections.abc import Iterator

import pytest

from dxflow import texts

DIGEST = "11/16から11/22までの週報ができました。「全体状況」の「週報」で読めます。"


@pytest.fixture
def english() -> Iterator[None]:
    token = texts.language.set("en")
    yield
    texts.language.reset(token)


def test_a_japanese_reader_reads_it_as_it_was_stored():
    assert texts.retold(DIGEST) == DIGEST


@pytest.mark.parametrize(
    ("stored", "read"),
    [
        (
            DIGEST,
            "The digest from 11/16 to 11/22 is ready. Read it under “Portfolio”, “Weekly digest”.",
        ),
        (
            "案件 R8-市民-0001 の「記入するところ」が、期限（令和8年12月3日）を過ぎても済んでいません。担当: 市民課。",
            "“What to fill in” of case R8-市民-0001 is past its due date (令和8年12月3日) and not done. With: 市民課.",
        ),
        ("案件 R8-市民-0001 に付いた条件の期日（令和8年6月5日）が近づいています。",
         "The condition of case R8-市民-0001 is due soon (令和8年6月5日)."),
        ("下書きを保存しました。ログアウトしても残ります。", "The draft was saved. It stays when you log out."),
        ("だれかが{書いた}こと。", "だれかが{書いた}こと。"),
        ("", ""),
    ],
)  # fmt: skip
def test_an_english_reader_reads_the_sentence_and_its_values(english, stored, read):
    assert texts.retold(stored) == read


def test_a_value_may_hold_what_a_sentence_holds(english):
    text = "を過ぎました。（{x}）が近づいています"
    said = texts.retold(f"案件 A に付いた条件「{text}」の期日（令和8年6月5日）が近づいています。")
    assert text in said
    assert said.startswith("The condition")
