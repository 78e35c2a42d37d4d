"""An event of the audit log beside a row that nothing protects."""

import time
from collections.abc import Iterator

from bench.cities import version
from bench.measuring import BareRows, Stopwatch, alternate
from bench.report import Figure
from dxflow import audit
from tests.factories import City


def measure(city: City, rounds: int, seconds: float) -> Iterator[Figure]:
    """Append events to one chain, one transaction each, and write bare rows beside them."""
    kind = "SQLite" if city.site.database.is_sqlite else "PostgreSQL"
    actor = city.actor("applicant")
    head = audit.Head.start(audit.case_stream("bench"))
    change = audit.Change("trouble", "困っていること", "窓口の待ち時間が長い。" * 3, "待つ。" * 20)

    def append() -> None:
        nonlocal head
        event = audit.Event(
            type="task.completed",
            at=city.clock(),
            actor=audit.Actor(audit.Channel.PAGE, actor.person_id, "staff-counter"),
            subject=audit.Subject("task", "bench", "bench"),
            changes=(change,),
            state="0" * 64,
            version=head.seq + 1,
        )
        with city.site.database.write() as tx:
            head = audit.append(tx, head, event)

    def some(watch: Stopwatch) -> None:
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            watch.time(append)

    some(Stopwatch())
    bare = BareRows(city.site.database)
    came = alternate(bare, some, rounds, seconds)
    bare.close()
    name = f"audit event appended and committed, {kind}"
    note = f"beside bare commits; {version(city)}; CPU {came.cpu_ms:.2f} ms, {rounds} rounds"
    yield Figure(name, came.rate, "1/s", came.bare, came.ratio, note)
