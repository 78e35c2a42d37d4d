"""The administrators' pages of transfers, and the same at the command line."""

import base64
import csv
import io
from pathlib import Path

import pytest
from sqlalchemy import update
from werkzeug.test import TestResponse

from dxflow import clock
from dxflow.db.identity import Person
from tests.integration.test_divided_cases import SPLIT
from tests.integration.transfers import PARTED, ROUND, content, plan, upload
from tests.web.conftest import Browser, text_of
from tests.web.test_cli import ready, run  # noqa: F401 - fixtures

APRIL = "2027-04-01"


def send(browser: Browser, file: bytes, **typed: str) -> TestResponse:
    values = {"file": (io.BytesIO(file), "異動.csv"), "effective": APRIL, **typed}
    return browser.post("/admin/transfers", values)


def form_of(browser: Browser, address: str, action: str) -> dict[str, str]:
    form = browser.page(address).xpath(f"//form[contains(@action, '{action}')]")[0]
    return {name: value for name, value in form.form_values() if name != "_csrf"}


def test_the_pages_are_for_administrators(browse):
    admin = browse("admin")
    made = send(admin, content("head,退職,,"))
    plan = made.headers["Location"]
    for name in ("cio", "secretariat", "auditor"):
        other = browse(name)
        for address in ("/admin/transfers", plan, f"{plan}/changes.csv"):
            assert other.get(address).status_code == 403
        assert other.post(f"{plan}/schedule", {}).status_code == 403


def test_a_plan_is_filled_scheduled_and_its_hour_taken_back(browse):
    admin = browse("admin")
    plan = send(admin, content("head,退職,,")).headers["Location"]
    values = form_of(admin, plan, "/holes")
    nobody = {"other:post:head-counter": "nobody"}
    refused = admin.post(f"{plan}/holes", values | nobody)
    assert refused.status_code == 422
    assert "利用者「nobody」はいない" in text_of(refused)
    held = admin.post(f"{plan}/schedule", form_of(admin, plan, "/schedule"))
    assert (held.status_code, "決めていない穴" in text_of(held)) == (409, True)
    assert admin.post(f"{plan}/holes", values | {"_act": "accept"}).status_code == 303
    assert admin.post(f"{plan}/schedule", form_of(admin, plan, "/schedule")).status_code == 303
    assert "予約した人" in text_of(admin.get(plan))
    outdated = admin.post(f"{plan}/discard", {"version": "1"})
    assert outdated.status_code == 409
    assert admin.post(f"{plan}/unschedule", form_of(admin, plan, "/unschedule")).status_code == 303
    table = admin.get(f"{plan}/changes.csv")
    assert "市民課長" in table.text
    assert admin.post(f"{plan}/discard", form_of(admin, plan, "/discard")).status_code == 303
    assert "破棄" in text_of(admin.get("/admin/transfers"))


def test_nothing_in_the_table_of_changes_is_a_formula(browse, sqlite_city):
    with sqlite_city.site.database.write() as tx:
        tx.execute(
            update(Person)
            .where(Person.username == "head")
            .values(name='=HYPERLINK("http://x.example")')
        )
    admin = browse("admin")
    plan = send(admin, content("head,退職,,")).headers["Location"]
    cells = [
        cell
        for row in csv.reader(io.StringIO(admin.get(f"{plan}/changes.csv").text))
        for cell in row
    ]
    assert any("HYPERLINK" in cell for cell in cells)
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


def test_the_page_of_an_applied_plan_says_who_moved_and_what_went_to_others(browse, sqlite_city):
    case = sqlite_city.start()
    made = plan(sqlite_city, upload(*ROUND), day=sqlite_city.site.today())
    admin, address = browse("admin"), f"/admin/transfer/{made}"
    assert admin.post(f"{address}/apply", form_of(admin, address, "/apply")).status_code == 303
    page = admin.page(address)
    assert "この異動で変わったもの" in page.text_content()
    rows = {"".join(row.text_content().split()) for row in page.xpath("//tbody/tr")}
    assert "head市民課長収納課長" in rows
    assert page.xpath(f"//tbody//a[contains(@href, '{case.id}')]")
    assert "head,市民課長,収納課長" in admin.get(f"{address}/changes.csv").text
    assert admin.post(f"{address}/undo", form_of(admin, address, "/undo")).status_code == 303
    after = admin.page(address)
    assert rows == {"".join(row.text_content().split()) for row in after.xpath("//tbody/tr")}
    assert "いまは適用する前に戻っています" in after.text_content()


