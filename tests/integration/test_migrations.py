"""Running cases move to a corrected version of their pack: checked, in batches, and back."""

from datetime import date
from functools import partial
from typing import Any

import pytest
from sqlalchemy import func, select

from dxflow.audit import verify_database
from dxflow.db.audit import AuditEvent
from dxflow.db.case import Case
from dxflow.db.process import ProcessInstance, Timer, WorkItem, WorkItemGroup
from dxflow.errors import Conflict, Invalid, NotAllowed, NotFound
from dxflow.services.acts import pulling_back, tasks
from dxflow.services.keyed import Keyed
from dxflow.services.operations import (
    case_acts,
    migration_list,
    migration_plans,
    migration_preview,
    migrations,
    reassigning,
)
from dxflow.services.operations.migration_plans import Plan
from dxflow.services.packs import store as packs
from dxflow.services.reading import kpis
from tests.factories import ROOT, SHEET, City
from tests.integration.histories import broken
from tests.integration.test_concurrency import assert_whole, at_once
from tests.walks import do, to_kpi, to_opinions, to_sheet, to_triage

CHECK = """
    <bpmn:userTask id="figures_check" name="数字の確認">
      <bpmn:extensionElements>
        <zeebe:userTask />
        <zeebe:formDefinition formId="duty_check" />
        <zeebe:assignmentDefinition candidateGroups="role:secretariat" />
        <zeebe:taskSchedule dueDate="=at(add_business_days(today(), 5), 17)" />
      </bpmn:extensionElements>
      <bpmn:incoming>flow_kpi_measure_year_gateway</bpmn:incoming>
      <bpmn:outgoing>flow_figures_check_year_gateway</bpmn:outgoing>
    </bpmn:userTask>
    <bpmn:sequenceFlow id="flow_figures_check_year_gateway" sourceRef="figures_check" targetRef="year_gateway" />
  </bpmn:process>"""


def replaced(files: dict[str, str], name: str, *pairs: tuple[str, str]) -> dict[str, str]:
    text = files[name]
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new)
    return files | {name: text}


def corrected() -> dict[str, str]:
    """Return the pack with measuring corrected: other names and dates, and a step more."""
    files = packs.read_folder(ROOT / "processes" / "standard")
    flow = 'id="flow_kpi_measure_year_gateway" sourceRef="kpi_measure" targetRef='
    return replaced(
        files,
        "kpi.bpmn",
        ('id="kpi_measure" name="実績を入力"', 'id="kpi_measure" name="実績の報告"'),
        ("add_business_days(period_end(period), 10), 17)", "add_business_days(period_end(period), 15), 17)"),
        ("add_business_days(period_end(period), 8), 9)", "add_business_days(period_end(period), 12), 9)"),
        ("<bpmn:incoming>flow_kpi_measure_year_gateway</bpmn:incoming>", "<bpmn:incoming>flow_figures_check_year_gateway</bpmn:incoming>"),
        (flow + '"year_gateway"', flow + '"figures_check"'),
        ("</bpmn:process>", CHECK),
    )  # fmt: skip


def renamed() -> dict[str, str]:
    """Return the pack with another id for the triage."""
    files = packs.read_folder(ROOT / "processes" / "standard")
    pairs = ('id="triage"', 'Ref="triage"', ">triage<", 'bpmnElement="triage"')
    return replaced(
        files, "idea.bpmn", *((old, old.replace("triage", "reception")) for old in pairs)
    )


def plan(city: City, text: str) -> Plan:
    return migration_plans.read(city.site, city.actor("admin"), text)


def to_version(city: City, files: dict[str, str], mapping: str = "") -> Plan:
    row = packs.install(city.site, files, "system")
    return plan(city, f"to = {row.version}\n{mapping}")


def begin(city: City, one: Plan, *cases: str) -> str:
    return migrations.begin(city.site, city.actor("admin"), one, cases)


def outcomes(city: City, batch: str) -> dict[str, tuple[str, str]]:
    _batch, page = migration_list.one(city.site, city.actor("admin"), batch, per_page=200)
    return {row.case: (row.outcome, row.reason) for row in page.entries}


