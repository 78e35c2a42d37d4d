"""Packs as installed: read, checked as a whole, published as a version, compiled once a process.

A pack version is found by the SHA-256 of its files and never changes; a running case keeps the
version it began with.
"""

import hashlib
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import orjson
from sqlalchemy import Connection, RowMapping, func, insert, select, update

from dxflow import audit, engine
from dxflow.calendars.business_days import BusinessCalendar
from dxflow.calendars.functions import feel_functions
from dxflow.db.process import PackVersion
from dxflow.decisions import DecisionModel, FiredRule
from dxflow.errors import NotFound, Unavailable
from dxflow.forms import FormDefinition
from dxflow.models.model import Element, Process
from dxflow.problems import Refused, errors_in
from dxflow.services.packs import city_days, own_words, planned_starts
from dxflow.services.packs.check import Checked, check_files
from dxflow.services.packs.folders import read_folder as read_folder
from dxflow.services.packs.settings import PackSettings, Stage
from dxflow.services.packs.settings.restricting import ENDINGS
from dxflow.services.people import role_words
from dxflow.services.people.events import system_event
from dxflow.services.site import Site
from dxflow.texts import PackText, Words, mark, translated
from dxflow.texts import gettext as _

END_STATUSES = ENDINGS
#: Acts that nobody may do on their own matter.
SEGREGATED = frozenset({"approve", "vote", "conclude", "decide"})


@dataclass(frozen=True)
class Pack:
    """A compiled pack version: everything a case of it needs, immutable."""

    digest: str
    key: str
    version: int
    settings: PackSettings
    processes: Mapping[str, Process]
    files: Mapping[str, str]
    diagrams: Mapping[str, str]
    """Process id to the BPMN file it is drawn in."""
    decisions: Mapping[str, DecisionModel]
    forms: Mapping[str, FormDefinition]
    definitions: engine.Definitions
    words: Words

    def text(self, stored: str) -> PackText:
        """Return a text that was stored of this version, such as a task's name, as its own."""
        return PackText(stored, self.words)

    def said(self, stored: str) -> str:
        """Return a text that was stored of this version in the reader's language."""
        return translated(self.text(stored))

    def functions(
        self, now: datetime, calendar: BusinessCalendar
    ) -> Mapping[str, Callable[..., Any]]:
        """Return the custom FEEL functions as of a moment, see `city_days` for the calendar."""
        return feel_functions(calendar, lambda: now)

    def element(self, process: str, element: str) -> Element | None:
        """Return an element of one of the pack's processes, also inside sub-processes."""
        found = self.processes.get(process)
        return _find(found, element) if found else None

    def act_of(self, process: str, element: str) -> str:
        """Return what completing the task means: draft, approve, vote, conclude, decide or ''."""
        found = self.element(process, element)
        return found.properties.get("act", "") if found else ""

    def is_about(self, process: str, element: str) -> bool:
        """Return whether each task of an element says what it is about, as in a multi-instance."""
        found = self.element(process, element)
        return found is not None and bool(found.properties.get("about"))

    def forms_with(self, command: str) -> tuple[FormDefinition, ...]:
        """Return the forms of the tasks that run a command when they are completed."""
        named = f"command:{command}"
        keys = {one.form_key for _process, one in self.tasks() if named in one.properties}
        return tuple(self.forms[key] for key in sorted(keys) if key in self.forms)

    def tasks(self) -> Iterator[tuple[str, Element]]:
        """Yield every element with a form and the process it is drawn in, in their order."""
        for key, process in self.processes.items():
            for one in _all(process):
                if one.form_key:
                    yield key, one

    def element_name(self, element: str) -> str:
        """Return the name of an element or of a timer on a boundary; its id when it has none."""
        return self._names.get(element) or element

    @cached_property
    def _names(self) -> Mapping[str, str]:
        return dict(one for process in self.processes.values() for one in process.names())

    def stages_of(self, process: str) -> tuple[Stage, ...]:
        """Return the stages of a process that cases begin with, in their order."""
        found = self.processes.get(process)
        drawn = found.elements if found else {}
        return tuple(one for one in self.settings.stages if one.key in drawn)

    def stage_name(self, stage: str) -> str:
        """Return a stage's name for people; what is no stage of the pack is called as it is drawn."""
        label = next((one.label for one in self.settings.stages if one.key == stage), "")
        return translated(label or self.element_name(stage))

    def form(self, key: str) -> FormDefinition:
        """Return a form. Raises NotFound."""
        try:
            return self.forms[key]
        except KeyError:
            raise NotFound(_("様式「{key}」がありません。", key=key)) from None


@dataclass(frozen=True)
class PackRow:
    """A pack version as listed."""

    digest: str
    key: str
    version: int
    title: str
    status: str
    published_at: datetime
    published_by: str


def _find(process: Process, element: str) -> Element | None:
    found = process.elements.get(element)
    if found is not None:
        return found
    for inner in process.elements.values():
        if inner.body is not None and (deep := _find(inner.body, element)) is not None:
            return deep
    return None


def _all(process: Process) -> Iterator[Element]:
    for one in process.elements.values():
        yield one
        if one.body is not None:
            yield from _all(one.body)


def digest_of(files: Mapping[str, str]) -> str:
    """Return the SHA-256 (hex) of a pack's files."""
    return hashlib.sha256(orjson.dumps(dict(files), option=orjson.OPT_SORT_KEYS)).hexdigest()


