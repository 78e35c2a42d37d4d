"""The worker of PostgreSQL: one of any number, on Procrastinate.

Procrastinate wakes the worker, hands out carriers among workers, keeps heartbeats and runs several
jobs at once. Whether a job has been done is settled by its row in `job` alone, in the transaction
of its work. Procrastinate ends when the database goes away; this worker begins anew until it is
back.
"""

import asyncio
import logging
import threading
from contextlib import suppress
from datetime import timedelta
from typing import Any

import psycopg
from procrastinate import App, JobContext, PsycopgConnector
from procrastinate.exceptions import ProcrastinateException
from psycopg_pool import AsyncConnectionPool, PoolClosed, PoolTimeout

from dxflow.db import postgresql
from dxflow.errors import Unavailable
from dxflow.jobs import carrying, queue
from dxflow.jobs.leased import Leased
from dxflow.jobs.runner import LONGEST_PAUSE, LeaseLost, Runner

log = logging.getLogger("dxflow.jobs")

#: Jobs one worker does at the same time: one that waits for a mail server keeps no other waiting.
AT_ONCE = 4
#: How often a worker looks for carriers when nothing wakes it, and for what dead workers left.
LOOK_SECONDS = 2.0
HEARTBEAT_SECONDS = 3.0
WAIT_SECONDS = 4.0
DRAIN_SECONDS = 8.0
#: How long to wait after the database was away, and with a job that met it busy.
AWAY = timedelta(seconds=1)
BUSY = timedelta(seconds=5)
#: How long a job that comes while work is paused waits before it is brought again.
REST = timedelta(seconds=10)
#: How often a job may be brought back because its worker died at it.
MOST_DEATHS = 10

_GONE = (ProcrastinateException, PoolTimeout, PoolClosed, psycopg.Error, OSError)


class Crew(Runner):
    """Runs the jobs of a PostgreSQL database, beside other workers, until it is told to stop."""

    _loop: asyncio.AbstractEventLoop | None = None
    _carrying: "asyncio.Task[None] | None" = None

    def stop(self) -> None:
        """Let the jobs at hand end, then stop."""
        super().stop()
        loop, task = self._loop, self._carrying
        if loop is not None and task is not None:
            with suppress(RuntimeError):  # the loop has just been closed
                loop.call_soon_threadsafe(task.cancel)

    def run_forever(self) -> None:
        """Run jobs as they are brought; a database that is away is waited for."""
        looking = threading.Thread(target=self._look_forever, name="dxflow-timers", daemon=True)
        looking.start()
        while not self._stop.is_set():
            try:
                # what psycopg needs on Windows, and what every system has
                with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
                    runner.run(self._carry_until_stopped())
            except _GONE as exc:
                log.warning("the worker has lost its database, trying again: %s", exc)
            except asyncio.CancelledError:
                pass
            except Exception:
                # Whatever it is, jobs wait for somebody to do them.
                log.exception("the worker has failed; it begins anew")
            self._stop.wait(AWAY.total_seconds())
        looking.join()
        self._leave()

    async def _carry_until_stopped(self) -> None:
        asyncio.get_running_loop().set_exception_handler(_forsaken)
        pool = AsyncConnectionPool(
            # carriers may come twice: their bookkeeping need not wait for the disk
            postgresql.conninfo(
                self._database.url, search_path="procrastinate", synchronous_commit="off"
            ),
            min_size=1, max_size=AT_ONCE, open=False, timeout=WAIT_SECONDS,
            check=AsyncConnectionPool.check_connection, name="dxflow-worker",
        )  # fmt: skip
        await pool.open(wait=True, timeout=WAIT_SECONDS)
        try:
            await self._carry_with(pool)
        finally:
            self._carrying = None
            await pool.close()

    async def _carry_with(self, pool: "AsyncConnectionPool[Any]") -> None:
        app = App(connector=PsycopgConnector())

        @app.task(name=carrying.TASK, pass_context=True)
        def bring(context: JobContext, job: str) -> None:
            self.perform(job, context.job.attempts)

        async with app.open_async(pool):
            self._loop = asyncio.get_running_loop()
            self._carrying = asyncio.create_task(
                app.run_worker_async(
                    queues=[postgresql.QUEUE], concurrency=AT_ONCE, delete_jobs="always",
                    fetch_job_polling_interval=LOOK_SECONDS, install_signal_handlers=False,
                    update_heartbeat_interval=HEARTBEAT_SECONDS,
                    stalled_worker_timeout=6 * carrying.SILENCE.total_seconds(),
                    shutdown_graceful_timeout=DRAIN_SECONDS,
                )
            )  # fmt: skip
            if self._stop.is_set():  # asked to stop before there was anything to cancel
                self._carrying.cancel()
            await self._carrying

    def perform(self, job_id: str, deaths: int = 0) -> None:
        """Do a job that was brought, unless it is done, cancelled or in other hands.

        `deaths` is how often it was brought back because its worker died. Raises Unavailable when
        the database is away.
        """
        held: list[Leased] = []
        try:
            with self._database.write() as tx:
                now = self._clock()
                job = carrying.take(tx, job_id, now)
                if job is None:
                    return
                held.append(job)
                if self._paused():
                    queue.bring_again(tx, job, REST)
                    return
                if deaths >= MOST_DEATHS:
                    message = f"{deaths} workers have died at this job"
                    raise RuntimeError(message)
                if job.kind in self._outside:
                    held[0] = queue.hold(tx, job, now)
                else:
                    self._work[job.kind](tx, job.payload, job.key, now)
                    if not queue.finish(tx, job, now):
                        raise LeaseLost(job.id)
            if held[0].kind in self._outside:
                self._go_outside(held[0])
        except LeaseLost:
            log.info("job %s was cancelled or taken over meanwhile", job_id)
        except Exception as exc:
            if not held:
                raise
            self._undone(held[0], exc)

    def _undone(self, job: Leased, exc: Exception) -> None:
        """Keep a job whose work was undone: a busy database is no failure of the job."""
        if isinstance(exc, Unavailable):
            log.warning("job %s (%s) met a busy database, trying again", job.id, job.kind)
            with self._database.write() as tx:
                queue.bring_again(tx, job, BUSY)
            return
        log.error("job %s (%s) failed", job.id, job.kind, exc_info=exc)
        self._failed(job, exc)

    def _look_forever(self) -> None:
        """Put due timers into the queue, and look after carriers that got stuck."""
        while not self._stop.is_set():
            pause = LONGEST_PAUSE
            try:
                now = self._clock()
                if self._heart is not None:
                    self._heart(now)
                sources = () if self._paused() else self._sources
                moments = [source(now) for source in sources]
                carrying.tend(self._database, now)
                waits = [moment - now for moment in moments if moment is not None]
                pause = max(timedelta(milliseconds=50), min([LONGEST_PAUSE, *waits]))
            except Unavailable:
                log.warning("the database is not available; trying again")
                pause = AWAY
            except Exception:
                # A source that fails must not end this: nobody would fire timers any more.
                log.exception("looking for due work failed; trying again")
            self._stop.wait(pause.total_seconds())


def _forsaken(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Note what became of a carrier that nobody waits for any more: its worker begins anew.

    That the database went away while it was told of the carrier's end needs no traceback: the
    carrier comes again, and its job's row says whether there is anything left to do.
    """
    if isinstance(context.get("exception"), _GONE):
        log.warning("the database was away at the end of a job: %s", context["exception"])
    else:
        loop.default_exception_handler(context)
