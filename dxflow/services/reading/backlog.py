"""優先順位: the cases that wait in one list, in the order the pack gives and the secretariat amends.

The answers that decide come from the forms as they were handed in last, with three queries however
many cases there are. The list is of running cases only, so that it does not grow with the years.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import Connection, Select, func, select

from dxflow.db.case import Case, CaseRank, Workload
from dxflow.db.identity import Person
from dxflow.db.process import Submission
from dxflow.errors import NotAllowed, NotFound
from dxflow.services import plain
from dxflow.services.acts.ranking import RANKERS
from dxflow.services.packs import store as packs
from dxflow.services.packs.settings.ranking import KNOWN, Backlog, Priority
from dxflow.services.people import naming, organisation, visibility
from dxflow.services.people.actor import READS_ALL, Actor
from dxflow.services.people.naming import Names
from dxflow.services.reading import form_words
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import translated


@dataclass(frozen=True)
class Set:
    """The place that somebody gave a case, and why."""

    place: int
    reason: str
    by: str
    at: datetime


@dataclass(frozen=True)
class Entry:
    """A case in the list. `answers` are the priority fields in words, `set` a place given by hand."""

    place: int
    id: str
    number: str
    title: str
    stage: str
    lead: str
    answers: tuple[str, ...]
    set: Set | None


@dataclass(frozen=True)
class Ranked:
    """A pack's list: `columns` are the labels of what decides, the first decides first."""

    pack: str
    name: str
    columns: tuple[str, ...]
    entries: tuple[Entry, ...]
    may_rank: bool


def names(site: Site, actor: Actor) -> list[tuple[str, str]]:
    """Return the lists there are, as (pack, name). Raises NotAllowed."""
    _require(actor)
    with site.database.read() as tx:
        return [(pack.key, translated(one.name)) for pack, one in _lists(site, tx)]


def listed(site: Site, actor: Actor, pack_key: str) -> Ranked:
    """Return a pack's list in its order, of the cases that the actor may read.

    Raises NotAllowed unless the actor reads every case, NotFound for a pack without a list.
    """
    _require(actor)
    with site.database.read() as tx:
        for pack, backlog in _lists(site, tx):
            if pack.key == pack_key:
                return _ranked(site, tx, actor, pack, backlog)
    raise NotFound(_("この手続きには、優先順位の一覧がありません。"))


def _require(actor: Actor) -> None:
    if not actor.has_role(*READS_ALL):
        raise NotAllowed(_("優先順位は、すべての案件を見られる職の画面です。"), READS_ALL)


def _lists(site: Site, tx: Connection) -> list[tuple[packs.Pack, Backlog]]:
    found = ((pack, pack.settings.backlog) for pack in packs.current(site, tx))
    return [(pack, backlog) for pack, backlog in found if backlog is not None]


def _ranked(site: Site, tx: Connection, actor: Actor, pack: packs.Pack, backlog: Backlog) -> Ranked:
    where = [
        Case.status == "running",
        Case.process_key == pack.settings.start_process,
        visibility.visible(site, tx, actor),
    ]
    if backlog.stages:
        where.append(Case.stage.in_(backlog.stages))
    rows = tx.execute(
        select(
            Case.id, Case.number, Case.title, Case.stage, Case.lead_unit, Case.amount,
            Case.created_at, Case.pack_digest, Workload.saved_hours, Workload.saved_yen,
            CaseRank.place, CaseRank.reason, CaseRank.at, Person.name.label("ranked_by"),
        )
        .outerjoin(Workload, Workload.case_id == Case.id)
        .outerjoin(CaseRank, CaseRank.case_id == Case.id)
        .outerjoin(Person, Person.id == CaseRank.person_id)
        .where(*where)
        .order_by(Case.created_at, Case.id)
    ).all()  # fmt: skip
    said = _said(tx, select(Case.id).where(*where), backlog.forms)
    who = organisation.directory(site, tx, actor.on)
    units = naming.load(tx, who, units=[row.lead_unit for row in rows])
    words = [_words(one, pack, units) for one in backlog.order]
    entries = []
    for place, row in enumerate(_in_order(rows, backlog.order, said), start=1):
        values = [_value(one, row, said) for one in backlog.order]
        entries.append(
            Entry(
                place=place,
                id=row.id,
                number=row.number,
                title=row.title,
                stage=packs.load(site, tx, row.pack_digest).stage_name(row.stage),
                lead=units.unit(row.lead_unit),
                answers=tuple(
                    word(_text(value)) for word, value in zip(words, values, strict=True)
                ),
                set=row.place and Set(row.place, row.reason, row.ranked_by or "", row.at),
            )
        )
    labels = tuple(_label(one, pack) for one in backlog.order)
    may = actor.has_role(*RANKERS)
    return Ranked(pack.key, translated(backlog.name), labels, tuple(entries), may)


