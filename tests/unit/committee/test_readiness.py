from dataclasses import replace
from datetime import date, timedelta

from dxflow.committee.readiness import (
    Finding,
    MatterFacts,
    MeetingFacts,
    findings,
    is_near,
    missing,
)

READY = MeetingFacts(
    place="第一会議室", distributed=True, members=7, needed=4,
    matters=(MatterFacts("R8-1 予約", taking_part=6, quorum=4, read=6),),
)  # fmt: skip


def words(facts: MeetingFacts) -> str:
    return "\n".join(one.text for one in findings(facts) if not one.ready)


def test_nothing_is_missing_when_everything_is_there():
    assert missing(findings(READY)) == 0


def test_each_thing_that_is_missing_is_named():
    assert "場所が決まって" in words(replace(READY, place=""))
    assert "議題がありません" in words(replace(READY, matters=()))
    assert "配付していません" in words(replace(READY, distributed=False))
    assert "議長を務められる" in words(replace(READY, chairs=0))
    assert "当日不在: 甲、乙" in words(replace(READY, members=5, away=("甲", "乙")))
    assert "5／6" in words(replace(READY, matters=(replace(READY.matters[0], read=5),)))
    unable = replace(READY.matters[0], taking_part=3, read=3)
    assert "必要4人" in words(replace(READY, matters=(unable,)))
    gone = replace(READY.matters[0], going=False)
    assert "議題から外して" in words(replace(READY, matters=(gone,)))


def test_the_list_names_what_is_ready_in_the_order_in_which_things_are_done():
    assert findings(READY) == [
        Finding(True, "場所", "第一会議室"),
        Finding(True, "議題", "1件"),
        Finding(True, "資料", "配付済み"),
        Finding(True, "資料の確認", "6／6 が確認済み（議題×席）"),
        Finding(True, "席", "席に就いている人7人、定足数4人。"),
    ]


def test_the_list_names_all_that_is_missing_and_who_is_not_there():
    unable = MatterFacts("R8-2 窓口", taking_part=3, quorum=4, read=0)
    gone = MatterFacts("R8-3 帳票", taking_part=6, quorum=4, read=0, going=False)
    bare = MeetingFacts(
        place="", distributed=False, members=5, needed=4, away=("甲", "乙"), vacant=("丙", "丁"),
        chairs=0, matters=(unable, gone),
    )  # fmt: skip
    assert findings(bare) == [
        Finding(False, "場所", "場所が決まっていません。"),
        Finding(True, "議題", "2件"),
        Finding(False, "資料", "まだ配付していません。"),
        Finding(False, "席", "席に就いている人5人、定足数4人。当日不在: 甲、乙。欠員: 丙、丁。"),
        Finding(False, "議長", "議長を務められる人がいません。"),
        Finding(False, "R8-2 窓口", "除斥のため定足数に届きません（必要4人）。"),
        Finding(
            False, "R8-3 帳票",
            "取下げ・終了・差戻しなどで、審議を待っていません。議題から外してください。",
        ),
    ]  # fmt: skip
    assert missing(findings(bare)) == 6
    empty = findings(replace(READY, matters=()))
    assert empty[1:3] == [
        Finding(False, "議題", "議題がありません。審議を待つ案件から選んでください。"),
        Finding(True, "資料", "配付済み"),
    ]
    assert "資料の確認" not in {one.what for one in empty}


def test_as_many_as_are_needed_are_enough():
    matter = replace(READY.matters[0], taking_part=4, read=4)
    just = replace(READY, members=5, away=("甲",), matters=(matter,))
    assert missing(findings(just)) == 0


def test_in_writing_no_place_and_no_presence_is_needed():
    assert missing(findings(replace(READY, place="", written=True, away=("甲",) * 5))) == 0


def test_in_writing_the_consent_of_enough_members_is_waited_for():
    asked = replace(READY, place="", written=True, agreed=3, consents_needed=4)
    assert words(asked) == "同意 3人（必要4人）"
    assert missing(findings(replace(asked, agreed=4))) == 0
    assert "同意" not in [one.what for one in findings(READY)]


def test_the_week_before_begins_seven_days_before():
    day = date(2026, 6, 10)
    assert is_near(day, day - timedelta(7))
    assert is_near(day, day)
    assert not is_near(day, day - timedelta(8))
    assert not is_near(day, day + timedelta(1))