def instance(city: City, case: str) -> Any:
    with city.site.database.read() as tx:
        return tx.execute(
            select(ProcessInstance.__table__).where(ProcessInstance.case_id == case)
        ).one()


def rows(city: City, case: str) -> dict[str, Any]:
    """Return everything about a case's open work and timers that people and workers see."""
    with city.site.database.read() as tx:
        work = select(WorkItem.__table__).where(WorkItem.case_id == case, WorkItem.status == "open")
        items = [tuple(row) for row in tx.execute(work.order_by(WorkItem.id))]
        ids = [row[0] for row in items]
        groups = select(WorkItemGroup.__table__).where(WorkItemGroup.work_item_id.in_(ids))
        timers = select(Timer.element, Timer.due_at).where(Timer.case_id == case)
        return {
            "work": items,
            "groups": sorted(tuple(row) for row in tx.execute(groups)),
            "timers": sorted(tuple(row) for row in tx.execute(timers)),
            "state": instance(city, case).state,
        }


def events(city: City, case: str) -> list[str]:
    with city.site.database.read() as tx:
        return list(
            tx.execute(
                select(AuditEvent.type).where(AuditEvent.case_id == case).order_by(AuditEvent.seq)
            ).scalars()
        )


def measure(city: City, case: str, year: int) -> None:
    city.clock.at(date(year + 1, 4, 5))
    city.run_jobs()
    (row,) = [
        row for row in kpis.listed(city.site, city.actor("cio")).page.entries if row.case_id == case
    ]
    actuals = [{"measure": row.id, "value": "30"}]
    do(city, case, "applicant", "kpi_measure", "submit", actuals=actuals, comment="順調")


def test_a_case_measured_for_years_goes_on_in_the_corrected_process(city):
    case = to_kpi(city)
    measure(city, case, 2026)
    do(city, case, "secretariat", "kpi_review", "continue", reason="見込みどおり")
    city.clock.at(date(2028, 4, 5))
    city.run_jobs()
    before = rows(city, case)
    one = to_version(city, corrected())
    (seen,) = migration_preview.preview(city.site, city.actor("admin"), one)
    assert (seen.case, seen.version, seen.blockers) == (case, 1, ())
    assert seen.standing == ("実績を入力", "期日の2日前")
    said = "\n".join(seen.changes)
    assert "実績を入力: 名前 実績を入力 → 実績の報告" in said
    assert "期日" in said
    assert "期限の変更: 期日の2日前" in said
    assert rows(city, case) == before

    batch = begin(city, one)
    city.run_jobs()
    assert outcomes(city, batch) == {case: ("migrated", "")}
    (task,) = [task for task in city.open_tasks("applicant") if task.case_id == case]
    assert (task.id, task.name) == (before["work"][0][0], "実績の報告")
    assert instance(city, case).pack_digest == one.digest
    assert events(city, case)[-1] == "instance.migrated"
    assert_whole(city, case)

    measure(city, case, 2027)
    do(city, case, "secretariat", "figures_check", "checked", comment="確かめた")
    do(city, case, "secretariat", "kpi_closing", "continue", reason="もう一年")
    measure(city, case, 2028)
    assert [t.element for t in city.open_tasks("secretariat") if t.case_id == case] == [
        "figures_check"
    ]
    assert broken(city) == []


def test_what_would_be_past_at_once_is_said_of_each_case(city):
    case, other = to_kpi(city), to_triage(city)
    measure(city, case, 2026)
    do(city, case, "secretariat", "kpi_review", "continue", reason="見込みどおり")
    city.clock.at(date(2028, 4, 5))
    city.run_jobs()
    files = replaced(
        packs.read_folder(ROOT / "processes" / "standard"),
        "kpi.bpmn",
        ("add_business_days(period_end(period), 10), 17)", "add_business_days(period_end(period), 1), 17)"),
        ("add_business_days(period_end(period), 8), 9)", "add_business_days(period_end(period), 1), 9)"),
    )  # fmt: skip
    one = to_version(city, files)
    seen = {
        one.case: one.at_once
        for one in migration_preview.preview(city.site, city.actor("admin"), one)
    }
    assert seen[case] == (
        "期限「期日の2日前」は 令和10年4月3日 09:00 で、もう過ぎています。移すと、すぐに処理されます。",
        "「実績を入力」の期日は 令和10年4月3日 17:00 になり、移すとすぐに期限超過になります。",
    )
    assert seen[other] == ()
    begin(city, one, case)
    city.run_jobs()
    assert events(city, case)[-2:] == ["instance.migrated", "timer.fired"]


