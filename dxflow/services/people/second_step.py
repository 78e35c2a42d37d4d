"""The second step of a login: the code behind the password, and whoever needs no second one."""

from sqlalchemy import select

from dxflow.db.identity import Person
from dxflow.errors import NotLoggedIn
from dxflow.services.people import accounts, factor_rows, half_logins, throttling
from dxflow.services.people.accounts import Login
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _


class HalfLoginEnded(NotLoggedIn):
    """The password was right some time ago: it is to be given again."""


def complete(site: Site, half: str, code: str, origin: str = "", request_id: str = "") -> Login:
    """Open the session of a login that waits for its code, of an app or in reserve.

    Raises HalfLoginEnded when it waits no longer, NotLoggedIn for a wrong code, or Throttled.
    """
    with site.database.write() as tx:
        person = half_logins.person_of(tx, half, site.now(), *accounts.PERSON)
        if person is None:
            raise HalfLoginEnded(_("時間がたったため、もう一度ログインしてください。"))
        subject = factor_rows.subject(person["id"])
        throttling.take_turn(tx, subject, site.now())
        if factor_rows.take(site, tx, person["id"], code, "page", request_id):
            half_logins.end(tx, half)
            return accounts.begin_session(site, tx, person, request_id)
        accounts.refused(
            site, tx, subject, person["id"], "page", request_id,
            origin=origin, reason=factor_rows.WRONG,
        )  # fmt: skip
    raise NotLoggedIn(wrong_code())


def knows_code(site: Site, actor: Actor, code: str) -> bool:
    """Return whether somebody who is logged in brings a code of their second factor, and use it up.

    Failures count as at login. Raises Throttled.
    """
    subject, person = factor_rows.subject(actor.person_id), actor.person_id
    with site.database.write() as tx:
        throttling.take_turn(tx, subject, site.now())
        if factor_rows.take(site, tx, person, code, actor.channel, actor.request_id):
            return True
        accounts.refused(
            site, tx, subject, person, actor.channel, actor.request_id, reason=factor_rows.WRONG
        )
    return False


def open_anew(site: Site, actor: Actor) -> Login:
    """Open a session for somebody whose logins have just ended by what they did in one.

    Raises NotLoggedIn when the account was closed meanwhile.
    """
    which = Person.id == actor.person_id, Person.status == "active"
    with site.database.write() as tx:
        person = tx.execute(select(*accounts.PERSON).where(*which)).mappings().one_or_none()
        if person is None:
            raise NotLoggedIn(_("ログインしてください。"))
        return accounts.begin_session(site, tx, person, actor.request_id)


def wrong_code() -> str:
    """Return the sentence for a code that opens nothing."""
    return _("確認コードが違うか、使える時間を過ぎています。")
