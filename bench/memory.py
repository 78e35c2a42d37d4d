"""What one server process keeps in memory after thousands of requests."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench.http_completions import Client, serving
from bench.report import Figure
from tests.factories import City
from tests.walks import to_sheet

WARM, CLIENTS = 500, 2


def measure(city: City, requests: int) -> Iterator[Figure]:
    """Ask for pages of every kind and compare the process's memory before and after."""
    cases = [to_sheet(city) for _case in range(5)]
    parts = ("", "/progress", "/decision", "/attachments", "/timeline", "/forms", "/print")
    paths = [
        "/", *(f"/cases/{case}{part}" for case in cases for part in parts),
        "/cases", "/mine", "/kpis", "/notices",
    ]  # fmt: skip
    with serving(city) as served:
        url, process = served[0], served.process
        clients = [Client(url) for _client in range(CLIENTS)]
        for client in clients:
            client.log_in()

        def some(client: Client, number: int) -> None:
            for asked in range(number):
                status, _text = client.ask("GET", paths[asked % len(paths)])
                if status != 200:
                    message = f"{paths[asked % len(paths)]} answered {status}"
                    raise RuntimeError(message)

        def all_of(number: int) -> None:
            with ThreadPoolExecutor(CLIENTS) as pool:
                list(pool.map(lambda client: some(client, number // CLIENTS), clients))

        all_of(WARM)
        before = _resident(process)
        all_of(requests)
        after = _resident(process)
    note = f"{before:.1f} MB after {WARM} requests, {after:.1f} MB after {requests:,} more"
    yield Figure(
        "memory of one worker", after, "MB", before, after / before, note, goal="ratio <= 1.05"
    )


def _resident(process: int) -> float:
    """Return the resident memory of a process in MB."""
    pages = int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / 1e6
