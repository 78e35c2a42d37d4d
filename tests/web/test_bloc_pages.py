"""一括審議 on pages: items put together, taken out, voted on and concluded with one form."""

from lxml import html

from dxflow.services.meetings import blocs
from tests.blocs import begun, statuses, vote, voting
from tests.factories import City
from tests.sessions import SEAT_OF
from tests.walks import MEMBERS, do, task_of
from tests.web.conftest import text_of

AYE = {"reason": "効果が見込める", "_outcome": "approve"}


def boxes(page, name: str) -> list[str]:
    return page.xpath(f"//input[@name='{name}']/@value")


def test_items_are_put_together_voted_on_and_concluded_by_one_form_each(sqlite_city, browse):
    city: City = sqlite_city
    meeting, _cases, matters = begun(city, 3)
    way, chair, member = f"/meetings/{meeting}", browse("cio"), browse("it_head")
    page = chair.page(way)
    assert boxes(page, "matter") == matters
    assert member.page(way).xpath("//form[contains(@action, '/blocs')]") == []
    (version,) = page.xpath("//form[contains(@action, '/blocs')]/input[@name='version']/@value")
    given = {"matter": matters, "version": version}
    assert member.post(f"{way}/blocs", given).status_code == 403
    assert chair.post(f"{way}/blocs", {"matter": matters[:1]}).status_code == 422
    assert chair.post(f"{way}/blocs", given).status_code == 303
    said = text_of(chair.get(way))
    assert "3件を一括審議にしました" in said
    assert "一括1: 議題1～3（3件）" in said
    assert "一括1: 議題1～3は、一括して審議します" in text_of(member.get(f"{way}/papers"))
    assert chair.post(f"{way}/blocs/1/open").status_code == 303
    assert "3件の表決を始めました" in text_of(chair.get(way))

    ballot = f"{way}/blocs/1/vote"
    assert ballot in member.page(way).xpath("//a/@href")
    form = member.page(ballot)
    assert boxes(form, "_matter") == matters
    (key,) = boxes(form, "_idempotency_key")
    sent = AYE | {"_matter": matters, "_idempotency_key": key}
    refused = member.post(ballot, sent | {"reason": ""})
    assert refused.status_code == 422
    assert "理由" in text_of(refused)
    assert member.post(ballot, sent | {"_matter": []}).status_code == 409
    assert member.post(ballot, sent).status_code == 303
    assert "3件に判断「承認」を出しました" in text_of(member.get(way))
    assert member.post(ballot, sent).status_code == 303  # a double click
    assert "3件は、すでに受け付けています" in text_of(member.get(way))
    gone = member.get(ballot)
    assert (gone.status_code, "判断を出す議題はありません" in text_of(gone)) == (409, True)
    for name in MEMBERS:
        if name != "it_head":
            vote(city, name, meeting)

    conclusion = f"{way}/blocs/1/conclude"
    assert conclusion in chair.page(way).xpath("//a/@href")
    page = chair.get(conclusion)
    assert "表決の結果は「承認」です" in text_of(page)
    assert "出された判断 6" not in text_of(page)
    assert member.get(conclusion).status_code == 409
    given = {"reason": "全員一致", "_outcome": "approve", "_matter": matters}
    assert chair.post(conclusion, given).status_code == 303
    assert "3件の結論「承認」を出しました" in text_of(chair.get(way))
    assert statuses(city, meeting) == ["resolved"] * 3
    secretariat = browse("secretariat")
    assert secretariat.post(f"{way}/close").status_code == 303
    assert secretariat.post(f"{way}/minutes/draft").status_code == 303
    assert "議題1～3を一括して審議し、表決" in text_of(secretariat.get(f"{way}/minutes"))


def test_what_was_left_out_is_said_with_the_reason(sqlite_city, browse):
    city: City = sqlite_city
    meeting, cases, matters = voting(city, 4)
    way, member = f"/meetings/{meeting}", browse("it_head")
    page = member.page(way)
    (separate,) = page.xpath(f"//form[contains(@action, '{matters[1]}/separate')]/@action")
    assert browse("auditor").page(way).xpath("//form[contains(@action, '/separate')]") == []
    assert browse("auditor").post(separate, {"reason": ""}).status_code == 403
    assert browse("tax_head").post(separate, {"reason": "別に審議したい"}).status_code == 303
    do(city, cases[3], "it_head", "verdict", "reject", reason="反対")
    assert member.post(f"{way}/blocs/1/vote", AYE | {"_matter": matters}).status_code == 303
    said = text_of(member.get(way))
    assert "2件に判断「承認」を出しました" in said
    assert "議題2には行っていません。この議題は「一括1」から分離されました" in said
    assert "議題4には行っていません。この議題には、すでに判断を出しています" in said


