"""What was sent back: its applicant and who writes it again are told by whom and why."""

import pytest

from dxflow import texts
from dxflow.calendars.retelling import retold
from dxflow.services.acts import passing_over, pulling_back
from dxflow.services.acts.act import lock
from dxflow.services.administration import working
from dxflow.services.mail import sending
from dxflow.services.meetings import agenda
from dxflow.services.packs import store as packs
from dxflow.services.reading import notices
from tests.factories import ANALYSIS, ROOT, SHEET, City
from tests.integration.test_decision_papers import Ticking
from tests.integration.test_sharing_drafts import share
from tests.smtp_sink import Sink, with_mail
from tests.walks import do, task_of, to_committee, to_decision, to_sheet, vote

COSTLY = {"cost_initial": 60_000_000}


def told(city: City, case: str) -> dict[str, list[str]]:
    """Return by person what notices about the case say of sending back, one for each entry."""
    city.run_jobs()
    found = {}
    for name in city.person:
        page = notices.for_actor(city.site, city.actor(name))
        said = [
            one.message
            for one in page.entries
            if one.case_id == case and "差し戻されました" in one.message
        ]
        if said:
            found[name] = said
    return found


def to_approval(city: City) -> str:
    case = to_sheet(city)
    do(city, case, "colleague", "project_sheet", "submit", **SHEET)
    do(city, case, "colleague", "bpr_analysis", "submit", **ANALYSIS)
    return case


def test_the_applicant_is_told_who_sent_the_idea_back_and_why_and_is_led_to_the_task(city):
    case = city.start().id
    city.clock.advance(minutes=1)
    do(city, case, "head", "head_approval", "send_back", reason="件数を書いてください。")
    said = "「所属長の確認」で市民課長 headさんから差し戻されました。理由: 件数を書いてください。"
    assert told(city, case) == {"applicant": [said]}
    (entry,) = [
        one
        for one in notices.for_actor(city.site, city.actor("applicant")).entries
        if one.case_id == case
    ]
    assert entry.task_id == task_of(city, "applicant", case, "revise_idea").id
    with_language = texts.language.set("en")
    try:
        (read,) = [
            retold(one.message)
            for one in notices.for_actor(city.site, city.actor("applicant")).entries
            if one.case_id == case
        ]
        assert (
            read
            == "Sent back by 市民課長 head at “Section head's check”. Reason: 件数を書いてください。"
        )
    finally:
        texts.language.reset(with_language)


def test_those_who_write_the_sheet_again_are_told_and_who_sent_it_back_is_not(city):
    case = to_approval(city)
    do(
        city,
        case,
        "head",
        "sheet_approval",
        "send_back",
        reason="費用を分けて書く",
        return_to="sheet",
    )
    found = told(city, case)
    assert {"applicant", "colleague"} <= set(found)
    assert "head" not in found
    assert all(len(said) == 1 for said in found.values())


def by_the_committee(city: City) -> tuple[str, str]:
    case = to_committee(city)
    vote(city, case, "return")
    assert told(city, case) == {}, "a ballot is no sending back"
    do(city, case, "cio", "conclude", "return_sheet", reason="費用を直す")
    return case, "cio"


def by_a_reviewer(city: City) -> tuple[str, str]:
    case = to_decision(city, sheet=COSTLY)
    do(city, case, "civic_head", "review", "send_back", comment="費用を直す")
    return case, "civic_head"


def by_who_does_not_agree(city: City) -> tuple[str, str]:
    case = to_decision(city, sheet=COSTLY)
    do(city, case, "civic_head", "review", "agree")
    do(city, case, "cio", "review", "agree")
    do(city, case, "finance", "agree_together", "object", comment="費用を直す")
    return case, "finance"


def by_the_decider(city: City) -> tuple[str, str]:
    case = to_decision(city)
    do(city, case, "civic_head", "decide", "send_back", reason="費用を直す")
    return case, "civic_head"


@pytest.mark.parametrize(
    "sent_back", [by_the_committee, by_a_reviewer, by_who_does_not_agree, by_the_decider]
)
def test_a_case_sent_back_on_its_way_up_is_told_once_to_each(city, sent_back):
    case, by = sent_back(city)
    found = told(city, case)
    assert by not in found
    for name in ("applicant", "colleague"):
        (said,) = found[name]
        assert said.endswith("理由: 費用を直す")