def _said(
    tx: Connection, cases: Select[str], forms: Sequence[str]
) -> Mapping[tuple[str, str], dict[str, Any]]:
    """Return what was handed in last, by case and form."""
    if not forms:
        return {}
    latest = func.row_number().over(
        partition_by=(Submission.case_id, Submission.form_key),
        order_by=(Submission.at.desc(), Submission.id.desc()),
    )
    each = (
        select(Submission.case_id, Submission.form_key, Submission.body, latest.label("nth"))
        .where(
            Submission.case_id.in_(cases),
            Submission.form_key.in_(forms),
            Submission.superseded_at.is_(None),
        )
        .subquery()
    )
    rows = tx.execute(select(each.c.case_id, each.c.form_key, each.c.body).where(each.c.nth == 1))
    return {(row.case_id, row.form_key): plain.loads(row.body) for row in rows}


def _in_order(
    rows: Sequence[Any], order: Sequence[Priority], said: Mapping[tuple[str, str], dict[str, Any]]
) -> list[Any]:
    """Return the cases by what the pack declares; each with a place of its own stands there.

    Of several that were given one place, the one that was put there last has it.
    """

    def key(row: Any) -> list[Any]:
        return [_key(one, _value(one, row, said)) for one in order]

    found = sorted((row for row in rows if row.place is None), key=key)
    placed = (row for row in rows if row.place is not None)
    for row in sorted(placed, key=lambda row: (row.place, row.at)):
        found.insert(row.place - 1, row)
    return found


def _value(one: Priority, row: Any, said: Mapping[tuple[str, str], dict[str, Any]]) -> Any:
    if one.value:
        return getattr(row, one.value)
    found: Any = said.get((row.id, one.form), {})
    for part in one.field.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found


def _key(one: Priority, value: Any) -> tuple[int, Decimal]:
    """Return what a value is sorted by: what has no place in the order comes last."""
    if one.values:
        given = value if isinstance(value, list) else [value]
        places = [one.values.index(each) for each in given if each in one.values]
        return (0, Decimal(min(places))) if places else (1, Decimal(0))
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return 1, Decimal(0)
    if not number.is_finite():
        return 1, Decimal(0)
    return 0, -number if one.descending else number


def _label(one: Priority, pack: packs.Pack) -> str:
    if one.label:
        return translated(one.label)
    if one.value:
        return _(KNOWN[one.value])
    fact = form_words.asked(pack.forms.get(one.form), one.field)
    return translated(fact.label) if fact else one.field


def _words(one: Priority, pack: packs.Pack, units: Names) -> Any:
    """Return the words for answers as the form showed them."""
    if one.value:
        return _number_said
    fact = form_words.asked(pack.forms.get(one.form), one.field)
    said = form_words.answered(fact, pack, {}, units) if fact else None
    return said or (lambda text: text)


def _number_said(text: str) -> str:
    """Return a figure without zeros that say nothing."""
    return form_words.number_said(text.rstrip("0").rstrip(".") if "." in text else text)


def _text(value: Any) -> str:
    """Return a value as the log would have it, which is what words are made of."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("はい") if value else _("いいえ")
    if isinstance(value, list):
        return form_words.COMMA.join(map(str, value))
    return str(value)
