"""Start what is delivered, as it is delivered: the lines of the units, and nginx in front.

Run by `make try-deploy`. The units are checked with systemd-analyze where it is installed; systemd
itself is not started: the exact ExecStart lines run under the environment the units name, with
paths and ports moved into a folder of their own. nginx runs the delivered configuration, with the
name, the certificate and the ports replaced, and a person logs in and finishes a task through it.
"""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from ctypes.util import find_library
from pathlib import Path

from visitor import Browser, expect, fetch_pdf, hidden

DEPLOY = Path(__file__).parent
BIN = Path(sys.executable).parent
NGINX = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
NAME = "dxflow.example.lg.jp"


def main() -> None:
    """Try units and proxy; any difference from what is promised ends with an error."""
    if NGINX is None or shutil.which("openssl") is None:
        raise SystemExit("needs nginx and openssl")
    check_units()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dxflow-try")))
        folder.chmod(0o755)
        environment, port = prepare(folder), free_port()
        environment["DXFLOW_PORT"] = str(port)
        for unit in ("dxflow.service", "dxflow-worker.service"):
            stack.enter_context(running(command(unit, folder), environment, folder / f"{unit}.log"))
        https, http = free_port(), free_port()
        stack.enter_context(proxy(folder, port, https, http))
        wait_for(https)
        through_the_proxy(https, http)
        backup = command("dxflow-backup.service", folder)
        (folder / "backups").mkdir(mode=0o700)
        subprocess.run(backup, env=environment, check=True, cwd=folder)
        print("backup unit: done,", len(list((folder / "backups").iterdir())), "file")
        refused = subprocess.run([BIN / "dxflow", "upgrade", "--json"], env=environment, cwd=folder,
                                 capture_output=True, text=True, check=False)  # fmt: skip
        print("upgrade while serving:", refused.returncode, refused.stdout.strip())
    print("units and proxy: in order")


def check_units() -> None:
    """Have systemd itself read the units."""
    if shutil.which("systemd-analyze") is None:
        print("systemd-analyze is not installed: the units were not checked")
        return
    with tempfile.TemporaryDirectory() as name:
        for unit in (DEPLOY / "systemd").iterdir():
            text = unit.read_text(encoding="utf-8").replace("/opt/dxflow/.venv/bin", str(BIN))
            (Path(name) / unit.name).write_text(text, encoding="utf-8")
        units = sorted(str(path) for path in Path(name).iterdir())
        done = subprocess.run(["systemd-analyze", "verify", "--man=no", *units],
                              capture_output=True, text=True, check=False)  # fmt: skip
    ours = [line for line in done.stderr.splitlines() if "dxflow" in line]
    if ours:
        raise SystemExit("\n".join(ours))
    print("systemd-analyze verify: nothing to complain of")


def prepare(folder: Path) -> dict[str, str]:
    """Make a sample city and return the environment that the unit gives."""
    unit = (DEPLOY / "systemd" / "dxflow.service").read_text(encoding="utf-8")
    given = dict(
        pair.split("=", 1) for pair in re.search(r"^Environment=(.+)$", unit, re.M)[1].split()
    )
    environment = given | {
        "DXFLOW_HOME": str(folder / "var"),
        "DXFLOW_DEMO": "1",
        "PATH": "/usr/bin:/bin",
    }
    port = free_port()
    log = (folder / "demo.log").open("w")
    with subprocess.Popen([BIN / "dxflow", "demo", "--port", str(port)], env=environment, cwd=folder,
                          stdout=subprocess.PIPE, stderr=log, text=True) as demo:  # fmt: skip
        demo.stdout.readline()
        demo.terminate()
        demo.wait(30)
    return environment


def command(unit: str, folder: Path) -> list[str]:
    """Return a unit's ExecStart line, with its paths moved."""
    text = (DEPLOY / "systemd" / unit).read_text(encoding="utf-8")
    line = re.search(r"^ExecStart=(.+)$", text, re.M)[1]
    line = line.replace("/opt/dxflow/.venv/bin", str(BIN))
    return line.replace("/var/backups/dxflow", str(folder / "backups")).split()


