"""Moving running cases to another version: by command and on the administrators' pages."""

import json

from dxflow.cli import main
from dxflow.services.operations import migration_preview, versions
from dxflow.services.packs import store as packs
from dxflow.services.people import maintenance
from tests.integration.test_migrations import renamed
from tests.walks import to_triage

NOBODY = "0" * 32


def test_cases_move_and_come_back_by_command(sqlite_city, monkeypatch, capsys, tmp_path):
    def run(*words: str) -> tuple[int, dict]:
        status = main(["case", "migrate", *words, "--json"])
        said = capsys.readouterr()
        return status, json.loads(said.out or said.err)

    city = sqlite_city
    first, second = to_triage(city), city.start()
    monkeypatch.setenv("DXFLOW_HOME", str(city.site.settings.home))
    monkeypatch.setenv("DXFLOW_DATABASE", str(city.site.database.engine.url))
    city.site.settings.make_secret_key()
    packs.install(city.site, renamed(), "system")
    plan = tmp_path / "plan.toml"
    plan.write_text("to = 2\n")

    status, shown = run(str(plan), "--dry-run")
    assert status == 1
    assert [bool(one["blockers"]) for one in shown["cases"]] == [True, False]
    status, came = run(str(plan))
    assert status == 1
    assert [row["outcome"] for row in came["results"]] == ["blocked", "migrated"]
    status, back = run("--revert", came["id"])
    assert (status, [row["outcome"] for row in back["results"]]) == (0, ["blocked", "reverted"])

    plan.write_text('to = 2\n[map]\n"idea/triage" = "idea/reception"\n')
    status, came = run(str(plan), "--case", second.number)
    assert (status, [row["number"] for row in came["results"]]) == (0, [second.number])
    assert main(["case", "migrate", str(plan)]) == 0
    assert "移した" in capsys.readouterr().out
    assert {t.element for t in city.open_tasks("secretariat") if t.case_id == first} == {
        "reception"
    }
    assert main(["case", "migrate", str(plan), "--dry-run"]) == 0
    for words in (
        (),
        (str(plan), "--revert", "x"),
        ("--revert", "x", "--dry-run"),
        ("no.toml",),
        ("--revert", "x"),
    ):
        assert main(["case", "migrate", *words]) in (1, 2)
        assert "Traceback" not in capsys.readouterr().err


def test_only_administrators_find_the_pages(browse, sqlite_city):
    for name in ("applicant", "secretariat", "cio", "auditor"):
        browser = browse(name)
        for path in ("", "/plan?to=standard:1", f"/{NOBODY}"):
            assert browser.get(f"/admin/migrations{path}").status_code == 403
        for path in ("", f"/{NOBODY}/stop", f"/{NOBODY}/revert"):
            assert browser.post(f"/admin/migrations{path}", {}).status_code == 403
    assert browse("admin").get(f"/admin/migrations/{NOBODY}").status_code == 404


def test_cases_are_mapped_looked_at_moved_and_put_back(browse, sqlite_city):
    city, admin = sqlite_city, browse("admin")
    first, second = to_triage(city), city.start().id
    packs.install(city.site, renamed(), "system")
    assert "版の移行" in admin.get("/admin").text
    chosen = admin.page("/admin/migrations").xpath("//select[@name='to']/option/@value")
    assert chosen == ["standard:2", "standard:1"]

    page = admin.page("/admin/migrations/plan?to=standard:2")
    assert page.xpath("//input[@name='case']/@value") == [second]
    (select,) = page.xpath("//select[@name='map:idea/triage']")
    assert "idea/reception" in select.xpath("./option/@value")
    assert "受付審査" in page.text_content()

    plan = {"to": "standard:2", "map:idea/triage": "idea/reception"}
    page = admin.page("/admin/migrations/plan?to=standard:2&map%3Aidea/triage=idea/reception")
    assert set(page.xpath("//input[@name='case']/@value")) == {first, second}
    assert page.xpath("//select[@name='map:idea/triage']/option[@selected]/@value") == [
        "idea/reception"
    ]
    assert admin.post("/admin/migrations", {**plan, "_act": "chosen"}).status_code == 422

    begun = admin.post("/admin/migrations", {**plan, "case": [first], "_act": "chosen"})
    assert begun.status_code == 303
    assert "順番を待って" in admin.get(begun.location).text
    maintenance.announce(city.site, city.actor("admin"), "点検", None, None)
    assert "保守が終わってから進みます" in admin.get(begun.location).text
    city.run_jobs()
    assert [t.element for t in city.open_tasks("secretariat")] == ["triage"]
    maintenance.end(city.site, city.actor("admin"))
    city.run_jobs()
    page = admin.page(begun.location)
    assert page.xpath("//button[@name='case']/@value") == [first]
    assert [t.element for t in city.open_tasks("secretariat")] == ["reception"]
    assert admin.post(f"{begun.location}/revert", {}).status_code == 303
    city.run_jobs()
    assert "戻した" in admin.get(begun.location).text
    assert [t.element for t in city.open_tasks("secretariat")] == ["triage"]

    everything = admin.post("/admin/migrations", {**plan, "_act": "all"})
    assert admin.post(f"{everything.location}/stop", {}).status_code == 303
    city.run_jobs()
    assert "中止した 2件" in admin.page(everything.location).text_content()
    assert len(admin.page("/admin/migrations").xpath("//tbody/tr")) == 2


