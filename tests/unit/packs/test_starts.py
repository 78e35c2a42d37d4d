"""What a pack says of the cases that begin by themselves, checked before it is published."""

import pytest

from dxflow.problems import Severity, errors_in
from dxflow.services.commands import COMMANDS
from dxflow.services.packs.check import check_files
from dxflow.services.packs.comparison import _files
from tests import yearly


def problems(**changed):
    return check_files(yearly.files(**changed), COMMANDS).problems


def test_a_pack_with_a_yearly_start_is_in_order():
    assert problems() == []


@pytest.mark.parametrize(
    ("starts", "said"),
    [
        ("", "だれの案件とするか"),
        (yearly.STARTS.replace("appointment", "nothing"), "タイマー開始イベントがありません"),
        (yearly.STARTS.replace("owner =", "person ="), "owner に文字列"),
        (yearly.STARTS.replace("owner =", "post ='x'\nowner ="), "post という項目はありません"),
        (yearly.STARTS.replace("'\"post:head-management\"'", "'boss'"), "変数「boss」はありません"),
        (yearly.STARTS.replace("'\"post:head-management\"'", "'1 + 1'"), "グループではありません"),
        (yearly.STARTS.replace("'\"post:head-management\"'", "'[1'"), "式が読めません"),
        (yearly.STARTS.replace("period_label(", "label("), "関数「label」はありません"),
        (yearly.STARTS + "[starts.appointment.values]\ncase_id = 1\n", "「case_id」は使えません"),
        (yearly.STARTS + "[starts.appointment.values]\nmany = [1]\n", "many には文字列、数"),
        (yearly.STARTS + "[starts.appointment]\n", "二つ"),
    ],
)  # fmt: skip
def test_what_cannot_begin_is_refused_with_a_way_out(starts, said):
    found = errors_in(problems(starts=starts))
    assert any(said in one.message for one in found), found


@pytest.mark.parametrize(
    ("timer", "said"),
    [
        ("=section", "タイマーが使う変数「section」はありません"),
        ('=duration("P1Y")', "期間は使えません"),
        ("=1 + 1", "日付・日時・期間のいずれでもありません"),
        ('="R/" + "P0D"', "正の期間"),
    ],
)
def test_a_timer_that_gives_no_time_is_refused(timer, said):
    (found,) = errors_in(problems(timer=f"<bpmn:timeCycle>{timer}</bpmn:timeCycle>"))
    assert said in found.message
    assert found.hint
    assert found.file == "pack.toml"


def test_a_time_that_is_over_is_a_warning():
    (found,) = problems(timer="<bpmn:timeDate>2020-04-01</bpmn:timeDate>")
    assert found.severity is Severity.WARNING
    assert "もう来ません" in found.message
    assert found.hint


def test_what_changed_of_a_start_is_told():
    before = yearly.files()
    after = yearly.files(starts=yearly.STARTS.replace("head-management", "head-it"))
    (told,) = _files(before, after)
    assert "決まった時期の開始「appointment」の担当" in told.sentence
    assert "post:head-it" in told.sentence
    (gone,) = _files(before, yearly.files(starts=""))
    assert "「appointment」を削除" in gone.sentence
