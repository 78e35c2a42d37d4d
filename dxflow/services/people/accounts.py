"""Logging in and out: throttled, sessions and tokens that rotate, expire and die with the account."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, Table, bindparam, delete, insert, select, update

from dxflow import audit
from dxflow.db.base import table
from dxflow.db.identity import ApiToken, Person, WebSession
from dxflow.db.prepared import Prepared
from dxflow.errors import CodeNeeded, NotLoggedIn
from dxflow.services.people import factor_rows, half_logins, organisation, passwords, throttling
from dxflow.services.people.actor import Actor
from dxflow.services.people.events import system_event
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import mark

#: How stale `last_seen_at` may be before a request writes it again.
SEEN_GRAIN = timedelta(minutes=2)


@dataclass(frozen=True)
class Login:
    """A fresh login: the secret reference for the cookie (or the token) and its end."""

    reference: str
    person_id: str
    expires_at: datetime
    must_change_password: bool


def log_in(site: Site, username: str, password: str, origin: str, request_id: str = "") -> Login:
    """Open a browser session.

    Raises NotLoggedIn (same words for every reason), CodeNeeded with the login that `complete`
    goes on with where the person has a second factor, or Throttled.
    """
    person = _authenticate(site, username, password, origin, "page", request_id)
    if person["factor_since"] is not None:
        raise CodeNeeded(factor_rows.needed(), half_logins.begin(site, person))
    with site.database.write() as tx:
        return begin_session(site, tx, person, request_id)


def issue_token(
    site: Site, username: str, password: str, origin: str, request_id: str = "", code: str = ""
) -> Login:
    """Issue a bearer token for programs; `code` is of the second factor, for whoever has one.

    Raises NotLoggedIn (same words for everything with a code), CodeNeeded without one, Throttled.
    """
    wrong = _("利用者名、パスワード、確認コードのどれかが違います。")
    try:
        person = _authenticate(site, username, password, origin, "api", request_id)
    except NotLoggedIn:
        if code:
            raise NotLoggedIn(wrong) from None
        raise
    asked = person["factor_since"] is not None
    if asked and not code:
        raise CodeNeeded(factor_rows.needed())
    subject = factor_rows.subject(person["id"])
    with site.database.write() as tx:
        if asked:
            throttling.take_turn(tx, subject, site.now())
        if not asked or factor_rows.take(site, tx, person["id"], code, "api", request_id):
            login = _fresh(site, person, site.settings.token_lifetime)
            values: dict[str, object] = {"token_hash": digest(login.reference)}
            event = ("token.created", "api", request_id)
            return _opened(site, tx, ApiToken, login, values, person, event)
        refused(
            site, tx, subject, person["id"], "api", request_id,
            origin=origin, reason=factor_rows.WRONG,
        )  # fmt: skip
    raise NotLoggedIn(wrong)


def _fresh(site: Site, person: RowMapping, minutes: int) -> Login:
    expires = site.now() + timedelta(minutes=minutes)
    return Login(secrets.token_urlsafe(32), person["id"], expires, person["must_change_password"])


def begin_session(site: Site, tx: Connection, person: RowMapping, request_id: str) -> Login:
    """Open a browser session of a person (`PERSON`) who has shown everything that is asked."""
    login = _fresh(site, person, site.settings.session_absolute)
    values: dict[str, object] = {
        "reference_hash": digest(login.reference),
        "last_seen_at": site.now(),
        "acting_post": None,
    }
    event = ("session.started", "page", request_id)
    return _opened(site, tx, WebSession, login, values, person, event)


def _opened(
    site: Site,
    tx: Connection,
    table: type[WebSession] | type[ApiToken],
    login: Login,
    values: dict[str, object],
    person: RowMapping,
    event: tuple[str, str, str],
) -> Login:
    """Write a login under its hash, and its event (type, channel, request); drop those over."""
    now = site.now()
    event_type, channel, request_id = event
    tx.execute(delete(table).where(table.expires_at < now))
    tx.execute(
        insert(table).values(
            person_id=login.person_id,
            epoch=person["epoch"],
            created_at=now,
            expires_at=login.expires_at,
            **values,
        )
    )
    audit.append_system(
        tx,
        audit.SystemStream.ACCESS,
        system_event(event_type, now, login.person_id, channel, request_id=request_id),
    )
    return login


def actor_of_session(site: Site, reference: str, request_id: str = "") -> Actor:
    """Return who is behind a session's reference. Raises NotLoggedIn when it has ended."""
    now = site.now()
    row = _alive(site.database.glance(_SESSION, {"digest": digest(reference)}), now)
    idle = timedelta(minutes=site.settings.session_idle)
    if row is None or row.last_seen_at + idle < now:
        raise NotLoggedIn(_("ログインの有効期間が過ぎました。もう一度ログインしてください。"))
    actor = _actor(site, row, "page", request_id, row.acting_post)
    if now - row.last_seen_at > SEEN_GRAIN:
        _seen(site, reference, now)
    return actor


