"""Make checkpoints of the audit log: on demand, and by the clock, with a mail to the auditors.

A checkpoint costs one row a chain (a case, or one of the system's few), not one an event. It is
written outside any transaction, since a share may take its time; what was written is recorded in
the log, and so stands under the next one.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from dxflow import audit, refused
from dxflow.audit import reading
from dxflow.audit.checkpoints import folder as shelf
from dxflow.audit.checkpoints import signing
from dxflow.audit.checkpoints.checkpoint import (
    Checkpoint,
    Heads,
    digest_of,
    head_over,
    moved,
    torn,
    written,
)
from dxflow.audit.checkpoints.kept import CHECKPOINTED, RESTORED
from dxflow.audit.plain import moment_text
from dxflow.clock import at_local, local_date
from dxflow.db.audit import AuditEvent
from dxflow.errors import DxflowError, Unavailable
from dxflow.jobs import queue
from dxflow.services.administration import checkpoint_keys, checkpoint_mail
from dxflow.services.people import checkpoint_facts, events, facts, identity
from dxflow.services.people.actor import Actor, system_actor
from dxflow.services.people.checkpoint_facts import LAST, TROUBLE, WORKER, Torn
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import mark

KIND = "audit.checkpoint"
#: Spans are counted from here: four in the morning, after the nightly backup and tidying.
_BEGAN = at_local(date(2020, 1, 1), 4)
_TRIES = 5


class NotWritten(DxflowError):
    """The folder of the checkpoints cannot be read or written."""

    kind = "unavailable"


@dataclass(frozen=True)
class Made:
    """A checkpoint that was written. `torn` counts chains that have lost what the last one saw.

    `before` is the number of that one, 0 for none; `open` what one has found torn, this or one
    before it, and nobody has settled.
    """

    number: int
    at: datetime
    events: int
    streams: int
    head: str
    sha256: str
    fingerprint: str
    file: Path
    full: bool
    torn: int
    before: int
    open: Torn | None = None


def queue_due(site: Site, now: datetime) -> datetime | None:
    """Put the checkpoint of the present span into the queue; return when the next one is due."""
    hours = site.settings.checkpoint_hours
    if not hours:
        return None
    span = timedelta(hours=hours)
    slot = (now - _BEGAN) // span
    if site.kept.get(KIND) != (0.0, slot):
        key = f"{hours}:{slot}"
        with site.database.write() as tx:
            queue.defer(tx, now, kind=KIND, key=key, payload={"slot": key})
        site.kept[KIND] = (0.0, slot)
    return _BEGAN + (slot + 1) * span


def run(site: Site, payload: dict[str, Any]) -> None:
    """Make the checkpoint of a span unless it was made, then mail what was not mailed yet."""
    with site.database.read() as tx:
        last = facts.read(tx, LAST).get(LAST, {})
    if last.get("slot") != payload.get("slot"):
        actor = replace(system_actor(site.today()), groups=frozenset({"role:admin"}))
        make(site, actor, slot=str(payload.get("slot")))
    checkpoint_mail.send_due(site)


def make(site: Site, actor: Actor, *, slot: str = "", successor: str = "") -> Made:
    """Write a checkpoint of the log as it is now and record it.

    `successor` is the public key (hex) that signs from then on. Raises NotAllowed, NotWritten,
    ConfigRefused and Conflict for the key, see `checkpoint_keys.seed`.
    """
    actor.require_role("admin")
    try:
        seed = checkpoint_keys.seed(site, actor)
        checkpoint_keys.settle(site, actor, seed)
        made = _written(site, seed, successor)
    except OSError as exc:
        message = _unwritten(site, exc)
        _note_trouble(site, actor, message)
        raise NotWritten(message) from exc
    except Unavailable:
        raise
    except DxflowError as exc:
        _note_trouble(site, actor, exc.message)
        raise
    return replace(made, open=_record(site, actor, made, slot))


def change_key(site: Site, actor: Actor) -> tuple[Made, bool]:
    """Let a fresh key sign from now on; return the first checkpoint of it.

    The old key signs a last checkpoint that names the new one; False when it is gone, or the
    folder cannot be written: then nobody but the log says that the change is in order.
    Raises NotAllowed, ConfigRefused for an old key that is not sound, NotWritten.
    """
    actor.require_role("admin")
    place = site.settings.checkpoint_key_place
    fresh = signing.make_seed()
    vouched = signing.read_seed(place) is not None
    if vouched:
        make(site, actor, successor=signing.public_of(fresh).hex())
    signing.write_seed(place, fresh, replace=True)
    checkpoint_keys.note(site, actor, fresh)
    return make(site, actor), vouched


def _written(site: Site, seed: bytes, successor: str) -> Made:
    """Write a checkpoint's file. Raises OSError."""
    settings = site.settings
    folder = settings.checkpoint_place
    if settings.checkpoint_dir is None:  # a share that is not there must not be made up
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    installation = _installation(site)
    for attempt in range(_TRIES):
        try:
            return _next(site, folder, installation, seed, successor)
        except FileExistsError:  # somebody else has made this number meanwhile
            if attempt == _TRIES - 1:
                raise
    raise AssertionError