def test_a_batch_with_blocked_cases_and_back_again(city):
    first = [to_triage(city) for _number in range(12)]
    behind = [to_sheet(city) for _number in range(12)]
    before = [city.start().id for _number in range(6)]
    stopped, gone = first[0], first[1]
    case_acts.suspend(city.site, city.actor("admin"), stopped, "調べる")
    case_acts.cancel(city.site, city.actor("admin"), gone, "重複")
    old = {case: rows(city, case) for case in (*first, *behind, *before)}

    blind = to_version(city, renamed())
    seen = {
        one.case: one for one in migration_preview.preview(city.site, city.actor("admin"), blind)
    }
    assert set(seen) == {*first, *behind, *before} - {gone}
    assert {case for case, one in seen.items() if one.blockers} == set(first) - {gone}
    (why,) = seen[first[2]].blockers
    assert (why.process, why.element, why.name) == ("idea", "triage", "受付審査")
    assert "[map]" in why.sentence
    assert seen[first[2]].standing == ("受付審査",)

    batch = begin(city, blind, *first, *behind, *before)
    city.run_jobs()
    came = outcomes(city, batch)
    assert {case for case, (outcome, _why) in came.items() if outcome == "migrated"} == {
        *behind,
        *before,
    }
    assert "調べる" in came[stopped][1]
    assert "終わって" in came[gone][1]
    assert all(rows(city, case) == old[case] for case in first)

    mapped = plan(city, 'to = 2\n[map]\n"idea/triage" = "idea/reception"\n')
    case_acts.resume(city.site, city.actor("admin"), stopped)
    second = begin(city, mapped)
    city.run_jobs()
    assert {outcome for outcome, _why in outcomes(city, second).values()} == {"migrated"}
    waits = {t.case_id: t.element for t in city.open_tasks("secretariat")}
    assert {waits[case] for case in first if case != gone} == {"reception"}

    do(city, behind[0], "applicant", "project_sheet", "submit", **SHEET)
    assert migrations.revert(city.site, city.actor("admin"), batch) == 18
    city.run_jobs()
    after = outcomes(city, batch)
    assert after[behind[0]][0] == "kept"
    assert "移した後に" in after[behind[0]][1]
    for case in (*behind[1:], *before):
        assert after[case] == ("reverted", "")
        assert rows(city, case) == old[case]
        assert events(city, case)[-1] == "instance.reverted"
        assert_whole(city, case)
    do(city, before[0], "head", "head_approval", "approve")
    assert broken(city) == []


def test_what_is_done_at_the_same_moment_wins_or_is_told(city):
    cases = [city.start().id for _number in range(5)]
    mapped = to_version(city, renamed(), '[map]\n"idea/triage" = "idea/reception"\n')
    for case in cases:
        (task,) = [task for task in city.open_tasks("head") if task.case_id == case]
        form = city.form("head", task.id)
        batch = begin(city, mapped, case)
        done, _ran = at_once(partial(city.complete_form, "head", form, "approve"), city.run_jobs)
        assert isinstance(done, tasks.Completed | Conflict), done
        city.run_jobs()
        assert outcomes(city, batch)[case] == ("migrated", "")
        assert instance(city, case).pack_digest == mapped.digest
        assert_whole(city, case)


def test_whoever_holds_a_task_keeps_it_and_nobody_pulls_back_over_a_move(city):
    case = to_triage(city)
    (task,) = [task for task in city.open_tasks("secretariat") if task.case_id == case]
    tasks.claim(city.site, city.actor("secretariat"), task.id)
    given = to_triage(city)
    (other,) = [row.id for row in city.open_tasks("secretariat") if row.case_id == given]
    reassigning.reassign(city.site, city.actor("admin"), other, "section:management", "休暇")
    groups = rows(city, given)["groups"]
    one = to_version(city, renamed(), '[map]\n"idea/triage" = "idea/reception"\n')
    begin(city, one, case, given)
    city.run_jobs()
    assert rows(city, given)["groups"] == groups
    assert [row[:2] for row in groups] == [(other, "section:management")]
    (row,) = rows(city, case)["work"]
    assert row[0] == task.id
    assert city.person["secretariat"] in row
    with pytest.raises(Conflict):
        pulling_back.pull_back(city.site, city.actor("head"), case)
    do(city, case, "secretariat", "reception", "proceed", lead="counter", cost=3_000_000,
       sections_touched=2, personal_data=True, citizen_effect="large", importance=[])  # fmt: skip
    assert broken(city) == []


