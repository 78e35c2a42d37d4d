"""How mail goes out: the server, the sender, and what people get who chose nothing themselves.

One fact of the installation, looked up every few seconds in each process. The password is not in
it: it lies in a file that only the program's user reads (`Settings.mail_password`), so that it is
in no page, no event of the log and no backup.
"""

import ipaddress
import re
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, update

from dxflow import audit
from dxflow.db.mail import OutgoingMail
from dxflow.errors import Invalid
from dxflow.services.people import events, facts
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import mark, translated

KEY = "mail"
KEPT_SECONDS = 3.0
SECURITY = ("none", "starttls", "tls")
AT_ONCE, DAILY, NONE = "at_once", "daily", "none"
CHOICES = (AT_ONCE, DAILY, NONE)
LONGEST_DAYS = 365
#: An address as mail servers take it everywhere: ASCII, one @, no blanks or signs of headers.
ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*")
_HOST = re.compile(r"[A-Za-z0-9.:_-]{1,253}")
_LABELS = {
    "on": mark("メールを送る"),
    "host": mark("メールサーバー"),
    "port": mark("ポート"),
    "security": mark("暗号化"),
    "user": mark("メールサーバーの利用者名"),
    "sender": mark("差出人のアドレス"),
    "sender_name": mark("差出人の名前"),
    "base_url": mark("画面のアドレス"),
    "default_choice": mark("選んでいない人の受け取り方"),
    "tasks": mark("作業が届いたことも送る"),
    "hour": mark("朝のまとめの時刻"),
    "keep_days": mark("送信の記録を残す日数"),
}


@dataclass(frozen=True)
class MailSettings:
    """Mail of an installation. `hour` is Japan's; nothing is written or sent unless `on`."""

    on: bool = False
    host: str = ""
    port: int = 25
    security: str = "none"
    user: str = ""
    sender: str = ""
    sender_name: str = "dxflow"
    base_url: str = ""
    default_choice: str = DAILY
    tasks: bool = True
    hour: int = 8
    keep_days: int = 30


def typed(before: MailSettings, raw: Mapping[str, str]) -> MailSettings:
    """Return settings with what was typed for some of their fields. Raises Invalid for no number."""
    values: dict[str, Any] = {}
    wrong: dict[str, list[str]] = {}
    for one in fields(MailSettings):
        if one.name not in raw:
            continue
        text = raw[one.name].strip()
        if one.type is bool:
            values[one.name] = text == "yes"
        elif one.type is not int:
            values[one.name] = text
        elif text.isascii() and text.isdigit() and len(text) < 7:
            values[one.name] = int(text)
        else:
            wrong[one.name] = [_("数字で入力してください。")]
    if wrong:
        raise Invalid(_("メールの設定を確かめてください。"), wrong)
    return replace(before, **values)


def current(site: Site) -> MailSettings:
    """Return the settings as of a few seconds ago."""
    kept = site.kept.get(KEY)
    if kept is not None and time.monotonic() - kept[0] < KEPT_SECONDS:
        found: MailSettings = kept[1]
        return found
    with site.database.read() as tx:
        found = read(tx)
    site.kept[KEY] = (time.monotonic(), found)
    return found


def stored(site: Site) -> MailSettings:
    """Return the settings as they stand in the database now."""
    with site.database.read() as tx:
        return read(tx)


def labels() -> list[tuple[str, str]]:
    """Return (name, words) of every setting, in the reader's language."""
    return [(name, translated(label)) for name, label in _LABELS.items()]


def shown(value: str | int | bool) -> str:
    """Return a setting's value in words."""
    if isinstance(value, bool):
        return _("はい") if value else _("いいえ")
    words = {
        "none": _("なし"), "starttls": "STARTTLS", "tls": "TLS", AT_ONCE: _("そのつど"),
        DAILY: _("一日一回（朝のまとめ）"),
    }  # fmt: skip
    return words.get(str(value), str(value)) or "―"


def read(tx: Connection) -> MailSettings:
    """Return the settings as they stand in the database."""
    raw = facts.read(tx, KEY).get(KEY) or {}
    known = {one.name for one in fields(MailSettings)}
    return MailSettings(**{name: value for name, value in raw.items() if name in known})


