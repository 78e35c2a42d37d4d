"""The log for those who may read it; reading it leaves its own trace."""

import csv
import json
import sqlite3
from contextlib import closing
from datetime import date
from xml.etree import ElementTree

import pytest
from sqlalchemy import select

from catalogue import keeping
from dxflow import audit, texts
from dxflow.audit import verify_database
from dxflow.db.audit import AuditEvent, AuditPrivate
from dxflow.errors import Invalid, NotAllowed, NotFound
from dxflow.services import plain
from dxflow.services.reading import audit_log, verification
from dxflow.services.reading.audit_log import Filters
from tests.factories import ROOT, City
from tests.statements import counted
from tests.walks import circulate, to_decision, to_execution, to_kpi, to_sheet

CATALOGUE = ROOT / "dxflow" / "locale" / "en" / "LC_MESSAGES" / "dxflow.po"


def search(city: City, by: str = "auditor", **filters: object) -> list[audit_log.LogLine]:
    return list(audit_log.search(city.site, city.actor(by), Filters(**filters)).entries)


def own_events(city: City) -> list[str]:
    with city.site.database.read() as tx:
        return list(
            tx.execute(
                select(AuditEvent.type)
                .where(AuditEvent.stream == "sys:audit")
                .order_by(AuditEvent.seq)
            ).scalars()
        )


@pytest.mark.parametrize("name", ["applicant", "head", "secretariat", "admin", "mayor"])
def test_only_cio_and_auditors_read_the_log(sqlite_city, name):
    actor = sqlite_city.actor(name)
    for read in (
        lambda: audit_log.search(sqlite_city.site, actor, Filters()),
        lambda: audit_log.event(sqlite_city.site, actor, 1),
        lambda: audit_log.export(sqlite_city.site, actor, Filters(), "csv"),
        lambda: verification.verify(sqlite_city.site, actor),
    ):
        with pytest.raises(NotAllowed):
            read()
    assert own_events(sqlite_city) == []


def test_each_view_export_and_verification_leaves_its_event(city):
    to_sheet(city)
    search(city)
    list(audit_log.export(city.site, city.actor("cio"), Filters(), "jsonl"))
    report = verification.verify(city.site, city.actor("auditor"))
    assert report.ok
    assert own_events(city) == ["audit.viewed", "audit.exported", "audit.verified"]
    with city.site.database.read() as tx:
        assert verify_database(tx).findings == ()


def test_an_export_that_nobody_fetches_is_in_the_log_all_the_same(sqlite_city):
    audit_log.export(sqlite_city.site, sqlite_city.actor("auditor"), Filters(), "csv")
    assert own_events(sqlite_city) == ["audit.exported"]


def test_filters_narrow_by_person_case_type_and_day(city):
    case = to_sheet(city)
    number = search(city)[1].case_number
    assert {line.entry.case_id for line in search(city, case=number)} == {case}
    assert {line.entry.case_id for line in search(city, case=case)} == {case}
    assert {line.person for line in search(city, person="secret")} == {"secretariat"}
    assert search(city, person="nobody") == []
    assert {line.entry.type for line in search(city, type="task.completed")} == {"task.completed"}
    assert {line.entry.type.split(".")[0] for line in search(city, type="case")} == {"case"}
    assert search(city, until=date(2026, 5, 10)) == []
    assert search(city, since=date(2026, 5, 11), until=date(2026, 5, 11))
    assert search(city, since=date(2026, 5, 12)) == []


def test_an_entry_names_person_post_and_what_changed(city):
    to_sheet(city)
    line = search(city, type="case.started")[0]
    assert (line.person, line.post) == ("applicant", "市民課 主任")
    changes = {change.label: change.after for change in line.entry.changes}
    assert changes["題名"] == "転入手続のオンライン予約"


def said(city: City, kind: str) -> dict[str, str]:
    """Return the fields after the latest event of a type."""
    return {one.label: one.after for one in search(city, type=kind)[0].entry.changes}


