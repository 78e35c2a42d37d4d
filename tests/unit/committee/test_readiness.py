from dataclasses import replace
from datetime import date, timedelta

from dxflow.committee.readiness import MatterFacts, MeetingFacts, findings, is_near, missing

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


def test_in_writing_no_place_and_no_presence_is_needed():
    assert missing(findings(replace(READY, place="", written=True, away=("甲",) * 5))) == 0


def test_the_week_before_begins_seven_days_before():
    day = date(2026, 6, 10)
    assert is_near(day, day - timedelta(7))
    assert is_near(day, day)
    assert not is_near(day, day - timedelta(8))
    assert not is_near(day, day + timedelta(1))