def test_in_parallel_opinions_and_stopped_before_its_turn(city):
    case, other = to_opinions(city), to_opinions(city)
    do(city, case, "security", "security_opinion", "agree", comment="問題なし", points=[])
    one = to_version(city, corrected())
    batch = begin(city, one, case)
    migrations.stop(city.site, city.actor("admin"), batch)
    city.run_jobs()
    assert outcomes(city, batch) == {case: ("stopped", "")}
    assert migrations.stop(city.site, city.actor("admin"), batch) == 0
    with pytest.raises(NotFound):
        migrations.stop(city.site, city.actor("admin"), "x")
    again = migrations.begin(city.site, city.actor("admin"), one, (case, other), at_once=True)
    assert {outcome for outcome, _why in outcomes(city, again).values()} == {"migrated"}
    do(city, case, "finance", "finance_opinion", "agree", comment="-", funding_outlook="planned")
    do(city, case, "tax_head", "related_opinion", "agree", comment="協力する", impact="some")
    assert broken(city) == []
    with city.site.database.read() as tx:
        assert verify_database(tx).findings == ()
        moved = select(func.count()).where(Case.pack_digest == one.digest)
        assert tx.execute(moved).scalar_one() == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("to = ", "TOML"), ("to = 2\nfrom = 1", "from"), ("to = 9", "1"), ("map = {}", "1"),
        ("to = true", "1"), ('to = 2\npack = "other"', "standard"), ("to = 2\nmap = 1", r"\[map\]"),
        ('to = 2\n[map]\n"triage" = "idea/reception"', "プロセス/要素"),
        ('to = 2\n[map]\n"idea/nothing" = "idea/reception"', "idea/nothing"),
        ('to = 2\n[map]\n"idea/triage" = "idea/nothing"', "版 2 にありません"),
        ('to = 2\n[map]\n"idea/triage" = "idea/route"', "版 2 にありません|種類"),
    ],
)  # fmt: skip
def test_a_plan_that_does_not_fit_is_refused_with_how_to_mend_it(sqlite_city, text, said):
    city = sqlite_city
    packs.install(city.site, renamed(), "system")
    with pytest.raises(Invalid, match=said):
        plan(city, text)


def test_two_requests_with_one_key_at_the_same_moment_begin_one_batch(city):
    to_triage(city)
    one = to_version(city, corrected())
    send = partial(migrations.begin, city.site, city.actor("admin"), one, keyed=Keyed("k", "r"))
    came = at_once(send, send, send)
    assert len(set(came)) == 1
    assert migration_list.listed(city.site, city.actor("admin")).total == 1
    other = partial(migrations.begin, city.site, city.actor("admin"), one, keyed=Keyed("k", "x"))
    with pytest.raises(Conflict):
        other()


def test_only_administrators_move_cases(sqlite_city):
    city = sqlite_city
    case = to_triage(city)
    one = to_version(city, corrected())
    for name in ("secretariat", "cio", "applicant", "auditor"):
        who = city.actor(name)
        for act in (
            partial(migration_preview.preview, city.site, who, one),
            partial(migrations.begin, city.site, who, one, (case,)),
            partial(migrations.stop, city.site, who, "x"),
            partial(migrations.revert, city.site, who, "x"),
            partial(migration_list.listed, city.site, who),
            partial(migration_list.one, city.site, who, "x"),
        ):
            with pytest.raises(NotAllowed):
                act()
    with pytest.raises(NotFound):
        migrations.revert(city.site, city.actor("admin"), "nothing")
    begin(city, one, case)
    city.run_jobs()
    with pytest.raises(Invalid, match="ありません"):
        begin(city, one)