def test_the_page_says_whose_account_is_closed_and_who_holds_a_post_beside_theirs(
    browse, sqlite_city
):
    made = plan(sqlite_city, upload("head,退職,,"), day=sqlite_city.site.today())
    admin, address = browse("admin"), f"/admin/transfer/{made}"
    leaver = browse("head")
    assert leaver.get("/").status_code == 200
    assert "civic_head（市民部長）が兼務する" in text_of(admin.get(address))
    values = form_of(admin, address, "/holes")
    admin.post(f"{address}/holes", values | {"_act": "accept"})
    shown = "".join(text_of(admin.get(address)).split())
    for words in (
        "無効にする利用者1人", "穴を埋める兼務1件", "head市民課長なし利用者を無効にする",
        "残す人は、異動のファイルの「利用者の扱い」の列に「残す」と書いてください",
    ):  # fmt: skip
        assert words in shown
    assert admin.post(f"{address}/apply", form_of(admin, address, "/apply")).status_code == 303
    shown = "".join(text_of(admin.get(address)).split())
    for words in ("異動した人2人", "無効にした利用者1人", "変わった職0件"):
        assert words in shown
    assert "/login" in leaver.get("/").headers["Location"]


def test_cases_of_a_split_section_are_divided_on_the_page(browse, sqlite_city):
    case = sqlite_city.start(title="窓口の混雑をなくす")
    sqlite_city.start(title="別の提案")
    made = plan(sqlite_city, *SPLIT)
    admin, address = browse("admin"), f"/admin/transfer/{made}"
    assert "窓口の混雑をなくす" in text_of(admin.get(address))
    values = form_of(admin, address, "/cases")
    values |= {"case": case.id, f"case:{case.id}": "register"}
    assert admin.post(f"{address}/cases", values).status_code == 303
    assert admin.page(address).xpath(f"//select[@name='case:{case.id}']/option[@selected]/text()") == ["戸籍課"]  # fmt: skip
    refused = admin.post(f"{address}/cases", {"unit": "counter", "case": case.id, f"case:{case.id}": "tax"})  # fmt: skip
    assert refused.status_code == 422
    assert "引継先ではありません" in text_of(refused)
    everything = {"unit": "counter", "_all": "register"}
    assert admin.post(f"{address}/cases", everything).status_code == 303
    chosen = admin.page(address).xpath("//select[starts-with(@name, 'case:')]/option[@selected]")
    assert [one.text for one in chosen] == ["戸籍課", "戸籍課"]
    assert browse("secretariat").post(f"{address}/cases", everything).status_code == 403


def test_cases_of_a_section_that_goes_on_stay_or_are_given_on_the_page(browse, sqlite_city):
    case = sqlite_city.start(title="窓口の混雑をなくす")
    made = plan(sqlite_city, *PARTED)
    admin, address = browse("admin"), f"/admin/transfer/{made}"
    assert "「市民課」は続きます。" in text_of(admin.get(address))
    chosen = f"//select[@name='case:{case.id}']/option[@selected]/text()"
    assert admin.page(address).xpath(chosen) == ["「市民課」に残す"]
    values = form_of(admin, address, "/cases")
    values |= {"case": case.id, f"case:{case.id}": "register"}
    assert admin.post(f"{address}/cases", values).status_code == 303
    assert admin.page(address).xpath(chosen) == ["戸籍課"]
    assert admin.post(f"{address}/cases", {"unit": "counter", "_all": "counter"}).status_code == 303
    assert admin.page(address).xpath(chosen) == ["「市民課」に残す"]


