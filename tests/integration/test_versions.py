"""Versions of packs: side by side, published, made current again, retired; cases stay on theirs."""

import pytest
from sqlalchemy import select

from dxflow.db.process import ProcessInstance
from dxflow.errors import Conflict, Invalid, NotAllowed, NotFound
from dxflow.services.operations import publishing, versions
from dxflow.services.packs import archives, store
from dxflow.services.reading import audit_log
from tests.factories import ROOT, City

KEY = "standard"


def changed(name: str = "課長の承認") -> bytes:
    files = store.read_folder(ROOT / "processes" / KEY)
    files["idea.bpmn"] = files["idea.bpmn"].replace('name="所属長の確認"', f'name="{name}"', 1)
    return archives.write(files, KEY)


def publish(city: City, content: bytes) -> store.PackRow:
    admin = city.actor("admin")
    return publishing.publish(city.site, admin, publishing.upload(city.site, admin, content).digest)


def listed(city: City) -> list[tuple[int, str, int]]:
    found = versions.listed(city.site, city.actor("admin"))
    return [(one.number, one.status, one.running) for one in found]


def test_an_upload_says_what_it_would_change_and_publishes_nothing(city):
    found = publishing.upload(city.site, city.actor("admin"), changed())
    assert found.version == 1
    assert any("課長の承認" in one.sentence for one in found.differences)
    assert listed(city) == [(1, "current", 0)]


def test_what_was_looked_at_is_what_is_published_and_cases_stay_on_theirs(city):
    started = city.start()
    assert publish(city, changed()).version == 2
    assert listed(city) == [(2, "current", 0), (1, "superseded", 1)]
    with city.site.database.read() as tx:
        digest = tx.execute(
            select(ProcessInstance.pack_digest).where(ProcessInstance.case_id == started.id)
        ).scalar_one()
        first = next(row for row in store.versions(city.site, tx) if row.version == 1)
    assert digest == first.digest
    city.complete("head", "head_approval", "approve")  # goes on as it was drawn
    with pytest.raises(NotFound):
        publishing.publish(city.site, city.actor("admin"), "0" * 64)


def arranged() -> bytes:
    files = store.read_folder(ROOT / "processes" / KEY)
    files["idea.bpmn"] = files["idea.bpmn"].replace('x="1', 'x="2', 1)
    assert files != store.read_folder(ROOT / "processes" / KEY)
    return archives.write(files, KEY)


def test_what_differs_in_nothing_is_not_published(city):
    admin = city.actor("admin")
    files = store.read_folder(ROOT / "processes" / KEY)
    found = publishing.upload(city.site, admin, archives.write(files, KEY))
    assert (found.digest, found.same.version, list(found.problems)) == ("", 1, [])
    assert "公開するものはありません" in publishing.same_already(found.same)
    looked = publishing.upload(city.site, admin, changed())
    assert looked.same is None
    store.install(city.site, archives.read(changed()), "system")  # somebody else was faster
    with pytest.raises(Conflict, match="公開するものはありません"):
        publishing.publish(city.site, admin, looked.digest)
    again = publishing.upload(city.site, admin, archives.write(files, KEY))
    assert "第 1 版を公開中に" in publishing.same_already(again.same)
    assert listed(city) == [(2, "current", 0), (1, "superseded", 0)]


def test_a_retired_pack_is_not_the_first_version_of_its_kind(city):
    admin = city.actor("admin")
    versions.retire(city.site, admin, KEY, "試行の終わり")
    files = store.read_folder(ROOT / "processes" / KEY)
    found = publishing.upload(city.site, admin, archives.write(files, KEY))
    assert (found.same.version, found.same.status) == (1, "retired")


