"""What changes from one version of a pack to another is told in words, and nothing is overlooked.

The changes are made to the files of the standard pack as an author would make them.
"""

import json

import pytest

from dxflow.services.packs import store
from dxflow.services.packs.comparison import Difference, _files
from tests.factories import ROOT

STANDARD = store.read_folder(ROOT / "processes" / "standard")


def told(name: str, before: str, after: str) -> list[str]:
    """Return the sentences of a change: all of one file, none without a change."""
    found = list(_files({**STANDARD, name: before}, {**STANDARD, name: after}))
    assert {one.place for one in found} <= {name}
    return [one.sentence for one in found]


def replaced(name: str, old: str, new: str) -> list[str]:
    assert STANDARD[name].count(old) >= 1, (name, old)
    return told(name, STANDARD[name], STANDARD[name].replace(old, new, 1))


def form(change) -> list[str]:
    """Return what is told when a change is made to the parsed idea form."""
    name = "forms/idea.form"
    raw = json.loads(STANDARD[name])
    change(raw)
    return told(name, STANDARD[name], json.dumps(raw, ensure_ascii=False))


def field(raw: dict, key: str) -> dict:
    return next(one for one in raw["components"] if one.get("key") == key)


def test_the_same_files_differ_in_nothing():
    assert list(_files(STANDARD, STANDARD)) == []


@pytest.mark.parametrize("name", [one for one in STANDARD if one.endswith((".form", ".dmn"))])
def test_what_is_only_written_otherwise_is_told_as_that(name):
    text = STANDARD[name]
    if name.endswith(".form"):
        again = json.dumps(json.loads(text), ensure_ascii=False, indent=7)
    else:
        again = text.replace("<decision ", "\n\n<!-- a remark -->\n<decision ", 1)
    assert told(name, text, again) == ["書き方だけを変えました。動きは変わりません。"]


def test_a_comment_in_the_settings_changes_nothing():
    assert told("pack.toml", STANDARD["pack.toml"], STANDARD["pack.toml"] + "\n# 注\n") == [
        "書き方だけを変えました。動きは変わりません。"
    ]


def test_a_field_is_renamed_made_optional_and_limited():
    def change(raw):
        title = field(raw, "title")
        title["label"] = "改善の題"
        title["validate"]["maxLength"] = 33
        del title["validate"]["required"]

    sentences = form(change)
    old = field(json.loads(STANDARD["forms/idea.form"]), "title")
    limit = old["validate"]["maxLength"]
    assert sentences == [
        f"項目「改善の題」の表示名を {old['label']} から 改善の題 に変えました。",
        "項目「改善の題」の必須を あり から なし に変えました。",
        f"項目「改善の題」の最多の文字数を {limit} から 33 に変えました。",
    ]


def test_fields_come_go_and_move():
    def add(raw):
        raw["components"].insert(
            0, {"type": "textfield", "id": "field_phone", "key": "phone", "label": "電話番号"}
        )

    assert form(add) == ["項目「電話番号」を追加しました。"]

    def remove(raw):
        raw["components"].remove(field(raw, "title"))

    label = field(json.loads(STANDARD["forms/idea.form"]), "title")["label"]
    assert f"項目「{label}」を削除しました。" in form(remove)

    def move(raw):
        title = field(raw, "title")
        raw["components"].remove(title)
        raw["components"].append(title)

    (sentence,) = form(move)
    assert sentence.startswith("項目の並びを変えました: ")
    assert sentence.endswith(label)


def test_a_hidden_condition_and_options_are_told():
    def change(raw):
        raw["components"].append(
            {
                "type": "select", "id": "field_way", "key": "way", "label": "方法",
                "values": [{"value": "a", "label": "紙"}, {"value": "b", "label": "電子"}],
            }
        )  # fmt: skip

    raw = json.loads(STANDARD["forms/idea.form"])
    change(raw)
    before = json.dumps(raw, ensure_ascii=False)
    way = field(raw, "way")
    way["conditional"] = {"hide": '=title = "x"'}
    way["values"] = [{"value": "a", "label": "書面"}, {"value": "c", "label": "窓口"}]
    assert told("forms/idea.form", before, json.dumps(raw, ensure_ascii=False)) == [
        '項目「方法」の隠す条件を なし から title = "x" に変えました。',
        "項目「方法」の選択肢「電子」を削除しました。",
        "項目「方法」の選択肢「窓口」を追加しました。",
        "項目「方法」の選択肢「紙」の名前を「書面」に変えました。",
    ]


def test_a_button_is_renamed_and_asks_for_a_field():
    name = "forms/head_approval.form"
    raw = json.loads(STANDARD[name])
    button = next(one for one in raw["components"] if one["type"] == "button")
    old = button["label"]
    button["label"] = "よろしい"
    assert told(name, STANDARD[name], json.dumps(raw, ensure_ascii=False)) == [
        f"ボタン「{old}」の名前を「よろしい」に変えました。"
    ]


