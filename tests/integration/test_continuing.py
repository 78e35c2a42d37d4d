"""A case goes on from last year's: what differs, and what became of what was promised."""

from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

import orjson
import pytest
from sqlalchemy import select

from dxflow.audit import verify_database
from dxflow.db.audit import AuditEvent
from dxflow.db.case import Case
from dxflow.errors import Conflict, Invalid, NotAllowed, NotFound
from dxflow.services.acts import continuing
from dxflow.services.reading import case_view, previous
from tests import yearly
from tests.factories import City
from tests.integration.test_timed_starts import APRIL, begun
from tests.walks import to_execution, to_opinions, to_triage


def number(city: City, case: str) -> str:
    with city.site.database.read() as tx:
        return tx.execute(select(Case.number).where(Case.id == case)).scalar_one()


def name(city: City, case: str, other: str, before: str = "", by: str = "applicant") -> None:
    continuing.name(city.site, city.actor(by), case, other, before)


def two_years(city: City) -> tuple[str, str]:
    """Return last year's case, in execution, and this year's."""
    old = to_execution(city)
    city.clock.advance(days=365)
    new = to_opinions(
        city,
        {"title": "転入手続のオンライン予約（二年目）"},
        {"title": "転入手続のオンライン予約（二年目）", "cost_initial": Decimal(1000000)},
    )
    return old, new


def test_the_page_says_what_differs_and_what_became_of_last_years_promises(city):
    old, new = two_years(city)
    name(city, new, number(city, old))
    page = previous.page(city.site, city.actor("applicant"), new)
    assert (page.number, page.before.head.id) == (number(city, old), old)
    assert [one.name for one in page.before.milestones] == ["業者の決定", "運用開始"]
    sheet = next(one for one in page.forms if one.title == "個票")
    changed = {one.label: (one.before, one.after) for one in sheet.changes}
    assert changed["初期費用"] == ("3,000,000円", "1,000,000円")
    assert changed["取組の名前"][1] == "転入手続のオンライン予約（二年目）"
    analysis = next(one for one in page.forms if one.title == "業務の分析")
    assert (analysis.changes, analysis.only) == ((), "")
    assert {one.title for one in page.forms} == {"改善の提案", "個票", "業務の分析"}


def test_both_cases_lead_to_each_other(city):
    old, new = two_years(city)
    name(city, new, number(city, old))
    ways = {
        case: [
            (one.id, one.way) for one in case_view.page(city.site, city.actor("cio"), case).linked
        ]
        for case in (old, new)
    }
    assert ways == {old: [(new, "next")], new: [(old, "previous")]}


def test_naming_it_is_in_the_log_and_is_taken_back(city):
    old, new = two_years(city)
    first = number(city, old)
    name(city, new, first)
    with pytest.raises(Conflict, match="先に"):
        name(city, new, first)
    with pytest.raises(Conflict, match="変わりません"):
        name(city, new, first, before=first)
    name(city, new, "", before=first)
    assert previous.page(city.site, city.actor("applicant"), new).before is None
    with city.site.database.read() as tx:
        bodies = tx.execute(
            select(AuditEvent.body)
            .where(AuditEvent.type == "case.continued")
            .order_by(AuditEvent.id)
        ).scalars()
        told = [orjson.loads(body)["changes"][0] for body in bodies]
        assert [(one["before"], one["after"]) for one in told] == [(None, first), (first, None)]
        assert verify_database(tx).findings == ()


def test_another_case_in_the_row_than_in_the_log_is_found(city):
    old, new = two_years(city)
    name(city, new, number(city, old))
    with city.site.database.write() as tx:
        tx.execute(Case.__table__.update().where(Case.id == new).values(previous_id=None))
        tx.execute(Case.__table__.update().where(Case.id == old).values(previous_id=new))
    with city.site.database.read() as tx:
        texts = sorted(one.text for one in verify_database(tx).findings)
    first, second = number(city, old), number(city, new)
    told = "案件 {} の前年の案件の番号が「{}」になっていますが、記録では「{}」です。"
    assert texts == sorted([told.format(first, second, "なし"), told.format(second, "なし", first)])


