"""Bring an installation into being, keep its tables in step, and refuse to start an unsafe one."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from dxflow import audit
from dxflow.config import ConfigRefused
from dxflow.errors import Conflict
from dxflow.services.administration import checkpoint_keys
from dxflow.services.attachments import limiting
from dxflow.services.installation import clock_check, schema
from dxflow.services.packs import store as packs
from dxflow.services.people import appointments, events, identity
from dxflow.services.people import registry as people
from dxflow.services.people.actor import Actor, system_actor
from dxflow.services.people.checkpoint_facts import PublicKey
from dxflow.services.people.person_rows import Account
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import mark


@dataclass(frozen=True)
class Initialised:
    """What `init` has done. `revision` is the tables' revision now.

    `public_key` is the one by which checkpoints of the audit log are checked, None when the key
    that signs them was lost.
    """

    key_made: bool
    revision: str
    upgraded: bool
    public_key: PublicKey | None
    pack: packs.PackRow | None = None
    administrator: Account | None = None


def operator(site: Site) -> Actor:
    """Return the operator at the command line, as the log writes them; they may read the log."""
    return replace(
        system_actor(site.today()), channel="cli", groups=frozenset({"role:auditor", "role:admin"})
    )


def init(
    site: Site,
    *,
    pack: Mapping[str, str] | None = None,
    administrator: str = "",
    name: str = "",
    password: str = "",
) -> Initialised:
    """Make secret key, tables, first pack and first administrator; what is there already stays.

    Raises Refused for a pack that may not be published, Invalid for a bad account name,
    Unavailable for tables of another version: those are upgraded, with a backup.
    """
    schema.require_newest_or_none(site.database)
    key_made = not site.settings.key_file.exists()
    site.settings.make_secret_key()
    upgraded = upgrade(site)
    public_key = _public_key(site)
    row = packs.install(site, pack, "system", only_first=True) if pack else None
    account = (
        appointments.make_administrator(
            site, operator(site), administrator, name, password=password
        )
        if administrator
        else None
    )
    return Initialised(key_made, revision(), upgraded, public_key, row, account)


def _public_key(site: Site) -> PublicKey | None:
    try:
        return checkpoint_keys.public(site, operator(site))
    except (Conflict, ConfigRefused):  # said by the status; an administrator is needed all the same
        return None


def upgrade(site: Site) -> bool:
    """Bring the tables to this version; return whether there was anything to do."""
    with site.database.read() as tx:
        before = schema.current(tx)
    newest = schema.newest()
    if before == newest:
        return False
    if before is not None:
        schema.require_known(before)
    schema.upgrade(site.database)
    with site.database.write() as tx:
        identity.ensure(tx, site.now())
        _record(
            site, tx, "system.upgraded" if before else "system.initialised",
            audit.Change("revision", mark("表の版"), before, newest),
        )  # fmt: skip
    return True


def revision() -> str:
    """Return the newest revision of the tables that this program knows."""
    return schema.newest() or ""


def require_ready(site: Site) -> None:
    """Raise when this installation must not be served.

    ConfigRefused: no sound secret key, a kind of file that nobody may attach, or demonstration
    accounts outside a demonstration.
    Unavailable: tables of another version.
    """
    site.settings.secret_key()
    limiting.of_site(site.settings)
    schema.require_newest(site.database)
    demo = [] if site.settings.demo else people.demo_accounts(site)
    if demo:
        raise ConfigRefused(
            _(
                "デモ用の利用者（{names} など {n} 人）がいるデータベースでは本番の起動をしません。"
                "dxflow user disable で無効にするか、デモなら DXFLOW_DEMO=1 を指定してください。",
                names=demo[0],
                n=len(demo),
            )
        )


def warm(site: Site) -> None:
    """Compile the current packs now, rather than at somebody's first request."""
    with site.database.read() as tx:
        packs.current(site, tx)


def record_start(site: Site) -> None:
    """Record that the installation was started, and warn when its clock stands behind."""
    clock_check.warn(site)
    with site.database.write() as tx:
        _record(site, tx, "system.started")


def _record(site: Site, tx: Connection, event_type: str, *changes: audit.Change) -> None:
    audit.append_system(
        tx,
        audit.SystemStream.CONFIG,
        events.system_event(
            event_type,
            site.now(),
            None,
            "cli",
            subject=audit.Subject("system", "dxflow"),
            changes=changes,
        ),
    )
