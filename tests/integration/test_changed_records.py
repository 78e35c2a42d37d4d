"""Whoever writes into the records past the program is found by the verification of the log."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, NullPool, create_engine, text

from dxflow.audit.findings import FindingKind, Report
from dxflow.audit.verify import verify_database
from dxflow.db.engine import Database
from dxflow.db.sqlite import driver
from dxflow.errors import Unavailable
from dxflow.services.acts import additions, pulling_back
from dxflow.services.meetings import minutes, minutes_page
from dxflow.texts import language
from tests import logged
from tests.factories import City
from tests.sessions import audited, held
from tests.walks import circulate, do, to_committee, vote, whoever

TABLES = (
    "submission", "decision_record", "decision_document", "addendum", "ballot", "deliberation",
    "minutes", "minutes_correction", "pack_version", "case_file", "stamp", "actual", "measure",
    "target", "work_item", "person", "post", "holding",
)  # fmt: skip
#: What is done to the records, with a word of the finding that tells of it.
CHANGES = {
    "a form says something else": (
        "UPDATE submission SET body = replace(body, '転入手続', '転出手続')", "提出された様式"),
    "a form was approved, not sent back": (
        "UPDATE submission SET outcome = 'return' WHERE element = 'head_approval'", "提出された様式"),
    "a form is somebody else's": (
        "UPDATE submission SET person_id = 'nobody' WHERE element = 'triage'", "提出された様式"),
    "a form means another act": (
        "UPDATE submission SET act = '' WHERE act = 'approve'", "提出された様式"),
    "a form is gone": ("DELETE FROM submission WHERE element = 'triage'", "提出された様式"),
    "a form was added": (
        "INSERT INTO submission (id, case_id, work_item_id, element, pack_digest, form_key,"
        " form_digest, outcome, act, body, person_id, post, at, answer)"
        " SELECT 'added', case_id, work_item_id, element, pack_digest, form_key, form_digest,"
        " outcome, act, body, person_id, post, at, answer FROM submission"
        " WHERE element = 'triage'", "提出された様式"),
    "the decision was another": ("UPDATE decision_record SET outcome = 'reject'", "決裁の記録"),
    "the decision had another reason": ("UPDATE decision_record SET reason = ''", "決裁の記録"),
    "somebody else decided": ("UPDATE decision_record SET person_id = 'nobody'", "決裁の記録"),
    "another row gave the right": (
        "UPDATE decision_record SET authority_row = '第1号'", "決裁の記録"),
    "the decision has another day": (
        "UPDATE decision_record SET decided_on = '2020-01-01'", "決裁の記録"),
    "there was no decision": ("DELETE FROM decision_record", "決裁の記録"),
    "the document says something else": (
        "UPDATE decision_document SET content = replace(content, '予約', '廃止')",
        "決裁の文書の内容"),
    "the document has another hash": (
        f"UPDATE decision_document SET digest = '{'0' * 64}'", "決裁の文書の内容"),
    "the document was rejected": (
        "UPDATE decision_document SET outcome = 'reject'", "決裁の文書の決裁"),
    "the document is gone": ("DELETE FROM decision_document", "決裁した文書がありません"),
    "an addition says something else": ("UPDATE addendum SET text = '別のこと'", "追記"),
    "an addition is gone": ("DELETE FROM addendum", "追記"),
    "a vote was another": ("UPDATE ballot SET verdict = 'reject'", "表決の票"),
    "a vote was another member's": ("UPDATE ballot SET person_id = 'nobody'", "表決の票"),
    "a vote is gone": (
        "DELETE FROM ballot WHERE id = (SELECT min(id) FROM ballot)", "表決の票"),
    "a vote is of no round": (
        "UPDATE ballot SET deliberation_id = 'none'"
        " WHERE id = (SELECT min(id) FROM ballot)", "どの審議にも属さない票"),
    "the committee resolved otherwise": (
        "UPDATE deliberation SET resolution = 'reject'", "議決"),
    "the committee has not resolved": ("UPDATE deliberation SET resolution = NULL", "議決"),
    "the minutes say something else": (
        "UPDATE minutes SET body = replace(body, '費用', '効果')", "議事録"),
    "the minutes are no longer sealed": ("UPDATE minutes SET status = 'draft'", "議事録"),
    "the minutes are gone": ("DELETE FROM minutes", "議事録がありません"),
    "a correction says something else": (
        "UPDATE minutes_correction SET text = '別の時刻'", "議事録"),
    "a correction is gone": ("DELETE FROM minutes_correction", "議事録がありません"),
    "the procedure is another": (
        "UPDATE pack_version SET files = replace(files, '提案', '命令')", "手続き standard"),
    "somebody else applied": ("UPDATE case_file SET applicant_id = 'nobody'", "提案者"),
    "everybody may read": ("UPDATE case_file SET restricted = NOT restricted", "閲覧を限る"),
}  # fmt: skip


@contextmanager
def intruder(database: Database) -> Iterator[Connection]:
    """Somebody with the database file or the owner's role, no trigger in the way; then undone."""
    options = {"module": driver()} if database.is_sqlite else {}
    engine = create_engine(database.engine.url, poolclass=NullPool, **options)
    with engine.connect() as connection:
        if database.is_sqlite:
            connection.exec_driver_sql("BEGIN")
            found = connection.exec_driver_sql(
                "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'"
            ).fetchall()
            for name, table in found:
                if table in TABLES:
                    connection.exec_driver_sql(f"DROP TRIGGER {name}")
        else:
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            for table in TABLES:
                connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        yield connection
        connection.rollback()
    engine.dispose()


