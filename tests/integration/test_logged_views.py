"""Who opened an attached file, in the log, where the pack asks for it."""

import io

import pytest

from dxflow.audit import verify_database
from dxflow.errors import NotFound
from dxflow.services.acts import pulling_back
from dxflow.services.attachments.attaching import attach
from dxflow.services.commands import COMMANDS
from dxflow.services.packs.check import check_files
from dxflow.services.reading import attached, audit_log, case_pages
from tests import logged
from tests.factories import City
from tests.files import PDF
from tests.settings import changed, settle
from tests.statements import counted

SECRET = "'contains(trouble, \"人事\")'"


def started(city: City, rule: str | None, trouble: str = "人事に関わる。") -> tuple[str, str]:
    """Return a case, restricted by its trouble, and a version of a file of it."""
    settle(city, "reading", restricted=SECRET, **({"log_views": f'"{rule}"'} if rule else {}))
    case = city.start(trouble=trouble).id
    stored = attach(city.site, city.actor("applicant"), case, "異動案.pdf", io.BytesIO(PDF))
    return case, stored.version_id


def look(city: City, name: str, version: str) -> None:
    assert b"".join(attached.hand_out(city.site, city.actor(name), version).pieces) == PDF


@pytest.mark.parametrize(
    ("rule", "trouble", "logs"),
    [
        (None, "人事に関わる。", True),
        (None, "列が長い。", False),
        ("never", "人事に関わる。", False),
        ("all", "列が長い。", True),
    ],
)
def test_the_log_says_who_opened_a_file_where_the_pack_asks_for_it(city, rule, trouble, logs):
    case, version = started(city, rule, trouble)
    look(city, "head", version)
    look(city, "secretariat", version)
    events = logged.events(city, case, "file.viewed")
    assert [one["actor"]["person"] for one in events] == [
        city.person[name] for name in ("head", "secretariat")
    ] * logs
    assert all(one["object"]["id"] == version for one in events)
    with city.site.database.read() as tx:
        assert verify_database(tx).findings == ()
    found = audit_log.search(
        city.site, city.actor("auditor"), audit_log.Filters(case=case, type="file.viewed")
    )
    assert len(found.entries) == 2 * logs


def test_once_for_a_person_a_version_and_a_day(city):
    case, version = started(city, "all")
    for _again in range(3):
        look(city, "head", version)
    assert len(logged.events(city, case, "file.viewed")) == 1
    with counted(city.site.database) as again:
        look(city, "head", version)
    assert len(logged.events(city, case, "file.viewed")) == 1
    city.clock.advance(days=1)
    with counted(city.site.database) as first:
        look(city, "head", version)
    assert len(logged.events(city, case, "file.viewed")) == 2
    assert again.statements < first.statements


def test_a_look_is_no_act_on_the_case(city):
    case, version = started(city, "all")
    task = next(one for one in city.open_tasks("head") if one.case_id == case)
    form = city.form("head", task.id)
    before = case_pages.story(city.site, city.actor("head"), case).page.total
    look(city, "secretariat", version)
    assert case_pages.story(city.site, city.actor("head"), case).page.total == before
    assert city.form("head", task.id).version == form.version
    pulling_back.pull_back(city.site, city.actor("applicant"), case)  # nobody else has acted


def test_who_may_not_read_leaves_no_entry_of_a_view(city):
    case, version = started(city, "all")
    with pytest.raises(NotFound):
        look(city, "colleague", version)
    assert logged.events(city, case, "file.viewed") == []


def test_an_unknown_word_is_refused_on_publishing():
    problems = check_files(changed("reading", log_views='"often"'), COMMANDS).problems
    assert any("log_views は never、restricted、all" in one.message for one in problems), problems
