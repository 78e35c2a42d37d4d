"""Whoever changes state, amount, measures, stamps, tasks, people or posts past the program is found."""

from datetime import date

import pytest
from sqlalchemy import text

from dxflow import audit
from dxflow.audit import SystemStream
from dxflow.audit.findings import FindingKind
from dxflow.services.acts import pulling_back
from dxflow.services.administration import person_acts
from dxflow.services.administration.units import post_acts
from dxflow.services.administration.units.post_acts import PostText
from dxflow.services.people import events
from dxflow.services.reading import kpis, verification
from tests.factories import SHEET, City
from tests.integration.test_changed_records import after
from tests.sessions import audited
from tests.walks import circulate, do, to_decision, to_kpi, to_sheet, whoever

#: What the mayor decides, after the department head, the deputy mayor and finance.
COSTLY = {"cost_initial": 60_000_000}
#: What is done to a case, with words of the finding that tells of it.
OF_A_CASE = {
    "it has ended": ("UPDATE case_file SET status = 'completed'", "状態が「完了」"),
    "it was pulled back": ("UPDATE case_file SET status = 'recalled'", "状態が「引戻し中」"),
    "it costs less": ("UPDATE case_file SET amount = 1", "金額が「1」"),
    "it costs nothing": ("UPDATE case_file SET amount = NULL", "金額が「」"),
    "it is called otherwise": ("UPDATE case_file SET title = '別の件名'", "件名が「別の件名」"),
    "another section leads": ("UPDATE case_file SET lead_unit = 'tax'", "担当課が「tax」"),
    "it has another number": ("UPDATE case_file SET number = 'R8-0'", "番号が「R8-0」"),
    "more was measured": ("UPDATE actual SET value = '99'", "実績値（FY2026）が「99」"),
    "it was measured in another year": (
        "UPDATE actual SET period = 'FY2025' WHERE superseded_at IS NULL", "実績値（FY2025）"),
    "somebody else measured": ("UPDATE actual SET person_id = 'nobody'", "実績値"),
    "nothing was measured": ("DELETE FROM actual", "実績値が、ないか"),
    "a value was added": (
        "INSERT INTO actual (id, case_id, measure_id, period, value, note, person_id, at)"
        " SELECT 'added', case_id, measure_id, 'FY2025', value, note, person_id, at FROM actual"
        " WHERE superseded_at IS NULL", "実績値（FY2025）"),
    "the value before is in force": (
        "UPDATE actual SET superseded_at = CASE WHEN superseded_at IS NULL THEN at END", "実績値"),
    "the target was lower": (
        "UPDATE target SET value = '1' WHERE revision = 1", "指標か目標値"),
    "the target was revised otherwise": (
        "UPDATE target SET value = '1' WHERE revision > 1", "指標か目標値"),
    "the target was never revised": ("DELETE FROM target WHERE revision > 1", "指標か目標値"),
    "it began elsewhere": ("UPDATE measure SET baseline = '7'", "指標か目標値"),
    "something else is measured": ("UPDATE measure SET name = '別の指標'", "指標か目標値"),
    "less is better": ("UPDATE measure SET direction = 'decrease'", "指標か目標値"),
    "a measure is gone": ("DELETE FROM measure", "指標か目標値"),
    "somebody else stamped": (
        "UPDATE stamp SET person_id = 'nobody' WHERE at IS NOT NULL", "決裁欄"),
    "the stamp says no": (
        "UPDATE stamp SET outcome = 'object' WHERE part = 'agree'", "決裁欄"),
    "the decider has not stamped": (
        "UPDATE stamp SET outcome = 'reject' WHERE part = 'decide'", "決裁欄"),
    "a remark was put in": ("UPDATE stamp SET remark = '異議なし'", "決裁欄"),
    "a stamp is gone": (
        "UPDATE stamp SET at = NULL, person_id = NULL WHERE part = 'agree'", "記録にある印"),
    "somebody else did a task": (
        "UPDATE work_item SET ended_by = 'nobody' WHERE element = 'triage'", "作業「"),
    "a task ended otherwise": (
        "UPDATE work_item SET outcome = 'reject' WHERE element = 'triage'", "作業「"),
}  # fmt: skip
OF_PEOPLE = {
    "an account is open again": (
        "UPDATE person SET status = 'active' WHERE username = 'closed'", "利用者 closed が有効"),
    "an account is closed": (
        "UPDATE person SET status = 'disabled' WHERE username = 'fresh'", "利用者 fresh が有効"),
    "somebody is gone": ("DELETE FROM person WHERE username = 'fresh'", "がいません"),
    "somebody is an administrator": (
        "INSERT INTO holding (id, person_id, post, concurrent, valid_from)"
        " SELECT 'added', id, 'admin', true, '2026-01-01' FROM person WHERE username = 'fresh'",
        "利用者 fresh の職「情報政策課 システム担当」への任命"),
    "somebody has another post": (
        "UPDATE holding SET post = 'cio' WHERE post = 'watch'", "職「副市長」への任命"),
    "somebody has lost their post": (
        "DELETE FROM holding WHERE post = 'watch'", "職「見張り」がありません"),
    "somebody had it earlier": (
        "UPDATE holding SET valid_from = '2020-04-01' WHERE post = 'watch'", "職「見張り」の期間"),
    "somebody has it longer": (
        "UPDATE holding SET valid_to = NULL WHERE post = 'staff-tax' AND person_id ="
        " (SELECT id FROM person WHERE username = 'fresh')", "職「収納課 主事」の期間"),
    "a post brings another role": (
        "UPDATE post SET roles = 'admin' WHERE key = 'watch'", "職「見張り」の役割"),
}  # fmt: skip


