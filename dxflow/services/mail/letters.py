"""What a message says, made when it is sent: by then its reader may see less, or it is not needed.

Plain text, in the language the person chose. Of a case that they may not see, nothing is said.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any

from dxflow import texts
from dxflow.calendars.retelling import retold
from dxflow.calendars.wareki import wareki_date, wareki_datetime
from dxflow.clock import TOKYO, local_date
from dxflow.errors import NotAllowed, NotFound
from dxflow.services.people.actor import Actor
from dxflow.services.people.mail_settings import MailSettings
from dxflow.services.reading import digests, inbox, notices
from dxflow.services.reading.notices import Left
from dxflow.services.site import Site
from dxflow.texts import gettext as _

LONGEST_SUBJECT = 120
#: How many notices and tasks a daily message names.
MOST_NOTICES, MOST_TASKS = 20, 10


@dataclass(frozen=True)
class Text:
    """A message's subject and lines; `path` is the page that it leads to.

    `ending` stands where others read how to choose what they get.
    """

    subject: str
    lines: tuple[str, ...]
    path: str
    ending: str = ""


@dataclass(frozen=True)
class Reader:
    """Whom a message is for."""

    actor: Actor
    address: str
    language: str


def compose(
    site: Site, settings: MailSettings, reader: Reader, row: Any, now: datetime
) -> EmailMessage | None:
    """Return the message of a row of outgoing_mail, None when there is nothing to say any more.

    Raises ValueError for an address that cannot stand in a message.
    """
    before = texts.language.set(reader.language)
    try:
        text = _TEXTS[row.kind](site, reader.actor, row)
        if text is None:
            return None
        lines = (_("{name} 様", name=reader.actor.name), "", *text.lines)
        return written(
            settings, reader.actor.name, reader.address, row.id, now,
            Text(text.subject, lines, text.path),
        )  # fmt: skip
    finally:
        texts.language.reset(before)


def written(
    settings: MailSettings, name: str, address: str, key: str, now: datetime, text: Text
) -> EmailMessage:
    """Return a message with its headers. Raises ValueError for an address that cannot be one."""
    message = EmailMessage(policy=SMTP)
    message["Subject"] = _one_line(f"[dxflow] {text.subject}", LONGEST_SUBJECT)
    message["From"] = _address(settings.sender_name, settings.sender)
    message["To"] = _address(name, address)
    message["Date"] = format_datetime(now.astimezone(TOKYO))
    # the same row is the same message, also when somebody has it sent again
    message["Message-ID"] = f"<{key}.dxflow@{settings.sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    lines = [_clean(line) for line in text.lines]
    if settings.base_url:
        base = settings.base_url.rstrip("/")
        lines += ["", f"{base}{text.path}"]
        ending = _("受け取り方は {url} で変えられます。", url=f"{base}/account/mail")
    else:
        ending = _("受け取り方は、dxflow の「お知らせ」の「メールの設定」で変えられます。")
    lines += ["", "--", _("このメールは dxflow が自動で送っています。"), text.ending or ending]
    message.set_content("\n".join(lines) + "\n", charset="utf-8", cte="base64")
    return message


def _notice(site: Site, actor: Actor, row: Any) -> Text | None:
    left = notices.one(site, actor, row.subject)
    if left is None:
        return None
    if left.hidden:
        return Text(_("お知らせがあります"), (_hidden(),), "/notices")
    about = _about(left.case_number, left.case_title)
    return Text(
        f"{_('お知らせ')}: {about}" if about else _("お知らせがあります"),
        (*([about] if about else []), retold(left.message)),
        _path_of(left),
    )


def _path_of(left: Left) -> str:
    if left.meeting_id:
        return f"/meetings/{left.meeting_id}"
    if left.task_id:
        return f"/tasks/{left.task_id}"
    return f"/cases/{left.case_id}" if left.case_id else "/notices"


def _task(site: Site, actor: Actor, row: Any) -> Text | None:
    task = inbox.waits_for(site, actor, row.subject)
    if task is None:
        return None
    about = _about(task["number"], task["title"])
    lines = [_("作業が届いています。"), "", task["name"], about]
    if task["due_at"] is not None:
        lines.append(_("期限: {date}", date=wareki_date(local_date(task["due_at"]))))
    return Text(f"{_('作業')}: {about}", tuple(lines), f"/tasks/{row.subject}")


def _daily(site: Site, actor: Actor, row: Any) -> Text | None:
    left, total = notices.since(site, actor, row.since, MOST_NOTICES)
    waiting, late = inbox.counts(site, actor)
    if not total and not waiting:
        return None
    lines = [_("あなたを待っている作業: {n} 件（うち期限超過 {late} 件）", n=waiting, late=late)]
    if waiting:
        tasks = inbox.waiting(site, actor, per_page=MOST_TASKS).entries
        lines += [f"  - {_task_line(one)}" for one in tasks]
        lines += _and_more(waiting - len(tasks))
    lines += ["", _("前回からのお知らせ: {n} 件", n=total)]
    lines += [f"  - {_notice_line(one)}" for one in left]
    lines += _and_more(total - len(left))
    subject = _("朝のまとめ（作業 {n} 件、お知らせ {m} 件）", n=waiting, m=total)
    return Text(subject, tuple(lines), "/")


def _weekly(site: Site, actor: Actor, row: Any) -> Text | None:
    try:
        found = digests.one(site, actor, row.subject)
    except (NotAllowed, NotFound):
        return None
    body, span = found.body, _span(found.row.first, found.row.last)
    lines = [
        _("新しい提案: {n} 件", n=body["handed_in"]),
        _("進行中の案件: {n} 件", n=body["running"]),
        _("決裁されたもの: {n} 件", n=len(body["decided"])),
        _("遅れているもの: {n} 件", n=body["late_total"]),
    ]
    lines += [f"  - {_about(one['number'], one['title'])}" for one in body["late"][:MOST_TASKS]]
    lines += _and_more(body["late_total"] - len(body["late"][:MOST_TASKS]))
    return Text(_("週報 {span}", span=span), tuple(lines), f"/digests/{row.subject}")


_TEXTS: Mapping[str, Callable[[Site, Actor, Any], Text | None]] = {
    "notice": _notice,
    "task": _task,
    "daily": _daily,
    "weekly": _weekly,
}


def _task_line(task: inbox.Listed) -> str:
    due = f" {_('期限')} {wareki_date(local_date(task.due_at))}" if task.due_at else ""
    late = _("【期限超過】") if task.urgency == "late" else ""
    return f"{late}{task.name}: {_about(task.case_number, task.case_title)}{due}"


def _notice_line(left: Left) -> str:
    about = _about(left.case_number, left.case_title)
    said = _hidden() if left.hidden else " ".join(retold(left.message).split())
    return (
        f"{wareki_datetime(left.at)} {about} {said}"
        if about
        else (f"{wareki_datetime(left.at)} {said}")
    )


def _span(first: date, last: date) -> str:
    return _("{first}から{last}まで", first=wareki_date(first), last=wareki_date(last))


def _and_more(count: int) -> list[str]:
    return [_("  ほか {n} 件", n=count)] if count > 0 else []


def _about(number: str, title: str) -> str:
    return " ".join(f"{number} {title}".split())


def _hidden() -> str:
    return _("お知らせが届いています。dxflow の「お知らせ」で読めます。")


def _address(name: str, address: str) -> Address:
    """Return an address with its name. Raises ValueError for one that cannot be an address."""
    try:
        return Address(display_name=_one_line(name, 100), addr_spec=address)
    except (ValueError, IndexError, AttributeError) as exc:
        raise ValueError(address) from exc


def _one_line(text: str, most: int) -> str:
    """Return a text for a header: nothing in it can begin a second one."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= most else line[: most - 1] + "…"


def _clean(text: str) -> str:
    return "".join(c if c.isprintable() or c == "\n" else " " for c in text)