def after(database: Database, statement: str) -> Report:
    """Return what the verification finds after a change of the records, which is undone."""
    with intruder(database) as connection:
        done = connection.execute(text(statement))
        assert done.rowcount > 0, "nothing was changed"
        return verify_database(connection)


def decided(city: City) -> str:
    """Play a case through a meeting with its minutes and a decision with an addition."""
    case, meeting, matter = held(city)
    by = city.actor("secretariat")
    minutes.draft(city.site, by, meeting, {matter: "費用を確かめた。"})
    found = minutes_page.of_meeting(city.site, by, meeting)
    assert found is not None
    minutes.approve(city.site, city.actor("cio"), meeting, found.digest)
    minutes.seal(city.site, by, meeting)
    minutes.correct(city.site, by, meeting, "開会は14時5分", "誤記")
    circulate(city, case)
    do(city, case, whoever(city, case, "decide"), "decide", "approve", reason="妥当")
    with city.site.database.read() as tx:
        document = tx.execute(text("SELECT id FROM decision_document")).scalar_one()
    additions.add(city.site, city.actor("applicant"), document, "契約の日を補う")
    return case


def test_every_change_of_a_record_past_the_program_is_found(city: City) -> None:
    decided(city)
    database = city.site.database
    assert audited(database) == ()
    for name, (statement, word) in CHANGES.items():
        found = [one for one in after(database, statement).findings if word in one.text]
        assert found, name
        assert {one.kind for one in found} == {FindingKind.RECORD}, name
    assert audited(database) == ()


def test_what_was_handed_in_before_entries_had_its_hash_is_known_by_who_and_which(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as older:
        older.setattr("dxflow.services.acts.submissions.audit.sealed", lambda *_parts: "")
        case = to_committee(city)
    vote(city, case)
    database = city.site.database
    assert audited(database) == ()
    for statement in (
        "UPDATE submission SET person_id = 'nobody' WHERE element = 'triage'",
        "UPDATE submission SET outcome = 'return' WHERE element = 'triage'",
        "DELETE FROM submission WHERE element = 'triage'",
        "UPDATE submission SET body = '{}' WHERE element = 'verdict'",
    ):
        assert not after(database, statement).ok, statement


def test_what_was_pulled_back_and_handed_in_again_is_no_change(city: City) -> None:
    case = city.start().id
    pulling_back.pull_back(city.site, city.actor("applicant"), case)
    city.start(draft_id=case)
    do(city, case, "head", "head_approval", "approve")
    assert audited(city.site.database) == ()


def test_a_chair_who_reads_english_leaves_the_same_words_in_the_log(city: City) -> None:
    before = language.set("en")
    try:
        case, _meeting, _matter = held(city)
    finally:
        language.reset(before)
    (event,) = logged.events(city, case, "committee.resolved")
    assert logged.changes(event)["resolution"] == "承認"
    assert audited(city.site.database) == ()


def test_nobody_works_by_a_procedure_that_was_changed_past_the_program(city: City) -> None:
    case = city.start().id
    with city.site.database.write() as tx:
        tx.execute(text("UPDATE pack_version SET files = replace(files, 'decide', 'triage')"))
    city.site.packs.clear()  # as after a restart
    with pytest.raises(Unavailable, match="公開されたときのものと違う"):
        do(city, case, "head", "head_approval", "approve")
