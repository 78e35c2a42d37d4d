"""不在・代理・後閲・代決順位 on pages: entered, refused in words, done."""

from datetime import timedelta

import pytest
from lxml import html
from sqlalchemy import update

from dxflow.db.identity import Person
from tests.factories import City
from tests.web.conftest import text_of


def _week(city: City) -> dict[str, str]:
    today = city.site.today()
    return {"start": today.isoformat(), "last": (today + timedelta(4)).isoformat()}


def test_an_absence_sends_the_work_to_the_substitute_and_is_read_afterwards(sqlite_city, browse):
    sqlite_city.start()
    admin = browse("admin")
    assert (
        admin.post(
            "/admin/substitutes", {"post": "head-counter", "place-1": "staff-counter-2"}
        ).status_code
        == 303
    )
    assert "市民課 主事" in admin.get("/admin/substitutes").text

    head, colleague = browse("head"), browse("colleague")
    assert "市民課 主事（colleague）" in text_of(head.get("/standing"))
    assert (
        head.post("/standing/absences", _week(sqlite_city) | {"reason": "出張"}).status_code == 303
    )
    assert "不在中" in head.get("/standing").text
    inbox = colleague.get("/").text
    assert "市民課長の代決" in inbox
    assert "head さんの不在による代決" in colleague.get("/standing").text
    (task,) = sqlite_city.open_tasks("colleague")
    assert "市民課長の代決として行います" in colleague.get(f"/tasks/{task.id}").text
    sqlite_city.complete_id("colleague", task.id, "approve")

    case = colleague.get(f"/cases/{task.case_id}/forms").text
    assert "代決（head の代わり）・後閲待ち" in case
    told = colleague.get(f"/cases/{task.case_id}/timeline").text
    assert told.count("代決（head の代わり）・後閲待ち") == 1
    assert "目を通してください（後閲）" in head.get("/").text
    (way,) = head.page("/standing").xpath("//form[contains(@action, '/readings/')]/@action")
    assert browse("other").post(way, {}).status_code == 403
    assert head.post(way, {"remark": "了解"}).status_code == 303
    assert "目を通してください" not in head.get("/").text
    assert head.post(way, {}).status_code == 409
    assert "・後閲 R8" in colleague.get(f"/cases/{task.case_id}/forms").text


def test_whoever_has_no_substitute_is_told_before_they_go(sqlite_city, browse):
    assert "代わる人が決まっていません" in text_of(browse("head").get("/standing"))
    staff = text_of(browse("colleague").get("/standing"))
    assert "代わる人が決まっていません" not in staff
    assert "代決順位" not in staff
    assert "課のほかの人が行えます" in staff


def test_a_deputy_is_named_and_dismissed(sqlite_city, browse):
    sqlite_city.start()
    head, other = browse("head"), browse("other")
    assert (
        head.post("/standing/deputies", _week(sqlite_city) | {"deputy": "other"}).status_code == 303
    )
    assert "head さんから任される" in other.get("/standing").text
    assert "市民課長の代理" in other.get("/").text
    (way,) = other.page("/standing").xpath("//form[contains(@action, '/deputies/')]/@action")
    assert other.post(way, {}).status_code == 303
    assert "市民課長の代理" not in other.get("/").text


def test_a_username_in_capitals_is_nobodys_name(sqlite_city, browse):
    typed = _week(sqlite_city) | {"deputy": "OTHER"}
    assert browse("head").post("/standing/deputies", typed).status_code == 303


def test_a_deputy_of_another_section_is_found_by_a_part_of_the_name(sqlite_city, browse):
    head = browse("head")
    with sqlite_city.site.database.write() as tx:
        for key, name in (("other", "森 由紀"), ("finance", "森　さくら"), ("cio", "大森 和彦")):
            tx.execute(update(Person).where(Person.id == sqlite_city.person[key]).values(name=name))
    typed = _week(sqlite_city) | {"deputy": "森 さ", "reason": "出張"}
    answer = head.post("/standing/deputies", typed)
    assert answer.status_code == 422
    (field,) = html.fromstring(answer.text).xpath("//select[@name='deputy']")
    assert [one.text.strip() for one in field.xpath("option")] == ["森　さくら（財政課 主査）"]
    found = html.fromstring(head.post("/standing/deputies", typed | {"deputy": "森"}).text)
    assert len(found.xpath("//select[@name='deputy']/option")) == 3
    assert found.xpath("//input[@name='last' and @value]/@value")[-1] == typed["last"]
    chosen = typed | {"deputy": field.xpath("option/@value")[0]}
    assert head.post("/standing/deputies", chosen).status_code == 303
    assert "森 さくら さんに任せる" in text_of(head.get("/standing"))


@pytest.mark.parametrize(
    ("path", "typed", "said"),
    [
        ("absences", {"start": ""}, "始まりの日を入れてください"),
        ("absences", {"last": ""}, "終わりの日を入れてください"),
        ("absences", {"start": "2020-01-01"}, "今日以後"),
        ("absences", {"last": "いつか"}, "2026-04-01 の形"),
        ("deputies", {"deputy": "head"}, "自分を代理"),
        ("deputies", {"deputy": "だれか"}, "いません"),
        ("deputies", {"deputy": "other", "post": "mayor"}, "自分の職"),
        ("deputies", {"deputy": "other", "reason": "長" * 201}, "200 文字以内"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(sqlite_city, browse, path, typed, said):
    answer = browse("head").post(f"/standing/{path}", _week(sqlite_city) | typed)
    assert answer.status_code in (404, 422)
    assert said in text_of(answer)


def test_only_those_who_may_enter_absences_of_others(sqlite_city, browse):
    other = _week(sqlite_city) | {"username": "head"}
    assert browse("colleague").post("/standing/absences", other).status_code == 403
    assert browse("secretariat").post("/standing/absences", other).status_code == 303
    assert (
        browse("secretariat").post("/standing/absences", other | {"username": "nobody"}).status_code
        == 404
    )


def test_the_list_of_substitutes_is_for_administrators(browse):
    assert browse("head").get("/admin/substitutes").status_code == 403
    admin = browse("admin")
    assert admin.get("/admin/substitutes?post=head-tax").status_code == 200
    refused = admin.post("/admin/substitutes", {"post": "head-tax", "place-1": "nowhere"})
    assert refused.status_code == 422
    assert "nowhere" in text_of(refused)