def test_cases_are_divided_by_a_sheet_that_is_taken_away_and_sent_back(browse, sqlite_city):
    case = sqlite_city.start(title="窓口の混雑をなくす")
    made = plan(sqlite_city, *PARTED)
    admin, address = browse("admin"), f"/admin/transfer/{made}"
    sheet = admin.get(f"{address}/cases.csv")
    assert sheet.headers["Cache-Control"] == "no-store"
    assert admin.get(f"{address}/cases.xlsx").data.startswith(b"PK")
    version = form_of(admin, address, "/cases/file")["version"]

    def send_back(text: str) -> TestResponse:
        file = (io.BytesIO(text.encode("cp932")), "案件.csv")
        return admin.post(f"{address}/cases/file", {"file": file, "version": version})

    filled = sheet.data.decode("utf-8-sig").rstrip().removesuffix(",") + ",収納課"
    refused = send_back(filled)
    assert refused.status_code == 422
    text = text_of(refused)
    assert "2引き継ぐ課「収納課」は「市民課」の引継先ではありません。" in "".join(text.split())
    assert send_back(filled.replace(",収納課", ",戸籍課")).status_code == 303
    chosen = f"//select[@name='case:{case.id}']/option[@selected]/text()"
    assert admin.page(address).xpath(chosen) == ["戸籍課"]
    assert send_back(filled).status_code == 409
    assert admin.post(f"{address}/cases/file", {}).status_code == 422
    other = browse("secretariat")
    assert other.get(f"{address}/cases.csv").status_code == 403
    assert other.get(f"{address}/cases.xlsx").status_code == 403
    assert other.post(f"{address}/cases/file", {}).status_code == 403


def test_headings_are_asked_for_once_and_remembered(browse):
    admin = browse("admin")
    file = content("head,退職,,x", head="番号札,区分,職,メモ")
    asked = send(admin, file)
    assert asked.status_code == 422
    assert "番号札" in text_of(asked)
    values = {
        "content": base64.urlsafe_b64encode(file).decode(), "name": "a.csv", "what": "transfers",
        "effective": APRIL, "heading": ["番号札", "区分", "職", "メモ"],
        "column": ["username", "kind", "post", "-"],
    }  # fmt: skip
    assert admin.post("/admin/transfers", values).status_code == 303
    assert send(admin, file).status_code == 303


@pytest.mark.parametrize(
    ("file", "status", "why"),
    [
        (b"%PDF-1.7", 422, "PDF"),
        (b"", 422, "ファイルを選んで"),
        (
            "利用者名,新しい職\nhead,収納課長\x81".encode("cp932", "ignore") + b"\x80\n",
            422,
            "読めない",
        ),
    ],
)
def test_files_that_are_none_are_refused_in_words(browse, file, status, why):
    refused = send(browse("admin"), file)
    assert refused.status_code == status
    assert why in text_of(refused)


def test_problems_of_lines_are_listed_with_their_place(browse):
    admin = browse("admin")
    plan = send(admin, content("head,異動,宇宙課長,", "ghost,異動,収納課長,")).headers["Location"]
    text = text_of(admin.get(plan))
    assert "直すところが 2 件あります" in text
    assert "宇宙課長" in text
    assert admin.post(f"{plan}/schedule", {"version": "1"}).status_code == 422
    assert admin.get(f"{plan}/changes.csv").status_code == 422


def test_another_year_is_refused_and_typed_words_stay(browse):
    admin = browse("admin")
    refused = send(admin, content("head,退職,,"), effective="2031-04-01", plan_name="遠い春")
    assert refused.status_code == 422
    assert "異動の日にできません" in text_of(refused)
    assert 'value="遠い春"' in refused.text


def test_unknown_plans_are_not_found(browse):
    admin = browse("admin")
    assert admin.get("/admin/transfer/nothing").status_code == 404
    assert admin.post("/admin/transfer/nothing/apply", {}).status_code == 404


