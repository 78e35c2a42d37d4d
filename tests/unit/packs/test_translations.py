"""Texts of a pack in other languages: read strictly, shown to readers of that language only."""

import copy
import json
import pickle
import re
from pathlib import Path

import pytest

from dxflow import texts
from dxflow.forms.formula import formula, in_words_of_reader
from dxflow.services.packs import own_words, translations


@pytest.fixture
def english():
    token = texts.language.set("en")
    yield
    texts.language.reset(token)


def test_a_file_gives_a_translation_for_each_text():
    found, problems = translations.read_all({"texts.en.toml": '"所属長の確認" = "Head\'s check"'})
    assert found == {"en": {"所属長の確認": "Head's check"}}
    assert problems == []


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("texts.en.toml", '"決裁" = 3', "texts-value"),
        ("texts.en.toml", '"決裁" = " "', "texts-value"),
        ("texts.en.toml", "決裁 Decision", "toml-broken"),
        ("texts.en.toml", """'="期間: " + span' = "Period" """, "texts-formula"),
        ("texts.en.toml", """'="期間: " + span' = '="Period: " +' """, "texts-formula"),
        ("texts.en.toml", """'="期間: " + span' = '="Period: " + month' """, "texts-formula"),
        ("texts.en.toml", """'="期間: " + span' = '="Period: " + told(span)' """, "texts-formula"),
        ("texts.fr.toml", '"決裁" = "Décision"', "texts-language"),
        ("texts.ja.toml", '"決裁" = "決裁"', "texts-language"),
    ],
)
def test_what_cannot_be_shown_is_named_with_its_file(name, text, code):
    _found, problems = translations.read_all({name: text})
    assert [(one.code, one.file) for one in problems] == [(code, name)]


def test_readers_see_a_packs_text_in_their_language(english):
    words = {"en": {"見本の作業": "Sample task"}}
    task = texts.PackText("見本の作業", words)
    assert texts.translated(task) == "Sample task"
    untold = texts.PackText("だれも訳していない文", words)
    assert texts.translated(untold) == "だれも訳していない文"
    texts.language.set("ja")
    assert texts.translated(task) == "見本の作業"


def test_the_words_of_a_pack_are_for_its_own_texts_only(english):
    ours, theirs = {"en": {"決裁": "Ruling"}}, {"en": {"決裁": "Sign-off"}}
    catalogue = texts.gettext("決裁")
    assert texts.translated(texts.PackText("決裁", ours)) == "Ruling"
    assert texts.translated(texts.PackText("決裁", theirs)) == "Sign-off"
    assert texts.translated(texts.PackText("決裁", {})) == catalogue
    assert texts.translated("決裁") == texts.gettext("決裁") == catalogue != "Ruling"


def test_a_packs_text_is_stored_and_copied_as_the_japanese_it_is(english):
    task = texts.PackText("決裁", {"en": {"決裁": "Ruling"}})
    assert type(texts.source(task)) is str
    assert texts.source(texts.translated(task)) == task == "決裁"
    for same in (copy.copy(task), copy.deepcopy(task), pickle.loads(pickle.dumps(task))):
        assert texts.translated(same) == "Ruling"


def test_a_formula_is_told_by_its_formula_in_the_language_of_the_reader(english):
    written = """'="期間: " + span' = '="Period: " + span + " to the end"' """
    found, problems = translations.read_all({"texts.en.toml": written})
    assert problems == []
    rule, scope = own_words.worded(formula('="期間: " + span'), found), {"span": "FY2026"}
    assert in_words_of_reader(rule).value(scope, {}) == "Period: FY2026 to the end"
    texts.language.set("ja")
    assert in_words_of_reader(rule).value(scope, {}) == "期間: FY2026"


def test_every_sentence_that_the_standard_forms_put_together_has_its_english():
    root = Path(__file__).parents[3]
    written = (root / "processes" / "standard" / "texts.en.toml").read_text(encoding="utf-8")
    found, problems = translations.read(written, "texts.en.toml")
    assert problems == []
    composed = [
        text
        for file in sorted((root / "forms" / "standard").glob("*.form"))
        for text in re.findall(r'"text": ("=.*")', file.read_text(encoding="utf-8"))
    ]
    assert len(composed) > 8
    assert [text for text in map(json.loads, composed) if text not in found] == []


def test_what_is_stored_is_japanese_whoever_acts(english):
    assert texts.mark("番号 {n}", n=3) == "番号 3"


def test_the_name_of_a_task_is_translated_and_what_it_is_about_is_not(english):
    words = {"en": {"回答案を書く": "Draft the answer", "決裁（全体）": "Decision (whole)"}}

    def said(name):
        return texts.translated(texts.PackText(name, words))

    assert said("回答案を書く（1　窓口（市民））") == "Draft the answer (1　窓口（市民）)"
    assert said("決裁（全体）") == "Decision (whole)"
    assert said("決裁（全体）（1　窓口）") == "Decision (whole) (1　窓口)"
    assert said("知らない作業（1　窓口）") == "知らない作業（1　窓口）"
    assert texts.source(said("回答案を書く（窓口）")) == "回答案を書く（窓口）"
