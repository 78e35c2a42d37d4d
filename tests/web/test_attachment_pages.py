"""Files of a case on its pages: attached without a script, handed out so that nothing of them runs."""

import hashlib
import io

import pytest

from dxflow.attachments.limits import MEGABYTE
from dxflow.web.uploads import XLSX
from tests.files import PDF, PNG, workbook
from tests.walks import do, task_of, to_committee, to_triage, vote
from tests.web.conftest import Browser, text_of


def send(browser: Browser, path: str, name: str = "見積書.pdf", body: bytes = PDF, **more: str):
    return browser.post(
        path, {"file": (io.BytesIO(body), name), **more}, content_type="multipart/form-data"
    )


def links(browser: Browser, case: str) -> list[str]:
    page = browser.page(f"/cases/{case}/attachments")
    return list(dict.fromkeys(page.xpath("//p[@class='file__name']/a/@href")))


def test_a_file_is_attached_listed_and_handed_out_to_be_kept(sqlite_city, browse):
    case = to_triage(sqlite_city)
    browser = browse("applicant")
    assert "まだ添付はありません" in browser.get(f"/cases/{case}/attachments").text
    assert send(browser, f"/cases/{case}/attachments").status_code == 303
    page = text_of(browser.get(f"/cases/{case}/attachments"))
    assert "添付しました（第1版）" in page
    assert hashlib.sha256(PDF).hexdigest()[:12] in page
    assert "検査なし" in page
    assert "見積書.pdf" in browser.get(f"/cases/{case}").text
    (link,) = links(browser, case)
    answer = browse("secretariat").get(link)
    assert answer.data == PDF
    assert answer.headers["Content-Disposition"] == (
        "attachment; filename=\"___.pdf\"; filename*=UTF-8''%E8%A6%8B%E7%A9%8D%E6%9B%B8.pdf"
    )
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "script" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers.getlist("Content-Security-Policy") == [
        answer.headers["Content-Security-Policy"]
    ]
    assert browse("other").get(link).status_code == 404


def test_only_images_and_pdf_open_in_the_browser(sqlite_city, browse):
    case = to_triage(sqlite_city)
    browser = browse("applicant")
    for name, body in (("a.pdf", PDF), ("b.png", PNG), ("c.xlsx", workbook()), ("d.txt", b"abc")):
        assert send(browser, f"/cases/{case}/attachments", name, body).status_code == 303
    page = browser.page(f"/cases/{case}/attachments")
    named = {link.text: link.get("href") for link in page.xpath("//p[@class='file__name']/a")}
    found = {name: browser.get(f"{link}/view") for name, link in named.items()}
    assert {name: one.status_code for name, one in found.items()} == {
        "a.pdf": 200, "b.png": 200, "c.xlsx": 404, "d.txt": 404,
    }  # fmt: skip
    assert found["b.png"].headers["Content-Disposition"].startswith("inline;")
    assert "sandbox" in found["b.png"].headers["Content-Security-Policy"]
    assert "script" not in found["a.pdf"].headers["Content-Security-Policy"]
    assert browser.get(named["c.xlsx"]).mimetype == XLSX


@pytest.mark.parametrize(
    ("name", "body", "said"),
    [
        ("x.html", b"<html>", "添付できない種類"),
        ("x.svg", b"<svg/>", "添付できない種類"),
        ("x.pdf", b"<html><script>", "ウェブページか XML"),
        ("x.pdf", b"", "空です"),
        ("", b"", "ファイルを選んでください"),
    ],
)
def test_what_is_refused_comes_back_with_a_sentence_at_its_field(
    sqlite_city, browse, name, body, said
):
    case = to_triage(sqlite_city)
    answer = send(browse("applicant"), f"/cases/{case}/attachments", name, body)
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert 'aria-invalid="true"' in answer.text
    assert links(browse("applicant"), case) == []


def test_a_request_of_two_gigabytes_is_refused_before_it_is_read(sqlite_city, browse):
    case = to_triage(sqlite_city)
    browser = browse("applicant")

    class Unread:
        def read(self, _size: int = -1) -> bytes:
            raise AssertionError

        readline = read

    answer = browser.client.post(
        f"/cases/{case}/attachments",
        content_type="multipart/form-data; boundary=x",
        environ_overrides={"wsgi.input": Unread(), "CONTENT_LENGTH": str(2 << 30)},
    )
    assert answer.status_code == 413
    assert "25 MB まで" in answer.text
    page = f"/cases/{case}/withdraw"  # other pages take as little as ever
    assert browser.post(page, {"reason": "x" * (3 * MEGABYTE)}).status_code == 413