def install(
    site: Site,
    files: Mapping[str, str],
    person_id: str,
    channel: str = "cli",
    *,
    only_first: bool = False,
    reason: str = "",
) -> PackRow:
    """Publish files as a new version of their pack; the same files again change nothing.

    With `only_first` a pack of that key that is there already stays as the city has it. `reason`
    is written to the log where there is one.
    Raises Refused with every problem when something in the pack may not be published.
    """
    checked = check_files(files, site.commands)
    if errors_in(checked.problems):
        raise Refused(checked.problems)
    digest = digest_of(files)
    _compiled(digest, 0, files, checked)
    key, now = checked.settings.key, site.now()
    with site.database.write() as tx:
        existing = _row(site, tx, digest)
        if existing is not None and existing.status == "current":
            return existing
        last = tx.execute(
            select(func.max(PackVersion.version)).where(PackVersion.key == key)
        ).scalar_one()
        standing = tx.execute(
            select(PackVersion.version, PackVersion.digest).where(
                PackVersion.key == key, PackVersion.status == "current"
            )
        ).one_or_none()
        before = standing.version if standing else None
        kept = _row(site, tx, standing.digest) if only_first and standing else None
        if kept is not None:
            return kept
        version = existing.version if existing is not None else (last or 0) + 1
        tx.execute(
            update(PackVersion)
            .where(PackVersion.key == key, PackVersion.status == "current")
            .values(status="superseded")
        )
        if existing is not None:
            tx.execute(
                update(PackVersion).where(PackVersion.digest == digest).values(status="current")
            )
        else:
            tx.execute(
                insert(PackVersion).values(
                    digest=digest,
                    key=key,
                    version=version,
                    title=checked.settings.title,
                    status="current",
                    files=orjson.dumps(dict(files), option=orjson.OPT_SORT_KEYS).decode(),
                    published_at=now,
                    published_by=person_id,
                )
            )
        planned_starts.plan(
            tx, digest, checked.settings, checked.processes,
            city_days.calendar_of(tx, checked.settings), now,
        )  # fmt: skip
        role_words.keep(tx, checked.settings.roles, checked.texts, now)
        audit.append_system(
            tx,
            audit.SystemStream.CONFIG,
            system_event(
                "pack.published",
                now,
                person_id,
                channel,
                subject=audit.Subject("pack", key),
                changes=(
                    audit.Change("version", mark("版"), _words(before), _words(version)),
                    audit.Change("digest", mark("版の指紋"), None, digest),
                    *([audit.Change("reason", mark("理由"), None, reason)] if reason else []),
                ),
            ),
        )
        row = _row(site, tx, digest)
    if row is None:
        raise NotFound(_("パックを保存できませんでした。"))
    return row


def _words(number: int | None) -> str | None:
    return None if number is None else mark("第{version}版", version=number)


def versions(site: Site, tx: Connection) -> list[PackRow]:
    """Return every installed version, newest first within a pack."""
    rows = tx.execute(
        select(*_LISTED).order_by(PackVersion.key, PackVersion.version.desc())
    ).mappings()
    return [_listed(site, tx, row) for row in rows]


def current(site: Site, tx: Connection) -> list[Pack]:
    """Return the current version of every pack, compiled."""
    rows = tx.execute(
        select(PackVersion.digest).where(PackVersion.status == "current").order_by(PackVersion.key)
    ).scalars()
    return [load(site, tx, digest) for digest in rows]


_compiling = threading.Lock()


def load(site: Site, tx: Connection, digest: str) -> Pack:
    """Return a pack version, compiled and kept.

    Raises NotFound, and Unavailable for files that are not those that were published: what they
    ask of whom is nobody's decision.
    """
    found = site.packs.get(digest)
    if found is not None:
        return found  # type: ignore[no-any-return]
    row = tx.execute(
        select(PackVersion.files, PackVersion.version).where(PackVersion.digest == digest)
    ).one_or_none()
    if row is None:
        raise NotFound(_("この案件の手続きの版がありません。"))
    with _compiling:
        files = orjson.loads(row.files)
        if digest_of(files) != digest:
            raise _altered()
        checked = check_files(files, site.commands)
        site.packs[digest] = pack = _compiled(digest, row.version, files, checked)
    return pack


def _altered() -> Unavailable:
    return Unavailable(
        _(
            "この案件の手続きのファイルが、公開されたときのものと違うため、使えません。"
            "システム管理者に知らせてください（dxflow audit verify で確かめられます）。"
        )
    )


def _compiled(digest: str, version: int, files: Mapping[str, str], checked: Checked) -> Pack:
    return Pack(
        digest=digest,
        key=checked.settings.key,
        version=version,
        settings=checked.settings,
        processes=checked.processes,
        files=files,
        diagrams=checked.diagrams,
        decisions=checked.decisions,
        forms=checked.forms,
        definitions=engine.compile_definition(checked.processes, checked.decisions),
        words=checked.texts,
    )


_LISTED = (
    PackVersion.digest,
    PackVersion.key,
    PackVersion.version,
    PackVersion.title,
    PackVersion.status,
    PackVersion.published_at,
    PackVersion.published_by,
)


def _row(site: Site, tx: Connection, digest: str) -> PackRow | None:
    row = tx.execute(select(*_LISTED).where(PackVersion.digest == digest)).mappings().one_or_none()
    return _listed(site, tx, row) if row else None


def _listed(site: Site, tx: Connection, row: RowMapping) -> PackRow:
    return PackRow(**{**row, "title": own_words.text(site, tx, row["digest"], row["title"])})


def fired_plain(rule: FiredRule) -> dict[str, Any]:
    """Return a rule that fired as it is stored for the page."""
    return asdict(rule)


def status_name(status: str) -> str:
    """Return the words for a case's status."""
    return {
        "running": _("進行中"),
        "completed": _("完了"),
        "rejected": _("不採択"),
        "recalled": _("引戻し中"),
        "withdrawn": _("取下げ"),
        "stopped": _("中止"),
        "cancelled": _("取消し"),
    }.get(status, status)