def _next(site: Site, folder: Path, installation: str, seed: bytes, successor: str) -> Made:
    key = signing.public_of(seed)
    newest, state, top = shelf.last_state(folder, installation)
    if newest is not None and key.hex() not in (newest.key, newest.successor):
        state = None
    at = site.now()
    with site.database.read() as tx:
        heads = reading.heads(tx)
        last = facts.read(tx, LAST).get(LAST, {})
        lost = [] if state is None or newest is None else torn(state, heads)
        restored = bool(lost) and newest is not None and _restored_since(tx, newest.at)
    known = last.get("number")
    full = state is None or bool(lost) or newest is None or _month(newest.at) != _month(at)
    listed: Heads = heads if full or state is None else moved(state, heads)
    checkpoint = Checkpoint(
        installation=installation,
        number=max(top, known if isinstance(known, int) else 0) + 1,
        at=at,
        events=sum(seq for seq, _hash in heads.values()),
        streams=len(heads),
        head=head_over(heads),
        previous=newest.digest if newest is not None else str(last.get("sha256") or ""),
        key=key.hex(),
        successor=successor,
        full=full,
        heads=listed,
    )
    content = written(checkpoint, seed)
    file = shelf.put(folder, checkpoint, content)
    return Made(
        number=checkpoint.number, at=at, events=checkpoint.events, streams=checkpoint.streams,
        head=checkpoint.head, sha256=digest_of(content), fingerprint=signing.fingerprint(key),
        file=file, full=full, torn=0 if restored else len(lost),
        before=newest.number if newest is not None else 0,
    )  # fmt: skip


def _month(moment: datetime) -> date:
    return local_date(moment).replace(day=1)


def _restored_since(tx: Connection, moment: datetime) -> bool:
    wanted = select(AuditEvent.id).where(
        AuditEvent.type == RESTORED, AuditEvent.at >= moment_text(moment)
    )
    return tx.execute(wanted.limit(1)).first() is not None


def _installation(site: Site) -> str:
    with site.database.read() as tx:
        found = identity.read(tx)
    if found is None:  # older than ids are
        with site.database.write() as tx:
            found = identity.ensure(tx, site.now())
    return found


def _record(site: Site, actor: Actor, made: Made, slot: str) -> Torn | None:
    """Record a checkpoint; return what is torn and not settled."""
    fact = {
        "at": made.at.isoformat(), "number": made.number, "events": made.events,
        "sha256": made.sha256, "file": str(made.file), "slot": slot,
    }  # fmt: skip
    with site.database.write() as tx:
        facts.write(tx, LAST, fact)
        _end_trouble(tx, actor)
        if made.torn:
            checkpoint_facts.tear(tx, Torn(made.at, made.number, made.before, made.torn))
        events.record_about_log(
            site, tx, actor, CHECKPOINTED,
            audit.Change("number", mark("番号"), None, made.number),
            audit.Change("at", mark("チェックポイントの日時"), None, made.at),
            audit.Change("events", mark("記録の数"), None, made.events),
            audit.Change("sha256", "SHA-256", None, made.sha256),
            audit.Change("key", mark("公開鍵の指紋"), None, made.fingerprint),
        )  # fmt: skip
        return checkpoint_facts.torn(tx)


def _unwritten(site: Site, exc: OSError) -> str:
    """Say why the folder could not be written, and what to do where rights are the reason."""
    folder, why = site.settings.checkpoint_place, refused.why(exc)
    if exc.errno in refused.NO_RIGHT:
        return _(
            "チェックポイントのフォルダー {folder} に書けません（{why}）。"
            "フォルダーの持ち主と権限を確かめてください。systemd で動かしているなら、"
            "dxflow.service と dxflow-worker の ReadWritePaths にこのフォルダーを加え、"
            "両方を再起動してください。",
            folder=folder,
            why=why,
        )
    return _(
        "チェックポイントのフォルダー {folder} に書けません（{why}）。", folder=folder, why=why
    )


def _note_trouble(site: Site, actor: Actor, why: str) -> None:
    with site.database.write() as tx:
        before = facts.read(tx, TROUBLE).get(TROUBLE, {})
        fact = {"at": site.now().isoformat(), "why": why}
        facts.write(tx, TROUBLE, before | {actor.channel: fact})


def _end_trouble(tx: Connection, actor: Actor) -> None:
    """Forget trouble: a worker's success ends all, that of a hand only what hands have met.

    A command is not held by what holds the worker's unit: its success says nothing of it.
    """
    before = facts.read(tx, TROUBLE).get(TROUBLE, {})
    left = {} if actor.channel == WORKER else {WORKER: before[WORKER]} if WORKER in before else {}
    facts.write(tx, TROUBLE, left or None)
