"""The page and the API of a proposal with files before it is handed in."""

import io

from dxflow.services.reading import attached, shared_drafts
from tests.files import PDF, PNG
from tests.integration.test_decision_papers import Ticking
from tests.web.api_client import Caller, application
from tests.web.conftest import text_of
from tests.web.test_proposal import IDEA, begin

FILE = {"Content-Type": "application/octet-stream"}


def sent(name: str = "図.pdf", body: bytes = PDF, **values: object) -> dict[str, object]:
    return {**IDEA, "_file": (io.BytesIO(body), name), **values}


def names(city, address: str) -> list[str]:
    draft = address.rsplit("/", 1)[1]
    found = shared_drafts.files_of(city.site, city.actor("applicant"), draft)
    return [one.name for one in found]


def test_a_file_is_attached_seen_fetched_taken_away_and_handed_in(browse, sqlite_city):
    sqlite_city.clock.__class__ = Ticking
    browser = browse("applicant")
    address = begin(browser)
    assert "下書きに添付する" in browser.get(address).text
    answer = browser.post(address, sent(_attach="1"))
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{address}#files")
    browser.post(address, sent("写真.png", PNG, _attach="1"))
    page = browser.page(address)
    assert page.xpath("//input[@name='title']/@value") == [IDEA["title"]]
    links = page.xpath("//ul[@class='files']//a/@href")
    assert browser.get(links[0]).data == PDF
    assert browse("colleague").get(links[0]).status_code == 404
    (gone,) = page.xpath("//button[@name='_remove'][contains(., '写真')]/@value")
    browser.post(address, {**IDEA, "_remove": gone})
    assert names(sqlite_city, address) == ["図.pdf"]
    case = browser.post(address, {**IDEA, "_outcome": "submit"}).headers["Location"]
    found = attached.page(sqlite_city.site, sqlite_city.actor("head"), case.rsplit("/", 1)[1])
    assert [one.latest.name for one in found.files] == ["図.pdf"]
    assert "図.pdf" in browse("head").get(case).text


def test_a_file_chosen_and_not_yet_attached_goes_along_when_it_is_handed_in(browse, sqlite_city):
    browser = browse("applicant")
    case = browser.post(begin(browser), sent(_outcome="submit")).headers["Location"]
    assert "図.pdf" in browser.get(case).text


def test_nothing_is_lost_when_the_form_or_the_file_has_errors(browse, sqlite_city):
    browser = browse("applicant")
    address = begin(browser)
    answer = browser.post(address, sent(title="", _outcome="submit"))
    assert answer.status_code == 422
    assert "図.pdf" in answer.text
    assert IDEA["trouble"] in answer.text
    answer = browser.post(address, sent("a.exe", b"MZ", trouble="直した文", _outcome="submit"))
    assert answer.status_code == 422
    words = text_of(answer)
    assert "添付できない種類" in words
    assert "直した文" in answer.text
    assert names(sqlite_city, address) == ["図.pdf"]
    assert browser.post(address, {**IDEA, "_attach": "1"}).status_code == 422
    assert browser.post(address, sent(_attach="1")).status_code == 409
    answer = browser.post(address, {"title": "", "_save": "1"})
    assert "下書きを保存しました" in browser.get(answer.headers["Location"]).text


def test_a_program_attaches_files_to_its_draft(sqlite_city):
    sqlite_city.clock.__class__ = Ticking
    app = application(sqlite_city)
    caller, stranger = Caller.of(app, "applicant"), Caller.of(app, "colleague")
    values = IDEA
    draft = caller.post("/drafts", {"process": "proposal", "values": values}).json["id"]
    here = f"/drafts/{draft}/files?name=図.pdf"
    added = caller.send("POST", here, data=PDF, headers=FILE)
    assert added.status_code == 201
    (file,) = added.json["files"]
    assert file["size"] == len(PDF)
    assert caller.send("POST", here, data=PDF, headers=FILE).status_code == 409
    assert caller.send("POST", here, data=b"MZ", headers=FILE).status_code == 422
    assert stranger.send("POST", here, data=PNG, headers=FILE).status_code == 404
    assert caller.get(f"/draft-files/{file['id']}").data == PDF
    assert stranger.get(f"/draft-files/{file['id']}").status_code == 404
    assert stranger.post(f"/draft-files/{file['id']}/discard").status_code == 404
    other = caller.send("POST", f"/drafts/{draft}/files?name=写.png", data=PNG, headers=FILE)
    gone = other.json["files"][1]["id"]
    assert caller.post(f"/draft-files/{gone}/discard").status_code == 204
    case = caller.post("/cases", {"process": "proposal", "values": values, "draft": draft}).json
    files = caller.get(f"/cases/{case['id']}/attachments").json["files"]
    assert [one["versions"][0]["id"] for one in files] == [file["id"]]
