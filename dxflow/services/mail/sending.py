"""Sending: a mark that is committed first, then the mail server, then what it answered.

Whoever is killed in between leaves the mark. Such a message is never sent again by the program: it
becomes `doubtful` and an administrator decides. Nothing is locked while the server is waited for.
"""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any

from sqlalchemy import func, or_, select, update

from dxflow.clock import local_date
from dxflow.config import ConfigRefused
from dxflow.db.identity import Person
from dxflow.db.mail import MailChoice, OutgoingMail
from dxflow.jobs import queue
from dxflow.services.mail import letters, smtp
from dxflow.services.mail.smtp import Outcome, Post
from dxflow.services.people import mail_settings, organisation
from dxflow.services.people.mail_settings import NONE, MailSettings
from dxflow.services.site import Site
from dxflow.texts import gettext as _

KIND = "mail.send"
#: Jobs are made for spans of so many seconds, so that several workers make one.
SLOT = 5
#: How long one job sends at the most, by this machine's clock; a next one goes on.
BATCH_SECONDS = 30.0
#: A message that was handed over so long ago without an answer is doubtful.
DOUBT = timedelta(minutes=2)
#: Waits after a temporary refusal or a server that is away; the last one repeats.
BACKOFF = tuple(timedelta(minutes=n) for n in (1, 5, 15, 60))
#: What could not be sent for so long is given up: nobody wants last week's reminders.
EXPIRY = timedelta(days=3)

_DUE = (
    OutgoingMail.id, OutgoingMail.kind, OutgoingMail.subject, OutgoingMail.since,
    OutgoingMail.person_id, OutgoingMail.attempts, OutgoingMail.created_at,
    OutgoingMail.settled_at,
    Person.username, Person.name, Person.email, Person.status.label("person_status"),
    MailChoice.choice, MailChoice.weekly, MailChoice.language,
)  # fmt: skip


@dataclass(frozen=True)
class Handed:
    """A message whose mark is committed; `attempt` tells this handing over from later ones."""

    id: str
    attempt: int
    address: str
    message: EmailMessage


