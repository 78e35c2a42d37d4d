"""Cases as an Excel workbook: what the list shows, as texts, numbers and days."""

import io

import pytest
from openpyxl import load_workbook

from dxflow.errors import Invalid
from dxflow.services.reading import case_book, kpis
from dxflow.services.reading.case_list import Filters
from tests.walks import to_kpi


def _read(city, by, **filters):
    content = b"".join(case_book.workbook(city.site, city.actor(by), Filters(**filters)))
    return load_workbook(io.BytesIO(content))


def _rows(sheet):
    head, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(head, row, strict=True)) for row in rows]


def test_a_department_gets_its_cases_and_nobody_elses(city):
    started = city.start(title="予約の導入")
    (row,) = _rows(_read(city, "colleague")["案件"])
    assert (row["番号"], row["件名"]) == (started.number, "予約の導入")
    assert row["提出日"].date() == city.clock().date()
    assert _rows(_read(city, "other")["案件"]) == []


def test_the_filters_of_the_list_hold(city):
    city.start(title="予約の導入")
    assert len(_rows(_read(city, "applicant", q="予約")["案件"])) == 1
    assert _rows(_read(city, "applicant", status="completed")["案件"]) == []
    with pytest.raises(Invalid):
        _read(city, "applicant", status="nothing")


def test_what_somebody_typed_is_never_a_formula(city):
    city.start(title='=HYPERLINK("http://example.invalid","x")')
    cell = _read(city, "applicant")["案件"]["B2"]
    assert cell.data_type == "s"
    assert cell.value.startswith("=HYPERLINK")


def test_too_many_at_once_are_refused_with_a_way_out(city, monkeypatch):
    monkeypatch.setattr(case_book, "MOST_CASES", 0)
    city.start()
    with pytest.raises(Invalid, match="条件を足して"):
        _read(city, "applicant")


def test_measures_stand_on_their_own_sheet(city):
    to_kpi(city)
    kpi = kpis.listed(city.site, city.actor("cio")).page.entries[0]
    kpis.record_actual(city.site, city.actor("applicant"), kpi.id, "FY2026", "30", "")
    (row,) = _rows(_read(city, "applicant")["指標"])
    assert (row["指標"], row["単位"]) == (kpi.measure.name, kpi.measure.unit)
    assert row["最後の実績"] == 30
    assert row["実績の期間"]
    assert row["状況"]
