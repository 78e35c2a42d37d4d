"""Decision documents of a case that was disposed of: what goes, what stays, and what is found."""

import json
from typing import Any

import pytest
from sqlalchemy import Row, delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from dxflow import audit
from dxflow.authority.papers import content_digest
from dxflow.db.attachment import AttachmentVersion
from dxflow.db.document import DecisionDocument
from dxflow.db.retention import Disposal
from dxflow.services.acts import additions, paper_content
from dxflow.services.acts.act import Act
from dxflow.services.installation import schema
from dxflow.services.operations import emptied_papers, retention_list
from dxflow.services.packs import store as packs
from dxflow.services.reading import decision_papers
from tests import logged
from tests.factories import ANALYSIS, ROOT, SHEET, City
from tests.integration.test_disposed_cases import decided, dispose, file, findings
from tests.integration.test_retention import _time_goes_on  # noqa: F401
from tests.walks import do, to_decision

NAME, STAYS = "山田花子さん", "予約システムを入れる。"


def publish(city: City) -> None:
    """Publish the standard pack with personal fields on what its decision documents show."""
    files = packs.read_folder(ROOT / "processes" / "standard")
    for form, key in (("project_sheet", "problems"), ("bpr_analysis", "actor")):
        path = next(one for one in files if one.endswith(f"{form}.form"))
        drawn = json.loads(files[path])
        for one in _every(drawn["components"]):
            if one.get("key") == key:
                one.setdefault("properties", {})["pii"] = "true"
        files[path] = json.dumps(drawn, ensure_ascii=False)
    packs.install(city.site, files, "system")


def _every(components: list[dict]) -> Any:
    for one in components:
        yield one
        yield from _every(one.get("components", []))


