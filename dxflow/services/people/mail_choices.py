"""How a person wants mail: each message at once, one in the morning, or none."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, func, insert, select, update

from dxflow import audit, texts
from dxflow.db.identity import Person
from dxflow.db.mail import MailChoice
from dxflow.errors import Invalid
from dxflow.services.people import mail_settings, person_rows
from dxflow.services.people.actor import Actor
from dxflow.services.people.mail_settings import CHOICES, MailSettings
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import mark


@dataclass(frozen=True)
class Wish:
    """What a person gets. `own` is False while they have chosen nothing themselves.

    `usable` says whether their address can be written to.
    """

    choice: str
    own: bool
    weekly: bool
    address: str
    usable: bool
    settings: MailSettings


def ways() -> list[tuple[str, str]]:
    """Return (choice, words) of every way to get mail."""
    return [
        ("at_once", _("そのつど受け取る")),
        ("daily", _("一日一回、朝のまとめで受け取る")),
        ("none", _("受け取らない")),
    ]


def of_person(site: Site, actor: Actor) -> Wish:
    """Return what the actor gets."""
    with site.database.read() as tx:
        settings = mail_settings.read(tx)
        row = tx.execute(
            select(Person.email, MailChoice.choice, MailChoice.weekly)
            .outerjoin(MailChoice, MailChoice.person_id == Person.id)
            .where(Person.id == actor.person_id)
        ).one()
    return Wish(
        choice=row.choice or settings.default_choice,
        own=row.choice is not None,
        weekly=bool(row.weekly),
        address=row.email,
        usable=mail_settings.is_address(row.email),
        settings=settings,
    )


def choose(site: Site, actor: Actor, choice: str, *, weekly: bool) -> None:
    """Choose how one gets mail, in the language one reads now. Raises Invalid."""
    if choice not in CHOICES:
        message = _("受け取り方を選んでください。")
        raise Invalid(message, {"choice": [message]})
    values = {"choice": choice, "weekly": weekly, "language": texts.language.get()}
    mine = MailChoice.person_id == actor.person_id
    with site.database.write() as tx:
        before = tx.execute(
            select(MailChoice.choice, MailChoice.weekly, MailChoice.language).where(mine)
        ).one_or_none()
        if before is None:
            tx.execute(insert(MailChoice).values(person_id=actor.person_id, **values))
        else:
            tx.execute(update(MailChoice).where(mine).values(**values))
        old = before._asdict() if before else dict.fromkeys(values)
        changes = [
            audit.Change(name, label, _word(old[name]), _word(values[name]))
            for name, label in (
                ("choice", mark("メールの受け取り方")),
                ("weekly", mark("週報のメール")),
                ("language", mark("言語")),
            )
            if old[name] != values[name]
        ]
        if changes:
            person_rows.record(site, tx, actor, "mail.chosen", actor.person_id, *changes)


def wanting(settings: MailSettings, choice: str) -> ColumnElement[bool]:
    """Return the condition on person, outer joined with mail_choice, of who gets mail that way."""
    chosen = func.coalesce(MailChoice.choice, settings.default_choice)
    return (Person.status == "active") & (Person.email != "") & (chosen == choice)


def wanting_weekly() -> ColumnElement[bool]:
    """Return the same condition for those who want the weekly digest by mail."""
    return (Person.status == "active") & (Person.email != "") & MailChoice.weekly.is_(True)


def persons(tx: Connection, which: ColumnElement[bool]) -> list[str]:
    """Return the ids of the persons that a condition such as `wanting` names."""
    return list(
        tx.execute(
            select(Person.id)
            .outerjoin(MailChoice, MailChoice.person_id == Person.id)
            .where(which)
            .order_by(Person.id)
        ).scalars()
    )


def _word(value: object) -> object:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else value
