"""What an applied transfer did, in words: read from what was kept with the plan when it was applied.

Who moved and what went to others stands there by id, also after the transfer was taken back. Posts
and units are called as they were on the day before and on the day of the transfer, whatever has
become of them since.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from dxflow.authority.directory import Directory
from dxflow.authority.standing_in import PASSED_OVER, way_label
from dxflow.authority.structure import Structure
from dxflow.authority.timelines import standing
from dxflow.db import case as tables
from dxflow.db.case import Case
from dxflow.db.process import WorkItem
from dxflow.db.standing import Delegation, StoodIn
from dxflow.services.administration.transfers.obstacles import (
    Record,
    held_of,
    posts_of,
    rank_of,
    record_of,
    units_of,
)
from dxflow.services.administration.transfers.underway import About
from dxflow.services.administration.transfers.wording import (
    Line,
    few_of,
    held_words,
    matter_words,
    note_words,
)
from dxflow.services.administration.units import stored
from dxflow.services.packs import own_words
from dxflow.services.people.naming import Names, load
from dxflow.services.site import Site
from dxflow.texts import gettext as _

_AT_A_TIME = 1_000


def lines(site: Site, tx: Connection, row: Any) -> dict[str, list[Line]]:
    """Return what a plan changed by matter, for the row of one that was applied or taken back."""
    record = record_of(row)
    words = _Words(site, tx, record, row.effective)
    found = {
        "person": words.persons(), "post": words.posts(), "unit": words.units(), "led": words.led(),
        "task": words.tasks(), "duty": words.duties(), "deputy": words.deputies(),
        "list": words.lists(),
    }  # fmt: skip
    made = {key: sorted(found[key], key=_order) for key in matter_words() if key in found}
    return {key: rows for key, rows in made.items() if rows}


def _order(line: Line) -> tuple[str, str, str]:
    return (line.what, line.before, line.after)


class _Words:
    def __init__(self, site: Site, tx: Connection, record: Record, day: date) -> None:
        self._record, self._day = record, day
        self._eve = day - timedelta(days=1)
        self._given = _delegations(tx, record.deputies)
        now = stored.load(tx)
        old, new = (_structure(record, now, side) for side in (0, 1))
        people = {*record.holdings, *_people(record)}
        people |= {
            one for given in self._given.values() for one in (given.giver_id, given.deputy_id)
        }
        self._was = _names(tx, old, self._eve, people)
        self._is = replace(_names(tx, new, day, ()), persons=self._was.persons)
        self._about = _about(site, tx, record)

    def persons(self) -> Iterator[Line]:
        """Give who moved, with their posts."""
        for person, (old, new) in self._record.holdings.items():
            yield Line(
                self._was.person(person), "",
                held_words(map(held_of, old), self._eve, self._was.post),
                held_words(map(held_of, new), self._day, self._is.post),
                note_words(
                    "closed" if person in self._record.closed
                    else "opened" if person in self._record.opened else ""
                ),
            )  # fmt: skip

    def units(self) -> Iterator[Line]:
        """Give sections that began, ended or are called otherwise."""
        for old, new in self._record.units.values():
            was, now = standing(units_of(old), self._eve), standing(units_of(new), self._day)
            yield from _named(was.name if was else "", now.name if now else "")

    def posts(self) -> Iterator[Line]:
        """Give posts that began, ended or are called otherwise."""
        for old, new in self._record.posts.values():
            was, now = standing(posts_of(old), self._eve), standing(posts_of(new), self._day)
            yield from _named(was.title if was else "", now.title if now else "")

    def led(self) -> Iterator[Line]:
        """Give the cases that went to another section."""
        for case, (old, new) in self._record.led.items():
            about = self._about.cases.get(case, About(case, "", ""))
            what = f"{about.number} {about.words}".strip()
            yield Line(what, case, self._was.unit(old), self._is.unit(new), "")

    def tasks(self) -> Iterator[Line]:
        """Give the tasks that went to others, those too that stayed with a post."""
        for key, (old, new) in self._record.tasks.items():
            if key not in self._record.hands:
                (whose, groups), (taker, others) = old, new
                before = _holders(self._was.group, whose, groups)
                after = _holders(self._is.group, taker, others)
                yield self._line(key, before, after, "released" if whose and not taker else "")
        yield from self._handed(key for key in self._record.hands if key in self._about.tasks)

    def duties(self) -> Iterator[Line]:
        """Give later readings and conditions that went to others."""
        for key, (old, new) in self._record.duties.items():
            if key not in self._record.hands:
                yield self._line(key, self._was.group(old), self._is.group(new), "")
        yield from self._handed(key for key in self._record.hands if key in self._about.duties)

    def _handed(self, keys: Iterable[str]) -> Iterator[Line]:
        for key in keys:
            before, after, note = self._record.hands[key]
            had, has = (few_of([self._was.person(one) for one in ids]) for ids in (before, after))
            yield self._line(key, had, has, note)

    def deputies(self) -> Iterator[Line]:
        """Give the deputies whose time ended."""
        for key in self._record.deputies:
            given = self._given.get(key)
            if given is None:
                continue
            post = self._was.post(given.post) or _("すべての職")
            name = self._was.person(given.giver_id)
            what = _("{name} さんの代理（{post}）", name=name, post=post)
            yield Line(what, "", self._was.person(given.deputy_id), _nobody(), note_words("ended"))

    def lists(self) -> Iterator[Line]:
        """Give the lists of substitutes that changed."""
        for post, (old, new) in self._record.lists.items():
            yield Line(
                self._was.post(post), "",
                _ranked(self._was.post, old, self._eve), _ranked(self._is.post, new, self._day)
                or _nobody(), "",
            )  # fmt: skip

    def _line(self, key: str, before: str, after: str, note: str) -> Line:
        about = self._about.tasks.get(key) or self._about.duties.get(key) or About(key, "", "")
        what = f"{about.number} {about.words}".strip()
        return Line(what, about.case_id, before or _nobody(), after or _nobody(), note_words(note))


def _nobody() -> str:
    return _("なし")


def _named(before: str, after: str) -> Iterator[Line]:
    """Give what a section or post is called, where that changed."""
    if before != after:
        note = _("廃止") if not after else _("改称") if before else _("新設")
        yield Line(after or before, "", before or _nobody(), after or _nobody(), note)


def _structure(record: Record, now: Structure, side: int) -> Structure:
    """Return units and posts with those of a transfer as they were before it, or after it."""
    units = {key: units_of(kept[side]) for key, kept in record.units.items()}
    posts = {key: posts_of(kept[side]) for key, kept in record.posts.items()}
    return Structure({**now.units, **units}, {**now.posts, **posts})


def _names(tx: Connection, structure: Structure, day: date, people: Iterable[str]) -> Names:
    """Return what everything was called on a day; what was not there keeps the last name it had.

    No directory is made of the rows: with what has changed since they may contradict each other.
    """
    posts = {
        key: (standing(rows, day) or rows[-1]).title
        for key, rows in structure.posts.items()
        if rows
    }
    units = {
        key: (standing(rows, day) or rows[-1]).name for key, rows in structure.units.items() if rows
    }
    named = load(tx, Directory((), (), (), day), persons=people)
    return replace(named, posts=posts, units=units)


def _people(record: Record) -> Iterator[str]:
    for pair in record.duties.values():
        yield from (one.removeprefix("user:") for one in pair if one.startswith("user:"))
    for both in record.tasks.values():
        for whose, groups in both:
            yield from (one.removeprefix("user:") for one in groups if one.startswith("user:"))
            if whose:
                yield whose
    for before, after, _note in record.hands.values():
        yield from (*before, *after)


def _holders(words: Callable[[str], str], whose: str | None, groups: Sequence[str]) -> str:
    return _("、").join(words(one) for one in ([f"user:{whose}"] if whose else groups))


def _ranked(words: Callable[[str], str], rows: Sequence[Any], day: date) -> str:
    ranks = sorted(map(rank_of, rows))
    return _("、").join(
        words(post)
        for _place, post, begin, end in ranks
        if begin <= day and (end is None or day < end)
    )


def _delegations(tx: Connection, keys: Iterable[str]) -> dict[str, Any]:
    found = select(Delegation.__table__)
    return {
        row.id: row for some in _chunks(keys) for row in tx.execute(found.where(Delegation.id.in_(some)))
    }  # fmt: skip


class _About(NamedTuple):
    """What tasks, duties and cases are called, by id.

    Of a case whose reading is restricted it is told that there is one, not what a condition says.
    """

    tasks: dict[str, About]
    duties: dict[str, About]
    cases: dict[str, About]


def _about(site: Site, tx: Connection, record: Record) -> _About:
    found = _About({}, {}, {})
    tasks = select(WorkItem.id, WorkItem.name, WorkItem.case_id, Case.number, Case.pack_digest)
    tasks = tasks.join(Case, Case.id == WorkItem.case_id)
    duties = select(tables.Duty.id, tables.Duty.text, Case.id, Case.number, Case.restricted)
    duties = duties.join(Case, Case.id == tables.Duty.case_id)
    readings = select(
        StoodIn.submission_id, StoodIn.case_id, Case.number, Case.pack_digest, WorkItem.name
    )
    readings = readings.join(Case, Case.id == StoodIn.case_id)
    readings = readings.outerjoin(WorkItem, WorkItem.id == StoodIn.work_item_id)
    for some in _chunks({*record.tasks, *record.duties, *record.hands}):
        for task in tx.execute(tasks.where(WorkItem.id.in_(some))):
            name = own_words.said(site, tx, task.pack_digest, task.name)
            found.tasks[task.id] = About(name, task.case_id, task.number)
        for key, text, case, number, restricted in tx.execute(
            duties.where(tables.Duty.id.in_(some))
        ):
            found.duties[key] = About("" if restricted else text, case, number)
        for read in tx.execute(readings.where(StoodIn.submission_id.in_(some))):
            words = (
                own_words.said(site, tx, read.pack_digest, read.name)
                if read.name
                else way_label(PASSED_OVER)
            )
            found.duties[read.submission_id] = About(words, read.case_id, read.number)
    cases = select(Case.id, Case.number, Case.title, Case.restricted)
    for some in _chunks(record.led):
        for one in tx.execute(cases.where(Case.id.in_(some))):
            title = "" if one.restricted else one.title
            found.cases[one.id] = About(title, one.id, one.number)
    return found


def _chunks(keys: Iterable[str]) -> Iterator[list[str]]:
    wanted = sorted(keys)
    for begin in range(0, len(wanted), _AT_A_TIME):
        yield wanted[begin : begin + _AT_A_TIME]
