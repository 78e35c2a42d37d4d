"""The answers of a form over many cases as an Excel workbook: whose, in what words, and what is kept."""

import io
import json
from datetime import date

import pytest
from openpyxl import load_workbook
from sqlalchemy import update

from dxflow.db.identity import Unit
from dxflow.errors import Invalid
from dxflow.services.packs import store as packs
from dxflow.services.people import organisation
from dxflow.services.reading import answer_book, answer_forms, audit_log
from dxflow.services.reading.case_list import Filters
from tests.factories import ROOT, SHEET
from tests.statements import counted
from tests.walks import do, to_committee, to_sheet, vote


def read(city, by, form, **filters):
    content = b"".join(answer_book.workbook(city.site, city.actor(by), form, Filters(**filters)))
    return load_workbook(io.BytesIO(content))


def rows(sheet):
    head, *found = sheet.iter_rows(values_only=True)
    return [dict(zip(head, row, strict=True)) for row in found]


def sheet_of(city, **changes):
    case = to_sheet(city)
    do(city, case, "colleague", "project_sheet", "submit", **(SHEET | changes))
    return case


def test_each_answer_is_a_row_in_the_words_of_the_form(city):
    sheet_of(city)
    (row,) = rows(read(city, "secretariat", "project_sheet").worksheets[0])
    assert (row["番号"], row["担当課"]) == ("R8-市民-0001", "市民課")
    assert (row["作業"], row["提出者"], row["最新"]) == ("個票を書く", "colleague", "最新")
    assert row["提出日"].date() == city.clock().date()
    assert row["初期費用（円）"] == 3_000_000
    assert row["関係課"] == "収納課"
    assert row["市民の利便性が上がる"] == "はい"


def test_the_rows_of_a_list_have_a_sheet_of_their_own_with_what_they_belong_to(city):
    sheet_of(city)
    book = read(city, "secretariat", "project_sheet")
    (first, second) = rows(book["節目"])
    assert [(one["番号"], one["行"]) for one in (first, second)] == [
        ("R8-市民-0001", 1),
        ("R8-市民-0001", 2),
    ]
    assert (first["節目の名前"], first["期日"].date()) == ("業者の決定", date(2026, 7, 31))


def test_a_moment_keeps_its_hour_and_a_day_is_a_day(city):
    files = packs.read_folder(ROOT / "processes" / "standard")
    form = json.loads(files["forms/idea.form"])
    form["components"] += [
        {
            "type": "datetime",
            "id": "w",
            "key": "meeting",
            "subtype": "datetime",
            "dateLabel": "説明会",
        },
        {"type": "datetime", "id": "d", "key": "day", "subtype": "date", "dateLabel": "開始"},
    ]
    files["forms/idea.form"] = json.dumps(form, ensure_ascii=False)
    packs.install(city.site, files, "system")
    city.start(meeting="2026-07-31T09:30", day="2026-09-30")
    (row,) = rows(read(city, "applicant", "idea").worksheets[0])
    assert (row["説明会"], row["開始"].date()) == ("2026-07-31 09:30", date(2026, 9, 30))


def test_the_log_holds_who_took_which_answers(city):
    city.start()
    read(city, "applicant", "idea", unit="counter", fiscal_year=2026, status="running")
    taken = audit_log.search(
        city.site, city.actor("auditor"), audit_log.Filters(type="form.exported")
    )
    (line,) = taken.entries
    assert line.entry.person == city.person["applicant"]
    told = {one.field: one.after for one in line.entry.changes}
    assert told == {
        "form": "改善の提案", "answers": "1", "status": "進行中", "unit": "市民課",
        "fiscal_year": "令和8年度",
    }  # fmt: skip


def test_nobody_gets_answers_of_cases_they_may_not_see(city):
    city.start()
    assert len(rows(read(city, "colleague", "idea").worksheets[0])) == 1
    assert rows(read(city, "other", "idea").worksheets[0]) == []


def test_the_filters_of_the_list_hold(city):
    city.start(title="予約の導入")
    assert len(rows(read(city, "applicant", "idea", q="予約").worksheets[0])) == 1
    assert rows(read(city, "applicant", "idea", status="completed").worksheets[0]) == []
    with pytest.raises(Invalid):
        read(city, "applicant", "idea", status="nothing")


