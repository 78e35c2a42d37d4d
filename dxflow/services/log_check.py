"""The log as the operator asks for it: verified, and written out; either leaves its own event."""

from collections.abc import Iterator

import orjson
from sqlalchemy import Connection, select

from dxflow import audit
from dxflow.audit import export as writing
from dxflow.audit import reading
from dxflow.audit.describe import Entry, describe
from dxflow.audit.findings import Report
from dxflow.audit.verify import references
from dxflow.db.identity import Person
from dxflow.services import events, naming, organisation
from dxflow.services.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _

FORMATS = ("jsonl", "csv")
CHUNK = 500


def verify(site: Site, actor: Actor) -> Report:
    """Verify the whole log and record the verdict."""
    with site.database.read() as tx:
        report = audit.verify_database(tx)
    _record(
        site, actor, "audit.verified",
        audit.Change("findings", _("食い違い"), None, len(report.findings)),
        audit.Change("events", _("記録の数"), None, report.events),
    )  # fmt: skip
    return report


def export(site: Site, actor: Actor, form: str) -> Iterator[bytes]:
    """Yield the log as JSON Lines (what was hashed, byte for byte) or as CSV for reading.

    The export is recorded before its first byte; the log it gives holds that event.
    """
    _record(site, actor, "audit.exported", audit.Change("format", _("形式"), None, form))
    with site.database.read() as tx:
        if form == "jsonl":
            yield from writing.to_jsonl(writing.bodies(tx))
            return
        who = organisation.directory(site, tx, actor.on)
        names = naming.load(tx, who, persons=_persons(tx)).everybody()
        yield from writing.to_csv(_entries(tx), names)


def _entries(tx: Connection) -> Iterator[Entry]:
    """Yield the entries with their personal values, in chunks."""
    chunk: list[str] = []
    for body in writing.bodies(tx):
        chunk.append(body)
        if len(chunk) == CHUNK:
            yield from _described(tx, chunk)
            chunk = []
    yield from _described(tx, chunk)


def _described(tx: Connection, bodies: list[str]) -> Iterator[Entry]:
    digests = [digest for body in bodies for digest in references(_parsed(body))]
    private = reading.private_values(tx, digests)
    for body in bodies:
        yield describe(body, private)


def _parsed(body: str) -> dict[str, object]:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:  # a damaged body is still written out
        return {}
    return found if isinstance(found, dict) else {}


def _persons(tx: Connection) -> list[str]:
    return list(tx.execute(select(Person.id)).scalars())


def _record(site: Site, actor: Actor, event_type: str, *changes: audit.Change) -> None:
    with site.database.write() as tx:
        audit.append_system(
            tx,
            audit.SystemStream.AUDIT,
            events.system_event(
                event_type,
                site.now(),
                None if actor.is_system else actor.person_id,
                actor.channel,
                subject=audit.Subject("log", "audit"),
                request_id=actor.request_id,
                changes=changes,
            ),
        )
