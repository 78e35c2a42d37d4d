"""Visit an installation with the sample city as a person does; used by what tries an installation.

    python visitor.py http://127.0.0.1:8000 [--without-pango]

Needs only the standard library, so that the Python that was installed can run it. Fetches a decision
as PDF, or finds the sentence that says what is missing, and the sheet for the browser to print.
"""

import re
import ssl
import sys
import urllib.error
import urllib.parse
import urllib.request
import zlib
from collections.abc import Iterator
from contextlib import suppress
from http.cookiejar import CookieJar

PASSWORD = "dxflow-demo"
HIDDEN = re.compile(r'<input[^>]*type="hidden"[^>]*>')
NO_LIBRARY = "ライブラリ（Pango）がありません"


class Browser:
    """A browser that trusts anybody's certificate and keeps cookies."""

    def __init__(self, base: str) -> None:
        self.base, self.jar = base, CookieJar()
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self.opener = urllib.request.build_opener(
            urllib.request.HTTPSHandler(context=context),
            urllib.request.HTTPCookieProcessor(self.jar),
        )

    def open(
        self, path: str, data: dict[str, str] | None = None, **headers: str
    ) -> tuple[int, str, str]:
        """Return status, final address and text."""
        status, url, _kind, content = self.fetch(path, data, **headers)
        return status, url, content.decode(errors="replace")

    def fetch(
        self, path: str, data: dict[str, str] | None = None, **headers: str
    ) -> tuple[int, str, str, bytes]:
        """Return status, final address, type and content."""
        body = None if data is None else urllib.parse.urlencode(data).encode()
        where = urllib.parse.urljoin(self.base, path)
        request = urllib.request.Request(where, body, {"Referer": where, **headers})
        try:
            with self.opener.open(request, timeout=120) as answer:
                return answer.status, answer.url, answer.headers.get_content_type(), answer.read()
        except urllib.error.HTTPError as exc:
            return exc.code, where, exc.headers.get_content_type(), exc.read()

    def log_in(self, user: str) -> None:
        """Log in as a person of the sample city."""
        _status, _url, page = self.open("/login")
        fields = {"username": user, "password": PASSWORD, "_csrf": hidden(page)["_csrf"]}
        status, url, _page = self.open("/login", fields)
        expect(
            status == 200 and url.startswith(self.base) and not url.endswith("/login"),
            f"{user} logged in, at {url}",
        )


def hidden(page: str) -> dict[str, str]:
    """Return the hidden fields of a page's forms."""
    fields = {}
    for tag in HIDDEN.findall(page):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and value:
            fields[name[1]] = value[1]
    return fields


def expect(true: bool, what: str) -> None:
    """Say what was found, or end."""
    if not true:
        raise SystemExit(f"NOT AS PROMISED: {what}")
    print("as promised:", what, flush=True)


def fetch_pdf(browser: Browser, *, pango: bool = True) -> None:
    """Fetch a decision as PDF; without Pango, the sentence that says so and the sheet to print."""
    browser.log_in("asakura")
    path = _decision(browser)
    status, _url, kind, content = browser.fetch(path)
    if pango:
        expect(
            (status, kind) == (200, "application/pdf") and content.startswith(b"%PDF"),
            f"a decision as PDF: {status} {kind}, {len(content):,} bytes",
        )
        expect(any(b"/FontFile" in part for part in _parts(content)), "its letters are in the file")
        return
    expect(status == 200 and NO_LIBRARY in content.decode(), f"without Pango: “{NO_LIBRARY}”")
    expect("決裁書" in content.decode(), "the same page is the sheet for the browser to print")


def _parts(pdf: bytes) -> Iterator[bytes]:
    """Yield the file as it is and each of its packed parts unpacked."""
    yield pdf
    for packed in re.finditer(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL):
        with suppress(zlib.error):
            yield zlib.decompressobj().decompress(packed[1])


def _decision(browser: Browser) -> str:
    _status, _url, page = browser.open("/cases")
    for case in dict.fromkeys(re.findall(r'href="(/cases/[0-9a-f]{32})"', page)):
        _status, _url, decision = browser.open(f"{case}/decision")
        found = re.search(rf'href="({case}/decision/pdf[^"]*)"', decision)
        if found:
            return found[1]
    raise SystemExit("NOT AS PROMISED: no case of the sample city has a decision")


def main(arguments: list[str]) -> None:
    """Fetch a PDF from the installation at an address."""
    fetch_pdf(Browser(arguments[0]), pango="--without-pango" not in arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