def test_only_another_way_of_writing_needs_a_reason(city):
    admin = city.actor("admin")
    found = publishing.upload(city.site, admin, arranged())
    assert found.only_written
    assert [one.place for one in found.differences] == ["idea.bpmn"]
    with pytest.raises(Invalid, match="理由"):
        publishing.publish(city.site, admin, found.digest, " ")
    assert publishing.publish(city.site, admin, found.digest, "図を整えた").version == 2
    page = audit_log.search(
        city.site, city.actor("auditor"), audit_log.Filters(type="pack.published")
    )
    changes = {one.field: one.after for one in page.entries[0].entry.changes}
    assert changes["reason"] == "図を整えた"
    assert not publishing.upload(city.site, admin, changed()).only_written


def test_a_broken_pack_is_told_with_its_places_and_kept_nowhere(city):
    files = store.read_folder(ROOT / "processes" / KEY)
    files["idea.bpmn"] = files["idea.bpmn"].replace("head_approval", "no_such_form", 1)
    del files["forms/triage.form"]
    found = publishing.upload(city.site, city.actor("admin"), archives.write(files, KEY))
    assert found.digest == ""
    assert {one.severity for one in found.problems} >= {"error"}
    assert all(one.file for one in found.problems)


def test_an_earlier_version_is_made_current_again_and_the_log_tells_why(city):
    publish(city, changed())
    admin = city.actor("admin")
    versions.make_current(city.site, admin, KEY, 1, "直し方を誤ったため")
    assert [one[:2] for one in listed(city)] == [(2, "superseded"), (1, "current")]
    with pytest.raises(Conflict):
        versions.make_current(city.site, admin, KEY, 1, "もう一度")
    with pytest.raises(NotFound):
        versions.make_current(city.site, admin, KEY, 9, "ない版")
    page = audit_log.search(
        city.site, city.actor("auditor"), audit_log.Filters(type="pack.published")
    )
    changes = {one.field: (one.before, one.after) for one in page.entries[0].entry.changes}
    assert changes["version"] == ("第2版", "第1版")
    assert changes["reason"][1] == "直し方を誤ったため"


def test_the_log_tells_which_version_followed_which(city):
    publish(city, changed())
    page = audit_log.search(
        city.site, city.actor("auditor"), audit_log.Filters(type="pack.published")
    )
    changes = {one.field: (one.before, one.after) for one in page.entries[0].entry.changes}
    assert changes["version"] == ("第1版", "第2版")


def test_a_retired_pack_starts_no_case_and_keeps_those_that_run(city):
    city.start()
    admin = city.actor("admin")
    with pytest.raises(Invalid):
        versions.retire(city.site, admin, KEY, " ")
    versions.retire(city.site, admin, KEY, "別の手続きに替えたため")
    with pytest.raises(NotFound):
        city.start(title="もう始められない")
    city.complete("head", "head_approval", "approve")
    with pytest.raises(Conflict):
        versions.retire(city.site, admin, KEY, "もう一度")
    publish(city, changed())
    assert [one[:2] for one in listed(city)] == [(2, "current"), (1, "retired")]


def test_two_versions_are_compared_in_words_both_ways(city):
    publish(city, changed())
    admin = city.actor("admin")
    there = versions.compare(city.site, admin, KEY, 1, 2).differences
    back = versions.compare(city.site, admin, KEY, 2, 1).differences
    assert len(there) == len(back) == 1
    assert "課長の承認" in there[0].sentence
    assert versions.compare(city.site, admin, KEY, 1, 1).differences == []


@pytest.mark.parametrize("name", ["applicant", "secretariat", "cio", "auditor"])
def test_only_administrators_touch_versions(city, name):
    actor = city.actor(name)
    for act in (
        lambda: versions.listed(city.site, actor),
        lambda: versions.retire(city.site, actor, KEY, "理由"),
        lambda: versions.make_current(city.site, actor, KEY, 1, "理由"),
        lambda: publishing.upload(city.site, actor, changed()),
        lambda: publishing.publish(city.site, actor, "0" * 64),
        lambda: publishing.as_zip(city.site, actor, KEY, 1),
    ):
        with pytest.raises(NotAllowed):
            act()