def test_the_command_line_does_the_same(ready, tmp_path: Path):  # noqa: F811
    assert ready("user", "add", "taro", "--name", "太郎").status == 0
    today = ready("org", "transfer", "list", "--json")
    assert today.document == {"plans": []}
    organisation = tmp_path / "units.csv"
    organisation.write_text("組織コード,組織名,種別\nnew,新しい課,section\n", encoding="utf-8")
    posts = tmp_path / "posts.csv"
    posts.write_text(
        "職コード,職名,所属,種別\nhead-new,新しい課長,new,section_head\n", encoding="utf-8"
    )
    people = tmp_path / "people.csv"
    people.write_text("誰,新しい職\ntaro,新しい課長\n", encoding="utf-8")
    day = _today()
    files = (str(people), str(organisation), str(posts))
    assert ready("org", "transfer", "plan", *files, "--effective", day).status == 1
    made = ready(
        "org", "transfer", "plan", *files, "--effective", day, "--column", "誰=username", "--json"
    )
    assert made.status == 0, made.document
    plan = made.document["plan"]
    assert ready("org", "transfer", "schedule", plan).status == 1
    assert ready("org", "transfer", "show", plan).status == 0
    applied = ready("org", "transfer", "apply", plan, "--json").document
    assert (applied["status"], applied["persons"]) == ("applied", 1)
    shown = ready("org", "transfer", "show", plan)
    assert (shown.status, "太郎  なし → 新しい課長" in shown.out) == (0, True)
    assert ready("org", "transfer", "undo", plan).status == 0
    assert ready("org", "transfer", "discard", plan).status == 1
    assert ready("org", "transfer", "fill", plan).status == 1


def test_the_command_line_divides_the_cases_of_a_section_that_goes_on(
    ready,  # noqa: F811
    tmp_path: Path,
):
    file = tmp_path / "units.csv"
    day = ("--effective", _today())

    def planned(*lines: str):
        text = "\n".join(("組織コード,組織名,種別,引継元", *lines))
        file.write_text(text, encoding="cp932")
        return ready("org", "transfer", "plan", str(file), *day, "--json")

    assert planned("old,前の課,section,").document["splits"] == []
    first = ready("org", "transfer", "list", "--json").document["plans"][0]["id"]
    itself = planned("old,前の課,section,old")
    assert itself.status == 1
    assert [one["line"] for one in itself.document["problems"]] == [2]
    leave = ready("org", "transfer", "show", first, "--json").document["holes"][0]["id"]
    left = ("leave", "--reason", "課長は来月")
    assert ready("org", "transfer", "fill", first, leave, *left).status == 0
    assert ready("org", "transfer", "apply", first).status == 0
    made = planned("new,新しい課,section,前の課").document
    (section,) = made["splits"]
    assert (section["goes_on"], [key for key, _name in section["successors"]]) == (
        True,
        ["old", "new"],
    )
    give = ("org", "transfer", "give", made["plan"], "new")
    assert ready(*give, "--all", "old").status == 1  # the new section has no head yet
    sheet = tmp_path / "cases.csv"
    assert ready("org", "transfer", "sheet", made["plan"], str(sheet)).status == 0
    heading = sheet.read_text(encoding="utf-8-sig")
    assert heading.startswith("案件番号,")
    again = ready("org", "transfer", "sheet", made["plan"], str(sheet))
    assert (again.status, "すでにあります" in again.err) == (1, True)
    assert ready("org", "transfer", "sheet", made["plan"], str(tmp_path / "a.txt")).status == 1
    assert ready("org", "transfer", "sheet", made["plan"], str(tmp_path / "a.xlsx")).status == 0
    divide = ("org", "transfer", "divide", made["plan"], str(sheet))
    assert ready(*divide).status == 1, "the new section has no head yet"
    sheet.write_text(heading + "R1-前-0001,,,,,,,,新しい課\n", encoding="utf-8")
    wrong = ready(*divide)
    assert wrong.status == 1
    assert "分ける課の開いている案件ではありません" in wrong.out + wrong.err
    refused = ready(*give, "R1-前-0001")
    assert refused.status == 1
    assert "開いている案件ではありません" in refused.out + refused.err


def _today() -> str:
    return clock.local_date(clock.now()).isoformat()
