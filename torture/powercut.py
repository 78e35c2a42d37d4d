"""Power cuts of SQLite, simulated: what was not yet on the disk is lost, torn or out of order.

Servers run with a small library (`shim.c`, by LD_PRELOAD) that records what they do to the files.
Afterwards the files are put together as they would be found after a cut at any moment of the
record: everything before the last ended fsync of a file, and of the later writes none, all, or
some of their sectors. Each time the database must open, be whole, verify, and hold every act that
was acknowledged before the cut.
"""

import json
import os
import random
import shutil
import struct
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import text

from dxflow import audit
from dxflow.db.engine import Database
from dxflow.errors import DxflowError
from tests import memory
from torture import calls
from torture.clients import Client
from torture.installation import Installation
from torture.journal import Journal
from torture.rounds import PEOPLE
from torture.servers import Servers

WRITE, TRUNCATE, SYNC_BEGINS, SYNC_ENDED, UNLINK = range(1, 6)
SECTOR = 512
#: What records the writes of a server.
SHIM = Path(__file__).with_name("shim.c")
_HEAD = struct.Struct("=IIIIQQ")


class NoCompiler(RuntimeError):
    """The recording library cannot be built here."""


@dataclass(frozen=True)
class Done:
    """One entry of the record; it ends at byte `end` of it."""

    kind: int
    fsync: tuple[int, int]
    file: str
    offset: int
    data: bytes
    end: int


@dataclass
class Disk:
    """Files as a disk holds them. `later` are writes that a power cut may still lose."""

    files: dict[str, bytearray]
    later: list[tuple[int, Done]] = field(default_factory=list)
    syncing: dict[tuple[int, int], int] = field(default_factory=dict)
    count: int = 0

    def take(self, one: Done) -> None:
        """Go on by one entry of the record."""
        self.count += 1
        if one.kind == SYNC_BEGINS:
            self.syncing[one.fsync] = self.count
        elif one.kind == SYNC_ENDED:
            begun = self.syncing.pop(one.fsync)
            kept = []
            for number, other in self.later:
                if other.file == one.file and number < begun:
                    _apply(self.files, other)
                else:
                    kept.append((number, other))
            self.later = kept
        else:
            self.later.append((self.count, one))

    def after_cut(self, chance: random.Random) -> dict[str, bytearray]:
        """Return the files as they may be found after a power cut now."""
        files = {name: bytearray(data) for name, data in self.files.items()}
        how = chance.choice(("lost", "whole", "torn"))
        later = [one for _number, one in self.later]
        if how == "lost":
            return files
        if how == "torn":
            later = [part for one in later for part in _sectors(one) if chance.random() < 0.5]
            chance.shuffle(later)
        for one in later:
            _apply(files, one)
        return files


@dataclass
class Result:
    """What came of the cuts."""

    cuts: int = 0
    writes: int = 0
    fsyncs: int = 0
    acknowledged: int = 0
    recovered: int = 0
    violations: list[str] = field(default_factory=list)


def run(
    installation: Installation, *, seconds: float, cuts: int, plant: str = "", clients: int = 12
) -> Result:
    """Record a while of work, then cut the power at many moments of it. Raises NoCompiler."""
    installation.database.close()
    first = _files(installation.file)
    record = installation.folder / "record"
    journal = _work(installation, record, seconds, plant, clients)
    entries = list(read(record))
    return _cut(installation.file, first, entries, journal, cuts)


def library(folder: Path, source: Path = SHIM) -> Path:
    """Build a library for LD_PRELOAD, the recording one if no other. Raises NoCompiler."""
    built = folder / source.with_suffix(".so").name
    compiler = shutil.which(os.environ.get("CC", "cc"))
    if compiler is None:
        raise NoCompiler("there is no C compiler (cc)")
    subprocess.run(
        [compiler, "-O1", "-shared", "-fPIC", "-o", built, source, "-ldl", "-lpthread"], check=True
    )
    return built


def read(record: Path) -> Iterator[Done]:
    """Yield the entries of a record; half an entry at its end is left out."""
    raw, place = record.read_bytes(), 0
    while place + _HEAD.size <= len(raw):
        kind, serial, process, name, offset, length = _HEAD.unpack_from(raw, place)
        begin = place + _HEAD.size
        end = begin + name + (length if kind == WRITE else 0)
        if end > len(raw):
            return
        file = Path(raw[begin : begin + name].decode()).name
        yield Done(kind, (process, serial), file, offset, raw[begin + name : end], end)
        place = end