def test_values_are_told_in_the_words_of_the_events_own_pack(city):
    to_execution(city)
    assert said(city, "case.units_changed")["担当課"] == "市民課"
    assert said(city, "committee.voted")["判断"] == "承認"
    assert said(city, "decision.recorded")["決裁"] == "承認"
    pressed = {
        change.after
        for line in search(city, type="task.completed")
        for change in line.entry.changes
        if change.field == "outcome"
    }
    assert pressed
    assert not any(text.isascii() for text in pressed)
    assert "head-" not in said(city, "committee.convened")["審議に加わる席"]


def test_the_result_of_a_table_reads_as_labels_and_values_and_stays_in_the_exact_text(city):
    to_execution(city)
    lines = search(city, type="decision_table.evaluated")
    line = next(one for one in lines if one.entry.changes[0].field == "route")
    (result,) = line.entry.changes
    assert result.after.startswith("道筋: 取組、理由: ")
    proof = audit_log.event(city.site, city.actor("auditor"), line.id)
    assert proof.line.entry.changes == line.entry.changes
    assert "initiative" in proof.body


def test_a_name_that_was_searched_for_is_personal(city):
    search(city, person="applicant")
    line = search(city, type="audit.viewed")[-1]
    (person,) = [change for change in line.entry.changes if change.field == "person"]
    assert (person.personal, person.after, person.erased) == (True, "applicant", False)
    with city.site.database.write() as tx:
        tx.execute(AuditPrivate.__table__.delete())
    line = search(city, type="audit.viewed")[-1]
    assert [change.erased for change in line.entry.changes if change.field == "person"] == [True]


def test_an_event_is_shown_with_its_exact_text_and_hashes(city):
    to_sheet(city)
    line = search(city, type="case.started")[0]
    proof = audit_log.event(city.site, city.actor("auditor"), line.id)
    assert proof.intact
    assert json.loads(proof.body)["type"] == "case.started"
    assert len(proof.previous) == len(proof.leaf) == 64
    with pytest.raises(NotFound):
        audit_log.event(city.site, city.actor("auditor"), 10**9)


def test_a_damaged_body_is_shown_as_damaged(sqlite_city):
    city = sqlite_city
    to_sheet(city)
    line = search(city, type="case.started")[0]
    with closing(sqlite3.connect(city.site.database.engine.url.database)) as file:
        triggers = (
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_event'"
        )
        for (name,) in file.execute(triggers).fetchall():
            file.execute(f"DROP TRIGGER {name}")
        file.execute("UPDATE audit_event SET body = '{broken' WHERE id = ?", (line.id,))
        file.commit()
    proof = audit_log.event(city.site, city.actor("auditor"), line.id)
    assert not proof.intact
    assert not verification.verify(city.site, city.actor("auditor")).ok
    assert b"".join(audit_log.export(city.site, city.actor("auditor"), Filters(), "csv"))


def test_the_exports_hold_what_the_filters_let_through(city):
    case = to_sheet(city)
    actor = city.actor("auditor")
    lines = b"".join(audit_log.export(city.site, actor, Filters(case=case), "jsonl")).splitlines()
    assert {json.loads(line)["object"]["case"] for line in lines} == {case}
    text = b"".join(audit_log.export(city.site, actor, Filters(case=case), "csv")).decode(
        "utf-8-sig"
    )
    table = list(csv.reader(text.splitlines()))
    assert table[1][1:4] == ["提案を提出", "applicant", "市民課 主任"]
    with pytest.raises(Invalid):
        audit_log.export(city.site, actor, Filters(), "xml")


XES = "{http://www.xes-standard.org/}"