def test_what_is_written_for_the_first_time_or_handed_on_is_not_sent_back(city):
    case = to_committee(city)
    assert told(city, case) == {}


@pytest.mark.parametrize("way", ["co_draft", "pre_read"])
def test_a_draft_that_is_handed_round_before_it_is_judged_is_not_sent_back(city, way):
    case = share(city, way, "tax")
    if way == "pre_read":
        do(city, case, "tax_head", "pre_read", "read", comment="対象を絞れないか")
    assert told(city, case) == {}


def marked(city: City) -> dict[str, set[str]]:
    """Return by person which of their tasks the inbox marks as sent back."""
    found = {
        name: {task.element for task in city.open_tasks(name) if task.returned}
        for name in city.person
    }
    return {name: elements for name, elements in found.items() if elements}


def test_only_what_was_judged_and_came_back_is_marked_in_the_inbox(city):
    city.clock.__class__ = Ticking
    case = share(city, "co_draft", "tax")
    assert task_of(city, "other", case, "co_draft")
    assert marked(city) == {}, "handed round"
    do(city, case, "other", "co_draft", "written", **SHEET)
    do(city, case, "applicant", "project_sheet", "share", **SHEET)
    do(city, case, "applicant", "share", "pre_read", units=["tax"], message="")
    do(city, case, "tax_head", "pre_read", "read", comment="よい")
    assert task_of(city, "applicant", case, "project_sheet")
    assert marked(city) == {}, "read beforehand"
    do(city, case, "applicant", "project_sheet", "submit", **SHEET)
    do(city, case, "applicant", "bpr_analysis", "submit", **ANALYSIS)
    back = {"reason": "費用を分けて書く", "return_to": "sheet"}
    do(city, case, "head", "sheet_approval", "send_back", **back)
    assert {"applicant", "colleague"} <= marked(city).keys()
    assert set().union(*marked(city).values()) == {"project_sheet"}
    do(city, case, "applicant", "project_sheet", "share", **SHEET)
    pulling_back.pull_back(city.site, city.actor("applicant"), case)
    assert marked(city)["applicant"] == {"project_sheet"}


@pytest.mark.parametrize(("way", "reader"), [("co_draft", "other"), ("pre_read", "tax_head")])
def test_a_draft_that_nobody_answered_in_time_comes_back_unmarked(city, way, reader):
    city.clock.__class__ = Ticking
    case = share(city, way, "tax")
    assert task_of(city, reader, case, way)
    city.clock.advance(days=30)
    city.run_jobs()
    assert task_of(city, "applicant", case, "project_sheet")
    assert marked(city) == {}


def voted_straight_back(city: City) -> None:
    """Publish a pack in which nobody concludes: the votes themselves send a case back."""
    files = packs.read_folder(ROOT / "processes" / "standard")
    asked = '<bpmn:sequenceFlow id="flow_quorum_gateway_reconvene" name="いいえ"'
    never = '<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">=false<'
    back = "flow_quorum_gateway_back"
    for old, new in (
        ('default="flow_quorum_gateway_reconvene"', f'default="{back}"'),
        ("=quorum_met<", "=false<"),
        (
            f'{asked} sourceRef="quorum_gateway" targetRef="reconvene" />',
            f'{asked} sourceRef="quorum_gateway" targetRef="reconvene">{never}/bpmn:conditionExpression>'
            f'</bpmn:sequenceFlow><bpmn:sequenceFlow id="{back}" sourceRef="quorum_gateway"'
            ' targetRef="committee_returned" />',
        ),
        (
            'target="quorum_met" />',
            'target="quorum_met" />'
            """<zeebe:output source='="returned"' target="committee_result" />"""
            """<zeebe:output source='="sheet"' target="return_to" />""",
        ),
    ):
        assert old in files["committee.bpmn"], old
        files["committee.bpmn"] = files["committee.bpmn"].replace(old, new)
    packs.install(city.site, files, "system")


def test_votes_send_back_together_and_the_last_of_them_is_neither_named_nor_told(city):
    voted_straight_back(city)
    case = to_committee(city)
    vote(city, case, "return")
    said = "「委員の判断」の結果、差し戻されました。理由は案件のページで確かめてください。"
    assert told(city, case)["applicant"] == [said]


