"""Drafts of proposals that a pack lets others than their author read, and one of them read.

Nobody but the author changes a draft or hands it in. Drafts of tasks are never shared, nor is one
that would make a case whose reading is restricted.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, or_, select

from dxflow import forms
from dxflow.attachments.scans import WORDS
from dxflow.authority.visibility import DraftReaders, units_of_drafts
from dxflow.calendars.business_days import BusinessCalendar
from dxflow.db.identity import Person
from dxflow.db.process import Draft
from dxflow.errors import NotFound
from dxflow.services import plain
from dxflow.services.acts import filing, starts, task_forms
from dxflow.services.acts.starts import Offer
from dxflow.services.people import organisation
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import translated

#: So many of the latest are listed.
MOST = 100


@dataclass(frozen=True)
class DraftKind:
    """What a draft would begin, "" where it can be one thing only, and who reads it, in words."""

    title: str
    readers: str


@dataclass(frozen=True)
class SharedDraft:
    """A draft of somebody else, as it is listed."""

    id: str
    title: str
    process: str
    author: str
    author_id: str
    updated_at: datetime


@dataclass(frozen=True)
class DraftFileView:
    """A file of a draft."""

    id: str
    name: str
    size: int
    sha256: str
    scan: str
    scan_name: str
    at: datetime


@dataclass(frozen=True)
class DraftRead:
    """A draft of somebody else, written out."""

    draft: SharedDraft
    view: forms.FormView
    values: dict[str, Any]
    files: tuple[DraftFileView, ...]


def kinds(site: Site) -> dict[str, DraftKind]:
    """Return what drafts there may be, by every name their start goes by."""
    with site.database.read() as tx:
        offers = starts.offers(site, tx)
        return {
            name: DraftKind(
                one.title if len(offers) > 1 else "",
                readers_words(one.pack.settings.reading.drafts),
            )
            for one in offers
            for name in one.names
        }


def readers_words(rule: DraftReaders) -> str:
    """Return in a sentence who reads a draft."""
    return {
        DraftReaders.AUTHOR: _("見えるのは、あなただけです。"),
        DraftReaders.HEAD: _("あなたのほかに、課の長が読めます。"),
        DraftReaders.SECTION: _("あなたのほかに、同じ課の人が読めます。"),
    }[rule]


def listed(site: Site, actor: Actor) -> list[SharedDraft]:
    """Return others' drafts that the actor may read, the latest first: a query for each start.

    None for a pack that keeps drafts to their authors.
    """
    with site.database.read() as tx:
        found = [
            _shared(row) for one in starts.offers(site, tx) for row in _of(site, tx, actor, one)
        ]
    return sorted(found, key=lambda one: one.updated_at, reverse=True)[:MOST]


def read(site: Site, actor: Actor, draft_id: str) -> DraftRead:
    """Return a draft that somebody else keeps. Raises NotFound for one the actor may not read."""
    with site.database.read() as tx:
        for one in starts.offers(site, tx):
            for found in _of(site, tx, actor, one, draft_id):
                values = plain.loads(found.body)
                form = one.pack.form(one.start.form)
                context = task_forms.start_context(site, tx, actor, one.pack)
                return DraftRead(
                    _shared(found),
                    forms.readonly_view(form, values, context),
                    values,
                    _files(tx, draft_id),
                )
    raise NotFound(_("下書きが見つかりません。"))


def files_of(site: Site, actor: Actor, draft_id: str) -> tuple[DraftFileView, ...]:
    """Return the files of the actor's own draft, the oldest first; none of another's."""
    with site.database.read() as tx:
        kept = select(Draft.id).where(
            Draft.id == draft_id, Draft.person_id == actor.person_id, Draft.has_files.is_(True)
        )
        return _files(tx, draft_id) if tx.execute(kept).first() else ()


def _files(tx: Connection, draft_id: str) -> tuple[DraftFileView, ...]:
    return tuple(
        DraftFileView(
            one.id, one.name, one.size, one.sha256, one.scan,
            translated(WORDS.get(one.scan, one.scan)), one.at,
        )
        for one in filing.of_draft(tx, draft_id)
    )  # fmt: skip


def _of(
    site: Site, tx: Connection, actor: Actor, offer: Offer, draft_id: str = ""
) -> Iterator[Row[Any]]:
    pack = offer.pack
    units = units_of_drafts(pack.settings.reading.drafts, actor.groups)
    if not units:
        return
    who = organisation.directory(site, tx, actor.on)
    colleagues = {one for unit in units for one in who.holders(f"section:{unit}")}
    begun = (Draft.subject.startswith(f"start:{name}:", autoescape=True) for name in offer.names)
    wanted = [
        Draft.person_id.in_(sorted(colleagues - {actor.person_id})),
        or_(*begun),
        *([Draft.id == draft_id] if draft_id else []),
    ]
    rows = tx.execute(
        select(Draft.__table__, Person.name)
        .join(Person, Person.id == Draft.person_id)
        .where(*wanted)
        .order_by(Draft.updated_at.desc(), Draft.id)
        .limit(MOST)
    )
    rule, functions = pack.settings.reading, pack.functions(site.now(), BusinessCalendar())
    form = pack.form(offer.start.form)
    for row in rows:
        typed = forms.from_plain(form, plain.loads(row.body)) if rule.restricted else {}
        if not rule.asked(typed, functions):
            yield row


def _shared(row: Row[Any]) -> SharedDraft:
    process = row.subject.removeprefix("start:").rpartition(":")[0]
    return SharedDraft(row.id, row.title, process, row.name, row.person_id, row.updated_at)
