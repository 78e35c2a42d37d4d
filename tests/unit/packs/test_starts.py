"""What people may begin is written in the pack, and a start that lacks something is not published."""

import pytest

from dxflow.services.commands import COMMANDS
from dxflow.services.packs.check import check_files
from dxflow.services.packs.settings import read_settings
from dxflow.services.packs.settings.changes import setting_changes
from tests import doors

FIRST = """[[start]]
process = "proposal"
form = "idea"
title = "思いつきを出す"
who = ["staff"]
"""


def said(starts: str, **more: str) -> list[str]:
    """Return what keeps a pack with these starts from being published."""
    found = check_files(doors.files(starts) | more, COMMANDS).problems
    return [one.message for one in found if one.severity == "error"]


def offered(starts: str):
    return read_settings(doors.files(starts)["pack.toml"])[0].offered


def test_a_pack_with_several_starts_may_be_published():
    assert said(doors.STARTS) == []
    assert [(one.key, one.process, one.form) for one in offered(doors.STARTS)] == [
        ("thought", "proposal", "idea"),
        ("purchase", "purchase", "purchase"),
        ("purchase_now", "purchase", "purchase"),
    ]


def test_a_plain_start_is_open_to_whoever_has_a_section():
    (one,) = offered(doors.PLAIN)
    assert (one.key, one.process, one.form) == ("proposal", "proposal", "idea")
    assert one.is_open_to(frozenset())


def test_nobody_may_begin_where_nobody_is_named():
    (one,) = offered(FIRST.replace('who = ["staff"]\n', ""))
    assert not one.is_open_to({"role:admin", "role:secretariat", "staff"})


@pytest.mark.parametrize(
    ("left_out", "why"),
    [
        ('process = "proposal"\n', "start.1.process に文字列を書いてください。"),
        ('form = "idea"\n', "start.proposal.form に文字列を書いてください。"),
        ('title = "思いつきを出す"\n', "start.proposal.title に文字列を書いてください。"),
        (
            'who = ["staff"]\n',
            "start.proposal.who に、始められる人を書いてください"
            '（例: ["staff"]、["role:secretariat"]）。',
        ),
    ],
)
def test_a_start_that_lacks_something_is_refused_in_a_sentence(left_out, why):
    assert left_out in FIRST
    assert why in said(FIRST.replace(left_out, ""))


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('"proposal"', '"nowhere"', "始めるプロセス「nowhere」がありません。"),
        ('"idea"', '"nothing"', "最初の様式「nothing」がありません。"),
        ('"idea"', '"look"', "最初の様式「look」に件名の項目（title）がありません。"),
        ('["staff"]', "[]", "start.proposal.who に、始められる人を書いてください"
                            '（例: ["staff"]、["role:secretariat"]）。'),
        ('["staff"]', '["user:7"]', "始められる人「user:7」は、staff か、"
                                    "section:、head:、post:、role: で始まるグループで書いてください。"),
        ('["staff"]', '["role:"]', "始められる人「role:」は、staff か、"
                                   "section:、head:、post:、role: で始まるグループで書いてください。"),
        ('["staff"]', '"staff"', "start.proposal.who に文字列の並びを書いてください。"),
        ('who =', 'whom = 1\nwho =', "[start.proposal] に whom という項目はありません。"),
        ('who =', 'key = "purchase"\nwho =', "始め方の key「purchase」は、別のプロセスの ID です。"),
        ('who =', 'key = "a/b"\nwho =',
         "start.a/b.key は半角の英数字と _ - . で 64 文字以内にしてください。"),
        ('who = ["staff"]', 'who = ["staff"]\n[start.values]\noutcome = 1\ncase_id = "x"',
         "変数名「case_id」は使えません。"),
        ('who = ["staff"]', 'who = ["staff"]\n[start.outputs]\nsection = "values.title"',
         "変数名「section」は使えません。"),
        ('who = ["staff"]', 'who = ["staff"]\n[start.outputs]\nlead = "values.lead +"',
         "start.proposal.outputs.lead の式が読めません: "),
        ('who = ["staff"]', 'who = ["staff"]\n[start.outputs]\nlead = "lead"',
         "start.proposal.outputs.lead の式が使う変数「lead」はありません。"),
        ('who = ["staff"]', 'who = ["staff"]\n[start.outputs]\nlead = "secret(values.title)"',
         "start.proposal.outputs.leadの式が使う関数「secret」はありません。"),
        ('who = ["staff"]', 'who = ["staff"]\noutputs = ["lead"]',
         "start.proposal.outputs には、変数の名前と FEEL の式を並べてください。"),
    ],
)  # fmt: skip
def test_what_a_start_may_not_say_is_refused_in_a_sentence(old, new, why):
    assert any(one.startswith(why) for one in said(FIRST.replace(old, new)))


def test_two_starts_of_one_name_are_refused():
    assert said(FIRST + FIRST.replace("思いつき", "別の思いつき")) == [
        "始め方「proposal」が二つあります。"
    ]


def test_a_plain_start_has_no_people_of_its_own():
    assert "who は [[start]] と二重の角括弧で始めた表に書いてください。" in said(
        doors.PLAIN + 'who = ["role:cio"]\n'
    )


def test_a_process_that_only_its_timer_begins_is_nothing_for_people():
    timed = doors.PURCHASE.replace(
        '<bpmn:startEvent id="asked"/>',
        '<bpmn:startEvent id="asked"><bpmn:timerEventDefinition id="T1">'
        "<bpmn:timeCycle>R/2020-04-01/P1Y</bpmn:timeCycle>"
        "</bpmn:timerEventDefinition></bpmn:startEvent>",
    )
    assert "プロセス「purchase」に、人が始める開始イベントがありません。" in said(
        doors.STARTS, **{"purchase.bpmn": timed}
    )


def test_what_changes_about_the_starts_is_told():
    def told(before: str, after: str) -> list[str]:
        old, new = (read_settings(doors.files(one)["pack.toml"])[0] for one in (before, after))
        return [sentence for _element, sentence in setting_changes(old, new)]

    assert told(doors.STARTS, doors.STARTS) == []
    assert told(doors.STARTS, doors.STARTS.replace('"role:secretariat"', '"role:cio"')) == [
        "始め方「急ぎの購入の協議」の始められる人を role:secretariat から role:cio に変えました。"
    ]
    assert told(FIRST, doors.STARTS.replace('key = "thought"\n', "")) == [
        "始め方「購入の協議」を追加しました。",
        "始め方「急ぎの購入の協議」を追加しました。",
        "始め方「思いつきを出す」の説明を なし から 二分で書けます。 に変えました。",
    ]
    assert told(doors.PLAIN, doors.PLAIN.replace('"idea"', '"purchase"')) == [
        "パックの最初の様式を idea から purchase に変えました。"
    ]
