"""The list of measures as a file: a line for each year, no formulas, the licence of open data."""

import csv
import io
from datetime import date

import pytest
from openpyxl import load_workbook
from sqlalchemy import update

from dxflow.db.case import Case
from dxflow.errors import Invalid, NotAllowed
from dxflow.services.reading import audit_log, kpi_table, kpis
from dxflow.services.reading.kpi_table import Wanted
from tests.factories import City
from tests.integration.test_measures_of_plans import NEW, PROCEDURES, TOOLS, measured
from tests.walks import to_opinions


def as_csv(city: City, by: str = "cio", **wanted: object) -> list[dict[str, str]]:
    content = b"".join(kpi_table.export(city.site, city.actor(by), Wanted(**wanted), "csv"))
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def as_workbook(city: City, by: str = "cio", **wanted: object):
    content = b"".join(kpi_table.export(city.site, city.actor(by), Wanted(**wanted), "xlsx"))
    return load_workbook(io.BytesIO(content))


def recorded(city: City, **values: object) -> str:
    case = measured(city, {"kpis": [TOOLS, PROCEDURES, NEW]})
    for row in kpis.listed(city.site, city.actor("cio"), case_id=case).page.entries:
        if row.measure.name in values:
            kpis.record_actual(
                city.site, city.actor("applicant"), row.id, "FY2026", str(values[row.measure.name])
            )
    return case


def test_every_measure_has_a_line_for_each_year(city):
    recorded(city, ツールの導入="一部導入", オンライン対応した手続数=874)
    lines = as_csv(city)
    told = [
        (one["指標"], one["西暦の年度"], one["目標"], one["目標の書き方"], one["実績"], one["判定"])
        for one in lines
    ]
    assert told == [
        ("ツールの導入", "2026", "一部導入", "", "一部導入", "達成"),
        ("ツールの導入", "2027", "完了", "", "", ""),
        ("オンライン対応した手続数", "2026", "874", "前年度比+50手続", "874", "達成"),
        ("オンライン対応した手続数", "2027", "924", "前年度比+50手続", "", ""),
        ("オンライン対応した手続数", "2028", "", "前年度比+50手続", "", ""),
        ("貸出件数", "2028", "8000", "", "", ""),
    ]
    assert lines[0]["段階"] == "未着手 → 一部導入 → 完了"
    assert lines[5]["基準値"] == "新規事業のためなし"


def test_numbers_stay_numbers_and_texts_are_no_formulas(city):
    evil = {"name": '=HYPERLINK("http://example.invalid")', "unit": "-1+1"}
    measured(city, {"kpis": [NEW | evil | {"target": "-5", "baseline": ""}]})
    (line,) = as_csv(city)
    assert line["指標"].startswith("'=HYPERLINK")
    assert (line["単位"], line["目標"]) == ("'-1+1", "-5")
    head, row = as_workbook(city)["指標"].iter_rows()
    cells = {one.value: row[place] for place, one in enumerate(head)}
    assert cells["指標"].data_type == "s"
    assert (cells["目標"].data_type, cells["目標"].value) == ("n", -5)


def test_it_has_what_the_reader_may_see_under_the_filters(city):
    case = recorded(city)
    assert as_csv(city, "admin") == []
    assert as_csv(city, unit="tax") == []
    assert len(as_csv(city, case_id=case)) == 6
    assert len(as_csv(city, status="no_data")) == 6
    assert as_csv(city, status="achieved") == []
    for wrong, form in [(Wanted(status="fine"), "csv"), (Wanted(), "pdf")]:
        with pytest.raises(Invalid):
            kpi_table.export(city.site, city.actor("cio"), wrong, form)


def test_that_it_was_taken_is_an_event_in_words(city):
    case = recorded(city)
    number = kpis.listed(city.site, city.actor("cio"), case_id=case).page.entries[0].case_number
    as_csv(city, "applicant", case_id=case, unit="management", status="no_data")
    taken = audit_log.Filters(type="kpi.exported")
    (line,) = audit_log.search(city.site, city.actor("auditor"), taken).entries
    assert line.entry.person == city.person["applicant"]
    told = {one.field: one.after for one in line.entry.changes}
    assert (told["case"], told["unit"], told["status"]) == (number, "経営企画課", "実績なし")


def test_open_data_bears_its_licence_and_nothing_internal(city):
    to_opinions(city)  # not measured yet: not published
    recorded(city, 貸出件数=10)
    lines = as_csv(city, "secretariat", open_data=True)
    assert {one["利用条件"].split("（")[0] for one in lines} == {"CC BY 4.0"}
    assert {one["指標"] for one in lines} == {
        "ツールの導入",
        "オンライン対応した手続数",
        "貸出件数",
    }
    assert "番号" not in lines[0]
    assert "CC BY 4.0" in as_workbook(city, "cio", open_data=True)["利用条件"]["A2"].value


def test_open_data_leaves_out_cases_whose_reading_is_restricted(city):
    case = recorded(city)
    with city.site.database.write() as tx:
        tx.execute(update(Case).where(Case.id == case).values(restricted=True))
    assert len(as_csv(city, "secretariat")) == 6
    assert as_csv(city, "secretariat", open_data=True) == []


def test_only_who_publishes_takes_open_data(city):
    recorded(city)
    for name in ("applicant", "auditor", "admin"):
        assert not kpi_table.may_publish(city.site, city.actor(name))
        with pytest.raises(NotAllowed):
            as_csv(city, name, open_data=True)
    assert kpi_table.may_publish(city.site, city.actor("secretariat"))


def test_a_correction_counts_and_what_it_replaced_does_not(city):
    recorded(city, 貸出件数=10)
    city.clock.at(date(2027, 4, 21))
    row = next(
        one
        for one in kpis.listed(city.site, city.actor("cio")).page.entries
        if one.measure.name == "貸出件数"
    )
    kpis.record_actual(city.site, city.actor("applicant"), row.id, "FY2026", "12")
    assert [one["実績"] for one in as_csv(city) if one["指標"] == "貸出件数"] == ["12", ""]
