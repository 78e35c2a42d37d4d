"""A sub-body and the body above it: what the one approved comes before the other."""

import pytest
from sqlalchemy import select

from dxflow.db.audit import AuditEvent
from dxflow.db.case import Deliberation, Notice
from dxflow.db.meeting import MeetingMatter
from dxflow.services.administration import working
from dxflow.services.meetings import planning
from dxflow.services.meetings.planning import Plan
from dxflow.services.packs import store as packs
from tests.factories import ROOT, City
from tests.sessions import audited
from tests.walks import do, task_of, to_committee, vote

HQ = """
[bodies.dx_hq]
name = "DX推進本部"
chair_role = "committee-chair"
deputy_role = "committee-deputy"
member_role = "committee-member"

[calendar]
"""
CALL = """<bpmn:callActivity id="headquarters" name="本部の審議">
      <bpmn:extensionElements>
        <zeebe:calledElement processId="committee" propagateAllChildVariables="false" />
        <zeebe:ioMapping>
          <zeebe:input source='="dx_hq"' target="body" />
          <zeebe:input source="=lead" target="lead" />
          <zeebe:output source="=committee_result" target="committee_result" />
        </zeebe:ioMapping>
      </bpmn:extensionElements>
      <bpmn:incoming>flow_committee_gateway_decision</bpmn:incoming>
      <bpmn:outgoing>flow_headquarters_decision</bpmn:outgoing>
    </bpmn:callActivity>
    <bpmn:callActivity id="decision" """


def settle(city: City, referral: str) -> None:
    """Publish a pack in which a case goes from the committee to the headquarters above it."""
    files = dict(packs.read_folder(ROOT / "processes" / "standard"))
    proposal = files["proposal.bpmn"]
    for old, new in (
        ("<bpmn:flowNodeRef>committee</bpmn:flowNodeRef>",
         "<bpmn:flowNodeRef>committee</bpmn:flowNodeRef>\n"
         "        <bpmn:flowNodeRef>headquarters</bpmn:flowNodeRef>"),
        ('<bpmn:callActivity id="decision" ', CALL),
        ("<bpmn:incoming>flow_committee_gateway_decision</bpmn:incoming>\n"
         "      <bpmn:outgoing>flow_decision_decision_gateway",
         "<bpmn:incoming>flow_headquarters_decision</bpmn:incoming>\n"
         "      <bpmn:outgoing>flow_decision_decision_gateway"),
        ('sourceRef="committee_gateway" targetRef="decision"',
         'sourceRef="committee_gateway" targetRef="headquarters"'),
        ('<bpmn:sequenceFlow id="flow_opinions_committee"',
         '<bpmn:sequenceFlow id="flow_headquarters_decision" sourceRef="headquarters" '
         'targetRef="decision" />\n    <bpmn:sequenceFlow id="flow_opinions_committee"'),
    ):  # fmt: skip
        assert proposal.count(old) == 1, old
        proposal = proposal.replace(old, new)
    settings = files["pack.toml"]
    for old, new in (
        ("\n[calendar]\n", HQ),
        ('member_role = "committee-member"\n# 判断', 'member_role = "committee-member"\n'
         'parent = "dx_hq"\n# 判断'),
        ('referral = "secretariat"\n', f'referral = "{referral}"\n'),
    ):  # fmt: skip
        assert settings.count(old) == 1, old
        settings = settings.replace(old, new)
    packs.install(city.site, files | {"proposal.bpmn": proposal, "pack.toml": settings}, "system")


def approved_below(city: City, verdict: str = "approve") -> str:
    case = to_committee(city)
    vote(city, case, verdict)
    do(city, case, "cio", "conclude", verdict, reason="委員の意見は一致")
    working.make_worker(city.site).run_due()
    working.make_worker(city.site).run_due()
    return case


def said(city: City) -> list[str]:
    with city.site.database.read() as tx:
        found = select(Notice.message).where(Notice.message.contains("DX推進委員会で承認"))
        return list(tx.execute(found).scalars())


def on_agenda(city: City) -> list[str]:
    with city.site.database.read() as tx:
        return list(tx.execute(select(MeetingMatter.meeting_id)).scalars())


def hq_meeting(city: City, days: int) -> str:
    day = city.site.today().fromordinal(city.site.today().toordinal() + days)
    by = city.actor("secretariat")
    return planning.plan(city.site, by, "dx_hq", Plan(day, "10:00", "11:00", "本部会議室"))


def test_what_the_sub_body_approved_is_put_on_the_next_agenda_above(city):
    settle(city, "auto")
    later, sooner = hq_meeting(city, 40), hq_meeting(city, 20)
    case = approved_below(city)
    assert on_agenda(city) == [sooner]
    assert later != sooner
    (told,) = said(city)
    assert "DX推進本部 第2回の議題に入りました" in told
    with city.site.database.read() as tx:
        bodies = tx.execute(select(Deliberation.body).order_by(Deliberation.round)).scalars()
        assert list(bodies) == ["dx_committee", "dx_hq"]
        (event,) = tx.execute(
            select(AuditEvent.body).where(AuditEvent.type == "committee.referred")
        ).scalars()
    assert "DX推進委員会" in event
    assert task_of(city, "cio", case, "verdict")
    assert audited(city.site.database) == ()


@pytest.mark.parametrize("referral", ["secretariat", "auto"])
def test_the_secretariat_is_told_where_it_is_theirs_or_no_meeting_is_planned(city, referral):
    settle(city, referral)
    if referral == "secretariat":
        hq_meeting(city, 20)
    approved_below(city)
    assert on_agenda(city) == []
    (told,) = said(city)
    assert "DX推進本部の会議の議題に選んでください" in told


def test_a_first_round_is_referred_from_nowhere(city):
    settle(city, "auto")
    to_committee(city)
    working.make_worker(city.site).run_due()
    assert said(city) == []


def test_a_body_that_the_case_cannot_name_any_more_goes_on_with_its_open_round(city):
    files = dict(packs.read_folder(ROOT / "processes" / "standard"))
    once = 'source="=if chair = null then body else null" target="body"'
    drawn = files["committee.bpmn"].replace('source="=body" target="body"', once)
    assert drawn != files["committee.bpmn"]
    packs.install(city.site, files | {"committee.bpmn": drawn}, "system")
    case = to_committee(city)
    city.clock.advance(days=30)
    worker = working.make_worker(city.site)
    worker.run_due()
    worker.run_due()
    do(city, case, "cio", "reconvene", "extend", reason="もう一度募る")
    with city.site.database.read() as tx:
        rounds = tx.execute(
            select(Deliberation.body, Deliberation.round)
            .where(Deliberation.case_id == case)
            .order_by(Deliberation.round)
        ).all()
    assert [tuple(one) for one in rounds] == [("dx_committee", 1), ("dx_committee", 2)]
