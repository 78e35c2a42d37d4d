"""What a page may not do behind its reader's back: fail, break the policy, or call the world."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, Response

#: Tells of every breach, also of those Chromium reports only to the document.
_TELL = """addEventListener("securitypolicyviolation", (event) =>
  console.error(`policy breach: ${event.violatedDirective} ${event.blockedURI}`));"""


@dataclass
class Watch:
    """Collects what went wrong in a context; `wrong` is empty when all is well."""

    origin: str
    wrong: list[str] = field(default_factory=list)
    #: Addresses of documents that were refused (4xx): Chromium logs each one as an error.
    _refused: set[str] = field(default_factory=set)

    def over(self, context: BrowserContext) -> None:
        """Begin to watch."""
        context.add_init_script(_TELL)
        context.on("console", self._heard)
        context.on("weberror", lambda error: self.wrong.append(f"script failed: {error.error}"))
        context.on("request", self._asked)
        context.on("response", self._answered)

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type not in ("error", "warning"):
            return
        if message.location.get("url") in self._refused and "status of 4" in message.text:
            return
        self.wrong.append(f"console {message.type}: {message.text} ({message.location.get('url')})")

    def _asked(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ("data", "blob"):
            return
        if f"{parts.scheme}://{parts.netloc}" != self.origin:
            self.wrong.append(f"asked outside: {request.url}")

    def _answered(self, response: Response) -> None:
        if response.status >= 500:
            self.wrong.append(f"{response.status}: {response.url}")
        elif response.status >= 400:
            if response.request.is_navigation_request():
                self._refused.add(response.url)
            else:
                self.wrong.append(f"{response.status}: {response.url}")