def test_what_was_written_again_is_told_from_what_stands(city):
    case = city.start().id
    do(city, case, "head", "head_approval", "send_back", reason="件数を書く")
    city.clock.advance(minutes=5)
    do(
        city, case, "applicant", "revise_idea", "submit", title="窓口の予約",
        trouble="年に千件待たせる。", change="予約にする。", beneficiary=["citizen"],
    )  # fmt: skip
    do(city, case, "head", "head_approval", "send_back", reason="短く")
    city.clock.advance(minutes=5)
    do(
        city, case, "applicant", "revise_idea", "submit", title="窓口の予約",
        trouble="千件待たせる。", change="予約にする。", beneficiary=["citizen"],
    )  # fmt: skip
    found = rows(read(city, "applicant", "idea").worksheets[0])
    assert [(one["困っていること"], one["最新"]) for one in found] == [
        ("千件待たせる。", "最新"),
        ("年に千件待たせる。", None),
        ("窓口の待ち時間が長い。", "最新"),
    ]


def test_votes_and_opinions_are_not_to_be_had(city):
    case = to_committee(city)
    vote(city, case)
    offered = dict(answer_forms.offered(city.site))
    assert {"idea", "project_sheet", "triage"} <= set(offered)
    kept = {
        one.form_key
        for pack in current(city)
        for process, one in pack.tasks()
        if pack.act_of(process, one.id) == "vote" or "command:opinion.record" in one.properties
    }
    assert kept
    assert kept.isdisjoint(offered)
    for form in kept:
        with pytest.raises(Invalid, match="一覧から"):
            read(city, "cio", form)


def current(city):
    with city.site.database.read() as tx:
        return packs.current(city.site, tx)


def test_personal_fields_are_left_out(city):
    files = packs.read_folder(ROOT / "processes" / "standard")
    form = json.loads(files["forms/idea.form"])
    for component in form["components"]:
        if component.get("key") == "trouble":
            component["properties"]["pii"] = "true"
    files["forms/idea.form"] = json.dumps(form, ensure_ascii=False)
    packs.install(city.site, files, "system")
    city.start()
    (row,) = rows(read(city, "applicant", "idea").worksheets[0])
    assert "困っていること" not in row
    assert row["どう変えたいか"] == "来庁前に予約できるようにする。"


def test_columns_of_an_earlier_version_stand_behind_those_of_the_current_one(city):
    city.start(title="前の版の提案")
    files = packs.read_folder(ROOT / "processes" / "standard")
    form = json.loads(files["forms/idea.form"])
    for component in form["components"]:
        if component.get("key") == "effect":
            component["key"], component["label"] = "gain", "得られるもの"
    files["forms/idea.form"] = json.dumps(form, ensure_ascii=False)
    shown = 'fields = ["trouble", "change", "effect"]'
    assert shown in files["pack.toml"]
    files["pack.toml"] = files["pack.toml"].replace(shown, shown.replace("effect", "gain"))
    packs.install(city.site, files, "system")
    city.clock.advance(minutes=1)
    city.start(title="今の版の提案", gain="早い")
    found = rows(read(city, "applicant", "idea").worksheets[0])
    assert [(one["件名"], one["得られるもの"]) for one in found] == [
        ("今の版の提案", "早い"), ("前の版の提案", None),
    ]  # fmt: skip
    assert list(found[0])[-1] == "見込める効果"


def test_what_somebody_typed_is_never_a_formula(city):
    city.start(trouble='=HYPERLINK("http://example.invalid","x")')
    cells = [
        cell for row in read(city, "applicant", "idea").worksheets[0].iter_rows() for cell in row
    ]
    (typed,) = [one for one in cells if str(one.value).startswith("=")]
    assert typed.data_type == "s"


def test_too_many_at_once_are_refused_with_a_way_out(city, monkeypatch):
    monkeypatch.setattr(answer_book, "MOST_ANSWERS", 0)
    city.start()
    with pytest.raises(Invalid, match="条件を足して"):
        read(city, "applicant", "idea")


def test_more_answers_are_no_more_questions(city):
    def asked():
        with counted(city.site.database) as seen:
            read(city, "applicant", "idea")
        return seen.statements

    city.start()
    asked()
    before = asked()
    for _case in range(5):
        city.start()
    assert asked() == before


def test_a_section_that_has_ended_keeps_its_name(city):
    sheet_of(city)
    city.clock.advance(days=1)
    day = city.clock().date()
    with city.site.database.write() as tx:
        for key in ("counter", "tax"):
            tx.execute(update(Unit).where(Unit.key == key).values(valid_to=day))
        organisation.raise_version(tx, city.clock())
    (row,) = rows(read(city, "secretariat", "project_sheet").worksheets[0])
    assert (row["担当課"], row["関係課"]) == ("市民課", "収納課")
