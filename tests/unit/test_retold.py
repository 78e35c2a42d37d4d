"""Sentences stored in Japanese with their values are read in English."""

from collections.abc import Iterator

import pytest

from dxflow import texts
from dxflow.calendars.retelling import retold

DIGEST = "11/16から11/22までの週報ができました。「全体状況」の「週報」で読めます。"


@pytest.fixture
def english() -> Iterator[None]:
    token = texts.language.set("en")
    yield
    texts.language.reset(token)


def test_a_japanese_reader_reads_it_as_it_was_stored():
    assert retold(DIGEST) == DIGEST


@pytest.mark.parametrize(
    ("stored", "read"),
    [
        (
            DIGEST,
            "The digest from 11/16 to 11/22 is ready. Read it under “Portfolio”, “Weekly digest”.",
        ),
        (
            "案件 R8-市民-0001 の「記入するところ」が、期限（令和8年12月3日）を過ぎても済んでいません。担当: 市民課。",
            "“What to fill in” of case R8-市民-0001 is past its due date (2026-12-03) and not done. With: 市民課.",
        ),
        ("専決。決裁区分「第四十九項」による。市民部長が決裁します（令和8年5月11日現在）。市民部長として決裁できます。",
         "In its own right. By authority row “第四十九項”. 市民部長 decides (as of 2026-05-11). You may decide as 市民部長."),
        ("案件 R8-市民-0001 に付いた条件の期日（令和8年6月5日）が近づいています。",
         "The condition of case R8-市民-0001 is due soon (2026-06-05)."),
        ("閉庁日カレンダーが変わりました。令和8年8月13日: 休み（変わった日 2 日）",
         "The office calendar has changed. 2026-08-13: 休み (days changed: 2)"),
        ("明日（令和9年4月1日）の人事異動「春の異動」は、このままでは適用されません: 穴があります",
         'As it stands, the personnel transfer "春の異動" of tomorrow (2027-04-01) will not be applied: 穴があります'),
        ("会議の予定: 湯の町の委員会 第3回（令和9年4月20日 10:00 本庁 第一会議室）。メニューの「会議」から見られます。",
         "会議の予定: 湯の町の委員会 No. 3 (2027-04-20 10:00 本庁 第一会議室). See Meetings in the menu."),
        ("会議の予定: 湯の町の委員会 第3回（令和元年5月1日まで・持ち回り）。メニューの「会議」から見られます。",
         "会議の予定: 湯の町の委員会 No. 3 (in writing until 2019-05-01). See Meetings in the menu."),
        ("下書きを保存しました。ログアウトしても残ります。", "The draft was saved. It stays when you log out."),
        ("だれかが{書いた}こと。", "だれかが{書いた}こと。"),
        ("", ""),
    ],
)  # fmt: skip
def test_an_english_reader_reads_the_sentence_and_its_values(english, stored, read):
    assert retold(stored) == read


def test_a_value_may_hold_what_a_sentence_holds(english):
    text = "を過ぎました。（{x}）が近づいています"
    said = retold(f"案件 A に付いた条件「{text}」の期日（令和8年6月5日）が近づいています。")
    assert text in said
    assert said.startswith("The condition")


def test_dates_in_the_words_of_people_stay_as_they_were_written(english):
    text = "令和8年4月1日までに直す"
    said = retold(f"案件 A に付いた条件「{text}」の期日（令和8年6月5日）が近づいています。")
    assert text in said
    assert "2026-06-05" in said


def test_a_day_that_there_is_not_stays_as_it_was_written(english):
    said = retold("案件 A に付いた条件「x」の期日（令和8年2月30日）が近づいています。")
    assert "令和8年2月30日" in said


MOVED = "人事異動により、令和9年4月1日から職が変わりました。"


def test_a_text_of_several_lines_is_told_line_by_line(english):
    text = f"{MOVED}\nこれまでの職: なし。\nこれからの職: 市民課長。"
    assert retold(text).split("\n") == [
        "By a personnel transfer your post has changed from 2027-04-01 on.",
        "Post until now: none.",
        "Post from now on: 市民課長.",
    ]


def test_lines_in_the_words_of_people_belong_to_their_sentence(english):
    text = f"まず調べる。\n{MOVED}"
    said = retold(f"案件 A に付いた条件「{text}」の期日（令和8年6月5日）が近づいています。")
    assert text in said
    assert said.startswith("The condition")
    assert retold(f"{MOVED}\n窓口で待つ") == f"{MOVED}\n窓口で待つ"
