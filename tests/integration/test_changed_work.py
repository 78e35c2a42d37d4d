"""Whoever changes open work, the stage of a case, conditions or milestones past the program is found."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from dxflow.audit.events import Event, body_of
from dxflow.audit.findings import Finding, FindingKind
from dxflow.services.acts import duties, pulling_back, tasks
from dxflow.services.operations import reassigning
from dxflow.services.reading import case_view, verification
from tests.factories import City
from tests.integration.test_changed_records import after
from tests.integration.test_changed_rows import check
from tests.sessions import audited
from tests.walks import TRIAGE, circulate, do, task_of, to_decision, to_triage, whoever

CONDITIONS = [
    {"text": "個人情報の影響評価を行う", "due": "2026-12-28"},
    {"text": "窓口の案内を直す", "due": "2026-12-28"},
]
LATER = "'2030-01-01 00:00:00+00:00'"
OF_TASKS = {
    "somebody else has taken a task": (
        "UPDATE work_item SET assignee_id = (SELECT id FROM person WHERE username = 'cio')"
        " WHERE element = 'triage' AND status = 'open'",
        "作業「受付審査」の担当が「cio」になっていますが、記録では「secretariat」です"),
    "nobody has taken it": (
        "UPDATE work_item SET assignee_id = NULL WHERE element = 'triage' AND status = 'open'",
        "の担当が「なし」になっていますが、記録では「secretariat」です"),
    "it is due later": (
        f"UPDATE work_item SET due_at = {LATER} WHERE element = 'triage' AND status = 'open'",
        "の期日が「令和12年1月1日"),
    "it is never due": (
        "UPDATE work_item SET due_at = NULL WHERE element = 'triage' AND status = 'open'",
        "の期日が「なし」"),
    "a task that nobody had taken was taken": (
        "UPDATE work_item SET assignee_id = 'nobody' WHERE element <> 'triage' AND status = 'open'",
        "の担当が「nobody」になっていますが、記録では「なし」です"),
    "an open task is gone": (
        "DELETE FROM work_item WHERE element = 'triage' AND status = 'open'",
        "記録にある作業「受付審査」がありません"),
    "a task that was done is gone": (
        "DELETE FROM work_item WHERE element = 'project_sheet'", "記録にある作業「"),
    "a task that was done was called off": (
        "UPDATE work_item SET status = 'cancelled' WHERE element = 'project_sheet'",
        "の状態が「取消し」になっていますが、記録では「完了」です"),
    "the case stands elsewhere": (
        "UPDATE case_file SET stage = 'idea' WHERE stage = 'execution'",
        "の段階が「提案と受付」になっていますが、記録では「実施」です"),
    "a case that has just begun stands elsewhere": (
        "UPDATE case_file SET stage = 'execution' WHERE stage = 'idea'", "の段階が「実施」"),
}  # fmt: skip
OF_DUTIES = {
    "a condition reads otherwise": (
        "UPDATE duty SET text = '別の条件' WHERE status = 'met'",
        "の内容が「別の条件」になっていますが、記録では「個人情報の影響評価を行う」です"),
    "it is due later": (
        "UPDATE duty SET due_on = '2030-01-01' WHERE status = 'met'", "期日が「令和12年1月1日"),
    "another section owes it": (
        "UPDATE duty SET owner_group = 'section:counter' WHERE status = 'open'",
        "の負う課が「市民課」になっていますが、記録では「収納課」です"),
    "it was met": (
        "UPDATE duty SET status = 'met' WHERE status = 'open'",
        "条件「窓口の案内を直す」の状態が「履行済み」になっていますが、記録では「未履行」です"),
    "it was not met": (
        "UPDATE duty SET status = 'open' WHERE status = 'met'", "の状態が「未履行」"),
    "it is void": (
        "UPDATE duty SET status = 'void' WHERE status = 'open'", "条件「窓口の案内を直す」の状態"),
    "somebody else reported it": (
        "UPDATE duty SET met_by = 'nobody' WHERE status = 'met'", "の履行を報告した人が「nobody」"),
    "it was met by something else": (
        "UPDATE duty SET evidence = '何もしていない' WHERE status = 'met'", "の履行の内容が「何も"),
    "a condition is gone": (
        "DELETE FROM duty WHERE status = 'open'", "記録にある条件「窓口の案内を直す」がありません"),
    "a condition was added": (
        "INSERT INTO duty (id, case_id, kind, text, owner_group, status, imposed_at, evidence)"
        " SELECT 'added', case_id, kind, '足した条件', owner_group, 'open', imposed_at, '' FROM duty"
        " WHERE status = 'met'", "条件「足した条件」が、記録にありません"),
}  # fmt: skip
OF_MILESTONES = {
    "a milestone is called otherwise": (
        "UPDATE milestone SET name = '別の節目' WHERE position = 0",
        "の名前が「別の節目」になっていますが、記録では「業者の決定」です"),
    "it was due later": (
        "UPDATE milestone SET due_on = '2030-01-01' WHERE position = 0", "期日が「令和12年1月1日"),
    "it was reached": (
        "UPDATE milestone SET status = 'done' WHERE position = 0",
        "節目「業者の決定」の状態が「済み」になっていますが、記録では「進行中」です"),
    "one that nobody reported was reached": (
        "UPDATE milestone SET status = 'done' WHERE position = 1", "記録では「これから」です"),
    "a milestone is gone": (
        "DELETE FROM milestone WHERE position = 1", "記録にある節目「運用開始」がありません"),
    "a milestone was added": (
        "INSERT INTO milestone (id, case_id, position, name, status, note)"
        " SELECT 'added', case_id, 9, '足した節目', status, note FROM milestone WHERE position = 0",
        "節目「足した節目」が、記録にありません"),
}  # fmt: skip


def carried_out(city: City) -> str:
    """Bring a case with two conditions into its execution: one met, one handed over."""
    case = to_decision(city, "conditions", conditions=CONDITIONS)
    circulate(city, case)
    do(city, case, whoever(city, case, "decide"), "decide", "approve", reason="妥当")
    owed = {one.text: one.id for one in case_view.page(city.site, city.actor("cio"), case).duties}
    first, second = (owed[one["text"]] for one in CONDITIONS)
    duties.meet(city.site, city.actor("applicant"), first, "評価書を提出した")
    duties.hand_over(city.site, city.actor("secretariat"), second, "tax", "収納課が担う")
    return case


def reported(city: City) -> None:
    case = carried_out(city)
    form = city.form("applicant", task_of(city, "applicant", case, "execution_report").id)
    first = form.context.options["milestones"][0].value
    reports = [{"milestone": first, "status": "doing", "note": "業者を選んでいる"}]
    do(city, case, "applicant", "execution_report", "progress", progress="進む", reports=reports)


def claimed(city: City) -> str:
    """Have the secretariat take the triage of another case; return the task."""
    task = task_of(city, "secretariat", to_triage(city), "triage").id
    tasks.claim(city.site, city.actor("secretariat"), task)
    return task


def test_every_change_of_open_work_past_the_program_is_found(city: City) -> None:
    carried_out(city)
    claimed(city)
    city.start()
    check(city, OF_TASKS)


def test_every_change_of_a_condition_past_the_program_is_found(city: City) -> None:
    carried_out(city)
    check(city, OF_DUTIES)


def test_every_change_of_a_milestone_past_the_program_is_found(city: City) -> None:
    reported(city)
    check(city, OF_MILESTONES)


def test_the_finding_is_at_the_event_that_said_who_has_the_task(city: City) -> None:
    task = claimed(city)
    (found,) = tampered(city, f"UPDATE work_item SET assignee_id = NULL WHERE id = '{task}'")
    with city.site.database.read() as tx:
        kind = tx.execute(
            text("SELECT type FROM audit_event WHERE stream = :s AND seq = :q"),
            {"s": found.stream, "q": found.seq},
        ).scalar_one()
    assert (found.kind, kind) == (FindingKind.RECORD, "task.claimed")


def test_a_task_given_to_somebody_pulled_back_and_done_is_as_the_log_says(city: City) -> None:
    case = to_triage(city)
    task = task_of(city, "secretariat", case, "triage").id
    reassigning.reassign(city.site, city.actor("admin"), task, "user:secretariat", "急ぐため")
    wrong = f"UPDATE work_item SET assignee_id = NULL WHERE id = '{task}'"
    assert any("記録では「secretariat」です" in one.text for one in tampered(city, wrong))
    do(city, case, "secretariat", "triage", "proceed", **TRIAGE)
    pulling_back.pull_back(city.site, city.actor("secretariat"), case)
    assert audited(city.site.database) == ()
    assert any("記録では「secretariat」です" in one.text for one in tampered(city, wrong))


def test_what_entries_of_older_versions_do_not_say_is_not_judged(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as older:
        older.setattr("dxflow.audit.chain.body_of", without_facts)
        reported(city)
        task = claimed(city)
    city.clock.advance(seconds=1)
    assert audited(city.site.database) == ()
    for statement in (
        f"UPDATE work_item SET due_at = {LATER} WHERE status = 'open'",
        "UPDATE case_file SET stage = 'idea' WHERE stage = 'execution'",
    ):
        assert tampered(city, statement) == ()
    # but what they do say is
    for statement, word in (
        (f"UPDATE work_item SET assignee_id = NULL WHERE id = '{task}'", "の担当が"),
        ("UPDATE duty SET text = '別の条件'", "条件「別の条件」が、記録にありません"),
        ("UPDATE duty SET status = 'open' WHERE status = 'met'", "の状態が「未履行」"),
        ("UPDATE duty SET due_on = '2030-01-01' WHERE status = 'met'", "の期日が"),
        ("UPDATE milestone SET name = '別の節目' WHERE position = 0", "節目「別の節目」が"),
        ("UPDATE milestone SET status = 'done' WHERE position = 0", "の状態が「済み」"),
    ):
        assert any(word in one.text for one in tampered(city, statement)), statement
    # and acts of this version go on from there
    tasks.release(city.site, city.actor("secretariat"), task)
    city.clock.advance(days=1)
    assert audited(city.site.database) == ()


def test_a_task_that_an_older_version_opened_and_nobody_took_cannot_be_lost(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as older:
        older.setattr("dxflow.audit.chain.body_of", without_facts)
        carried_out(city)
        case = to_triage(city)
    auditor = city.actor("auditor")
    assert verification.verify(city.site, auditor).ok
    with city.site.database.write() as tx:
        for table, key in (("work_item_group", "work_item_id"), ("work_item", "id")):
            tx.execute(
                text(
                    f"DELETE FROM {table} WHERE {key} IN (SELECT id FROM work_item"
                    f" WHERE case_id = '{case}' AND status = 'open')"
                )
            )
    (found,) = verification.verify(city.site, auditor).findings
    assert "記録された案件の状態では待っている作業 1 件がありません" in found.text
    assert (found.kind, found.stream) == (FindingKind.STATE, f"case:{case}")
    assert found.case in found.text


def without_facts(event: Event, **place: Any) -> Any:
    """Write an event as versions did that had no facts in it."""
    return body_of(replace(event, facts={}), **place)


def tampered(city: City, statement: str) -> tuple[Finding, ...]:
    return after(city.site.database, statement).findings
