"""A text made for a reader of English still knows what is stored of it."""

import copy
from collections.abc import Iterator
from datetime import date

import pytest

from dxflow import texts
from dxflow.calendars.wareki import wareki_date
from dxflow.engine import StepFailed
from dxflow.errors import Conflict
from dxflow.texts import gettext as _
from dxflow.texts import mark, source


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    token = texts.language.set("en")
    yield
    texts.language.reset(token)


def test_a_sentence_is_stored_in_japanese():
    assert _("案件を選んでください。") != "案件を選んでください。"
    assert source(_("案件を選んでください。")) == "案件を選んでください。"
    assert source("だれかの言葉") == "だれかの言葉"


def test_so_are_the_texts_and_dates_within_it():
    said = _("{name} さん", name=_("システム"))
    assert source(said) == "システム さん"
    day = wareki_date(date(2026, 12, 3))
    assert day == "2026-12-03"
    assert mark("{date}から", date=day) == "令和8年12月3日から"


def test_a_copy_of_it_still_knows_it():
    said = _("案件を選んでください。")
    for copied in (copy.copy(said), copy.deepcopy([said])[0]):
        assert (copied, source(copied)) == (said, "案件を選んでください。")


def test_an_error_made_of_it_still_knows_it():
    assert source(Conflict(_("案件を選んでください。")).message) == "案件を選んでください。"
    failed = StepFailed("p", "e", _("システム"))
    assert "システム" in source(failed.message)
    assert "処理できませんでした" in source(failed.message)
