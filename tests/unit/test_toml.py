"""What is wrong in a TOML file is said in the reader's language: what, where, how to mend it."""

import re
import tomllib
from pathlib import Path
from tomllib import _parser

import pytest

from dxflow import texts, toml
from dxflow.problems import Refused

#: What people mistype: the text, line and column of the mistake, and words of what is said.
MISTAKES = [
    ('name = "a"\n件名 = "b"\n', 2, 1, "項目でも表の見出しでもありません"),
    ('name "a"\n', 1, 6, "「=」がありません"),
    ("[start\nprocess = 'x'\n", 1, 7, "角括弧が閉じていません"),
    ("[[stages]\nkey = 'x'\n", 1, 9, "角括弧が閉じていません"),
    ('a = "x" b = "y"\n', 1, 9, "余分な文字"),
    ("a. = 1\n", 1, 4, "項目の名前が読めません"),
    ("a = はい\n", 1, 5, "値が読めません"),
    ("a = 2026-02-30\n", 1, 5, "暦にない日"),
    ('a = "x\nb = 1\n', 1, 7, "行の終わりまで閉じていません"),
    ('a = """x\nb = 1\n', 2, 6, "ファイルの終わりまで閉じていません"),
    ("a = [1, 2\nb = 3\n", 2, 1, "並びの角括弧"),
    ("a = {b = 1\n", 1, 11, "波括弧"),
    ("a = 1\na = 2\n", 2, 6, "同じ名前の項目"),
    ("a = {b = 1, b = 2}\n", 1, 18, "同じ名前の項目"),
    ("[a]\n[a]\n", 2, 3, "同じ名前の表"),
    ("[a]\nb = 1\n[[a]]\n", 3, 4, "同じ名前の項目"),
    ('a = "c:\\dir"\n', 1, 8, "「\\」の使い方"),
    ("a = 'x\x01'\n", 1, 7, "制御文字"),
]


@pytest.mark.parametrize(("text", "line", "column", "words"), MISTAKES)
def test_a_mistake_is_said_in_japanese_with_its_place(text, line, column, words):
    with pytest.raises(Refused) as refused:
        toml.parse(text, "pack.toml")
    (problem,) = refused.value.problems
    assert (problem.file, problem.line, problem.column) == ("pack.toml", line, column)
    assert f"{line}行目の{column}文字目" in problem.message
    assert words in problem.message
    assert problem.hint
    said = f"{problem.message} {problem.hint.split(' その行: ')[0]}"
    assert not re.search("[a-z]{4,}", re.sub("TOML|true|false", "", said))


def test_a_reader_of_english_reads_english():
    token = texts.language.set("en")
    try:
        with pytest.raises(Refused) as refused:
            toml.parse("a = はい\n")
        (problem,) = refused.value.problems
        assert "line 1, column 5" in problem.message
        assert not re.search("[ぁ-ん]", problem.message + problem.hint.replace("はい", ""))
        assert "a = はい" in problem.hint
    finally:
        texts.language.reset(token)


def test_every_sentence_of_the_parser_has_words():
    source = Path(_parser.__file__).read_text(encoding="utf-8")
    said = re.findall(r"suffixed_err\([^,]+,[^,]+,\s*f?([\"'])(.+?)\1\)", source)
    assert len(said) > 20
    unknown = [text for _quote, text in said if not text.startswith("Expected {")]
    general = toml._words("something else")
    assert [text for text in unknown if toml._words(text) == general] == []


def test_what_is_right_is_read():
    text = 'to = 2\n[map]\n"a/b" = "c/d"\n'
    assert toml.parse(text) == tomllib.loads(text)
