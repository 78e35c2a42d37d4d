"""Texts of a pack in other languages: read strictly, shown to readers of that language only."""

import pytest

from dxflow import texts
from dxflow.services.packs import translations


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
        ("texts.fr.toml", '"決裁" = "Décision"', "texts-language"),
        ("texts.ja.toml", '"決裁" = "決裁"', "texts-language"),
    ],
)
def test_what_cannot_be_shown_is_named_with_its_file(name, text, code):
    _found, problems = translations.read_all({name: text})
    assert [(one.code, one.file) for one in problems] == [(code, name)]


def test_readers_see_a_packs_text_in_their_language(english):
    texts.learn("en", {"見本の作業": "Sample task"})
    assert texts.translated("見本の作業") == "Sample task"
    assert texts.translated("だれも訳していない文") == "だれも訳していない文"
    texts.language.set("ja")
    assert texts.translated("見本の作業") == "見本の作業"


def test_what_is_stored_is_japanese_whoever_acts(english):
    assert texts.mark("番号 {n}", n=3) == "番号 3"
