"""Bodies of gigabytes meet the real server: refused in words, without filling memory or disk."""

import json
import os
import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from dxflow.attachments.limits import MEGABYTE
from tests.factories import City
from tests.web.test_cli_serving import Running, url_of

HEAD = "POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=x\r\n{how}\r\n\r\n"


@pytest.fixture
def serving(sqlite_city: City):
    running = Running(sqlite_city, "serve", "--port", "0", "--json", "--no-worker")
    yield running
    running.end()


def connected(serving: Running, path: str, how: str) -> socket.socket:
    where = urlsplit(url_of(serving))
    sender = socket.create_connection((where.hostname, where.port), timeout=30)
    sender.sendall(HEAD.format(path=path, how=how).encode())
    return sender


def answer(sender: socket.socket) -> str:
    found = b""
    while part := sender.recv(1 << 16):
        found += part
    sender.close()
    return found.decode()


def written(serving: Running) -> int:
    """Return the bytes of files that the server has open but that have no name any more."""
    folder = Path(f"/proc/{serving.process.pid}/fd")
    sizes = []
    for one in folder.iterdir():
        try:
            if "(deleted)" in os.readlink(one):
                sizes.append(one.stat().st_size)
        except OSError:
            continue
    return sum(sizes)


def test_two_gigabytes_are_refused_by_their_announced_length(serving):
    sender = connected(serving, "/cases/x/attachments", f"Content-Length: {2 << 30}")
    for _ in range(64):  # a browser sends on before it looks at the answer
        sender.sendall(b"x" * MEGABYTE)
    assert written(serving) < MEGABYTE
    sender.shutdown(socket.SHUT_WR)
    page = answer(sender)
    assert page.startswith("HTTP/1.1 413")
    assert "1つ 25 MB まで" in page


def test_nobody_is_asked_to_go_on_with_what_is_refused(serving):
    how = f"Content-Length: {2 << 30}\r\nExpect: 100-continue"
    sender = connected(serving, "/api/v1/cases/x/attachments", how)
    head, _, body = answer_of_waiting(sender)
    assert "413" in head
    assert json.loads(body)["status"] == 413


def answer_of_waiting(sender: socket.socket) -> tuple[str, str, str]:
    sender.shutdown(socket.SHUT_WR)
    return answer(sender).partition("\r\n\r\n")


def test_a_body_without_a_length_is_cut_at_the_limit(serving):
    sender = connected(serving, "/cases/x/attachments", "Transfer-Encoding: chunked")
    chunk = f"{MEGABYTE:x}\r\n".encode() + b"x" * MEGABYTE + b"\r\n"
    for _ in range(80):
        sender.sendall(chunk)
    assert written(serving) < 30 * MEGABYTE
    sender.shutdown(socket.SHUT_WR)
    assert "1つ 25 MB まで" in answer(sender)