def actor_of_token(site: Site, token: str, request_id: str = "") -> Actor:
    """Return who is behind a bearer token. Raises NotLoggedIn when it is unknown or has ended."""
    row = _alive(site.database.glance(_TOKEN, {"digest": digest(token)}), site.now())
    if row is None:
        raise NotLoggedIn(_("トークンが無効か、有効期間が過ぎています。"))
    return _actor(site, row, "api", request_id, None)


def log_out(site: Site, reference: str) -> None:
    """End a browser session."""
    _end(site, WebSession, WebSession.reference_hash == digest(reference), "session.ended")


def revoke_token(site: Site, token: str) -> None:
    """End a bearer token."""
    _end(site, ApiToken, ApiToken.token_hash == digest(token), "token.revoked")


def choose_post(site: Site, reference: str, actor: Actor, post: str) -> None:
    """Choose the post the person acts in; one they do not hold is ignored."""
    if post not in {held.key for held in actor.posts}:
        return
    with site.database.write() as tx:
        tx.execute(
            update(WebSession)
            .where(WebSession.reference_hash == digest(reference))
            .values(acting_post=post)
        )


def end_all(tx: Connection, *persons: str) -> None:
    """End every session and token of persons, by id, in the caller's transaction."""
    tx.execute(update(Person).where(Person.id.in_(persons)).values(epoch=Person.epoch + 1))
    tx.execute(delete(WebSession).where(WebSession.person_id.in_(persons)))
    tx.execute(delete(ApiToken).where(ApiToken.person_id.in_(persons)))


#: What a login takes from the row of its person.
PERSON = (
    Person.id,
    Person.username,
    Person.name,
    Person.status,
    Person.epoch,
    Person.must_change_password,
)


_WEB_SESSION, _API_TOKEN, _PERSON_ROW = table(WebSession), table(ApiToken), table(Person)


def _login_of(login: Table, key: str, *more: str) -> Prepared:
    """Return the statement that reads a login by its hash, its person, and the organisation."""
    return Prepared(
        select(
            login.c.expires_at,
            login.c.epoch.label("session_epoch"),
            *(login.c[name] for name in more),
            *(_PERSON_ROW.c[column.key] for column in PERSON),
            factor_rows.since().label("factor_since"),
            organisation.version_query().label("version"),
        )
        .join_from(login, _PERSON_ROW, _PERSON_ROW.c.id == login.c.person_id)
        .where(login.c[key] == bindparam("digest"))
    )


_SESSION = _login_of(_WEB_SESSION, "reference_hash", "acting_post", "last_seen_at")
_TOKEN = _login_of(_API_TOKEN, "token_hash")


def _alive(rows: Sequence[Any], now: datetime) -> Any | None:
    """Return the row of a login, None when there is none or it has ended."""
    for row in rows:
        if row.expires_at > now and row.status == "active" and row.epoch == row.session_epoch:
            return row
    return None


def _actor(site: Site, row: Any, channel: str, request_id: str, post: str | None) -> Actor:
    who = organisation.directory_of(site, site.today(), row.version or "0")
    actor = organisation.actor(
        who,
        row.id,
        row.username,
        row.name,
        acting_post=post,
        channel=channel,
        request_id=request_id,
    )
    lacks = row.factor_since is None and actor.has_role(*site.settings.second_factor_roles)
    return replace(actor, must_change_password=row.must_change_password, lacks_second_factor=lacks)


