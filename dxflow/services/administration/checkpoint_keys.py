"""The key that signs checkpoints of the audit log: made once, and changed only on purpose."""

from dxflow import audit
from dxflow.audit.checkpoints import signing
from dxflow.errors import Conflict
from dxflow.services.people import events, facts
from dxflow.services.people.actor import Actor
from dxflow.services.people.checkpoint_facts import KEY, LAST, PublicKey, known, of
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import mark


def seed(site: Site, actor: Actor) -> bytes:
    """Return the key that signs, made now if there never was one.

    Raises ConfigRefused for a key that is not sound, Conflict when it is gone.
    """
    place = site.settings.checkpoint_key_place
    found = signing.read_seed(place)
    if found is not None:
        return found
    with site.database.read() as tx:
        used = facts.read(tx, KEY, LAST)
    if used:
        raise Conflict(
            _(
                "チェックポイントに署名する鍵 {file} がありません。元の鍵の写しを戻すか、"
                "dxflow audit key --new で新しい鍵にし、監査担当に知らせてください。",
                file=place,
            )
        )
    fresh = signing.make_seed()
    try:
        signing.write_seed(place, fresh)
    except FileExistsError:  # another process was first
        return seed(site, actor)
    note(site, actor, fresh)
    return fresh


def settle(site: Site, actor: Actor, found: bytes) -> None:
    """Record a key that is not the one the installation knows: somebody has put it there by hand."""
    with site.database.read() as tx:
        before = known(tx)
    if before is None or before.fingerprint != signing.fingerprint(signing.public_of(found)):
        note(site, actor, found)


def public(site: Site, actor: Actor) -> PublicKey:
    """Return the key by which checkpoints are checked. Raises NotAllowed, and like `seed`."""
    actor.require_role("admin")
    return of(signing.public_of(seed(site, actor)))


def note(site: Site, actor: Actor, fresh: bytes) -> None:
    """Record that another key signs from now on."""
    public_key = signing.public_of(fresh)
    with site.database.write() as tx:
        before = known(tx)
        facts.write(tx, KEY, {"key": public_key.hex(), "at": site.now().isoformat()})
        events.record_about_log(
            site, tx, actor, "audit.key_changed",
            audit.Change(
                "key", mark("公開鍵の指紋"),
                before.fingerprint if before else None, signing.fingerprint(public_key),
            ),
        )  # fmt: skip
