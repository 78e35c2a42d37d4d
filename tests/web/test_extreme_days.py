"""Days before the eras and at the end of the calendar: refused in a sentence wherever they come in."""

import io
from datetime import date

import pytest

from dxflow.clock import local_date
from dxflow.services.people import maintenance
from tests.factories import City
from tests.integration.transfers import ROUND
from tests.web.api_client import Caller, application
from tests.web.conftest import text_of
from tests.web.test_api_transfers import body
from tests.web.test_cli_maintenance import command  # noqa: F401 - a fixture

ALLOWED = "日付は1874年から2199年までで指定してください。"
FAR = ("0001-01-01", "1600-01-01", "1873-12-31", "2200-01-01", "9999-12-31")
LIMITS = ("1874-01-01", "2199-12-31")


@pytest.fixture
def admin(sqlite_city: City) -> Caller:
    return Caller.of(application(sqlite_city), "admin")


@pytest.mark.parametrize("day", FAR)
def test_a_call_with_such_a_day_is_told_the_field_and_what_is_allowed(sqlite_city, admin, day):
    app = application(sqlite_city)
    auditor, head = Caller.of(app, "auditor"), Caller.of(app, "civic_head")
    today = sqlite_city.site.today().isoformat()
    for field, answer in (
        ("from", auditor.get(f"/audit/events?from={day}")),
        ("to", auditor.get(f"/audit/events?to={day}")),
        ("last", head.post("/standing/absences", {"start": today, "last": day})),
        ("start", head.post("/standing/absences", {"start": day, "last": today})),
        ("last", head.post("/standing/deputies", {"start": today, "last": day, "deputy": "mayor"})),
        ("effective", admin.post("/transfers", body(*ROUND, day=day))),
    ):
        assert answer.status_code == 422, (field, answer.text)
        (said,) = answer.json["errors"][field]
        assert said == f"「{day}」は使えません。{ALLOWED}"


@pytest.mark.parametrize("day", FAR)
def test_a_page_with_such_a_day_says_what_is_allowed(sqlite_city, browse, day):
    today = sqlite_city.site.today().isoformat()
    auditor, admin, head = browse("auditor"), browse("admin"), browse("head")
    for answer in (
        auditor.get(f"/audit?since={day}"),
        auditor.get(f"/audit?until={day}"),
        browse("cio").get(f"/portfolio?month={day[:7]}"),
        head.post("/standing/absences", {"start": today, "last": day}),
        head.post("/standing/absences", {"start": day, "last": today}),
        head.post("/standing/deputies", {"start": today, "last": day, "deputy": "colleague"}),
        admin.post("/admin/maintenance", {"message": "点検", "start": f"{day}T00:00"}),
        admin.post("/admin/maintenance", {"message": "点検", "until": f"{day}T00:00"}),
        admin.post("/admin/calendar", {"first": day, "kind": "closed", "name": "市の日"}),
        admin.post("/admin/units/new", {"key": "x", "name": "課", "since": day}),
        admin.post(
            "/admin/import", {"file": (io.BytesIO(b"username\nx\n"), "f.csv"), "effective": day}
        ),
        admin.post("/admin/transfers", {"file": (io.BytesIO(b"x"), "f.csv"), "effective": day}),
    ):
        assert answer.status_code == 422, answer.request.url
        assert ALLOWED in text_of(answer), answer.request.url
    shown = admin.get(f"/admin/units?on={day}")
    assert shown.status_code == 200
    assert f'value="{today}"' in shown.text  # the tree of today, not of a day it cannot write
    assert maintenance.current(sqlite_city.site) is None


def test_the_first_and_the_last_day_that_are_allowed_work_everywhere(sqlite_city, browse, admin):
    auditor, pages = Caller.of(application(sqlite_city), "auditor"), browse("auditor")
    head, today = browse("head"), sqlite_city.site.today().isoformat()
    for day in LIMITS:
        for way in ("from", "to"):
            assert auditor.get(f"/audit/events?{way}={day}").status_code == 200
        for way in ("since", "until"):
            assert pages.get(f"/audit?{way}={day}").status_code == 200
        assert browse("admin").get(f"/admin/units?on={day}").status_code == 200
        assert browse("cio").get(f"/portfolio?month={day[:7]}").status_code == 200
        assert admin.post("/transfers", body(*ROUND, day=day)).status_code == 422
        assert head.post("/standing/absences", {"start": day, "last": today}).status_code == 422
    last = {"start": today, "last": LIMITS[1]}
    for way, more in (("absences", {}), ("deputies", {"deputy": "colleague"})):
        assert head.post(f"/standing/{way}", last | more).status_code in (303, 422), way
        assert head.get("/standing").status_code == 200


@pytest.mark.parametrize("day", FAR)
def test_a_command_with_such_a_day_is_refused_before_anything_is_done(
    sqlite_city, command, tmp_path, day  # noqa: F811
):  # fmt: skip
    file = tmp_path / "f.csv"
    file.write_text(f"組織コード,組織名,種別,開始日\nx,課,section,{day}\n", encoding="utf-8")
    for words, status in (
        (("maintenance", "on", "--message", "点検", "--from", f"{day}T00:00"), 2),
        (("maintenance", "on", "--message", "点検", "--until", f"{day}T00:00"), 2),
        (("org", "transfer", "plan", str(file), "--effective", day), 2),
        (("org", "import", str(file), "--effective", day), 2),
        (("user", "post", "add", "head", "head-tax", "--from", day), 2),
        (("calendar", "add", day, "--name", "市の日"), 2),
        (("org", "import", str(file), "--dry-run"), 1),
    ):
        found, said = command(*words)
        assert (found, ALLOWED in said) == (status, True), (words, said)
    assert maintenance.current(sqlite_city.site) is None


def test_a_maintenance_at_the_edge_of_the_days_is_told_in_full(sqlite_city, command):  # noqa: F811
    for day in LIMITS:
        status, said = command("maintenance", "on", "--message", "点検", "--from", f"{day}T00:00")
        assert status == 0, said
        with sqlite_city.site.database.read() as tx:
            begun = maintenance.read(tx)
        assert begun is not None
        assert local_date(begun.start) == date.fromisoformat(day)
    status, said = command(
        "maintenance", "on", "--message", "x", "--from", "0001-01-01T00:00+14:00"
    )
    assert (status, ALLOWED in said) == (2, True)