def personal(city: City, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return a case that was decided on a second document with personal values and a file."""
    publish(city)
    for row in ANALYSIS["as_is"]:
        monkeypatch.setitem(row, "actor", NAME)
    case = to_decision(city, sheet={"problems": f"{NAME}が困っている。"})
    file(city, case)
    do(city, case, "civic_head", "decide", "send_back", reason="見直し", after_return="straight")
    do(city, case, "applicant", "project_sheet", "submit", **SHEET | {"problems": NAME})
    do(city, case, "applicant", "bpr_analysis", "submit", **ANALYSIS)
    do(city, case, "head", "sheet_approval", "approve")
    do(city, case, "civic_head", "decide", "reject", reason="予算がない")
    return case


def rows(city: City) -> list[Row[Any]]:
    with city.site.database.read() as tx:
        return list(
            tx.execute(select(DecisionDocument.__table__).order_by(DecisionDocument.revision))
        )


def parts(content: dict[str, Any]) -> dict[str, Any]:
    return {one.get("label"): one for section in content["sections"] for one in section["parts"]}


def test_a_document_says_what_of_it_is_personal_and_its_hash_is_salted(city, monkeypatch):
    personal(city, monkeypatch)
    first, last = (json.loads(row.content) for row in rows(city))
    assert [label for label, one in parts(last).items() if one.get("pii") is True] == ["課題"]
    steps = parts(last)["いまの手順"]
    assert [steps["heads"][column] for column in steps["pii"]] == ["する人"]
    assert len(last["salt"]) == 64
    assert first["salt"] != last["salt"]


def test_personal_values_names_hashes_and_salt_go_and_everything_else_stays(city, monkeypatch):
    case = personal(city, monkeypatch)
    before = rows(city)
    dispose(city, case)
    assert findings(city) == ()
    after = rows(city)
    assert len(after) == 2
    for was, row in zip(before, after, strict=True):
        left, content = json.loads(row.content), json.loads(was.content)
        assert NAME not in row.content
        assert "山田花子" not in row.content
        assert STAYS in row.content
        assert {**row._mapping, "content": ""} == {**was._mapping, "content": ""}
        assert content.keys() - left.keys() == {"salt", "sources"}
        assert parts(left)["課題"]["text"] is None
        (step,) = parts(left)["いまの手順"]["rows"]
        assert step == ["受付", None, *parts(content)["いまの手順"]["rows"][0][2:]]
        for file_was, one in zip(
            content.get("attachments", []), left.get("attachments", []), strict=True
        ):
            assert one == {**file_was, "name": None}
    assert "attachments" in json.loads(after[1].content)


def test_the_event_names_each_document_with_both_hashes_and_the_register_counts(city, monkeypatch):
    case = personal(city, monkeypatch)
    before = {row.id: row.digest for row in rows(city)}
    dispose(city, case)
    (event,) = logged.events(city, case, "retention.disposed")
    assert event["facts"]["documents"] == {
        row.id: [before[row.id], content_digest(json.loads(row.content))] for row in rows(city)
    }
    (change,) = (one for one in event["changes"] if one["field"] == "documents")
    assert (change["before"], change["after"]) == (2, 0)
    (line,) = retention_list.register(city.site, city.actor("auditor")).entries
    assert line.documents == 2


def test_the_page_says_what_went_and_shows_both_hashes(city, monkeypatch):
    case = personal(city, monkeypatch)
    shown = decision_papers.page(city.site, city.actor("cio"), case).documents[0]
    assert (shown.gone, shown.drawn_digest) == (None, shown.digest)
    dispose(city, case)
    last, first = decision_papers.page(city.site, city.actor("cio"), case).documents
    assert (last.intact, first.intact) == (True, True)
    assert (last.gone.values, last.gone.names) == (3, 1)
    assert last.gone.sentence == (
        "令和14年4月1日 に、この文書から個人情報の値 3 件と添付ファイルの名前 1 件を"
        "廃棄しました。ほかは、そのまま残っています。"
    )
    assert [one["name"] for one in last.attachments] == ["廃棄済みのファイル"]
    assert last.drawn_digest == shown.digest
    assert last.digest != shown.digest
    assert last.outcome == "reject"


def test_additions_and_remarks_stay_as_the_log_has_them(city):
    case, _stored = decided(city)
    (document,) = decision_papers.page(city.site, city.actor("civic_head"), case).documents
    additions.add(city.site, city.actor("civic_head"), document.id, "契約の日を補う")
    dispose(city, case)
    (document,) = decision_papers.page(city.site, city.actor("civic_head"), case).documents
    assert [one.text for one in document.additions] == ["契約の日を補う"]
    assert not document.may_add
    assert "予算がない" in [one.remark for one in document.stamps]
    assert (document.gone.values, document.gone.names) == (0, 1)
    assert findings(city) == ()


# -- the triggers


CHANGES = {
    "another text": "content = replace(content, '予約', '廃止')",
    "the title": "title = 'x'",
    "the hash": "digest = 'x'",
    "the outcome": "outcome = 'approve'",
    "no outcome": "outcome = NULL",
    "no decision": "decided_at = NULL",
    "nothing": "revision = revision",
}


def refused(city: City, statement: str) -> None:
    with pytest.raises(DBAPIError, match="never"), city.site.database.write() as tx:
        tx.execute(text(statement).execution_options(no_parameters=True))


def test_before_a_disposal_no_decided_document_is_emptied(city):
    decided(city)
    for change in (*CHANGES.values(), "content = '{}'"):
        refused(city, f"UPDATE decision_document SET {change}")
    refused(city, "DELETE FROM decision_document")


def test_where_a_case_is_in_the_register_sources_may_go_once_and_nothing_else(city):
    case, _stored = decided(city)
    other, _kept = decided(city)
    forge(city, case)
    emptied = "content = '{}'"
    for change in CHANGES.values():
        refused(city, f"UPDATE decision_document SET {change} WHERE case_id = '{case}'")
    for name in ("the title", "the hash", "the outcome", "no outcome", "no decision"):
        both = f"UPDATE decision_document SET {emptied}, {CHANGES[name]}"
        refused(city, f"{both} WHERE case_id = '{case}'")
    refused(city, f"UPDATE decision_document SET {emptied} WHERE case_id = '{other}'")
    empty = f"UPDATE decision_document SET {emptied} WHERE case_id = '{case}'"
    with city.site.database.write() as tx:
        tx.exec_driver_sql(empty)
    refused(city, empty)
    refused(city, "DELETE FROM decision_document")


def forge(city: City, case: str) -> None:
    """Write a case into the register that nobody has disposed of."""
    with city.site.database.write() as tx:
        tx.execute(
            insert(Disposal).values(
                case_id=case, kept_until=city.site.today(), reason="x", proposer_id="x",
                approver_id="y", at=city.site.now(), files=0, bytes=0, openings=0, forms=0,
            )
        )  # fmt: skip


# -- the verification


def found(city: City) -> str:
    return "\n".join(one.text for one in findings(city))


def unguarded(city: City) -> None:
    """Take the triggers away, as somebody with the rights of the database's owner can."""
    with city.site.database.write() as tx:
        lite = tx.dialect.name == "sqlite"
        for name, of in (
            ("decision_document_keep", "decision_document"),
            ("decision_document_stay", "decision_document"),
            ("disposal_keep" if lite else "disposal_update", "disposal"),
        ):
            tx.exec_driver_sql(f"DROP TRIGGER {name}" + ("" if lite else f" ON {of}"))


def change(city: City, **values: Any) -> None:
    with city.site.database.write() as tx:
        tx.execute(update(DecisionDocument).values(**values))


def test_a_document_that_was_not_emptied_is_found(city):
    case, _stored = decided(city)
    (was,) = rows(city)
    dispose(city, case)
    unguarded(city)
    change(city, content=was.content)
    assert "記録された廃棄のとおりになっていません" in found(city)


def test_any_other_change_of_an_emptied_document_is_found(city):
    case, _stored = decided(city)
    dispose(city, case)
    unguarded(city)
    (row,) = rows(city)
    change(city, content=row.content.replace(STAYS, "予約をやめる。"))
    assert "記録された廃棄のとおりになっていません" in found(city)
    change(city, content=row.content, digest=content_digest(json.loads(row.content)))
    assert "記録されたハッシュ値と違います" in found(city)
    change(city, digest=row.digest)
    assert findings(city) == ()
    with city.site.database.write() as tx:
        tx.execute(delete(DecisionDocument))
    assert "決裁した文書がありません" in found(city)


def test_a_change_of_before_the_disposal_is_found_after_it(city):
    case, _stored = decided(city)
    unguarded(city)
    (row,) = rows(city)
    change(city, content=row.content.replace(STAYS, "予約をやめる。"))
    assert "記録されたハッシュ値と違います" in found(city)
    dispose(city, case)
    assert "記録されたハッシュ値と違います" in found(city)


def test_a_document_that_the_disposal_passed_over_is_found(city, monkeypatch):
    case, _stored = decided(city)
    monkeypatch.setattr(emptied_papers, "found", lambda _act: [])
    dispose(city, case)
    assert "廃棄の記録にありません" in found(city)


def test_a_row_of_the_register_that_is_forged_or_counts_otherwise_is_found(city):
    case, _stored = decided(city)
    other, _kept = decided(city)
    dispose(city, case)
    assert findings(city) == ()
    unguarded(city)
    with city.site.database.write() as tx:
        tx.execute(update(Disposal).values(documents=0))
    assert "廃棄簿の行の件数" in found(city)
    with city.site.database.write() as tx:
        tx.execute(update(Disposal).values(documents=1))
    forge(city, other)
    with city.site.database.write() as tx:
        tx.execute(
            update(DecisionDocument).where(DecisionDocument.case_id == other).values(content="{}")
        )
    assert "廃棄が、記録にありません" in found(city)
    assert "決裁の文書の内容が、記録されたハッシュ値と違います" in found(city)


# -- documents of before


def of_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw documents up as older versions did: without marks and salt."""
    drawing = paper_content.written

    def plainly(*given: Any) -> dict[str, Any]:
        content = drawing(*given)
        del content["salt"]
        for section in content["sections"]:
            for part in section["parts"]:
                part.pop("pii", None)
        return content

    monkeypatch.setattr(paper_content, "written", plainly)


def test_documents_drawn_before_lose_what_their_forms_mark_after_an_upgrade(city, monkeypatch):
    of_before(monkeypatch)
    case = personal(city, monkeypatch)
    schema.downgrade(city.site.database, "0041")
    refused(city, "UPDATE decision_document SET title = 'x'")
    refused(city, "DELETE FROM decision_document WHERE decided_at IS NOT NULL")
    schema.upgrade(city.site.database)
    assert findings(city) == ()
    assert NAME in rows(city)[1].content
    dispose(city, case)
    assert findings(city) == ()
    for row in rows(city):
        assert "山田花子" not in row.content
        assert STAYS in row.content
    (last, _first) = decision_papers.page(city.site, city.actor("cio"), case).documents
    assert (last.intact, last.gone.values, last.gone.names) == (True, 3, 1)
    with city.site.database.read() as tx:
        assert set(tx.execute(select(AttachmentVersion.name)).scalars()) == {""}


def test_a_case_that_an_older_version_disposed_of_keeps_its_documents(city, monkeypatch):
    recording = Act.record

    def as_before(act: Act, kind: str, *changes: audit.Change, **more: Any) -> None:
        more["facts"] = {k: v for k, v in more.get("facts", {}).items() if k != "documents"}
        recording(act, kind, *(one for one in changes if one.field != "documents"), **more)

    case, _stored = decided(city)
    (was,) = rows(city)
    monkeypatch.setattr(emptied_papers, "found", lambda _act: [])
    monkeypatch.setattr(Act, "record", as_before)
    dispose(city, case)
    assert rows(city) == [was]
    assert findings(city) == ()
    (document,) = decision_papers.page(city.site, city.actor("cio"), case).documents
    assert (document.intact, document.gone) == (True, None)
    unguarded(city)
    change(city, content=was.content.replace(STAYS, "予約をやめる。"))
    assert "記録されたハッシュ値と違います" in found(city)