def test_only_an_earlier_case_that_one_may_read_is_named(city):
    old, new = two_years(city)
    foreign = to_triage(city)
    with pytest.raises(Invalid, match="見つからない"):
        name(city, new, "R1-どこか-0001")
    for wrong in (new, foreign):
        with pytest.raises(Invalid, match="より前に"):
            name(city, new, number(city, wrong))
    with pytest.raises(NotFound):
        name(city, new, number(city, old), by="admin")
    with pytest.raises(NotAllowed):
        name(city, new, number(city, old), by="cio")
    for by in ("colleague", "secretariat"):
        before = previous.page(city.site, city.actor(by), new).number
        name(city, new, number(city, old) if not before else "", before=before, by=by)


def test_who_may_not_read_last_years_learns_only_that_there_is_one(city):
    old = to_triage(city)
    city.clock.advance(days=365)
    new = to_opinions(city)
    name(city, new, number(city, old))
    with city.site.database.write() as tx:
        tx.execute(Case.__table__.update().where(Case.id == old).values(restricted=True))
    page = previous.page(city.site, city.actor("finance"), new)
    assert (page.before, page.hidden, page.number, page.forms) == (None, True, "", ())


def test_a_case_that_begins_each_year_goes_on_from_the_one_before(city):
    yearly.publish(city)
    city.clock.moment = APRIL
    city.run_jobs()
    city.clock.moment = APRIL + timedelta(days=366)
    city.run_jobs()
    first, second = sorted(begun(city), key=lambda case: case.created_at)
    assert (first.previous_id, second.previous_id) == (None, first.id)
    page = previous.page(city.site, city.actor("mgmt_head"), second.id)
    assert page.number == first.number
    with city.site.database.read() as tx:
        assert verify_database(tx).findings == ()


CONTINUE = """
    <bpmn:userTask id="nominate" name="受付">
      <bpmn:extensionElements>
        <zeebe:formDefinition formId="nomination"/>
        <zeebe:assignmentDefinition candidateGroups="=&quot;head:&quot; + section"/>
        <zeebe:properties>
          <zeebe:property name="command:case.continue" value="={number: values.nominee}"/>
        </zeebe:properties>
      </bpmn:extensionElements>
    </bpmn:userTask>"""


def test_a_form_of_a_process_may_name_it(city):
    old = to_triage(city)
    yearly.publish(city, task=CONTINUE)
    city.clock.moment = APRIL
    city.run_jobs()
    with city.site.database.write() as tx:
        tx.execute(Case.__table__.update().where(Case.id == old).values(lead_unit="management"))
    with pytest.raises(Invalid):
        city.complete("mgmt_head", "nominate", "submit", nominee="R1-ない-0001")
    city.complete("mgmt_head", "nominate", "submit", nominee=number(city, old))
    assert begun(city)[0].previous_id == old


def test_a_process_that_names_it_learns_what_was_planned_and_how_it_stands(city):
    old = to_execution(city)
    promised = """
    <bpmn:serviceTask id="nominate" name="前年の案件につなぐ"><bpmn:extensionElements>
      <zeebe:taskDefinition type="case.continue"/>
      <zeebe:ioMapping>
        <zeebe:input source="=number" target="number"/>
        <zeebe:output source="=result.milestones" target="last"/>
      </zeebe:ioMapping></bpmn:extensionElements></bpmn:serviceTask>"""
    asked = CONTINUE.replace('id="nominate"', 'id="ask"').replace(
        """<zeebe:properties>
          <zeebe:property name="command:case.continue" value="={number: values.nominee}"/>
        </zeebe:properties>""",
        """<zeebe:ioMapping>
          <zeebe:output source="=values.nominee" target="number"/></zeebe:ioMapping>""",
    )
    told = asked.replace('id="ask"', 'id="tell"').replace(
        "<zeebe:ioMapping>",
        """<zeebe:properties><zeebe:property name="about"
          value="=string join(for one in last return one.name + one.status, &quot;、&quot;)"/>
        </zeebe:properties><zeebe:ioMapping>""",
    )
    flows = "".join(
        f"""<bpmn:sequenceFlow id="f{n}" sourceRef="{source}" targetRef="{target}"/>"""
        for n, (source, target) in enumerate(pairwise(["april", "ask", "nominate", "tell", "done"]))
    )
    yearly.publish(city, task=asked + promised + told, flows=flows)
    city.clock.moment = APRIL
    city.run_jobs()
    with city.site.database.write() as tx:
        tx.execute(Case.__table__.update().where(Case.id == old).values(lead_unit="management"))
    city.complete("mgmt_head", "ask", "submit", nominee=number(city, old))
    (task,) = [one for one in city.open_tasks("mgmt_head") if one.element == "tell"]
    assert task.name == "受付（業者の決定planned、運用開始planned）"


