"""A case goes on from last year's: what differs, and what became of what was promised."""

from datetime import timedelta
from decimal import Decimal

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