@contextmanager
def running(line: list[str], environment: dict[str, str], log: Path) -> Iterator[None]:
    """Run a unit's line and end it as systemd does; it must end in peace."""
    with log.open("w") as out, subprocess.Popen(line, env=environment, cwd=log.parent, stdout=out,
                                                stderr=out) as process:  # fmt: skip
        try:
            yield
        finally:
            process.terminate()
            status = process.wait(20)
    if status != 0:
        raise SystemExit(f"{line} ended with {status}:\n{log.read_text(encoding='utf-8')}")
    print(" ".join(line[1:]), "started and ended in peace")


@contextmanager
def proxy(folder: Path, port: int, https: int, http: int) -> Iterator[None]:
    """Run nginx with the delivered configuration."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
                    f"/CN={NAME}", "-addext", "subjectAltName=DNS:localhost", "-keyout",
                    folder / "key", "-out", folder / "crt"], check=True, capture_output=True)  # fmt: skip
    text = (DEPLOY / "nginx" / "dxflow.conf").read_text(encoding="utf-8")
    for old, new in (
        ("127.0.0.1:8000", f"127.0.0.1:{port}"), ("listen 80;", f"listen 127.0.0.1:{http};"),
        ("listen 443 ssl;", f"listen 127.0.0.1:{https} ssl;"), (NAME, "localhost"),
        ("/etc/nginx/dxflow.crt", f"{folder}/crt"), ("/etc/nginx/dxflow.key", f"{folder}/key"),
    ):  # fmt: skip
        if old not in text:
            raise SystemExit(f"dxflow.conf does not say {old}")
        text = text.replace(old, new)
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log; worker_processes 1;\n"
        f"events {{}}\nhttp {{ access_log off; {temporary}\n{text}\n}}\n",
        encoding="utf-8",
    )
    subprocess.run([NGINX, "-t", "-q", "-c", folder / "nginx.conf"], check=True)
    with subprocess.Popen([NGINX, "-c", folder / "nginx.conf"]) as process:
        try:
            yield
        finally:
            process.terminate()
            process.wait(20)


def through_the_proxy(https: int, http: int) -> None:
    """Log in, hand a task in, and find closed what is to be closed."""
    base = f"https://localhost:{https}"
    browser = Browser(base)
    browser.log_in("ogawa")
    cookies = {cookie.name: cookie.secure for cookie in browser.jar}
    expect(
        any(name.startswith("__Host-") and safe for name, safe in cookies.items()),
        f"cookies {cookies}",
    )
    hand_in_an_idea(browser)
    fetch_pdf(Browser(base), pango=have_pango())
    expect(browser.open("/metrics")[0] == 404, "/metrics is closed")
    expect(browser.open("/login", {"_csrf": "x" * (17 << 20)})[0] == 413, "17 MiB are refused")
    plain = Browser(f"http://localhost:{http}").opener.open
    try:
        sent = plain(
            urllib.request.Request(f"http://localhost:{http}/login", method="HEAD"), timeout=10
        ).url
    except (
        urllib.error.URLError
    ) as exc:  # port 443 is not ours here; that we were sent there is enough
        sent = str(exc)
    expect("Connection refused" in sent or sent.startswith("https://"), "plain HTTP leads to HTTPS")


def hand_in_an_idea(browser: Browser) -> None:
    """Hand the form of a new proposal in, and find the case."""
    _status, _url, home = browser.open("/")
    start = re.search(r'href="(/proposals/new[^"]*)"', home)
    expect(start is not None, "the inbox leads to a new proposal")
    _status, _url, page = browser.open(start[1])
    form = re.search(r'action="(/proposals/[^"]*)"', page)
    expect(form is not None, "the page of a new proposal has a form")
    values = hidden(page) | {
        "title": "待合番号の見える化", "trouble": "待ち時間が分からない。", "change": "画面に出す。",
        "beneficiary": "citizen", "_outcome": "submit",
    }  # fmt: skip
    status, url, page = browser.open(form[1], values)
    expect(
        status == 200 and "待合番号の見える化" in page and "/cases/" in url,
        f"handed in: {status} {url}",
    )


def have_pango() -> bool:
    """Return whether this system has what a PDF is made with."""
    return find_library("pango-1.0") is not None


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def wait_for(https: int) -> None:
    """Wait until program and proxy answer."""
    for _try in range(100):
        try:
            status, _url, text = Browser(f"https://localhost:{https}").open("/healthz")
            if status == 200 and json.loads(text):
                return
        except urllib.error.URLError:
            pass
        time.sleep(0.2)
    raise SystemExit("no answer through the proxy")


if __name__ == "__main__":
    main()
