"""What administrators do to one account from its page; each act is one transaction with its event."""

from datetime import date

from sqlalchemy import select, update

from dxflow import audit
from dxflow.db.identity import Person
from dxflow.errors import Invalid, NotFound
from dxflow.services.people import accounts, appointments, person_rows, registry, second_factor
from dxflow.services.people.actor import Actor
from dxflow.services.people.person_rows import ADMIN_ROLE, Account
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import mark

LONGEST_EMAIL = 254


def create(site: Site, by: Actor, username: str, name: str, email: str = "") -> Account:
    """Make an account with a generated one-time password. Raises Invalid, Conflict, NotAllowed."""
    by.require_role(ADMIN_ROLE)
    return registry.create(site, by, username.strip(), name, email=_email(email))


def change(site: Site, by: Actor, person_id: str, name: str, email: str) -> bool:
    """Change name and address; return whether anything changed. Raises Invalid, NotFound."""
    by.require_role(ADMIN_ROLE)
    shown, address = person_rows.require_name(name), _email(email)
    with site.database.write() as tx:
        row = (
            tx.execute(select(Person.name, Person.email).where(Person.id == person_id))
            .mappings()
            .one_or_none()
        )
        if row is None:
            raise NotFound(_("この利用者はいません。"))
        changes = [
            audit.Change(key, label, row[key], value, personal=True)
            for key, label, value in (
                ("name", mark("氏名"), shown),
                ("email", mark("メール"), address),
            )
            if row[key] != value
        ]
        if not changes:
            return False
        tx.execute(update(Person).where(Person.id == person_id).values(name=shown, email=address))
        person_rows.record(site, tx, by, "person.changed", person_id, *changes)
    return True


def reset_password(site: Site, by: Actor, person_id: str) -> Account:
    """Give a one-time password, which is returned once; the person's logins end.

    Raises NotFound, and Invalid for one's own, which has a page with the old password asked for.
    """
    by.require_role(ADMIN_ROLE)
    if person_id == by.person_id:
        raise Invalid(_("自分のパスワードは、パスワードの変更の画面で変えてください。"))
    return registry.set_password(site, by, _username(site, person_id))


def reset_factor(site: Site, by: Actor, person_id: str, reason: str) -> None:
    """Take the second factor off somebody who has lost the phone; their logins end.

    Raises NotFound, Conflict where there is none, Invalid without a reason and for one's own.
    """
    by.require_role(ADMIN_ROLE)
    second_factor.reset(site, by, _username(site, person_id), reason)


def set_open(site: Site, by: Actor, person_id: str, *, is_open: bool) -> None:
    """Close an account, or open it again.

    Raises Conflict for the last administrator, Invalid for one's own account, NotFound.
    """
    by.require_role(ADMIN_ROLE)
    if person_id == by.person_id and not is_open:
        raise Invalid(_("自分の利用者は無効にできません。別の管理者に頼んでください。"))
    act = registry.enable if is_open else registry.disable
    act(site, by, _username(site, person_id))


def give_post(
    site: Site,
    by: Actor,
    person_id: str,
    post: str,
    since: date | None,
    until: date | None,
    *,
    concurrent: bool,
) -> None:
    """Give a post from a day on (today unless said). Raises NotFound, Conflict, Invalid."""
    by.require_role(ADMIN_ROLE)
    appointments.grant_post(
        site, by, _username(site, person_id), post,
        since=since, until=until, concurrent=concurrent,
    )  # fmt: skip


def end_post(site: Site, by: Actor, person_id: str, post: str, day: date | None) -> None:
    """End a post; `day` (today unless said) is the first without it. Raises NotFound, Conflict."""
    by.require_role(ADMIN_ROLE)
    appointments.end_post(site, by, _username(site, person_id), post, day=day)


def end_logins(site: Site, by: Actor, person_id: str) -> None:
    """End every session and token of a person. Raises NotFound."""
    by.require_role(ADMIN_ROLE)
    _username(site, person_id)
    with site.database.write() as tx:
        accounts.end_all(tx, person_id)
        person_rows.record(site, tx, by, "session.revoked", person_id)


def _username(site: Site, person_id: str) -> str:
    with site.database.read() as tx:
        username = tx.execute(
            select(Person.username).where(Person.id == person_id)
        ).scalar_one_or_none()
    if username is None:
        raise NotFound(_("この利用者はいません。"))
    return username


def _email(text: str) -> str:
    """Return an address without blanks around it, "" for none. Raises Invalid."""
    address = text.strip()
    fits = "@" in address[1:-1] and len(address) <= LONGEST_EMAIL and address.isprintable()
    if address and not fits:
        message = _("メールアドレスは name@example.jp の形で入力してください。")
        raise Invalid(message, {"email": [message]})
    return address