def test_a_file_above_the_limit_comes_back_with_the_limit(sqlite_city, browse):
    case = to_triage(sqlite_city)
    browser = browse("applicant")
    # put together here: the test client would leave a temporary file of its own behind
    body = b"".join(
        (
            b'--x\r\nContent-Disposition: form-data; name="_csrf"\r\n\r\n',
            browser.token().encode(),
            b'\r\n--x\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n',
            PDF + b"x" * 25 * MEGABYTE,
            b"\r\n--x--\r\n",
        )
    )
    answer = browser.client.post(
        f"/cases/{case}/attachments", data=body, content_type="multipart/form-data; boundary=x"
    )
    assert answer.status_code == 422
    assert "25 MB まで" in text_of(answer)


def test_without_the_token_of_the_page_nothing_is_taken(sqlite_city, browse):
    case = to_triage(sqlite_city)
    browser = browse("applicant")
    answer = browser.post(
        f"/cases/{case}/attachments", {"file": (io.BytesIO(PDF), "a.pdf")}, token="no",
        content_type="multipart/form-data",
    )  # fmt: skip
    assert answer.status_code == 400
    assert links(browser, case) == []


def test_from_a_task_one_comes_back_to_the_task(sqlite_city, browse):
    case = to_triage(sqlite_city)
    task = task_of(sqlite_city, "secretariat", case, "triage")
    browser = browse("secretariat")
    form = browser.page(f"/tasks/{task.id}").xpath("//form[contains(@class, 'upload')]")[0]
    assert form.get("enctype") == "multipart/form-data"
    answer = send(browser, form.get("action"), task=task.id)
    assert answer.headers["Location"].endswith(f"/tasks/{task.id}#attachments")
    assert "見積書.pdf" in browser.get(f"/tasks/{task.id}").text
    assert "見積書.pdf" in browser.get("/papers").text
    away = send(browser, form.get("action"), "二.pdf", PDF + b"2", task="//evil.example")
    assert away.headers["Location"].endswith(f"/cases/{case}/attachments")


def test_versions_and_withdrawals_stay_to_be_seen(sqlite_city, browse):
    case = to_triage(sqlite_city)
    browser = browse("applicant")
    send(browser, f"/cases/{case}/attachments")
    page = browser.page(f"/cases/{case}/attachments")
    (replace,) = page.xpath("//li[@class='file']//form[contains(@class, 'upload')]/@action")
    assert send(browser, replace, "改.pdf", PDF + b"2").status_code == 303
    assert len(links(browser, case)) == 2
    (out,) = page.xpath("//form[contains(@action, '/withdraw')]/@action")
    refused = browser.post(out, {"reason": " "})
    assert refused.status_code == 422
    assert "入力してください" in refused.text
    assert browser.post(out, {"reason": "誤り"}).status_code == 303
    text = text_of(browser.get(f"/cases/{case}/attachments"))
    assert "理由: 誤り" in text
    assert len(links(browser, case)) == 2
    assert "改.pdf" not in browser.get(f"/cases/{case}").text
    again = send(browser, replace, "三.pdf", PDF + b"3")
    assert again.status_code == 403


def test_the_decision_lists_its_files_and_locks_them(sqlite_city, browse):
    case = to_committee(sqlite_city)
    browser = browse("applicant")
    send(browser, f"/cases/{case}/attachments")
    vote(sqlite_city, case, "approve")
    do(sqlite_city, case, "cio", "conclude", "approve", reason="一致")
    do(sqlite_city, case, "civic_head", "decide", "approve", reason="妥当")
    digest = hashlib.sha256(PDF).hexdigest()
    for page in ("decision", "decision/print"):
        assert digest in browser.get(f"/cases/{case}/{page}").text
    listed = browser.page(f"/cases/{case}/attachments")
    assert listed.xpath("//li[@class='file']//form") == []
    send(browser, f"/cases/{case}/attachments", "契約書.pdf", PDF + b"2")
    assert "決裁後に添付" in text_of(browser.get(f"/cases/{case}/attachments"))
    assert "契約書.pdf" in browser.get(f"/cases/{case}/print").text


def test_a_reader_sees_why_nothing_may_be_attached(sqlite_city, browse):
    case = to_triage(sqlite_city)
    auditor = browse("auditor")
    assert "添付できるのは、提案者" in text_of(auditor.get(f"/cases/{case}/attachments"))
    assert send(auditor, f"/cases/{case}/attachments").status_code == 403