def measured(city: City) -> str:
    """Play a case until a value was recorded twice and a target revised."""
    case = to_decision(city, sheet=SHEET | COSTLY)
    circulate(city, case)
    do(city, case, whoever(city, case, "decide"), "decide", "approve", reason="妥当")
    do(city, case, "applicant", "execution_report", "done", progress="すべて終えた", reports=[])
    city.clock.at(date(2027, 4, 20))
    city.run_jobs()
    (row,) = kpis.listed(city.site, city.actor("cio")).page.entries
    kpis.record_actual(city.site, city.actor("applicant"), row.id, "FY2026", "30", "")
    values = [{"measure": row.id, "value": 10}]
    do(city, case, "applicant", "kpi_measure", "submit", actuals=values)
    revisions = [{"measure": row.id, "target": 40, "reason": "見込みより遅い"}]
    do(city, case, "secretariat", "kpi_review", "revise", reason="見直す", revisions=revisions)
    return case


def moved(city: City) -> None:
    """Register people, give and end posts, as administrators do."""
    by, site = city.actor("admin"), city.site
    post_acts.create(
        site, by, "watch", PostText("見張り", "it", "staff", frozenset({"auditor"})), None
    )
    for name in ("fresh", "closed"):
        person_acts.create(site, by, name, name)
    with site.database.read() as tx:
        people = dict(tuple(row) for row in tx.execute(text("SELECT username, id FROM person")))
    person_acts.set_open(site, by, people["closed"], is_open=False)
    person_acts.give_post(site, by, people["fresh"], "watch", None, None, concurrent=False)
    person_acts.give_post(site, by, people["fresh"], "staff-tax", None, None, concurrent=True)
    city.clock.advance(days=1)
    person_acts.end_post(site, city.actor("admin"), people["fresh"], "staff-tax", None)


def check(city: City, changes: dict[str, tuple[str, str]]) -> None:
    database = city.site.database
    assert audited(database) == ()
    for name, (statement, word) in changes.items():
        found = [one for one in after(database, statement).findings if word in one.text]
        assert found, name
        assert {one.kind for one in found} == {FindingKind.RECORD}, name
    assert audited(database) == ()


