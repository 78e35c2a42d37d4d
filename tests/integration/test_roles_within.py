"""Work for whoever holds a role within one section: theirs alone, their successor's, else the head's."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from dxflow import texts
from dxflow.db.audit import AuditEvent
from dxflow.errors import NotAllowed, NotFound
from dxflow.services.acts import tasks
from dxflow.services.administration import groups
from dxflow.services.administration.units import post_page, tree
from dxflow.services.operations import case_sheet, reassigning, unattended
from dxflow.services.people import appointments, organisation
from dxflow.services.people.organisation import HoldingRow, Organisation, PostRow
from dxflow.services.reading import audit_log, inbox, my_cases
from tests import yearly
from tests.factories import BEGIN, City
from tests.integration.test_reorganised_transfers import apply
from tests.integration.test_timed_starts import begun, sound
from tests.integration.transfers import plan, rehearse, units, upload
from tests.statements import counted

JULY = datetime(2026, 6, 30, 15, tzinfo=UTC)
TIMER = "<bpmn:timeCycle>R/2020-07-01/P1Y</bpmn:timeCycle>"
OF_COUNTER = "role_in(&quot;leader&quot;, &quot;counter&quot;)"
ROLES = '\n[roles]\nleader = "推進リーダー"\n'
GROUP = "role-in:counter:leader"


def leader(city: City, person: str = "colleague", unit: str = "counter") -> None:
    """Let somebody be the leader of a section beside what they do."""
    with city.site.database.write() as tx:
        post = PostRow(f"leader-{unit}", "主幹", unit, "staff", BEGIN, roles=("leader",))
        held = HoldingRow(city.person[person], post.key, date(2026, 4, 1), concurrent=True)
        organisation.write(tx, Organisation(posts=(post,), holdings=(held,)), city.site)


def publish(city: City, group: str = OF_COUNTER, **changed: str) -> None:
    task = yearly.NOMINATE.replace("&quot;head:&quot; + section", group)
    files = {"timer": TIMER, "starts": yearly.STARTS + ROLES, "task": task} | changed
    yearly.publish(city, **files)


def begin(city: City, group: str = OF_COUNTER, **changed: str) -> str:
    """Let a case of 経営企画課 begin that asks the leader of 市民課."""
    publish(city, group, **changed)
    city.clock.moment = JULY
    city.run_jobs()
    return begun(city)[0].id


def having(city: City, element: str = "nominate") -> set[str]:
    return {
        name for name in city.person if any(t.element == element for t in city.open_tasks(name))
    }


def told(city: City, kind: str) -> list[str]:
    with city.site.database.read() as tx:
        found = tx.execute(select(AuditEvent.body).where(AuditEvent.type == kind))
        return [row.body for row in found]


def task_id(city: City, by: str) -> str:
    return next(one.id for one in city.open_tasks(by) if one.element == "nominate")


def test_the_leader_alone_has_it_and_a_colleague_neither_sees_nor_does_it(city):
    leader(city)
    case = begin(city)
    assert having(city) == {"colleague"}
    assert city.sees("colleague", case)
    for other in ("applicant", "head"):
        assert not city.sees(other, case)
        assert inbox.waiting(city.site, city.actor(other), "all").entries == []
        with pytest.raises(NotFound):
            city.form(other, task_id(city, "colleague"))
        with pytest.raises((NotAllowed, NotFound)):
            tasks.claim(city.site, city.actor(other), task_id(city, "colleague"))
    form = city.form("colleague", task_id(city, "colleague"))
    with pytest.raises((NotAllowed, NotFound)):
        city.complete_form("applicant", form, "submit", nominee="山田")
    assert told(city, "task.fell_to_head") == []
    city.complete("colleague", "nominate", "submit", nominee="山田")
    assert sound(city)


def test_where_nobody_holds_the_role_the_head_has_it_and_the_log_says_why(city):
    begin(city)
    assert having(city) == {"head"}
    (event,) = told(city, "task.fell_to_head")
    assert '["role-in:counter:leader"]' in event
    assert '["head:counter"]' in event
    told_in = {lang: history(city, lang) for lang in texts.LANGUAGES}
    assert told_in["ja"] == ("市民課の推進リーダー", "市民課長")
    assert told_in["en"] == ("推進リーダー of 市民課", "市民課長")
    assert unattended.unattended(city.site, city.actor("admin")).entries == []
    city.complete("head", "nominate", "submit", nominee="山田")
    (event,) = told(city, "task.completed")
    assert "市民課の推進リーダーがいないため、長として。" in event
    assert sound(city)


def test_it_is_never_left_to_nobody(city):
    appointments.end_post(city.site, city.actor("admin"), "head", "head-counter")
    begin(city)
    assert having(city) == {"civic_head"}


@pytest.mark.parametrize(
    "group",
    ["role_in(&quot;leader&quot;, &quot;nowhere&quot;)", "role_in(&quot;finance&quot;, section)"],
)
def test_a_section_that_is_not_there_or_a_role_it_never_had_goes_to_a_head(sqlite_city, group):
    begin(sqlite_city, group)
    assert having(sqlite_city) == {"mgmt_head"}


def test_whoever_is_named_later_has_it_and_the_head_no_more(city):
    begin(city)
    leader(city)
    assert having(city) == {"colleague"}
    appointments.end_post(city.site, city.actor("admin"), "colleague", "leader-counter")
    assert having(city) == {"head"}


def test_what_a_leader_has_taken_goes_back_when_they_leave(city):
    leader(city)
    begin(city)
    tasks.claim(city.site, city.actor("colleague"), task_id(city, "colleague"))
    appointments.end_post(city.site, city.actor("admin"), "colleague", "leader-counter")
    city.run_jobs()
    assert having(city) == {"head"}
    city.complete("head", "nominate", "submit", nominee="山田")
    assert sound(city)


def test_on_the_first_of_april_it_is_whoever_holds_the_role_that_day(city):
    leader(city)
    begin(city)
    made = plan(
        city, upload("colleague,退職,,", "other,兼務,主幹,市民課", "other,兼務,staff-counter-2,")
    )
    (change,) = [one for one in rehearse(city, made).changes if one.matter == "task"]
    assert (change.before, change.after) == (
        (city.person["colleague"],), (city.person["other"],)
    )  # fmt: skip
    apply(city, made)
    assert having(city) == {"other"}


def test_a_transfer_without_a_next_leader_leaves_it_to_the_head(city):
    leader(city)
    begin(city)
    made = plan(city, upload("colleague,退職,,", "other,異動,staff-counter-2,"))
    holes = {one.hole.key for one in rehearse(city, made).open}
    assert holes == {"leader-counter", "staff-tax"}  # the posts themselves, and no task
    (change,) = [one for one in rehearse(city, made).changes if one.matter == "task"]
    assert change.after == (city.person["head"],)


def history(city: City, lang: str) -> tuple[str, str]:
    """Return whom the log says a task was for and who has it, in a language."""
    token = texts.language.set(lang)
    try:
        filters = audit_log.Filters(type="task.fell_to_head")
        (line,) = audit_log.search(city.site, city.actor("auditor"), filters).entries
    finally:
        texts.language.reset(token)
    (change,) = line.entry.changes
    return change.before, change.after


MERGED = (
    units("counter,市民課,,,2027-04-01,tax", "tax,市民税務課,section,civic,,"),
    upload("head,退職,,"),
)  # fmt: skip


def test_the_work_of_a_merged_section_is_its_successors_leaders(city):
    begin(city)
    assert having(city) == {"head"}
    leader(city, "other", "tax")
    apply(city, plan(city, *MERGED))
    assert having(city) == {"other"}
    city.complete("other", "nominate", "submit", nominee="山田")
    assert sound(city)


def holder(city: City, case: str) -> str:
    (task,) = case_sheet.sheet(city.site, city.actor("admin"), case).tasks
    return task.holder


def test_pages_say_for_whom_it_waits_in_both_languages(city):
    case = begin(city)
    waiting = my_cases.mine(city.site, city.actor("mgmt_head")).entries
    assert "市民課の推進リーダーがいないため市民課長" in str(waiting)
    assert holder(city, case) == "市民課の推進リーダーがいないため市民課長"
    leader(city)
    assert holder(city, case) == "市民課の推進リーダー"
    token = texts.language.set("en")
    try:
        assert holder(city, case) == "推進リーダー of 市民課"
    finally:
        texts.language.reset(token)


def test_a_role_is_called_in_the_language_of_the_reader_by_the_words_of_its_pack(sqlite_city):
    city = sqlite_city
    files = yearly.files(timer=TIMER, starts=yearly.STARTS + ROLES)
    files["texts.en.toml"] += '\n"推進リーダー" = "promotion leader"\n'
    yearly.packs.install(city.site, files, "system")
    with city.site.database.read() as tx:
        names = organisation.directory(city.site, tx, city.site.today()).role_words
    assert names["leader"] == {"ja": "推進リーダー", "en": "promotion leader"}


def test_administrators_see_it_with_posts_and_units_and_give_it_to_a_role_within_a_section(city):
    leader(city)
    begin(city, "&quot;head:tax&quot;")
    admin = city.actor("admin")
    task = task_id(city, "tax_head")
    reassigning.reassign(city.site, admin, task, GROUP, "市民課で推薦するため")
    assert having(city) == {"colleague"}
    page = post_page.page(city.site, admin, "leader-counter", city.site.today())
    assert [one.id for one in page.tasks] == [task]
    lines = {one.key: one.tasks for one in tree.tree(city.site, admin, city.site.today()).lines}
    assert (lines["counter"], lines["tax"]) == (1, 0)


def test_the_page_of_groups_tells_lanes_with_a_role_within_a_section(sqlite_city):
    city = sqlite_city
    files = yearly.files(starts=yearly.STARTS + ROLES)
    lane = '"担当課" = \'"section:" + lead\''
    assert lane in files["pack.toml"]
    files["pack.toml"] = files["pack.toml"].replace(lane, '"担当課" = \'role_in("leader", lead)\'')
    yearly.packs.install(city.site, files, "system")
    lanes = groups.overview(city.site, city.actor("admin")).lanes
    assert {row.lane: row.varies for row in lanes}["担当課"] == "案件で決まる課の推進リーダー"
    choices = dict(post_page.known_roles(city.site, city.actor("admin")))
    assert choices["leader"] == "推進リーダー"


TWO = """
    <bpmn:userTask id="nominate" name="手を挙げる"><bpmn:extensionElements>
      <zeebe:formDefinition formId="nomination"/>
      <zeebe:assignmentDefinition candidateGroups="=&quot;section:counter&quot;"/>
      <zeebe:ioMapping><zeebe:output source="=doer()" target="who"/></zeebe:ioMapping>
    </bpmn:extensionElements></bpmn:userTask>
    <bpmn:exclusiveGateway id="led" default="f4"/>
    <bpmn:userTask id="own" name="応募する"><bpmn:extensionElements>
      <zeebe:formDefinition formId="nomination"/>
      <zeebe:assignmentDefinition candidateGroups="=who"/>
    </bpmn:extensionElements></bpmn:userTask>
    <bpmn:endEvent id="unled" name="推進リーダーなし"/>"""
TWO_FLOWS = """
    <bpmn:sequenceFlow id="f1" sourceRef="april" targetRef="nominate"/>
    <bpmn:sequenceFlow id="f2" sourceRef="nominate" targetRef="led"/>
    <bpmn:sequenceFlow id="f3" sourceRef="led" targetRef="own">
      <bpmn:conditionExpression>=is_held(role_in("leader", "counter"))</bpmn:conditionExpression>
    </bpmn:sequenceFlow>
    <bpmn:sequenceFlow id="f4" sourceRef="led" targetRef="unled"/>
    <bpmn:sequenceFlow id="f5" sourceRef="own" targetRef="done"/>"""


@pytest.mark.parametrize("led", [True, False])
def test_a_process_asks_whether_anybody_holds_the_role_and_whose_act_it_was(city, led):
    if led:
        leader(city)
    begin(city, task=TWO, flows=TWO_FLOWS)
    assert having(city) == {"applicant", "colleague", "head"}
    city.complete("applicant", "nominate", "submit", nominee="山田")
    assert having(city, "own") == ({"applicant"} if led else set())
    assert begun(city)[0].status == ("running" if led else "completed")


def test_it_costs_no_statement_more_than_work_of_a_section(sqlite_city):
    city, counts = sqlite_city, {}
    leader(city)
    begin(city)
    publish(city, "&quot;section:tax&quot;")
    city.clock.moment = datetime(2027, 6, 30, 15, tzinfo=UTC)
    city.run_jobs()
    for name in ("colleague", "other"):
        city.open_tasks(name)
        form = city.form(name, task_id(city, name))
        actor = city.actor(name)
        with counted(city.site.database) as listed:
            inbox.waiting(city.site, actor)
        with counted(city.site.database) as done:
            city.complete_form(name, form, "submit", nominee="山田")
        counts[name] = (listed.statements, done.statements)
    assert counts["colleague"] == counts["other"]
