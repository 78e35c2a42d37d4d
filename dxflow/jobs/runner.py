"""The embedded runner: takes one job after another, in `serve` as a thread or as `worker`.

A handler does its work in a transaction it gets from the runner, in which the job is also marked
done: either both are committed or neither. Sources put due work (timers) into the queue first.
Work that reaches outside the database (mail) gets no transaction: it makes its own, short ones, and
keeps in rows of its own what must not happen twice.
"""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from dxflow.db.engine import Database
from dxflow.errors import DxflowError, Unavailable
from dxflow.jobs import queue
from dxflow.jobs.heartbeat import Heart
from dxflow.jobs.leased import Leased

log = logging.getLogger("dxflow.jobs")

#: (transaction, payload, job key, now): the work of one job.
Work = Callable[[Connection, dict[str, Any], str, datetime], None]
#: (payload): the work of a job that waits for others than the database; done at least once.
Outside = Callable[[dict[str, Any]], None]
#: Called when a job has had its last attempt.
GaveUp = Callable[[Leased, str], None]
#: Puts due work into the queue; returns when it wants to be asked again at the latest.
Source = Callable[[datetime], datetime | None]

LONGEST_PAUSE = timedelta(seconds=5)


class LeaseLost(DxflowError):
    """Another worker has taken the job over; the work of this one is undone."""


class Hopeless(DxflowError):
    """The work of a job cannot be done before somebody has done something: no attempt follows."""


class Runner:
    """Runs the jobs of one database until it is told to stop."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        work: Mapping[str, Work],
        sources: Sequence[Source] = (),
        gave_up: GaveUp | None = None,
        paused: Callable[[], bool] = lambda: False,
        heart: Heart | None = None,
        outside: Mapping[str, Outside] | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._work = work
        self._sources = sources
        self._gave_up = gave_up
        self._paused = paused
        self._heart = heart
        self._outside = outside or {}
        self._stop = threading.Event()

    def stop(self) -> None:
        """Let the current job end, then stop."""
        self._stop.set()

    def run_due(self, limit: int = 10_000) -> int:
        """Run everything that is due now; return how many jobs were taken."""
        taken = 0
        while taken < limit and not self._stop.is_set():
            if self._heart is not None:
                self._heart(self._clock())
            if self._paused():
                break
            for source in self._sources:
                source(self._clock())
            if not self._run_one():
                break
            taken += 1
            while taken < limit and not self._waits() and self._run_one():
                taken += 1
        return taken

    def run_forever(self) -> None:
        """Run jobs as they become due; a database that is away is waited for."""
        while not self._stop.is_set():
            try:
                self.run_due()
                pause = self._pause()
            except Unavailable:
                log.warning("the database is not available; trying again")
                pause = LONGEST_PAUSE
            except Exception:
                # A source that fails must not end the runner: nobody would fire timers any more.
                log.exception("looking for due work failed; trying again")
                pause = LONGEST_PAUSE
            self._stop.wait(pause.total_seconds())
        self._leave()

    def _leave(self) -> None:
        """Let nobody count this worker any more; a database that is away forgets it by itself."""
        try:
            if self._heart is not None:
                self._heart.stop()
        except Unavailable:
            log.warning("the database is not available; this worker is counted a little longer")

    def _waits(self) -> bool:
        return self._stop.is_set() or self._paused()

    def _pause(self) -> timedelta:
        if self._paused():
            return LONGEST_PAUSE
        now = self._clock()
        moments = [source(now) for source in self._sources]
        moments.append(queue.next_due(self._database, now))
        waits = [moment - now for moment in moments if moment is not None]
        return max(timedelta(milliseconds=50), min([LONGEST_PAUSE, *waits]))

    def _run_one(self) -> bool:
        job = queue.lease(self._database, self._clock())
        if job is None:
            return False
        try:
            if job.kind in self._outside:
                self._go_outside(job)
                return True
            work = self._work[job.kind]
            with self._database.write() as tx:
                now = self._clock()
                work(tx, job.payload, job.key, now)
                if not queue.finish(tx, job, now):
                    raise LeaseLost(job.id)
        except LeaseLost:
            log.warning("job %s was taken over by another worker", job.id)
        except Exception as exc:
            # Whatever a job raises must not end the runner: it is kept, tried again, and seen.
            log.exception("job %s (%s) failed", job.id, job.kind)
            self._failed(job, exc)
        return True

    def _go_outside(self, job: Leased) -> None:
        """Do a leased job without a transaction around it. Raises LeaseLost."""
        self._outside[job.kind](job.payload)
        with self._database.write() as tx:
            if not queue.finish(tx, job, self._clock()):
                raise LeaseLost(job.id)

    def _failed(self, job: Leased, exc: Exception) -> None:
        """Give a failed job back, and report it when that was its last attempt.

        What was raised on purpose is a sentence for people already; of anything else its name too.
        """
        why = exc.message if isinstance(exc, DxflowError) else f"{type(exc).__name__}: {exc}"
        for_good = isinstance(exc, Hopeless)
        dead = queue.fail(self._database, job, self._clock(), why, for_good=for_good)
        if dead and self._gave_up is not None:
            self._gave_up(job, why)