def test_nothing_is_offered_where_nothing_can_be_moved(browse, sqlite_city):
    admin = browse("admin")
    to_triage(sqlite_city)
    packs.install(sqlite_city.site, renamed(), "system")
    page = admin.page("/admin/migrations/plan?to=standard:2")
    assert not page.xpath("//button[@name='_act']")
    assert "いま移せる案件はありません" in page.text_content()
    versions.make_current(sqlite_city.site, sqlite_city.actor("admin"), "standard", 1, "戻す")
    movable = sqlite_city.start().id
    page = admin.page("/admin/migrations/plan?to=standard:2")
    assert page.xpath("//input[@name='case']/@value") == [movable]
    assert "移せる1件すべてを移す" in page.text_content()


def test_the_published_version_is_marked_and_chosen_first(browse, sqlite_city):
    admin = browse("admin")
    packs.install(sqlite_city.site, renamed(), "system")
    versions.make_current(sqlite_city.site, sqlite_city.actor("admin"), "standard", 1, "戻す")
    page = admin.page("/admin/migrations")
    said = {one.get("value"): one.text_content() for one in page.xpath("//select[@name='to']/*")}
    assert "公開中" in said["standard:1"]
    assert "以前の版" in said["standard:2"]
    assert page.xpath("//select[@name='to']/option[@selected]/@value") == ["standard:1"]
    sqlite_city.start()
    warned = "公開中の版ではありません"
    assert warned in admin.page("/admin/migrations/plan?to=standard:2").text_content()
    assert warned not in admin.page("/admin/migrations/plan?to=standard:1").text_content()


def test_a_case_whose_timer_would_be_past_at_once_is_marked(browse, sqlite_city, monkeypatch):
    admin = browse("admin")
    sqlite_city.start()
    packs.install(sqlite_city.site, renamed(), "system")
    monkeypatch.setattr(
        migration_preview, "_past_at_once", lambda *_given: iter(["もう過ぎています。"])
    )
    text = admin.page("/admin/migrations/plan?to=standard:2").text_content()
    assert "この一覧に 1件あります" in text
    assert "もう過ぎています。" in text


def test_a_version_or_mapping_that_is_none_is_said_on_the_page(browse, sqlite_city):
    admin = browse("admin")
    for query in ("to=standard:9", "to=", "to=other:1", "to=standard:x", "to=standard:1&map:a=b"):
        answer = admin.get(f"/admin/migrations/plan?{query}")
        assert answer.status_code == 422, query
        assert "notice--error" in answer.text
    assert admin.post("/admin/migrations", {"to": "standard:1", "_act": "all"}).status_code == 422


def test_readers_of_english_see_steps_by_their_english_names(browse, sqlite_city):
    admin = browse("admin")
    to_triage(sqlite_city)
    packs.install(sqlite_city.site, renamed(), "system")
    admin.get("/language/en")
    for mapping in ("", "&map%3Aidea/triage=idea/reception"):
        text = admin.page(f"/admin/migrations/plan?to=standard:2{mapping}").text_content()
        assert "Triage" in text
        assert "受付審査" not in text
    assert "Removed “" in admin.get("/admin/processes/standard/compare?from=1&to=2").text


def test_whoever_reads_a_moved_case_sees_the_new_drawing_and_when_it_moved(browse, sqlite_city):
    city, admin = sqlite_city, browse("admin")
    case = to_triage(city)
    packs.install(city.site, renamed(), "system")
    plan = {"to": "standard:2", "map:idea/triage": "idea/reception"}
    admin.post("/admin/migrations", {**plan, "_act": "all"})
    city.run_jobs()
    for name in ("applicant", "secretariat", "cio", "head"):
        for part in ("", "/progress", "/timeline", "/forms", "/print", "/diagrams/idea"):
            assert browse(name).get(f"/cases/{case}{part}").status_code == 200, (name, part)
    (task,) = city.open_tasks("secretariat")
    assert browse("secretariat").get(f"/tasks/{task.id}").status_code == 200
    assert "新しい版へ移行" in browse("applicant").get(f"/cases/{case}/timeline").text
    assert "新しい版へ移行" in browse("auditor").get("/audit?type=instance.migrated").text
    assert browse("admin").get("/admin/steps").status_code == 200
    assert browse("admin").get(f"/admin/cases/{case}").status_code == 200
