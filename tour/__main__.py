"""`python -m tour [FOLDER]`: serve a fresh sample city, walk through it, keep the pictures.

Needs a Chromium. The pictures go to `docs/tour`; the README names them.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[1]
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
WINDOW = {"width": 1280, "height": 860}


@dataclass(frozen=True)
class Stop:
    """A stop of the tour: who looks, the way there, and what of the page is kept.

    `way` are one after another: an address (`/…`), a link to follow (`css:…`), a file to attach
    (`attach:NAME`), what the picture begins with (`see:…`).
    """

    name: str
    user: str
    way: tuple[str, ...]
    language: str = "ja"


COMMITTEE = ("/cases?stage=committee", "css:.case-table tbody a")
#: Its decision went through every kind of place, up to the mayor.
DECIDED = "/cases?q=電子黒板"
STOPS = (
    Stop("inbox", "ishida", ("/",)),
    Stop("proposal", "hayashi", ("/proposals/new",)),
    Stop("case", "ishida", COMMITTEE),
    Stop("progress", "ishida", (*COMMITTEE, "css:.tabs a[href$='/progress']")),
    Stop("meeting", "ishida", ("/meetings", "css:main a[href^='/meetings/0']")),
    Stop("papers", "mori", ("/meetings", "css:main a[href^='/meetings/0']", "css:a[href$='/papers']")),
    Stop(
        "decision", "asakura",
        (DECIDED, "css:.case-table tbody a", "css:.tabs a[href$='/decision']", "see:.tabs"),
    ),
    Stop(
        "attachments", "hayashi",
        ("/mine", "css:main a[href^='/cases/']", "css:.tabs a[href$='/attachments']",
         "attach:見積比較表.csv", "attach:現地調査の記録.txt", "see:.tabs"),
    ),
    Stop("measure", "asakura", ("/kpis", "css:.kpi-table tbody a")),
    Stop("portfolio", "asakura", ("/portfolio",)),
    Stop("audit", "sugawara", ("/audit",)),
    Stop("steps", "arai", ("/admin/steps",)),
    Stop("administration", "arai", ("/admin",)),
    Stop("status", "arai", ("/admin/status",)),
    Stop("english", "asakura", ("/portfolio",), language="en"),
    Stop(
        "english-decision", "asakura",
        (DECIDED, "css:.case-table tbody a", "css:.tabs a[href$='/decision']", "see:.tabs"),
        language="en",
    ),
)  # fmt: skip


def main(arguments: list[str]) -> int:
    """Take the pictures."""
    folder = Path(arguments[0]) if arguments else ROOT / "docs" / "tour"
    found = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if found is None:
        print("no Chromium was found:", ", ".join(CHROMIUMS), file=sys.stderr)
        return 1
    folder.mkdir(parents=True, exist_ok=True)
    with demonstration() as url, sync_playwright() as player:
        for old in folder.glob("[0-9][0-9]-*.png"):
            old.unlink()
        words = {**os.environ, "LANGUAGE": "ja"}  # the browser's own, as on the button for a file
        browser = player.chromium.launch(executable_path=found, args=ARGUMENTS, env=words)
        for number, stop in enumerate(STOPS, 1):
            picture(browser, url, stop, folder / f"{number:02}-{stop.name}.png")
            print(f"{number:02}-{stop.name}.png", flush=True)
        browser.close()
    return 0


@contextmanager
def demonstration() -> Iterator[str]:
    """Serve a fresh sample city on a free port and yield its address."""
    with tempfile.TemporaryDirectory(prefix="dxtour", ignore_cleanup_errors=True) as home:
        command = [str(Path(sys.executable).with_name("dxflow")), "demo", "--port", "0"]
        server = subprocess.Popen(
            command,
            env={**os.environ, "DXFLOW_HOME": home},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        try:
            assert server.stdout is not None
            yield json.loads(server.stdout.readline())["url"]
        finally:
            server.terminate()
            server.wait(timeout=30)


def picture(browser: Browser, url: str, stop: Stop, file: Path) -> None:
    """Log in, go there, and keep what the window shows."""
    locale = {"ja": "ja-JP", "en": "en-GB"}[stop.language]
    context = browser.new_context(viewport=WINDOW, locale=locale)
    page = context.new_page()
    page.goto(f"{url}/language/{stop.language}?next=/login")
    page.fill("[name=username]", stop.user)
    page.fill("[name=password]", "dxflow-demo")
    page.click("main .button--primary")
    for step in stop.way:
        _go(page, url, step)
    page.wait_for_load_state("networkidle")
    page.screenshot(path=str(file))
    context.close()


def _go(page: Page, url: str, step: str) -> None:
    if step.startswith("/"):
        answer = page.goto(url + step)
        if answer is None or answer.status != 200:
            raise RuntimeError(f"{step} answered {answer.status if answer else 'nothing'}")
        return
    how, _colon, what = step.partition(":")
    if how == "attach":
        file = {"name": what, "mimeType": "text/plain", "buffer": f"{what}\n".encode() * 40}
        page.locator("#file-new").set_input_files(file)
        page.locator("form.upload:has(#file-new) button").click()
        page.locator(".file__name", has_text=what).wait_for()
    elif how == "see":
        page.locator(what).first.evaluate("seen => seen.scrollIntoView({block: 'start'})")
    else:
        page.locator(what).first.click()
        page.wait_for_load_state()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
