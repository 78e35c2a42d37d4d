"""Messages as administrators see them: what became of each, and what to do about those that failed.

Nothing of what a message says is shown, only for whom it is and what about.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, func, select, update

from dxflow import audit
from dxflow.db.identity import Person
from dxflow.db.mail import OutgoingMail
from dxflow.errors import Conflict, Invalid, NotFound
from dxflow.services.paging import Page, bounds, count
from dxflow.services.people import mail_settings, person_rows
from dxflow.services.people.actor import Actor
from dxflow.services.people.person_rows import ADMIN_ROLE
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import mark

#: States in which a message did not go out, or nobody knows; somebody has to look.
TROUBLED = ("refused", "doubtful", "expired")
STATES = ("waiting", "handed", "sent", *TROUBLED, "needless", "closed")


@dataclass(frozen=True)
class Row:
    """A message as listed; see OutgoingMail."""

    id: str
    kind: str
    person_id: str
    name: str
    address: str
    status: str
    attempts: int
    answer: str
    created_at: datetime
    handed_at: datetime | None
    due_at: datetime


@dataclass(frozen=True)
class Standing:
    """How mail is: whether it is on, how many messages there are by state, the oldest waiting."""

    on: bool
    counts: Mapping[str, int]
    oldest: datetime | None
    answer: str

    @property
    def troubled(self) -> int:
        """Return how many messages somebody has to look at."""
        return sum(self.counts.get(state, 0) for state in TROUBLED)


def kind_name(kind: str) -> str:
    """Return the words for what a message is about."""
    return {
        "notice": _("お知らせ"), "task": _("作業"), "daily": _("朝のまとめ"), "weekly": _("週報"),
    }.get(kind, kind)  # fmt: skip


def state_name(state: str) -> str:
    """Return the words for a state."""
    return {
        "waiting": _("送信待ち"), "handed": _("送信中"), "sent": _("送信済み"),
        "refused": _("相手が拒否"), "doubtful": _("送信結果不明"), "expired": _("期限切れ"),
        "needless": _("不要になった"), "closed": _("確認済み"),
    }.get(state, state)  # fmt: skip


def standing(tx: Connection) -> Standing:
    """Return how mail is."""
    counts = {
        row[0]: row[1]
        for row in tx.execute(
            select(OutgoingMail.status, func.count()).group_by(OutgoingMail.status)
        )
    }
    oldest = tx.execute(
        select(OutgoingMail.created_at, OutgoingMail.answer)
        .where(OutgoingMail.status == "waiting")
        .order_by(OutgoingMail.created_at)
        .limit(1)
    ).first()
    return Standing(
        mail_settings.read(tx).on, counts,
        oldest.created_at if oldest else None, oldest.answer if oldest else "",
    )  # fmt: skip


def stands(site: Site, by: Actor) -> Standing:
    """Return how mail is. Raises NotAllowed."""
    by.require_role(ADMIN_ROLE)
    with site.database.read() as tx:
        return standing(tx)


def listed(site: Site, by: Actor, state: str = "", page: int = 1, per_page: int = 50) -> Page[Row]:
    """Return messages, the latest first. Raises NotAllowed, Invalid for an unknown state."""
    by.require_role(ADMIN_ROLE)
    if state and state not in (*STATES, "troubled"):
        raise Invalid(_("「{state}」という状態はありません。", state=state))
    offset, limit = bounds(page, per_page)
    states = TROUBLED if state == "troubled" else (state,) if state else STATES
    which = OutgoingMail.status.in_(states)
    with site.database.read() as tx:
        total, more = count(tx, select(OutgoingMail.id).where(which))
        rows = tx.execute(
            select(
                OutgoingMail.id, OutgoingMail.kind, OutgoingMail.person_id,
                func.coalesce(Person.name, "").label("name"), OutgoingMail.address,
                OutgoingMail.status, OutgoingMail.attempts, OutgoingMail.answer,
                OutgoingMail.created_at, OutgoingMail.handed_at, OutgoingMail.due_at,
            )
            .outerjoin(Person, Person.id == OutgoingMail.person_id)
            .where(which)
            .order_by(OutgoingMail.created_at.desc(), OutgoingMail.id.desc())
            .offset(offset)
            .limit(limit)
        ).mappings()  # fmt: skip
        return Page([Row(**row) for row in rows], page, per_page, total, more)


def resend(site: Site, by: Actor, mail_id: str) -> None:
    """Have a message sent again that was refused, is doubtful or too old. Raises NotFound, Conflict.

    It keeps its Message-ID, so that a mail program recognises it if the first one did arrive.
    """
    now = site.now()
    values = {"status": "waiting", "due_at": now, "settled_at": now}
    _turn(site, by, mail_id, "mail.resent", values)


def close(site: Site, by: Actor, mail_id: str) -> None:
    """Take note of a message that did not go out, and leave it. Raises NotFound, Conflict."""
    _turn(site, by, mail_id, "mail.closed", {"status": "closed", "settled_at": site.now()})


def hold_restored(site: Site, tx: Connection, by: Actor) -> None:
    """Stop mail of a database that was just restored, in the caller's transaction.

    It does not know what was sent since the backup, and it may stand on a machine for trying
    things: an administrator looks first, then switches mail on.
    """
    settings = mail_settings.read(tx)
    tx.execute(
        update(OutgoingMail)
        .where(OutgoingMail.status.in_(("waiting", "handed")))
        .values(
            status="doubtful",
            settled_at=site.now(),
            answer=mark("バックアップの後に送ったかどうか分かりません。"),
        )
    )
    if settings.on:
        mail_settings.write(site, tx, by, replace(settings, on=False))


def held(tx: Connection) -> bool:
    """Return whether mail has been set up but is off."""
    settings = mail_settings.read(tx)
    return bool(settings.host) and not settings.on


def _turn(site: Site, by: Actor, mail_id: str, event_type: str, values: dict[str, object]) -> None:
    by.require_role(ADMIN_ROLE)
    with site.database.write() as tx:
        row = tx.execute(
            select(OutgoingMail.status, OutgoingMail.person_id)
            .where(OutgoingMail.id == mail_id)
            .with_for_update()
        ).one_or_none()
        if row is None:
            raise NotFound(_("このメールの記録はありません。"))
        if row.status not in TROUBLED:
            raise Conflict(
                _(
                    "このメールは「{state}」なので、何もしませんでした。",
                    state=state_name(row.status),
                )
            )
        tx.execute(update(OutgoingMail).where(OutgoingMail.id == mail_id).values(**values))
        person_rows.record(
            site, tx, by, event_type, row.person_id,
            audit.Change("status", mark("状態"), row.status, values["status"]),
            subject=audit.Subject("mail", mail_id),
        )  # fmt: skip