def deadline_passes(city: City, case: str) -> None:
    city.clock.advance(days=40)
    city.run_jobs()


def last_is_recused(city: City, case: str) -> None:
    with city.site.database.write() as tx:
        act = lock(city.site, tx, city.actor("secretariat"), case)
        assert passing_over.pass_over(act, "post:cio").tasks
        act.record("committee.recused")
        act.finish()


def vote_is_closed(city: City, case: str) -> None:
    with city.site.database.write() as tx:
        act = lock(city.site, tx, city.actor("secretariat"), case)
        act.record("committee.vote_closed")
        agenda.close_vote(act)


@pytest.mark.parametrize("ended", [deadline_passes, last_is_recused, vote_is_closed])
def test_a_vote_that_ends_without_its_last_ballot_sends_back_and_tells_all_the_same(city, ended):
    voted_straight_back(city)
    case = to_committee(city)
    vote(city, case, "return", but=("cio",))
    assert told(city, case) == {}
    city.clock.advance(minutes=1)
    ended(city, case)
    said = "「委員の判断」の結果、差し戻されました。理由は案件のページで確かめてください。"
    assert task_of(city, "colleague", case, "project_sheet").returned
    found = told(city, case)
    assert {"applicant", "colleague"} <= found.keys()
    assert all(messages == [said] for messages in found.values())


def approved_in_time_or_not_at_all(city: City) -> None:
    """Publish a pack in which the head's approval of an idea comes back when its day has passed."""
    files = packs.read_folder(ROOT / "processes" / "standard")
    text = files["idea.bpmn"]
    end = text.index("</bpmn:process>")
    files["idea.bpmn"] = (
        text[:end]
        + """<bpmn:boundaryEvent id="approval_late" attachedToRef="head_approval">
        <bpmn:timerEventDefinition id="approval_timer"><bpmn:timeDuration
        xsi:type="bpmn:tFormalExpression">P7D</bpmn:timeDuration></bpmn:timerEventDefinition>
        </bpmn:boundaryEvent><bpmn:sequenceFlow id="flow_late" sourceRef="approval_late"
        targetRef="revise_idea" />"""
        + text[end:]
    )
    packs.install(city.site, files, "system")


def test_a_judgement_that_nobody_gave_in_time_is_said_to_be_missing(city):
    approved_in_time_or_not_at_all(city)
    case = city.start().id
    deadline_passes(city, case)
    said = (
        "「所属長の確認」の期限までに判断がなかったため、差し戻されました。"
        "案件のページで確かめてください。"
    )
    assert told(city, case) == {"applicant": [said]}
    assert task_of(city, "applicant", case, "revise_idea").returned


def test_a_draft_that_was_handed_round_and_came_back_late_tells_nobody(city):
    case = share(city, "co_draft", "tax")
    deadline_passes(city, case)
    assert task_of(city, "applicant", case, "project_sheet")
    assert told(city, case) == {}


def test_a_sending_back_that_is_pulled_back_in_time_tells_nobody(city):
    case = city.start().id
    do(city, case, "head", "head_approval", "send_back", reason="件数を書いてください。")
    pulling_back.pull_back(city.site, city.actor("head"), case)
    assert told(city, case) == {}


def test_the_mail_says_who_and_why_and_leads_to_the_task(city):
    case = to_approval(city)
    city.clock.advance(minutes=1)
    with Sink() as sink:
        working.make_worker(city.site).run_due()
        with_mail(city, sink.port)
        back = {"reason": "費用を分けて書く", "return_to": "sheet"}
        do(city, case, "head", "sheet_approval", "send_back", **back)
        city.clock.advance(seconds=sending.SLOT)
        city.site.kept.clear()
        working.make_worker(city.site).run_due()
        said = [
            mail.text for mail in sink.to("applicant@city.example") if "差し戻され" in mail.text
        ]
        assert len(said) == 1
        assert "理由: 費用を分けて書く" in said[0]
        task = task_of(city, "applicant", case, "project_sheet").id
        assert f"https://dxflow.city.example/tasks/{task}" in said[0]
        assert not [mail for mail in sink.to("head@city.example") if "差し戻され" in mail.text]