def test_conditions_are_set_on_all_items_of_a_bloc_alike(sqlite_city, browse):
    city: City = sqlite_city
    meeting, cases, matters = voting(city, 2)
    for name in MEMBERS:
        vote(city, name, meeting, "conditions", conditions_wanted="影響評価を")
    conclusion, chair = f"/meetings/{meeting}/blocs/1/conclude", browse("cio")
    row = {"_row": "add:conditions", "_matter": matters[1:], "reason": "条件を付ける"}
    again = chair.post(conclusion, row)
    assert again.status_code == 200
    assert 'name="conditions[0].text"' in again.text
    ticked = html.fromstring(again.text).xpath("//input[@name='_matter'][@checked]/@value")
    assert ticked == matters[1:]
    given = {
        "_matter": matters, "_outcome": "conditions", "reason": "条件を付ける",
        "conditions[0].text": "影響評価を行う", "conditions[0].due": "2026-12-25",
    }  # fmt: skip
    assert chair.post(conclusion, given).status_code == 303
    assert statuses(city, meeting) == ["resolved"] * 2
    for case in cases:
        assert "影響評価を行う" in text_of(browse("secretariat").get(f"/cases/{case}"))


def test_closing_a_bloc_asks_first_who_is_silent(sqlite_city, browse):
    city: City = sqlite_city
    meeting, _cases, _matters = voting(city, 2)
    for name in MEMBERS[1:]:
        vote(city, name, meeting)
    way, chair = f"/meetings/{meeting}", browse("cio")
    asked = chair.post(f"{way}/blocs/1/close")
    assert asked.status_code == 409
    assert "締め切る前に確かめてください" in text_of(asked)
    assert statuses(city, meeting) == ["voting", "voting"]
    confirmed = chair.post(f"{way}/blocs/1/close", {"without": SEAT_OF[MEMBERS[0]]})
    assert confirmed.status_code == 303
    assert "2件の表決を締め切りました" in text_of(chair.get(way))
    assert chair.post(f"{way}/blocs/1/close", {"without": ""}).status_code == 409


def test_a_page_that_is_out_of_date_keeps_what_was_ticked(sqlite_city, browse):
    city: City = sqlite_city
    meeting, _cases, matters = begun(city, 3)
    way, chair = f"/meetings/{meeting}", browse("cio")
    answer = chair.post(f"{way}/blocs", {"matter": matters[:2], "version": "1"})
    assert answer.status_code == 409
    assert "画面を開いたあとに" in text_of(answer)
    ticked = html.fromstring(answer.text).xpath("//input[@name='matter'][@checked]/@value")
    assert ticked == matters[:2]


def test_a_bloc_that_is_given_up_leaves_its_items_alone(sqlite_city, browse):
    city: City = sqlite_city
    meeting, _cases, matters = begun(city, 2)
    blocs.put_together(city.site, city.actor("cio"), meeting, matters)
    way, chair = f"/meetings/{meeting}", browse("cio")
    assert chair.page(way).xpath(f"//form[contains(@action, '{matters[0]}/open')]") == []
    assert chair.post(f"{way}/blocs/1/dissolve").status_code == 303
    assert chair.page(way).xpath(f"//form[contains(@action, '{matters[0]}/open')]")
    assert chair.post(f"{way}/blocs/1/open").status_code == 404


def test_the_page_of_one_vote_leads_to_the_bloc_it_belongs_to(sqlite_city, browse):
    city: City = sqlite_city
    _meeting, cases, matters = voting(city, 2)
    task = f"/tasks/{task_of(city, 'it_head', cases[0], 'verdict').id}"
    assert "一括審議（2件）の議題です" in text_of(browse("it_head").get(task))
    blocs.take_out(city.site, city.actor("cio"), matters[1])
    assert "一括審議" not in text_of(browse("it_head").get(task))


def test_the_log_says_with_which_bloc_a_case_was_decided_in_both_languages(sqlite_city, browse):
    city: City = sqlite_city
    _meeting, _cases, matters = voting(city, 2)
    blocs.take_out(city.site, city.actor("cio"), matters[1], "別に審議する")
    auditor, way = browse("auditor"), "/audit?type=committee.separated"
    said = text_of(auditor.get(way))
    assert "一括審議から分離" in said
    assert "一括1" in said
    assert "別に審議する" in said
    auditor.get("/language/en?next=/")
    english = text_of(auditor.get(way))
    assert "Taken out of a joint vote" in english
    assert "Joint vote 1" in english
