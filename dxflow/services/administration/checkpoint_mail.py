"""Each checkpoint goes to the auditors by mail too, so that the city holds it beyond the server.

One message a checkpoint and address, in their order. A message that may have arrived is sent
again: an auditor who has it twice has lost nothing, one who misses it has.
"""

from dataclasses import dataclass, field
from email.message import EmailMessage

from dxflow import texts
from dxflow.audit.checkpoints import folder as shelf
from dxflow.audit.checkpoints import signing
from dxflow.audit.checkpoints.checkpoint import NotGenuine, Unreadable, read
from dxflow.audit.checkpoints.folder import Named
from dxflow.calendars.wareki import wareki_datetime
from dxflow.errors import DxflowError
from dxflow.services.mail import letters, smtp
from dxflow.services.mail.letters import Text
from dxflow.services.mail.smtp import Post
from dxflow.services.people import facts, identity, mail_settings
from dxflow.services.people.checkpoint_facts import MAILED
from dxflow.services.people.mail_settings import MailSettings
from dxflow.services.site import Site
from dxflow.texts import gettext as _

#: How many are caught up on at a time.
MOST = 31


class NotMailed(DxflowError):
    """The mail server did not take a checkpoint; it is tried again."""

    kind = "unavailable"


def send_due(site: Site) -> int:
    """Mail what was not mailed yet; return how many messages were taken. Raises NotMailed."""
    addresses = [one for one in site.settings.checkpoint_mail if mail_settings.is_address(one)]
    if not addresses:
        return 0
    with site.database.read() as tx:
        settings = mail_settings.read(tx)
        installation = identity.read(tx) or ""
        mailed = facts.read(tx, MAILED).get(MAILED)
    try:
        files = shelf.named(site.settings.checkpoint_place, installation)
    except OSError:
        return 0  # that the folder is away is said by whoever writes there
    # whoever asks for mail only now gets the newest one
    newest = files[-1].number if files else 0
    progress = _Progress(site, newest - 1) if mailed is None else _Progress(
        site, int(mailed.get("number", 0)), list(mailed.get("done", []))
    )  # fmt: skip
    waiting = [one for one in files if one.number > progress.number][-MOST:]
    if not waiting:
        return 0
    if not settings.on:
        progress.note(_("メールを使っていません。"))
        return 0
    before = texts.language.set(site.settings.language)
    try:
        with Post(settings, site.settings.mail_password()) as post:
            return sum(_send(site, settings, post, one, addresses, progress) for one in waiting)
    finally:
        texts.language.reset(before)


@dataclass
class _Progress:
    """Which number all auditors have, and who has the one after it."""

    site: Site
    number: int
    done: list[str] = field(default_factory=list)

    def note(self, trouble: str) -> None:
        """Keep it for the next time, with what went wrong."""
        fact = {
            "number": self.number, "done": self.done, "trouble": trouble,
            "at": self.site.now().isoformat(),
        }  # fmt: skip
        with self.site.database.write() as tx:
            facts.write(tx, MAILED, fact)


def _send(
    site: Site, settings: MailSettings, post: Post, one: Named, addresses: list[str],
    progress: _Progress,
) -> int:  # fmt: skip
    """Send one checkpoint to all who do not have it; an address that is refused is passed over."""
    refused, sent = "", 0
    for address in addresses:
        if address in progress.done:
            continue
        outcome = post.deliver(_message(site, settings, one, address), address)
        if outcome.state == smtp.REFUSED:
            refused = f"{address}: {outcome.answer}"
        elif outcome.state != smtp.SENT:
            progress.note(f"{address}: {outcome.answer}")
            raise NotMailed(outcome.answer)
        sent += outcome.state == smtp.SENT
        progress.done.append(address)
    progress.number, progress.done = one.number, []
    progress.note(refused)
    return sent


def _message(site: Site, settings: MailSettings, one: Named, address: str) -> EmailMessage:
    content = one.file.read_bytes()
    try:
        found = read(content)
        lines = [
            _("監査ログのチェックポイント {n} です。", n=found.number), "",
            _("日時: {at}", at=wareki_datetime(found.at)),
            _("記録の数: {n}", n=found.events),
            _("ファイルの SHA-256: {digest}", digest=signing.grouped(found.digest)),
            _("公開鍵の指紋: {digest}",
              digest=signing.grouped(signing.fingerprint(bytes.fromhex(found.key)))), "",
            _("添付のファイルを、サーバーの管理者の手が届かない場所に保管してください。"),
            _("指紋は、紙に控えたものと同じでなければなりません。番号は、一つずつ増えます。"),
        ]  # fmt: skip
    except (Unreadable, NotGenuine):
        lines = [
            _("チェックポイント {n} のファイルは、書いたときのものではありません。", n=one.number)
        ]
    message = letters.written(
        settings, "", address, f"checkpoint-{one.installation}-{one.number}", site.now(),
        Text(
            _("監査ログのチェックポイント {n}", n=one.number), tuple(lines), "/audit/checkpoints",
            _("宛先は、サーバーの設定 DXFLOW_CHECKPOINT_MAIL で決まります。"),
        ),
    )  # fmt: skip
    message.add_attachment(
        content, maintype="application", subtype="octet-stream", filename=one.file.name
    )
    return message
