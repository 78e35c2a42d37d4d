"""Setting up a second factor, giving it up, and taking it off somebody who has lost the phone.

The log holds that it happened, never a secret or a code.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from dxflow import audit
from dxflow.db.identity import SecondFactor
from dxflow.errors import Conflict, Invalid
from dxflow.services.people import accounts, factor_rows, person_rows, personal_notices, second_step
from dxflow.services.people import one_time_codes as codes
from dxflow.services.people.actor import Actor
from dxflow.services.people.naming import role_name
from dxflow.services.people.person_rows import ADMIN_ROLE, Account
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import mark, to_be_stored

#: For how long a secret that nobody has confirmed may be looked at.
SETTING_UP = timedelta(minutes=30)
LONGEST_REASON = 500


@dataclass(frozen=True)
class State:
    """Where somebody stands. `secret` and `address` are there while an app is being set up.

    `required`: the words for the roles of theirs that the installation asks it of.
    """

    since: datetime | None
    reserve_left: int
    secret: str
    address: str
    required: tuple[str, ...]


def state(site: Site, actor: Actor) -> State:
    """Return where a person stands with their own second factor."""
    with site.database.read() as tx:
        since = tx.execute(
            select(SecondFactor.confirmed_at).where(SecondFactor.person_id == actor.person_id)
        ).scalar_one_or_none()
        left = factor_rows.reserve_left(tx, actor.person_id)
        secret = factor_rows.begun(site, tx, actor.person_id, site.now() - SETTING_UP) or ""
    asked = sorted(actor.roles.intersection(site.settings.second_factor_roles))
    address = codes.address(secret, actor.username) if secret else ""
    return State(since, left, secret, address, tuple(role_name(role) for role in asked))


def begin(site: Site, actor: Actor, password: str) -> None:
    """Make a secret for the person's app; it counts once a code of it has come back.

    Asks for the password: whoever finds a browser left open must not bring a phone of their own.
    Raises Invalid, Conflict where there is a second factor already, Throttled.
    """
    _require_password(site, actor, password)
    with site.database.write() as tx:
        if factor_rows.has(tx, actor.person_id):
            raise Conflict(_("二段階認証は、もう使い始めています。"))
        factor_rows.put(site, tx, actor.person_id, codes.fresh_secret())


def confirm(site: Site, actor: Actor, code: str) -> list[str]:
    """Let the app count, and return the codes in reserve, which nobody can read again.

    Raises Invalid for a wrong code, and when the set-up has taken too long.
    """
    with site.database.write() as tx:
        if factor_rows.begun(site, tx, actor.person_id, site.now() - SETTING_UP) is None:
            raise Conflict(_("設定の途中ではないか、時間がたちました。初めから設定してください。"))
        if not factor_rows.confirm(site, tx, actor.person_id, code):
            message = _(
                "確認コードが違います。認証アプリにいま出ている 6桁の数字を入力してください。"
                "何度も合わないときは、スマートフォンの時計が合っているかを確かめてください。"
            )
            raise Invalid(message, {"code": [message]})
        fresh = factor_rows.renew_reserve(tx, actor.person_id)
        person_rows.record(site, tx, actor, "second_factor.turned_on", actor.person_id)
    return fresh


def renew_reserve(site: Site, actor: Actor, password: str, code: str) -> list[str]:
    """Return fresh codes in reserve; those before no longer work. Raises Invalid, Throttled."""
    _require_both(site, actor, password, code)
    with site.database.write() as tx:
        _require_factor(factor_rows.has(tx, actor.person_id))
        fresh = factor_rows.renew_reserve(tx, actor.person_id)
        person_rows.record(site, tx, actor, "second_factor.reserve_renewed", actor.person_id)
    return fresh


def turn_off(site: Site, actor: Actor, password: str, code: str) -> None:
    """Give up one's second factor. Raises Invalid, Conflict where there is none, Throttled."""
    _require_both(site, actor, password, code)
    with site.database.write() as tx:
        _require_factor(factor_rows.remove(tx, actor.person_id))
        person_rows.record(site, tx, actor, "second_factor.turned_off", actor.person_id)


def reset(site: Site, by: Actor, username: str, reason: str) -> Account:
    """Take the second factor off an account whose phone is lost; its logins end, and it is told.

    Raises NotAllowed, NotFound, Conflict where there is none, Invalid without a reason and for
    one's own.
    """
    if not by.is_system:
        by.require_role(ADMIN_ROLE)
    why = reason.strip()
    if not 0 < len(why) <= LONGEST_REASON:
        message = _("理由を {n} 文字までで入力してください。", n=LONGEST_REASON)
        raise Invalid(message, {"reason": [message]})
    with site.database.write() as tx:
        person = person_rows.person(tx, username)
        if person["id"] == by.person_id:
            raise Invalid(_("自分の二段階認証は、二段階認証の画面でやめてください。"))
        _require_factor(factor_rows.remove(tx, person["id"]))
        accounts.end_all(tx, person["id"])
        person_rows.record(
            site, tx, by, "second_factor.reset", person["id"],
            audit.Change("reason", mark("理由"), None, why, personal=True),
        )  # fmt: skip
        with to_be_stored():
            told = _(
                "あなたの二段階認証を、システム担当が解除しました（理由: {why}）。"
                "頼んだ覚えがないときは、すぐに知らせてください。",
                why=why,
            )
        personal_notices.leave(site, tx, person["id"], told)
    return Account(person["id"], person["username"])


def _require_factor(there: bool) -> None:
    if not there:
        raise Conflict(_("二段階認証は使っていません。"))


def _require_both(site: Site, actor: Actor, password: str, code: str) -> None:
    """Raise Invalid unless both are right; the code is used up only behind the right password."""
    _require_password(site, actor, password)
    if not second_step.knows_code(site, actor, code):
        message = second_step.wrong_code()
        raise Invalid(message, {"code": [message]})


def _require_password(site: Site, actor: Actor, password: str) -> None:
    if not accounts.knows_password(site, actor, password):
        message = _("いまのパスワードが違います。")
        raise Invalid(message, {"current": [message]})
