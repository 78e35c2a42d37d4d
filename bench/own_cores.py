"""Processes on cores of their own: slower ones, kept apart by the kernel's processor quota.

On a machine of two cores, web processes, their database and those who ask share them, so that
nothing can be seen of what more web processes give where the database has a machine of its own.
With a quota web processes get a part of each core and no more, as if they ran on slower cores,
and the others have the rest. Needs the right to make control groups (root).
"""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path("/sys/fs/cgroup")
#: Short, so that a process that has used its part up does not sleep long with a lock in its hands.
_PERIOD_US = 5_000


class NoQuota(Exception):
    """This system or user cannot limit processes; says why."""


@dataclass(frozen=True)
class _Kind:
    """How a version of control groups writes a limit."""

    top: Path
    files: tuple[str, ...]

    def limit(self, group: Path, share: float) -> None:
        quota = str(round(_PERIOD_US * share))
        texts = (f"{quota} {_PERIOD_US}",) if len(self.files) == 1 else (str(_PERIOD_US), quota)
        for name, text in zip(self.files, texts, strict=True):
            (group / name).write_text(text)


@contextmanager
def limited(pids: Sequence[int], speed: float, cores: int) -> Iterator[None]:
    """Give processes `cores` cores that run at `speed` (1.0: a whole core); none has more than one.

    Raises NoQuota.
    """
    kind = _kind()
    group = kind.top / f"dxflow-bench-{os.getpid()}-{pids[0]}"
    singles = [group / str(pid) for pid in pids]
    try:
        group.mkdir()
        if len(kind.files) == 1:
            (group / "cgroup.subtree_control").write_text("+cpu")
        kind.limit(group, speed * cores)
        for pid, single in zip(pids, singles, strict=True):
            single.mkdir()
            kind.limit(single, speed)
            (single / "cgroup.procs").write_text(str(pid))
    except OSError as refused:
        _give_back(kind, group, singles)
        raise NoQuota(str(refused)) from refused
    try:
        yield
    finally:
        _give_back(kind, group, singles)


def _kind() -> _Kind:
    if (_ROOT / "cgroup.controllers").exists():
        return _Kind(_ROOT, ("cpu.max",))
    if (_ROOT / "cpu" / "cpu.cfs_quota_us").exists() or (_ROOT / "cpu" / "cgroup.procs").exists():
        return _Kind(_ROOT / "cpu", ("cpu.cfs_period_us", "cpu.cfs_quota_us"))
    message = f"no control groups for processors below {_ROOT}"
    raise NoQuota(message)


def _give_back(kind: _Kind, group: Path, singles: Sequence[Path]) -> None:
    """Put the processes back and take the groups away."""
    for single in singles:
        if single.exists():
            for pid in (single / "cgroup.procs").read_text().split():
                (kind.top / "cgroup.procs").write_text(pid)
            single.rmdir()
    if group.exists():
        group.rmdir()


def left_out(why: NoQuota) -> None:
    """Say aloud that a figure is missing, and why."""
    print(f"  LEFT OUT: web processes on cores of their own ({why})", file=sys.stderr, flush=True)