def test_a_tables_policy_rows_and_cells_are_told_in_words():
    name = "route.dmn"
    assert replaced(name, 'hitPolicy="FIRST"', 'hitPolicy="UNIQUE"') == [
        "判定「道筋の判定」のヒットポリシーを FIRST から UNIQUE に変えました。"
    ]
    text = STANDARD[name]
    begin = text.index("<rule ")
    end = text.index("</rule>") + len("</rule>")
    (gone,) = told(name, text, text[:begin] + text[end:])
    assert gone.startswith("判定「道筋の判定」の 1 行目を削除しました: 個人情報を扱うかが true")
    (came,) = told(name, text[:begin] + text[end:], text)
    assert came == gone.replace("削除", "追加")
    row = text[begin:end]
    (changed,) = told(name, text, text.replace(row, row.replace("true", "false", 1)))
    assert "の 1 行目を変えました: 個人情報を扱うかが true" in changed
    assert " → 個人情報を扱うかが false" in changed
    after = text.index("</rule>", end) + len("</rule>")
    swapped = text[:begin] + text[end:after] + row + text[after:]
    assert told(name, text, swapped) == [
        "判定「道筋の判定」の行の順序を変えました。上の行が先に効きます。"
    ]


def test_a_row_without_conditions_reads_as_a_sentence():
    (changed,) = replaced("route.dmn", "<text>true</text>", "<text>-</text>")
    assert "個人情報を扱うかが trueなら 道筋 = " in changed
    assert " → どの場合も 道筋 = " in changed


def test_what_a_column_asks_is_told_beside_changed_rows():
    name = "route.dmn"
    text = STANDARD[name].replace("<text>cost</text>", "<text>cost * 2</text>", 1)
    sentences = told(name, STANDARD[name], text.replace('"FIRST"', '"UNIQUE"'))
    assert any("（cost）" in one and "（cost * 2）" in one for one in sentences)
    assert any("ヒットポリシー" in one for one in sentences)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('label = "提案と受付"', 'label = "受付"', "段階「提案と受付」の名前を「受付」に変えました。"),
        (
            "\"提案者\" = 'applicant'", "\"提案者\" = '\"role:x\"'",
            'レーン「提案者」の担い手を applicant から "role:x" に変えました。',
        ),
        (
            'title = "DX改善提案（標準）"', 'title = "改善"',
            "パックの題を DX改善提案（標準） から 改善 に変えました。",
        ),
    ],
)  # fmt: skip
def test_settings_are_told_by_what_they_settle(old, new, sentence):
    assert replaced("pack.toml", old, new) == [sentence]


def test_translations_are_told_text_by_text():
    name = "texts.en.toml"
    assert replaced(name, '"承認" = "Approve"', '"承認" = "OK"') == [
        "文「承認」の訳を Approve から OK に変えました。"
    ]
    assert replaced(name, '"承認" = "Approve"\n', "") == [
        "文「承認」の訳を Approve から なし に変えました。"
    ]
    assert told(name, STANDARD[name], STANDARD[name] + '"新しい文" = "New text"\n') == [
        "文「新しい文」の訳を なし から New text に変えました。"
    ]
    assert told(name, STANDARD[name], STANDARD[name] + "# note\n") == [
        "書き方だけを変えました。動きは変わりません。"
    ]


def test_bodies_rules_calendar_numbering_and_options_are_told():
    text = """
name = "p"
title = "題"
[start]
process = "p"
form = "f"
[bodies.board]
name = "委員会"
deadline_days = 10
[bodies.board.rules]
quorum = "half"
[calendar]
closed = ["12-29..01-03"]
[numbering]
pattern = "{year}-{serial:04}"
[rules]
grace_days = 0
[[options.ways]]
value = "a"
label = "紙"
"""
    changed = (
        text.replace("deadline_days = 10", "deadline_days = 5")
        .replace('"half"', '"two_thirds"')
        .replace("01-03", "01-04")
        .replace("{serial:04}", "{serial:05}")
        .replace("grace_days = 0", "grace_days = 2")
        .replace('label = "紙"', 'label = "書面"')
    )
    assert told("pack.toml", text, changed) == [
        "パックの番号の書式を {year}-{serial:04} から {year}-{serial:05} に変えました。",
        "会議体「委員会」の期限までの日数を 10 から 5 に変えました。",
        "会議体「委員会」の定足数を 1/2 から 2/3 に変えました。",
        "暦の毎年の閉庁日を 12-29..01-03 から 12-29..01-04 に変えました。",
        "決めごとの期限超過とするまでの日数を 0 から 2 に変えました。",
        "一覧「ways」の選択肢「紙」の名前を「書面」に変えました。",
    ]


def test_files_that_come_and_go_and_unreadable_ones_are_still_told():
    less = {name: text for name, text in STANDARD.items() if name != "route.dmn"}
    assert list(_files(STANDARD, less)) == [Difference("route.dmn", "", "ファイルを削除しました。")]
    assert told("route.dmn", "<broken", STANDARD["route.dmn"]) == ["ファイルの内容を変えました。"]


def test_roles_of_the_pack_come_go_and_are_called_otherwise():
    one, other = ('\n[roles]\nleader = "推進リーダー"\n', '\n[roles]\nleader = "推進員"\n')
    text = STANDARD["pack.toml"]
    assert any("推進リーダー" in line for line in told("pack.toml", text, text + one))
    (line,) = told("pack.toml", text + one, text + other)
    assert "推進リーダー" in line
    assert "推進員" in line
