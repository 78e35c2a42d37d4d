import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dxflow.audit.chain import Head, Link, link
from dxflow.audit.describe import describe, shown
from dxflow.audit.events import Actor, Change, Channel, Event, Request, Result, Subject
from dxflow.audit.export import guarded, to_csv, to_jsonl
from dxflow.audit.findings import Finding, FindingKind, Report
from dxflow.audit.log import SystemStream
from tests.unit.audit.test_events import NOW, an_event


def written(event: Event) -> Link:
    return link(Head.start("case:c1"), event)


PERSONAL = an_event(
    actor=Actor(Channel.PAGE, "p1", "post:課長", on_behalf_of="p2"),
    request=Request("r1"),
    changes=(
        Change("status", "状態", "審査中", "承認"),
        Change("name", "氏名", "旧姓 花子", "架空 花子", personal=True),
        Change("tools", "道具", None, ["RPA", "AI-OCR"]),
    ),
    version=3,
)


def test_an_entry_says_who_did_what_when_and_what_changed() -> None:
    made = written(PERSONAL)
    entry = describe(made.body, {v.digest.hex(): v.value.strip('"') for v in made.private})
    assert (entry.label, entry.person, entry.post, entry.on_behalf_of) == (
        "作業を完了", "p1", "post:課長", "p2",
    )  # fmt: skip
    assert (entry.kind, entry.object_id, entry.case_id, entry.channel) == (
        "作業",
        "t1",
        "c1",
        "画面",
    )
    assert (entry.at, entry.version, entry.denied, entry.seq) == (NOW, 3, False, 1)
    assert entry.hash == made.head.hash.hex()
    status, name, tools = entry.changes
    assert (status.label, status.before, status.after) == ("状態", "審査中", "承認")
    assert (name.before, name.after, name.personal, name.erased) == (
        "旧姓 花子", "架空 花子", True, False,
    )  # fmt: skip
    assert (tools.before, tools.after) == ("", "RPA、AI-OCR")


def test_personal_values_read_as_erased_or_hidden_when_they_are() -> None:
    body = written(PERSONAL).body
    erased = describe(body, {}).changes[1]
    assert (erased.before, erased.after, erased.erased) == ("（消去済み）", "（消去済み）", True)
    hidden = describe(body).changes[1]
    assert (hidden.before, hidden.erased) == ("（個人情報）", False)


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, ""), (True, "はい"), (False, "いいえ"), (3, "3"), ({"a": [1, None]}, "a: 1、")],
)
def test_values_read_as_text(value: object, text: str) -> None:
    assert shown(value) == text


@given(st.text())
def test_a_damaged_body_still_gives_an_entry(body: str) -> None:
    assert describe(body).label


@given(
    st.dictionaries(
        st.sampled_from(["at", "type", "actor", "object", "changes", "seq", "version", "stream"]),
        st.one_of(
            st.none(), st.integers(), st.text(), st.lists(st.dictionaries(st.text(), st.text()))
        ),
    )
)
def test_an_event_of_any_shape_still_gives_a_line(event: dict) -> None:
    import json

    assert b"".join(to_csv([describe(json.dumps(event))]))


def read(lines: list[bytes]) -> list[dict[str, str]]:
    text = b"".join(lines).decode("utf-8")
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text[1:], newline="")))


def test_the_csv_has_a_line_per_change_in_local_time_with_names() -> None:
    denied = an_event(type="access.denied", result=Result.DENIED, subject=Subject("case", "c1"))
    entries = [describe(written(PERSONAL).body), describe(written(denied).body)]
    lines = read(list(to_csv(entries, {"p1": "架空 花子"})))
    assert [line["項目"] for line in lines] == ["状態", "氏名", "道具", ""]
    assert (lines[0]["日時"], lines[0]["人"], lines[0]["代理の相手"]) == (
        "2026-11-21 10:15:00", "架空 花子", "p2",
    )  # fmt: skip
    assert [line["結果"] for line in lines] == ["実行", "実行", "実行", "拒否"]
    assert lines[0]["ハッシュ値"] == entries[0].hash


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_no_cell_of_the_csv_is_a_formula(sign: str) -> None:
    assert guarded(sign + "cmd") == "'" + sign + "cmd"
    event = an_event(changes=(Change("f", "項目", None, sign + "HYPERLINK()"),))
    (line,) = read(list(to_csv([describe(written(event).body)])))
    assert line["変更後"] == "'" + sign + "HYPERLINK()"
    assert guarded("普通の文 = 文") == "普通の文 = 文"


def test_json_lines_are_the_bodies_byte_for_byte() -> None:
    bodies = [written(an_event(reason="改行\nを含む")).body, written(an_event()).body]
    assert b"".join(to_jsonl(bodies)) == "\n".join(bodies).encode() + b"\n"


def test_the_report_names_its_findings_and_its_limits() -> None:
    finding = Finding(FindingKind.GAP, "case:c1", 3, "ありません。")
    bad = Report(5, 1, 2, 1, (finding,))
    assert not bad.ok
    assert "1 件の食い違い" in bad.text
    assert "case:c1 #3: ありません。" in bad.text
    assert "チェックポイント" in bad.text
    assert Report(5, 1, 2, 1, ()).ok


@pytest.mark.parametrize("chain", SystemStream)
def test_findings_call_every_chain_by_its_name(chain: SystemStream) -> None:
    where = Finding(FindingKind.GAP, chain.value, 3, "ありません。").where
    assert where.endswith("記録")
    assert Finding(FindingKind.GAP, "case:c1", 3, "", "R8-税務-0001").where == "案件 R8-税務-0001"