def queue_due(site: Site, now: datetime) -> datetime | None:
    """Put sending into the queue when something is due; return when to be asked again."""
    if not mail_settings.current(site).on:
        return None
    waiting = OutgoingMail.status == "waiting"
    stuck = (OutgoingMail.status == "handed") & (OutgoingMail.handed_at < now - DOUBT)
    with site.database.read() as tx:
        next_at = tx.execute(select(func.min(OutgoingMail.due_at)).where(waiting)).scalar_one()
        doubts = tx.execute(select(OutgoingMail.id).where(stuck).limit(1)).first()
    if doubts is None and (next_at is None or next_at > now):
        return next_at
    slot = str(int(now.timestamp()) // SLOT)
    if site.kept.get(KIND) != (0.0, slot):
        with site.database.write() as tx:
            queue.defer(tx, now, kind=KIND, key=slot, payload={})
        site.kept[KIND] = (0.0, slot)
    return now + timedelta(seconds=SLOT)


def send_due(site: Site, _payload: dict[str, Any]) -> None:
    """Send what is due, one message after the other, each marked before it is handed over."""
    doubt_stuck(site)
    settings = mail_settings.current(site)
    if not settings.on:
        return
    try:
        password = site.settings.mail_password()
    except ConfigRefused as exc:
        _hold_all(site, exc.message)
        return
    ends = time.monotonic() + BATCH_SECONDS
    with Post(settings, password) as post:
        while time.monotonic() < ends:
            row = _next(site)
            if row is None:
                return
            handed = mark(site, settings, row)
            if handed is None:
                continue
            outcome = post.deliver(handed.message, handed.address)
            settle(site, handed, outcome)
            if outcome.state == smtp.AWAY:
                _hold_all(site, outcome.answer, BACKOFF[_step(handed.attempt)])
                return


def doubt_stuck(site: Site) -> int:
    """Call doubtful what was handed over long ago without an answer; return how many."""
    now = site.now()
    stuck = (OutgoingMail.status == "handed") & (OutgoingMail.handed_at < now - DOUBT)
    with site.database.read() as tx:
        if tx.execute(select(OutgoingMail.id).where(stuck).limit(1)).first() is None:
            return 0
    with site.database.write() as tx:
        return tx.execute(
            update(OutgoingMail)
            .where(stuck)
            .values(
                status="doubtful",
                settled_at=now,
                answer=_("サーバーに渡したあと、結果を聞く前に自動処理が止まりました。"),
            )
        ).rowcount


def mark(site: Site, settings: MailSettings, row: Any) -> Handed | None:
    """Make a message and commit that it is being handed over; None when it is not to be sent.

    Not to be sent is what nobody needs any more, what is too old, what has no address to go to,
    and what another worker has marked first.
    """
    now, attempt = site.now(), row.attempts + 1
    values: dict[str, Any] = {"attempts": attempt, "address": row.email}
    message: EmailMessage | None = None
    if now - (row.settled_at or row.created_at) > EXPIRY:  # settled when it was put back
        values |= {"status": "expired", "settled_at": now, "attempts": row.attempts}
    elif not mail_settings.is_address(row.email):
        answer = _("メールアドレスの書き方が正しくありません。")
        values |= {"status": "refused", "settled_at": now, "answer": answer}
    else:
        message = _message(site, settings, row, now)
        values |= (
            {"status": "needless", "settled_at": now, "answer": ""}
            if message is None
            else {"status": "handed", "handed_at": now}
        )
    with site.database.write() as tx:
        ours = tx.execute(
            update(OutgoingMail)
            .where(
                OutgoingMail.id == row.id,
                OutgoingMail.status == "waiting",
                OutgoingMail.attempts == row.attempts,
            )
            .values(**values)
        ).rowcount
    if not ours or message is None:
        return None
    return Handed(row.id, attempt, row.email, message)


def settle(site: Site, handed: Handed, outcome: Outcome) -> None:
    """Write down what became of a message, unless it was handed over anew meanwhile."""
    now = site.now()
    if outcome.state in (smtp.LATER, smtp.AWAY):
        values: dict[str, Any] = {
            "status": "waiting", "due_at": now + BACKOFF[_step(handed.attempt)]
        }  # fmt: skip
    else:
        values = {"status": outcome.state, "settled_at": now}
    with site.database.write() as tx:
        tx.execute(
            update(OutgoingMail)
            .where(
                OutgoingMail.id == handed.id,
                OutgoingMail.attempts == handed.attempt,
                # late news of one that was called doubtful meanwhile are still news
                or_(OutgoingMail.status == "handed", OutgoingMail.status == "doubtful"),
            )
            .values(answer=outcome.answer, **values)
        )


def _next(site: Site) -> Any | None:
    """Return the message that has been due for longest, with its person, None when none is due."""
    with site.database.read() as tx:
        return tx.execute(
            select(*_DUE)
            .outerjoin(Person, Person.id == OutgoingMail.person_id)
            .outerjoin(MailChoice, MailChoice.person_id == OutgoingMail.person_id)
            .where(OutgoingMail.status == "waiting", OutgoingMail.due_at <= site.now())
            .order_by(OutgoingMail.due_at, OutgoingMail.id)
            .limit(1)
        ).first()


def _message(site: Site, settings: MailSettings, row: Any, now: datetime) -> EmailMessage | None:
    wanted = row.weekly if row.kind == "weekly" else (row.choice or settings.default_choice) != NONE
    if row.person_status != "active" or not wanted:
        return None
    with site.database.read() as tx:
        who = organisation.directory(site, tx, local_date(now))
    actor = organisation.actor(who, row.person_id, row.username, row.name, channel="job")
    language = row.language or site.settings.language
    return letters.compose(site, settings, letters.Reader(actor, row.email, language), row, now)


def _hold_all(site: Site, answer: str, wait: timedelta = BACKOFF[1]) -> None:
    """Let everything that waits wait on: the server would refuse the next one as well."""
    until = site.now() + wait
    with site.database.write() as tx:
        tx.execute(
            update(OutgoingMail)
            .where(OutgoingMail.status == "waiting", OutgoingMail.due_at < until)
            .values(due_at=until, answer=answer)
        )


def _step(attempt: int) -> int:
    return min(attempt, len(BACKOFF)) - 1
