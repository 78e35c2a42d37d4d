"""Files of a case through the API: every answer is held against the document."""

import hashlib
import io

from dxflow.attachments.limits import MEGABYTE
from dxflow.web.app import LARGEST_REQUEST
from tests.files import PDF
from tests.walks import to_triage
from tests.web.api_client import Caller, application
from tests.web.conftest import Browser

FILE = {"Content-Type": "application/octet-stream"}


def test_a_file_is_attached_listed_replaced_fetched_and_withdrawn(sqlite_city):
    case = to_triage(sqlite_city)
    app = application(sqlite_city)
    applicant, reader = Caller.of(app, "applicant"), Caller.of(app, "auditor")
    large = PDF + b"x" * (LARGEST_REQUEST + 1)
    first = applicant.send(
        "POST", f"/cases/{case}/attachments?name=見積書.pdf", data=large, headers=FILE
    )
    assert first.status_code == 201
    second = applicant.send(
        "POST", f"/attachments/{first.json['attachment']}/versions?name=改.pdf", data=PDF
    )
    assert (second.status_code, second.json["number"]) == (201, 2)
    listed = reader.get(f"/cases/{case}/attachments").json
    assert (listed["may_attach"], listed["largest"]) == (False, 25 * MEGABYTE)
    (file,) = listed["files"]
    assert [one["sha256"] for one in file["versions"]] == [
        hashlib.sha256(body).hexdigest() for body in (PDF, large)
    ]
    assert reader.get(f"/attachment-versions/{first.json['version']}").data == large
    gone = applicant.post(f"/attachments/{file['id']}/withdraw", {"reason": "誤り"})
    assert gone.json["files"][0]["withdraw_reason"] == "誤り"


def test_what_is_refused_says_why_as_declared(sqlite_city):
    case = to_triage(sqlite_city)
    app = application(sqlite_city)
    applicant, stranger = Caller.of(app, "applicant"), Caller.of(app, "other")
    here = f"/cases/{case}/attachments"
    for name, body, status in (
        ("a.exe", b"MZ", 422),
        ("a.pdf", b"MZ", 422),
        ("", PDF, 422),
        ("a.pdf", b"", 422),
        ("a.pdf", PDF + b"x" * (26 * MEGABYTE), 413),
        ("b.pdf", PDF + b"x" * (25 * MEGABYTE), 422),
    ):
        answer = applicant.send("POST", f"{here}?name={name}", data=body, headers=FILE)
        assert answer.status_code == status, name
    assert applicant.send("POST", f"{here}?name=a.pdf", json={}).status_code == 415
    assert stranger.send("POST", f"{here}?name=a.pdf", data=PDF, headers=FILE).status_code == 404
    reader = Caller.of(app, "auditor")
    assert reader.send("POST", f"{here}?name=a.pdf", data=PDF, headers=FILE).status_code == 403
    assert applicant.send("POST", f"{here}?name=a.pdf", data=PDF, headers=FILE).status_code == 201
    assert applicant.send("POST", f"{here}?name=a.pdf", data=PDF, headers=FILE).status_code == 409
    assert applicant.get(here).json["files"][0]["versions"][0]["size"] == len(PDF)


def test_a_body_without_a_length_is_cut_at_the_limit(sqlite_city):
    case = to_triage(sqlite_city)
    applicant = Caller.of(application(sqlite_city), "applicant")

    class Endless(io.RawIOBase):
        given = 0

        def readinto(self, buffer) -> int:
            self.given += len(buffer)
            return len(buffer)

    source = Endless()
    answer = applicant.send(
        "POST", f"/cases/{case}/attachments?name=a.pdf", headers=FILE,
        environ_overrides={"wsgi.input": source, "wsgi.input_terminated": True},
    )  # fmt: skip
    assert answer.status_code in (413, 422)
    assert source.given < 27 * MEGABYTE


def test_a_page_session_brings_a_large_file_with_the_token_of_its_page(sqlite_city):
    case = to_triage(sqlite_city)
    browser = Browser(application(sqlite_city).test_client())
    browser.log_in("applicant")
    large = PDF + b"x" * (LARGEST_REQUEST + 1)
    here = f"/api/v1/cases/{case}/attachments?name=a.pdf"
    refused = browser.client.post(here, data=large, headers=FILE)
    assert refused.status_code in (400, 403)
    token = FILE | {"X-CSRFToken": browser.token()}
    assert browser.client.post(here, data=large, headers=token).status_code == 201
