"""Scores, notes and entered ballots on pages and over REST."""

from tests.factories import City
from tests.sessions import drawn
from tests.walks import task_of, to_committee
from tests.web.api_client import Caller, application
from tests.web.conftest import text_of

GIVEN = {"score.effect": "5", "score.feasibility": "4", "score.cost": "1"}


def test_a_member_scores_and_sees_the_others_side_by_side(sqlite_city: City, browse) -> None:
    city = sqlite_city
    case, meeting, _matter = drawn(city, days=3)
    way = f"/cases/{case}/evaluation"
    member, chair = browse("it_head"), browse("cio")
    assert way in member.get(f"/meetings/{meeting}").text
    page = member.post(way, {"seat": "head-it", "score.effect": "9", "remark": "残す所見"})
    assert page.status_code == 422
    assert "1 から 5 の整数" in page.text
    assert "残す所見" in page.text
    assert member.post(way, {"seat": "cio", **GIVEN}).status_code == 403
    assert member.post(way, {"seat": "head-it", **GIVEN, "remark": "窓口"}).status_code == 303
    assert "評価を変える" not in member.get(way).text
    again = member.post(way, {"seat": "head-it", **GIVEN})
    assert again.status_code == 409
    assert "変えられません" in text_of(again)
    assert "窓口" not in chair.page(way).xpath("string(//table)")
    poor = {"score.effect": "1", "score.feasibility": "4", "score.cost": "1"}
    assert chair.post(way, {"seat": "cio", **poor}).status_code == 303
    said = text_of(chair.get(way))
    assert "「効果」で意見が分かれています" in said
    assert "評価がまだの席" in said
    assert "窓口" in text_of(chair.get(f"/meetings/{meeting}"))
    assert "窓口" not in text_of(browse("secretariat").get(f"/meetings/{meeting}"))
    assert "窓口" in text_of(chair.get(f"/meetings/{meeting}/papers"))


def test_a_note_is_kept_and_shown_to_nobody_else(sqlite_city: City, browse) -> None:
    city = sqlite_city
    case = to_committee(city)
    member = browse("it_head")
    assert member.post(f"/cases/{case}/note", {"note": "ここは譲れない"}).status_code == 303
    assert "ここは譲れない" in member.get(f"/cases/{case}/evaluation").text
    too_long = member.post(f"/cases/{case}/note", {"note": "あ" * 10_001})
    assert too_long.status_code == 422
    assert "ああああ" in too_long.text
    for name in ("cio", "secretariat", "auditor", "applicant"):
        other = browse(name)
        for page in ("", "/evaluation", "/timeline", "/forms", "/print"):
            assert "ここは譲れない" not in other.get(f"/cases/{case}{page}").text
    assert "ここは譲れない" not in browse("auditor").get("/audit").text


def test_a_paper_ballot_is_entered_marked_and_refused_to_others(sqlite_city: City, browse) -> None:
    city = sqlite_city
    case = to_committee(city)
    task = task_of(city, "it_head", case, "verdict").id
    way = f"/tasks/{task}/entered-ballot"
    secretariat = browse("secretariat")
    assert way in secretariat.get(f"/cases/{case}").text
    assert way not in browse("cio").get(f"/cases/{case}").text
    assert browse("cio").get(way).status_code == 403
    assert "情報政策課長" in secretariat.get(way).text
    typed = {"_way": "paper", "_source": "", "reason": "紙の理由", "_outcome": "approve"}
    refused = secretariat.post(way, typed)
    assert refused.status_code == 422
    assert "紙の理由" in refused.text
    assert secretariat.post(way, typed | {"_source": "郵送"}).status_code == 303
    assert secretariat.post(way, typed | {"_source": "郵送"}).status_code == 409
    assert "紙票（郵送）" in text_of(browse("it_head").get(f"/cases/{case}"))
    assert "紙票" in text_of(browse("auditor").get(f"/audit?case={case}"))


def test_the_same_over_rest(sqlite_city: City) -> None:
    city = sqlite_city
    case = to_committee(city)
    app = application(city)
    member, chair = Caller.of(app, "it_head"), Caller.of(app, "cio")
    way = f"/cases/{case}/evaluation"
    scores = {"effect": 5, "feasibility": 4, "cost": 3}
    wrong = {"seat": "head-it", "scores": {"effect": 9}}
    assert member.send("POST", way, json=wrong).status_code == 422
    given = {"seat": "head-it", "scores": scores, "remark": "窓口"}
    answer = member.send("POST", way, json=given)
    assert answer.json["evaluation"]["total"] == "17.0"
    assert member.send("POST", way, json=given).status_code == 409
    unseen = chair.send("GET", way).json
    assert (unseen["verdicts_seen"], unseen["evaluation"]["scores_seen"]) == ("after_own", False)
    assert "窓口" not in str(unseen)
    assert Caller.of(app, "admin").send("GET", way).status_code == 404
    note = f"/cases/{case}/note"
    assert member.send("POST", note, json={"text": "秘密"}).json == {"text": "秘密"}
    assert chair.send("GET", note).json == {"text": ""}
    task = task_of(city, "tax_head", case, "verdict").id
    ballot = {
        "way": "paper", "source": "郵送", "values": {"reason": "紙"}, "outcome": "approve",
    }  # fmt: skip
    enter = f"/tasks/{task}/entered-ballot"
    assert chair.send("POST", enter, json=ballot).status_code == 403
    secretariat = Caller.of(app, "secretariat")
    assert secretariat.send("POST", enter, json=ballot | {"way": "proxy"}).status_code == 409
    assert secretariat.send("POST", enter, json=ballot).status_code == 200
    assert secretariat.send("POST", enter, json=ballot).status_code == 409


def test_an_administrator_gives_a_person_a_seat(sqlite_city: City, browse) -> None:
    admin = browse("admin")
    given = {"body": "dx_committee", "username": "finance", "title": "学識経験者"}
    wrong = admin.post("/meetings/bodies/seats", given | {"until": "2020-01-01"})
    assert wrong.status_code == 422
    assert 'value="学識経験者"' in wrong.text
    made = admin.post("/meetings/bodies/seats", given | {"until": "2027-04-01"})
    assert made.status_code == 303
    assert "学識経験者" in admin.get("/meetings/bodies").text
    assert "席を設ける" not in browse("cio").get("/meetings/bodies").text
    assert browse("cio").post("/meetings/bodies/seats", given).status_code == 403
    app = application(sqlite_city)
    way = "/bodies/dx_committee/seats"
    body = {"username": "security", "title": "情報の専門家", "until": "2027-04-01"}
    assert Caller.of(app, "cio").send("POST", way, json=body).status_code == 403
    answer = Caller.of(app, "admin").send("POST", way, json=body)
    assert answer.status_code == 200
    assert answer.json["seat"] == "dx_committee-2"
    assert Caller.of(app, "admin").send("POST", way, json=body).status_code == 409