def test_the_log_is_handed_out_for_process_mining(city):
    case = to_sheet(city, {"title": '<窓口> & "予約"'})
    other = to_sheet(city)
    actor = city.actor("auditor")
    log = ElementTree.fromstring(b"".join(audit_log.export(city.site, actor, Filters(), "xes")))
    traces = {_values(trace)["dxflow:case"]: trace for trace in log.iter(f"{XES}trace")}
    assert set(traces) == {case, other}
    assert _values(traces[case])["dxflow:title"] == '<窓口> & "予約"'
    events = [_values(event) for event in traces[case].iter(f"{XES}event")]
    done = [one for one in events if one["dxflow:type"] == "task.completed"]
    assert [one["concept:name"] for one in done] == ["所属長の確認", "受付審査"]
    assert done[0]["org:resource"] == "head"
    assert [one["time:timestamp"] for one in events] == sorted(
        one["time:timestamp"] for one in events
    )
    document = json.loads(b"".join(audit_log.export(city.site, actor, Filters(case=case), "ocel2")))
    objects = {one["id"] for one in document["objects"]}
    assert len(document["events"]) == len(events)
    told = {about["objectId"] for one in document["events"] for about in one["relationships"]}
    assert f"case:{case}" in told
    assert f"case:{other}" not in told
    assert told <= objects
    types = {one["name"] for one in document["eventTypes"]}
    assert {one["type"] for one in document["events"]} == types


def _values(of: ElementTree.Element) -> dict[str, str]:
    return {one.attrib["key"]: one.attrib["value"] for one in of if "key" in one.attrib}


def test_a_page_of_the_log_costs_the_same_however_long_it_is(city):
    search(city)
    counts = []
    for _round in range(2):
        to_sheet(city)
        with counted(city.site.database) as count:
            search(city)
        counts.append(count.statements)
    assert counts[0] == counts[1]


def test_what_is_recorded_is_japanese_whoever_reads_english(city):
    token = texts.language.set("en")
    try:
        case = to_kpi(city)
    finally:
        texts.language.reset(token)
    with city.site.database.read() as tx:
        bodies = tx.execute(
            select(AuditEvent.body).where(AuditEvent.stream == f"case:{case}")
        ).scalars()
        events = [plain.loads(body) for body in bodies]
    changes = [change for event in events for change in event.get("changes", ())]
    labels = {change["label"] for change in changes}
    assert len(labels) > 20
    translated = set(keeping.read(CATALOGUE, "en").values())
    assert labels & translated <= {"KPI", "CIO"}
    values = [change.get(side) for change in changes for side in ("before", "after")]
    assert {one for one in values if isinstance(one, str)} & translated == set()
    spoken = [event["actor"]["authority"] for event in events if event["actor"].get("authority")]
    assert spoken
    assert not [text for text in spoken if text.isascii()]


def test_the_trace_of_reading_names_kinds_of_entries_and_days_are_written_out(city):
    search(city, type="transfer.applied")
    (trace,) = search(city, type="audit.viewed")[-1:]
    assert {one.label: one.after for one in trace.entry.changes}["種類"] == "人事異動を適用"
    with city.site.database.write() as tx:
        audit.append_system(
            tx,
            audit.SystemStream.ADMIN,
            audit.Event(
                type="transfer.applied", at=city.clock(), actor=audit.Actor(audit.Channel.JOB),
                subject=audit.Subject("transfer", "1"),
                changes=(audit.Change("valid_from", "始まり", None, date(2027, 4, 1)),),
            ),
        )  # fmt: skip
    (line,) = search(city, type="transfer.applied")
    assert [one.after for one in line.entry.changes] == ["令和9年4月1日"]


def told(city: City, kind: str, field: str) -> set[tuple[str, str]]:
    return {
        (kind, change.after)
        for line in search(city)
        if line.entry.type == kind
        for change in line.entry.changes
        if change.field == field
    }


def test_opinions_and_stamps_are_told_with_the_words_of_their_buttons(city):
    circulate(city, to_decision(city, sheet={"cost_initial": 60_000_000}))
    said = told(city, "opinion.recorded", "opinion") | told(city, "document.stamped", "outcome")
    assert told(city, "opinion.recorded", "by") >= {("opinion.recorded", "情報セキュリティ担当")}
    assert said == {
        ("opinion.recorded", "意見なし"),
        ("opinion.recorded", "意見ありで出す"),
        ("document.stamped", "確認した"),  # 回議
        ("document.stamped", "同意する"),  # 合議
    }
    token = texts.language.set("en")
    try:
        words = {word for _type, word in told(city, "opinion.recorded", "opinion")}
    finally:
        texts.language.reset(token)
    assert words
    assert not words & {"agree", "remark", "意見なし"}