def _work(
    installation: Installation, record: Path, seconds: float, plant: str, number: int
) -> Journal:
    journal, stop, people = Journal(), threading.Event(), calls.logins(list(PEOPLE))
    preload = {
        "LD_PRELOAD": str(library(installation.folder)),
        "TORTURE_FILES": str(installation.file),
        "TORTURE_RECORD": str(record),
    }
    with Servers(installation, webs=1, workers=1, plant=plant, preload=preload) as servers:
        clients = [
            Client(n, people, lambda: servers.ports, journal, stop,
                   mark=lambda: record.stat().st_size if record.exists() else 0)
            for n in range(number)
        ]  # fmt: skip
        for client in clients:
            client.start()
        time.sleep(seconds)
        stop.set()
        for client in clients:
            client.join()
    return journal


def _cut(
    file: Path, first: dict[str, bytearray], entries: list[Done], journal: Journal, cuts: int
) -> Result:
    result = Result(
        writes=sum(one.kind == WRITE for one in entries),
        fsyncs=sum(one.kind == SYNC_ENDED for one in entries),
        acknowledged=len(journal.acknowledged("start", "complete")),
    )
    chance = random.Random(7)
    moments = _moments(entries, cuts, chance)
    disk = Disk(first)
    with tempfile.TemporaryDirectory(prefix="dxc", dir=memory.folder()) as name:
        for number, one in enumerate(entries):
            disk.take(one)
            if number in moments:
                said = _after(Path(name), file.name, disk.after_cut(chance), journal, one.end)
                result.cuts += 1
                result.recovered += not said
                result.violations += [f"cut at {number} of {len(entries)}: {text}" for text in said]
    return result


def _moments(entries: list[Done], cuts: int, chance: random.Random) -> set[int]:
    """Choose where to cut: half of it right where an fsync has ended, half anywhere."""
    ended = [number for number, one in enumerate(entries) if one.kind == SYNC_ENDED]
    chosen = set(chance.sample(ended, min(cuts // 2, len(ended))))
    rest = [number for number in range(len(entries)) if number not in chosen]
    return chosen | set(chance.sample(rest, min(cuts - len(chosen), len(rest))))


def _after(
    folder: Path, name: str, files: dict[str, bytearray], journal: Journal, moment: int
) -> list[str]:
    """Return what is wrong with the files after a cut."""
    for old in folder.iterdir():
        old.unlink()
    for file, data in files.items():
        (folder / file).write_bytes(data)
    promised = [one for one in journal.acknowledged("start", "complete") if 0 < one.mark <= moment]
    try:
        database = Database(f"sqlite:///{folder / name}")
        try:
            return list(_wrong(database, {one.key for one in promised}))
        finally:
            database.close()
    except (DxflowError, OSError) as exc:
        return [f"the database does not open: {exc}"]


def _wrong(database: Database, promised: set[str]) -> Iterator[str]:
    with database.read() as tx:
        whole = [row[0] for row in tx.execute(text("PRAGMA integrity_check"))]
        if whole != ["ok"]:
            yield f"integrity_check: {whole[:3]}"
            return
        there = {
            json.loads(row[0]).get("request", {}).get("idempotency")
            for row in tx.execute(text("SELECT body FROM audit_event WHERE case_id IS NOT NULL"))
        }
        if lost := promised - there:
            yield f"{len(lost)} of {len(promised)} acknowledged acts are lost"
        findings = audit.verify_database(tx).findings
        if findings:
            yield f"the log does not verify: {findings[0]}"


def _files(file: Path) -> dict[str, bytearray]:
    """Return the database's files as they lie on the disk now."""
    found = (file, file.with_name(file.name + "-wal"))
    return {one.name: bytearray(one.read_bytes()) for one in found if one.exists()}


def _apply(files: dict[str, bytearray], one: Done) -> None:
    if one.kind == UNLINK:
        files.pop(one.file, None)
        return
    data = files.setdefault(one.file, bytearray())
    if one.kind == TRUNCATE:
        del data[one.offset :]
        data.extend(bytes(one.offset - len(data)))
        return
    data.extend(bytes(max(0, one.offset + len(one.data) - len(data))))
    data[one.offset : one.offset + len(one.data)] = one.data


def _sectors(one: Done) -> Iterator[Done]:
    """Yield a write as the sectors that a disk writes at once."""
    if one.kind != WRITE:
        yield one
        return
    place = 0
    while place < len(one.data):
        length = SECTOR - (one.offset + place) % SECTOR
        part = one.data[place : place + length]
        yield Done(WRITE, one.fsync, one.file, one.offset + place, part, one.end)
        place += length