EACH_ITEM = """
    <bpmn:scriptTask id="first"><bpmn:extensionElements>
      <zeebe:script expression="=0" resultVariable="rounds"/></bpmn:extensionElements>
    </bpmn:scriptTask>
    <bpmn:userTask id="nominate" name="回答案">
      <bpmn:extensionElements>
        <zeebe:formDefinition formId="nomination"/>
        <zeebe:assignmentDefinition candidateGroups="=&quot;head:&quot; + section"/>
        <zeebe:properties>
          <zeebe:property name="act" value="draft"/>
          <zeebe:property name="about" value="=one"/>
        </zeebe:properties>
      </bpmn:extensionElements>
      <bpmn:multiInstanceLoopCharacteristics><bpmn:extensionElements>
        <zeebe:loopCharacteristics inputCollection="=[&quot;窓口&quot;, &quot;人材&quot;]" inputElement="one"/>
      </bpmn:extensionElements></bpmn:multiInstanceLoopCharacteristics>
    </bpmn:userTask>
    <bpmn:scriptTask id="next"><bpmn:extensionElements>
      <zeebe:script expression="=rounds + 1" resultVariable="rounds"/></bpmn:extensionElements>
    </bpmn:scriptTask>
    <bpmn:exclusiveGateway id="twice" default="f5"/>"""
EACH_ITEM_FLOWS = """
    <bpmn:sequenceFlow id="f1" sourceRef="april" targetRef="first"/>
    <bpmn:sequenceFlow id="f2" sourceRef="first" targetRef="nominate"/>
    <bpmn:sequenceFlow id="f3" sourceRef="nominate" targetRef="next"/>
    <bpmn:sequenceFlow id="f4" sourceRef="next" targetRef="twice"/>
    <bpmn:sequenceFlow id="f5" sourceRef="twice" targetRef="done"/>
    <bpmn:sequenceFlow id="f6" sourceRef="twice" targetRef="nominate">
      <bpmn:conditionExpression>=rounds &lt; 2</bpmn:conditionExpression></bpmn:sequenceFlow>"""


def items(city: City) -> dict[str, str]:
    """Return the open tasks of the head by what they are about."""
    return {one.name: one.id for one in city.open_tasks("mgmt_head") if one.element == "nominate"}


def answer(city: City, **nominees: str) -> None:
    for item, nominee in nominees.items():
        city.complete_id("mgmt_head", items(city)[f"回答案（{item}）"], "submit", nominee=nominee)


def test_each_of_many_drafts_begins_with_what_was_said_of_the_same_matter(city):
    yearly.publish(city, task=EACH_ITEM, flows=EACH_ITEM_FLOWS)
    city.clock.moment = APRIL
    city.run_jobs()
    assert set(items(city)) == {"回答案（窓口）", "回答案（人材）"}
    answer(city, 窓口="減らす")
    assert not city.form("mgmt_head", items(city)["回答案（人材）"]).values.get("nominee")
    answer(city, 人材="育てる")
    for item, said in {"窓口": "減らす", "人材": "育てる"}.items():
        form = city.form("mgmt_head", items(city)[f"回答案（{item}）"])
        assert form.values["nominee"] == said


def test_many_drafts_of_one_form_are_compared_matter_by_matter(city):
    yearly.publish(city, task=EACH_ITEM, flows=EACH_ITEM_FLOWS)
    city.clock.moment = APRIL
    city.run_jobs()
    answer(city, 窓口="減らす", 人材="育てる")
    city.clock.advance(days=1)
    answer(city, 窓口="半分にする", 人材="育てる")
    city.clock.moment = APRIL + timedelta(days=366)
    city.run_jobs()
    answer(city, 窓口="やめる")
    _first, second = sorted(begun(city), key=lambda case: case.created_at)
    page = previous.page(city.site, city.actor("mgmt_head"), second.id)
    changed = {one.title: [(c.before, c.after) for c in one.changes] for one in page.forms}
    assert changed == {"回答案（窓口）": [("半分にする", "やめる")], "回答案（人材）": []}
    assert {one.title: one.only for one in page.forms}["回答案（人材）"] == "before"