def _authenticate(
    site: Site, username: str, password: str, origin: str, channel: str, request_id: str
) -> RowMapping:
    subject = f"{username.strip().casefold()[:80]}|{throttling.network_of(origin)}"
    place = throttling.place(origin) if site.settings.login_failures else ""
    with site.database.read() as tx:
        throttling.require_patience(tx, [subject, place], site.now())
        person = (
            tx.execute(
                select(
                    *PERSON, Person.password_hash, factor_rows.since().label("factor_since")
                ).where(Person.username == username.strip())
            )
            .mappings()
            .one_or_none()
        )
    fits = passwords.matches(person["password_hash"] if person else None, password)
    if person is not None and fits and person["status"] == "active":
        _forgiven(site, subject)
        return person
    with site.database.write() as tx:
        known = person["id"] if person else None
        refused(site, tx, subject, known, channel, request_id, origin=origin)
    raise NotLoggedIn(_("利用者名またはパスワードが違います。"))


def knows_password(site: Site, actor: Actor, password: str) -> bool:
    """Return whether somebody who is logged in knows their password; failures count as at login.

    Whoever sits at a browser left open must not find it out by trying. Raises Throttled.
    """
    subject = f"{actor.person_id}|password"
    with site.database.read() as tx:
        throttling.require_patience(tx, [subject], site.now())
        stored = tx.execute(
            select(Person.password_hash).where(Person.id == actor.person_id)
        ).scalar_one()
    if passwords.matches(stored, password):
        _forgiven(site, subject)
        return True
    with site.database.write() as tx:
        refused(site, tx, subject, actor.person_id, actor.channel, actor.request_id)
    return False


def _forgiven(site: Site, subject: str) -> None:
    with site.database.write() as tx:
        throttling.forgive(tx, subject)


def refused(
    site: Site, tx: Connection, subject: str, person_id: str | None, channel: str,
    request_id: str, *, origin: str = "", reason: str = "",
) -> None:  # fmt: skip
    """Count a failed login, and record by which channel it came; `reason`: what the log says of it.

    `origin` is the address it came from, whose failures count too unless the installation counts
    none.
    """
    now = site.now()
    throttling.count_failure(tx, subject, now)
    free = site.settings.login_failures
    slowed = bool(origin and free) and throttling.count_place(
        tx, throttling.place(origin), now, free
    )
    happened = [
        system_event(
            "session.refused", now, person_id, channel, denied=True, request_id=request_id,
            reason=reason,
        )
    ]  # fmt: skip
    if slowed:
        told = (
            audit.Change("origin", mark("接続元"), None, origin, personal=True),
            audit.Change("failures", mark("1時間の失敗"), None, free + 1),
        )
        happened.append(
            system_event(
                "access.slowed", now, None, channel, denied=True, request_id=request_id,
                changes=told,
            )
        )  # fmt: skip
    audit.append_system(tx, audit.SystemStream.ACCESS, *happened)


def _seen(site: Site, reference: str, now: datetime) -> None:
    with site.database.write() as tx:
        tx.execute(
            update(WebSession)
            .where(WebSession.reference_hash == digest(reference))
            .values(last_seen_at=now)
        )


def _end(
    site: Site, table: type[WebSession] | type[ApiToken], which: object, event_type: str
) -> None:
    with site.database.write() as tx:
        person = tx.execute(select(table.person_id).where(which)).scalar_one_or_none()  # type: ignore[arg-type]
        if person is None:
            return
        tx.execute(delete(table).where(which))  # type: ignore[arg-type]
        audit.append_system(
            tx,
            audit.SystemStream.ACCESS,
            system_event(event_type, site.now(), person, "page" if table is WebSession else "api"),
        )


def digest(secret: str) -> str:
    """Return the hash under which the secret of a login is kept."""
    return hashlib.sha256(secret.encode()).hexdigest()