def change(site: Site, by: Actor, wanted: MailSettings) -> bool:
    """Put settings in the place of those that are; return whether any differs.

    Raises NotAllowed, and Invalid with `fields` named like those of MailSettings.
    """
    by.require_role("admin")
    wrong = problems(wanted)
    if wrong:
        raise Invalid(
            _("メールの設定を確かめてください。"), {name: [text] for name, text in wrong.items()}
        )
    with site.database.write() as tx:
        changed = write(site, tx, by, wanted)
    site.kept.pop(KEY, None)
    return changed


def write(site: Site, tx: Connection, by: Actor, wanted: MailSettings) -> bool:
    """Write settings and their event in the caller's transaction; return whether any differs."""
    before, after = asdict(read(tx)), asdict(wanted)
    changes = tuple(
        audit.Change(name, label, _plain(before[name]), _plain(after[name]))
        for name, label in _LABELS.items()
        if before[name] != after[name]
    )
    if not changes:
        return False
    facts.write(tx, KEY, after)
    # what waits because the server was away need not wait any longer
    tx.execute(
        update(OutgoingMail).where(OutgoingMail.status == "waiting").values(due_at=site.now())
    )
    audit.append_system(
        tx,
        audit.SystemStream.CONFIG,
        audit.Event(
            type="setting.changed",
            at=site.now(),
            actor=events.who(by),
            subject=audit.Subject("system", KEY),
            request=audit.Request(id=by.request_id),
            changes=changes,
        ),
    )
    return True


def problems(wanted: MailSettings) -> dict[str, str]:
    """Return what is wrong with settings, by field; nothing has to be there while mail is off."""
    wrong: dict[str, str] = {}
    if (wanted.on or wanted.host) and not _HOST.fullmatch(wanted.host):
        wrong["host"] = _("メールサーバーの名前かアドレスを半角で入力してください。")
    if not 1 <= wanted.port <= 65535:
        wrong["port"] = _("ポートは 1 から 65535 の数です。")
    if wanted.security not in SECURITY:
        wrong["security"] = _("暗号化を選んでください。")
    elif wanted.user and wanted.security == "none" and not _is_here(wanted.host):
        wrong["security"] = _(
            "パスワードを暗号化せずに送ることになります。STARTTLS か TLS を選んでください。"
        )
    if len(wanted.user) > 256 or (wanted.user and not wanted.user.isprintable()):
        wrong["user"] = _("利用者名を確かめてください。")
    if (wanted.on or wanted.sender) and not is_address(wanted.sender):
        wrong["sender"] = _("メールアドレスは name@example.jp の形で入力してください。")
    if len(wanted.sender_name) > 100 or not wanted.sender_name.isprintable():
        wrong["sender_name"] = _("差出人の名前は改行なしで 100 字までにしてください。")
    if wanted.base_url and not _is_base(wanted.base_url):
        wrong["base_url"] = _(
            "https://dxflow.example.jp のように、画面のアドレスを入力してください。"
        )
    return wrong | _wrong_choices(wanted)


def is_address(text: str) -> bool:
    """Return whether mail can be sent to an address."""
    return len(text) <= 254 and ADDRESS.fullmatch(text) is not None


def _wrong_choices(wanted: MailSettings) -> dict[str, str]:
    wrong = {}
    if wanted.default_choice not in CHOICES:
        wrong["default_choice"] = _("受け取り方を選んでください。")
    if not 0 <= wanted.hour <= 23:
        wrong["hour"] = _("時刻は 0 から 23 の数です。")
    if not 1 <= wanted.keep_days <= LONGEST_DAYS:
        wrong["keep_days"] = _("日数は 1 から {most} の数です。", most=LONGEST_DAYS)
    return wrong


def _is_here(host: str) -> bool:
    """Return whether a host is this machine, so that nothing goes over a network."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_base(text: str) -> bool:
    try:
        parts = urlsplit(text)
        port_fits = parts.port is None or parts.port > 0
    except ValueError:
        return False
    fits = parts.scheme in ("http", "https") and parts.hostname and port_fits
    return bool(
        fits and text.isascii() and text.isprintable() and " " not in text
        and not parts.query and not parts.fragment and not parts.username
    )  # fmt: skip


def _plain(value: Any) -> Any:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else value
