"""Bugs that are planted on purpose, to see whether the harness notices them.

Each is a patch of the program's functions, applied in the harness's server processes only
(`torture.serve --plant NAME`). A plant that goes unnoticed means that a green run means nothing.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from dxflow.audit import log as audit_log
from dxflow.db import engine as db_engine
from dxflow.db import sqlite
from dxflow.db.engine import Database
from dxflow.db.prepared import Writes
from dxflow.db.process import Submission, Timer
from dxflow.jobs import queue
from dxflow.services.acts import act as acts
from dxflow.services.acts import (
    drafts,
    numbering,
    since_read,
    submissions,
    surroundings,
    tasks,
    upkeep,
)


@dataclass(frozen=True)
class Plant:
    """A bug: how to plant it, the points at which dying shows it, and where it can show.

    `often` names what clients do more often than usual, since it is seen then only. `by` says
    whether a round of killing or the power cut has to notice it.
    """

    what: str
    install: Callable[[], None]
    points: tuple[str, ...] = ()
    databases: tuple[str, ...] = ("sqlite", "postgresql")
    often: tuple[str, ...] = ()
    by: str = "round"


_waiting = threading.local()


def _afterwards(work: Callable[[Any], object]) -> None:
    """Have something done in a second transaction, after the one at hand."""
    _waiting.work.append(work)


def _second_transactions() -> None:
    """Let every writing transaction be followed by a second one for what was put off."""
    first = Database.write

    @contextmanager
    def write(self: Database) -> Iterator[Any]:
        outer, _waiting.work = getattr(_waiting, "work", None), []
        try:
            with first(self) as tx:
                yield tx
            put_off = _waiting.work
        finally:
            _waiting.work = outer
        for work in put_off:
            with suppress(IntegrityError), first(self) as tx:
                work(tx)

    Database.write = write  # type: ignore[method-assign]


def _answer_before_commit() -> None:
    @contextmanager
    def write(self: Database) -> Iterator[Any]:
        if self._queue is not None:
            self._queue.enter()
        with db_engine._unavailable():
            connection = self._begun(self._writing)
            try:
                yield connection
            except BaseException:
                connection.rollback()
                connection.close()
                if self._queue is not None:
                    self._queue.leave()
                raise

        def later() -> None:
            time.sleep(0.05)
            with suppress(Exception):
                connection.commit()
            connection.close()
            if self._queue is not None:
                self._queue.leave()

        threading.Thread(target=later).start()

    Database.write = write  # type: ignore[method-assign]


def _key_in_second_transaction() -> None:
    _second_transactions()
    inner = submissions.insert_row

    def insert_row(act: Any, submission: Any, **values: Any) -> str:
        key, values["idempotency_key"] = values.get("idempotency_key"), None
        row = inner(act, submission, **values)
        _afterwards(
            lambda tx: tx.execute(
                update(Submission).where(Submission.id == row).values(idempotency_key=key)
            )
        )
        return row

    submissions.insert_row = insert_row


def _events_in_second_transaction() -> None:
    _second_transactions()
    inner = audit_log._write

    def write(writes: Writes, links: Any) -> None:
        if not links or not links[-1].head.stream.startswith("case:"):
            inner(writes, links)
            return

        def later(tx: Any) -> None:
            own = Writes()
            inner(own, links)
            own.send(tx)

        _afterwards(later)

    audit_log._write = write


def _leased_for_ever() -> None:
    inner = queue.lease

    def lease(database: Database, now: Any) -> Any:
        kept, queue.LEASE = queue.LEASE, timedelta(days=3650)
        try:
            return inner(database, now)
        finally:
            queue.LEASE = kept

    queue.lease = lease


def _job_finished_first() -> None:
    lease = queue.lease

    def lease_and_finish(database: Database, now: Any) -> Any:
        job = lease(database, now)
        if job is not None:
            with database.write() as tx:
                queue_finish(tx, job, now)
        return job

    queue_finish = queue.finish
    queue.lease = lease_and_finish
    queue.finish = lambda *_args: True


def _timer_row_first() -> None:
    lease, fire = queue.lease, upkeep.fire_timers
    taken: dict[str, list[Any]] = {}

    def lease_and_take(database: Database, now: Any) -> Any:
        job = lease(database, now)
        if job is not None and job.kind == "timer.fire":
            due = (Timer.case_id == job.payload["case"]) & (Timer.due_at <= now)
            with database.write() as tx:
                taken[job.payload["case"]] = list(
                    tx.execute(select(Timer.__table__).where(due)).mappings()
                )
                tx.execute(delete(Timer).where(due))
        return job

    def fire_timers(site: Any, tx: Any, payload: Any, now: Any) -> None:
        for row in taken.pop(payload["case"], []):
            tx.execute(insert(Timer).values(**row))
        fire(site, tx, payload, now)

    queue.lease, upkeep.fire_timers = lease_and_take, fire_timers


def _no_lock() -> None:
    for prepared in (acts._LOCK, acts._LOCK_OF_TASK):
        prepared.statement._for_update_arg = None
    opened = Database.__init__

    def init(self: Database, *args: Any, **kwargs: Any) -> None:
        opened(self, *args, **kwargs)
        self._writing = self.engine
        self._queue = None

    Database.__init__ = init  # type: ignore[method-assign]


def _version_unchecked() -> None:
    since_read.require = lambda *_args: None


def _repeat_accepted() -> None:
    inner = submissions.insert_row

    def insert_row(act: Any, submission: Any, **values: Any) -> str:
        return inner(act, submission, **{**values, "idempotency_key": None})

    look = surroundings.of_task

    def of_task(act: Any, task_id: str, key: str | None) -> Any:
        return look(act, task_id, None)

    submissions.insert_row = insert_row
    surroundings.of_task = of_task
    submissions.answered = lambda *_args: None
    submissions.repeated = lambda *_args: None


def _submission_twice() -> None:
    inner = submissions.insert_row

    def insert_row(act: Any, submission: Any, **values: Any) -> str:
        inner(act, submission, **{**values, "idempotency_key": None})
        return inner(act, submission, **values)

    submissions.insert_row = insert_row


def _work_left_open() -> None:
    tasks._close = lambda *_args, **_kwargs: None


def _notice_in_own_transaction() -> None:
    lease, deliver = queue.lease, upkeep.deliver_notice

    def lease_and_deliver(database: Database, now: Any) -> Any:
        job = lease(database, now)
        if job is not None and job.kind == "notice.deliver":
            with database.write() as tx:
                deliver(tx, job.payload, job.key, now)
        return job

    queue.lease = lease_and_deliver
    upkeep.deliver_notice = lambda *_args: {}


def _rights_unchecked() -> None:
    tasks._require_offered = lambda *_args: None


def _drafts_lost() -> None:
    drafts._write = lambda *_args: None


def _number_kept_on_failure() -> None:
    """Take the number in a transaction of its own, so that a failed start wastes it."""
    inner = numbering.next_number

    def next_number(tx: Any, *args: Any) -> str:
        number = inner(tx, *args)
        tx.exec_driver_sql("COMMIT")
        if tx.dialect.name == "sqlite":
            tx.exec_driver_sql("BEGIN IMMEDIATE")
        return number

    numbering.next_number = next_number


def _synchronous(level: str) -> Callable[[], None]:
    def install() -> None:
        inner = sqlite.configure

        def configure(connection: Any) -> None:
            inner(connection)
            connection.execute(f"PRAGMA synchronous={level}").close()

        sqlite.configure = configure

    return install


#: Leases are SQLite's: on PostgreSQL a worker holds its job by a lock of its transaction.
_LITE = ("sqlite",)
PLANTS: dict[str, Plant] = {
    "answer-before-commit": Plant(
        "the answer goes out before COMMIT", _answer_before_commit, ("before-commit",)
    ),
    "key-in-second-transaction": Plant(
        "the idempotency key is stored in a second transaction",
        _key_in_second_transaction, ("after-commit",), often=("start_twice", "same_key_twice"),
    ),
    "events-in-second-transaction": Plant(
        "the events are appended in a second transaction",
        _events_in_second_transaction, ("after-commit",),
    ),
    "leased-for-ever": Plant(
        "a job whose worker dies is never leased again",
        _leased_for_ever, ("leased", "worked"), _LITE,
    ),
    "job-finished-first": Plant(
        "the job is finished in a transaction before its work", _job_finished_first,
        ("leased",), _LITE,
    ),
    "timer-row-first": Plant(
        "the timer's row is deleted in a transaction before it fires",
        _timer_row_first, ("leased",), _LITE,
    ),
    "no-lock": Plant(
        "neither FOR UPDATE nor BEGIN IMMEDIATE", _no_lock, often=("two_people", "two_keys_at_once")
    ),
    "version-unchecked": Plant(
        "the version of the page is not checked", _version_unchecked, often=("stale_version",)
    ),
    "repeat-accepted": Plant(
        "a repeated key is a new act", _repeat_accepted, often=("start_twice", "same_key_twice")
    ),
    "submission-twice": Plant("a submission is stored twice", _submission_twice),
    "work-left-open": Plant("the work item stays open after completion", _work_left_open),
    "notice-in-own-transaction": Plant(
        "a notice is delivered apart from its job", _notice_in_own_transaction,
        ("leased",), _LITE,
    ),
    "rights-unchecked": Plant("anybody may do any task", _rights_unchecked, often=("intrude",)),
    "drafts-lost": Plant(
        "drafts are acknowledged and not stored", _drafts_lost, often=("save_draft",)
    ),
    "number-kept-on-failure": Plant(
        "the number is taken in a transaction of its own", _number_kept_on_failure, ("numbered",)
    ),
    "synchronous-off": Plant(
        "SQLite does not wait for the disk", _synchronous("OFF"), (), _LITE, by="powercut"
    ),
    "synchronous-normal": Plant(
        "SQLite waits for the disk at checkpoints only",
        _synchronous("NORMAL"), (), _LITE, by="powercut",
    ),
}  # fmt: skip
