"""A mail to try the settings with: sent at once, and what the server said, in a sentence."""

from dataclasses import dataclass

from dxflow import audit
from dxflow.errors import Invalid
from dxflow.ids import new_id
from dxflow.services.mail import letters, smtp
from dxflow.services.mail.letters import Text
from dxflow.services.mail.smtp import Post
from dxflow.services.people import mail_settings, person_rows
from dxflow.services.people.actor import Actor
from dxflow.services.people.person_rows import ADMIN_ROLE
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import mark


@dataclass(frozen=True)
class Tried:
    """What became of a mail to try: whether the server took it, and a sentence."""

    taken: bool
    sentence: str
    answer: str


def send(site: Site, by: Actor, address: str) -> Tried:
    """Send a mail to an address, also while mail is off. Raises NotAllowed, Invalid, ConfigRefused."""
    by.require_role(ADMIN_ROLE)
    address = address.strip()
    with site.database.read() as tx:
        settings = mail_settings.read(tx)
    if not settings.host or not settings.sender:
        raise Invalid(_("先に、メールサーバーと差出人のアドレスを保存してください。"))
    if not mail_settings.is_address(address):
        wrong = _("メールアドレスは name@example.jp の形で入力してください。")
        raise Invalid(wrong, {"address": [wrong]})
    now = site.now()
    text = Text(
        _("試しのメール"), (_("このメールが届けば、dxflow のメールの設定は正しいです。"),), "/"
    )
    message = letters.written(settings, "", address, new_id(now), now, text)
    with Post(settings, site.settings.mail_password()) as post:
        outcome = post.deliver(message, address)
    with site.database.write() as tx:
        person_rows.record(
            site, tx, by, "mail.tested", by.person_id,
            audit.Change("result", mark("結果"), None, outcome.state),
            subject=audit.Subject("system", mail_settings.KEY),
        )  # fmt: skip
    return Tried(
        outcome.state == smtp.SENT, _sentence(outcome.state, outcome.answer), outcome.answer
    )


def _sentence(state: str, answer: str) -> str:
    if state == smtp.SENT:
        return _("サーバーがメールを受け取りました（{answer}）。", answer=answer)
    if state == smtp.REFUSED:
        return _(
            "サーバーがメールを断りました（{answer}）。宛先と差出人を確かめてください。",
            answer=answer,
        )
    if state == smtp.LATER:
        return _("サーバーが、いまは受け取れないと答えました（{answer}）。", answer=answer)
    if state == smtp.DOUBTFUL:
        return _("メールを渡しましたが、返事を聞けませんでした（{answer}）。", answer=answer)
    return _(
        "サーバーに渡せませんでした（{answer}）。サーバー、ポート、暗号化、パスワードを確かめてください。",
        answer=answer,
    )