def test_every_change_of_a_case_past_the_program_is_found(city: City) -> None:
    measured(city)
    check(city, OF_A_CASE)


def test_the_finding_names_case_value_and_the_event_that_set_it(city: City) -> None:
    case = to_sheet(city)
    with city.site.database.read() as tx:
        number = tx.execute(text("SELECT number FROM case_file")).scalar_one()
    report = after(city.site.database, "UPDATE case_file SET status = 'completed'")
    (found,) = report.findings
    assert (found.stream, found.seq) == (f"case:{case}", 1)
    assert found.text == (
        f"案件 {number} の状態が「完了」になっていますが、記録では「進行中」です。"
    )


def test_every_change_of_people_past_the_program_is_found(city: City) -> None:
    moved(city)
    check(city, OF_PEOPLE)


def test_where_the_log_is_complete_a_person_without_an_entry_is_found(city: City) -> None:
    database = city.site.database
    assert audited(database) == ()  # an organisation from before the log is not judged
    with database.write() as tx:
        audit.append_system(
            tx, SystemStream.CONFIG,
            events.system_event("system.initialised", city.clock(), None, "cli"),
        )  # fmt: skip
    said = [str(one) for one in audited(database)]
    assert any("利用者 cio の登録が記録されていません" in one for one in said)
    assert any("職「副市長」への任命が記録されていません" in one for one in said)


def test_measures_registered_before_their_hash_are_known_by_their_names(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as older:
        older.setattr("dxflow.services.acts.measures._sealed", lambda *_parts: "")
        to_kpi(city)
    database = city.site.database
    assert audited(database) == ()
    assert not after(database, "UPDATE measure SET name = '別の指標'").ok
    assert after(database, "UPDATE measure SET baseline = '7'").ok


def test_what_is_pulled_back_ended_or_handed_in_again_is_no_change(city: City) -> None:
    case = city.start().id
    pulling_back.pull_back(city.site, city.actor("applicant"), case)
    assert audited(city.site.database) == ()
    city.start(draft_id=case, title="改めた件名")
    assert audited(city.site.database) == ()
    do(city, case, "head", "head_approval", "approve")
    pulling_back.pull_back(city.site, city.actor("head"), case)
    assert audited(city.site.database) == ()
    do(city, case, "head", "head_approval", "approve")
    assert audited(city.site.database) == ()


def test_a_stamp_that_was_pulled_back_and_put_anew_is_no_change(city: City) -> None:
    case = to_decision(city, sheet=SHEET | COSTLY)
    city.clock.advance(minutes=1)
    name = whoever(city, case, "review")
    do(city, case, name, "review", "agree", comment="異議なし")
    assert audited(city.site.database) == ()
    pulling_back.pull_back(city.site, city.actor(name), case)
    assert audited(city.site.database) == ()
    circulate(city, case)
    assert audited(city.site.database) == ()
    do(city, case, whoever(city, case, "decide"), "decide", "approve", reason="妥当")
    assert audited(city.site.database) == ()


@pytest.mark.parametrize(
    ("statement", "word"),
    [
        ("UPDATE work_item SET status = 'cancelled' WHERE status = 'open'", "終わっていますが"),
        ("UPDATE work_item SET status = 'open' WHERE element = 'triage'", "開いていますが"),
    ],
)
def test_a_task_that_does_not_fit_the_state_of_its_case_is_found(
    city: City, statement: str, word: str
) -> None:
    to_sheet(city)
    by = city.actor("auditor")
    assert verification.verify(city.site, by).ok
    with city.site.database.write() as tx:
        assert tx.execute(text(statement)).rowcount > 0
    found = [one.text for one in verification.verify(city.site, by).findings]
    assert any(word in one for one in found), found


def test_a_task_that_nobody_has_done_is_found(city: City) -> None:
    to_sheet(city)
    report = after(
        city.site.database, "UPDATE work_item SET status = 'completed' WHERE status = 'open'"
    )
    (found,) = report.findings
    assert "の作業「" in found.text
