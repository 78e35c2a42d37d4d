"""What people are told of a transfer that was applied or taken back: notices, and mail as they wish.

A notice is stored in Japanese and read in the reader's language line by line, so that each line is
one sentence of the catalogue, and words such as the name of a task stand alone in their place.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta

from sqlalchemy import Connection, insert

from dxflow.authority.rehearsal import Change, Matter
from dxflow.authority.structure import Structure
from dxflow.calendars.wareki import wareki_date
from dxflow.db.case import Notice
from dxflow.ids import new_id
from dxflow.services.administration.transfers import plans, receiving
from dxflow.services.administration.transfers.obstacles import Record
from dxflow.services.administration.transfers.rehearsing import Rehearsed
from dxflow.services.administration.transfers.wording import Wording, held_on, title_on
from dxflow.services.administration.transfers.writing import Held, by_person
from dxflow.services.people import outbox
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import to_be_stored

#: So many tasks are named in a notice, and so many people with each.
MOST_TASKS, MOST_PEOPLE = 10, 2


def applied(
    site: Site, tx: Connection, plan: str, found: Rehearsed,
    duties: Mapping[str, tuple[str, str]], ends: Iterable[str],
) -> None:  # fmt: skip
    """Tell who moved, to whom work came without that, who owes a duty now, whose deputy's time ends.

    A person to whom work comes is told in one notice, whatever it is.
    """
    gained, lost = _handed(found.changes)
    known = {one.key for changes in gained.values() for one in changes}
    with to_be_stored():
        words = Wording(found)
        others = {key: owner for key, owner in duties.items() if key not in known}
        told = [*_of_duties(found, words, others), *_of_deputies(found, words, ends)]
        _insert(site, tx, told)
        _tell(site, tx, f"transfer-moved:{plan}", dict(_of_moved(found, words, gained, lost)))
        _tell(site, tx, f"transfer-received:{plan}", dict(_of_received(found, words, gained)))


def undone(site: Site, tx: Connection, plan: str, record: Record, then: Structure) -> None:
    """Tell those whom a transfer had moved, or given work, that it was taken back.

    Who had moved is told which posts they hold.
    """
    row, today = plans.row_of(tx, plan), site.today()
    held = by_person(then.holdings)
    with to_be_stored():
        messages = {
            person: "\n".join(
                (
                    _("{day}からの人事異動は取り消され、職は元に戻りました。",
                      day=wareki_date(row.effective)),
                    *_now(held.get(person, []), today, lambda post: title_on(then, post, today)),
                )
            )
            for person in record.holdings
        }  # fmt: skip
        messages |= receiving.taken_back(record, wareki_date(row.effective))
    _tell(site, tx, f"transfer-undone:{plan}", messages)


def _of_duties(
    found: Rehearsed, words: Wording, duties: Mapping[str, tuple[str, str]]
) -> Iterator[tuple[str, str | None, str]]:
    for key, (owed, owes) in duties.items():
        about = found.underway.about[key]
        message = _(
            "人事異動により、案件 {number} の「{what}」を {name} から引き継ぎました。",
            number=about.number, what=about.words, name=words.group(owed),
        )  # fmt: skip
        yield owes, about.case_id, message


def _of_deputies(
    found: Rehearsed, words: Wording, ends: Iterable[str]
) -> Iterator[tuple[str, str | None, str]]:
    for key in ends:
        given = found.underway.affairs.delegations[key]
        message = _(
            "人事異動により、{name} さんの代理が終わりました。続けるなら、もう一度立ててください。",
            name=words.group(f"user:{given.deputy}"),
        )
        yield f"user:{given.giver}", None, message


Handed = Mapping[str, Sequence[Change]]


def _of_moved(
    found: Rehearsed, words: Wording, gained: Handed, lost: Handed
) -> Iterator[tuple[str, str]]:
    """Give what each person who moves and can still log in is told."""
    prospect = found.prospect
    was, will = (by_person(one.holdings) for one in (prospect.before, prospect.after))
    day, eve = prospect.day, prospect.day - timedelta(days=1)
    for person in _movers(found):
        old, new = was.get(person, []), will.get(person, [])
        if person in found.affairs.closed:
            continue
        lines = [
            _("人事異動により、{day}から職が変わりました。", day=wareki_date(day)),
            *_before(old, eve, lambda post: title_on(prospect.before, post, eve)),
            *_after(new, day, lambda post: title_on(prospect.after, post, day)),
            *_given(found, words, gained.get(person, [])),
            *_given_away(found, words, lost.get(person, [])),
        ]
        yield person, "\n".join(lines)


def _of_received(found: Rehearsed, words: Wording, gained: Handed) -> Iterator[tuple[str, str]]:
    """Give what each person is told who does not move and to whom something comes."""
    moved = set(_movers(found))
    for person, changes in sorted(gained.items()):
        if person not in moved and person not in found.affairs.closed:
            lines = receiving.opening(found, words, changes, moved)
            yield person, "\n".join((*lines, *_given(found, words, changes)))


def _movers(found: Rehearsed) -> list[str]:
    """Return whose posts are others from the day on, and who comes back."""
    prospect = found.prospect
    was, will = (by_person(one.holdings) for one in (prospect.before, prospect.after))
    return [
        one
        for one in dict.fromkeys((*was, *will))
        if was.get(one, []) != will.get(one, []) or one in prospect.opening
    ]


def _handed(changes: Iterable[Change]) -> tuple[Handed, Handed]:
    """Return the tasks and duties that come to each person, and those that go from them."""
    gained: dict[str, list[Change]] = defaultdict(list)
    lost: dict[str, list[Change]] = defaultdict(list)
    for one in changes:
        if one.matter not in (Matter.TASK, Matter.DUTY):
            continue
        for person in set(one.after) - set(one.before):
            gained[person].append(one)
        for person in set(one.before) - set(one.after):
            lost[person].append(one)
    return gained, lost


Title = Callable[[str], str]


def _split(rows: Iterable[Held], day: date, title: Title) -> tuple[str, str]:
    """Return the main posts and those beside them on a day, in words; "" for none."""
    held = held_on(rows, day)
    main, beside = ([title(one[0]) for one in held if one[3] is kind] for kind in (False, True))
    return _("、").join(main), _("、").join(beside)


def _before(rows: Iterable[Held], day: date, title: Title) -> Iterator[str]:
    main, beside = _split(rows, day, title)
    yield _("これまでの職: {post}。", post=main or _("なし"))
    if beside:
        yield _("これまでの兼務: {post}。", post=beside)


def _after(rows: Iterable[Held], day: date, title: Title) -> Iterator[str]:
    main, beside = _split(rows, day, title)
    yield _("これからの職: {post}。", post=main or _("なし"))
    if beside:
        yield _("これからの兼務: {post}。", post=beside)


def _now(rows: Iterable[Held], day: date, title: Title) -> Iterator[str]:
    main, beside = _split(rows, day, title)
    yield _("いまの職: {post}。", post=main or _("なし"))
    if beside:
        yield _("いまの兼務: {post}。", post=beside)


def _given(found: Rehearsed, words: Wording, changes: Sequence[Change]) -> Iterator[str]:
    for one in changes[:MOST_TASKS]:
        about, names = found.underway.about[one.key], _people(words, one.before, one.after)
        if one.matter is Matter.DUTY:
            yield _("受け取った条件・後閲: 案件 {number}（前の人: {names}）。",
                    number=about.number, names=names)  # fmt: skip
        else:
            yield _("受け取った作業: 案件 {number} の「{task}」（前の人: {names}）。",
                    number=about.number, task=about.words, names=names)  # fmt: skip
    if len(changes) > MOST_TASKS:
        yield _("受け取ったものは、ほかに {n} 件あります。", n=len(changes) - MOST_TASKS)


def _given_away(found: Rehearsed, words: Wording, changes: Sequence[Change]) -> Iterator[str]:
    for one in changes[:MOST_TASKS]:
        about, names = found.underway.about[one.key], _people(words, one.after, one.before)
        if one.matter is Matter.DUTY:
            yield _("渡した条件・後閲: 案件 {number}（次の人: {names}）。",
                    number=about.number, names=names)  # fmt: skip
        else:
            yield _("渡した作業: 案件 {number} の「{task}」（次の人: {names}）。",
                    number=about.number, task=about.words, names=names)  # fmt: skip
    if len(changes) > MOST_TASKS:
        yield _("渡したものは、ほかに {n} 件あります。", n=len(changes) - MOST_TASKS)


def _people(words: Wording, ids: Sequence[str], others: Sequence[str]) -> str:
    """Return a few names, first of those who are not on both sides of the change.

    What is left out is only a sign, which every language reads.
    """
    ranked = sorted(ids, key=lambda one: one in others)
    named = _("、").join(words.group(f"user:{one}") for one in ranked[:MOST_PEOPLE])
    return (f"{named}…" if len(ids) > MOST_PEOPLE else named) or _("なし")


def _tell(site: Site, tx: Connection, event: str, messages: Mapping[str, str]) -> None:
    """Leave a notice for each person, by mail too for whoever wants it so."""
    keys = _insert(site, tx, [(f"user:{one}", None, said) for one, said in messages.items()])
    told = {(event, one): key for one, key in zip(messages, keys, strict=True)}
    outbox.tell_persons(tx, site.now(), "notice", told)


def _insert(site: Site, tx: Connection, told: Sequence[tuple[str, str | None, str]]) -> list[str]:
    """Leave notices, (group, case, message), and return their keys."""
    now = site.now()
    rows = [
        {"id": new_id(now), "group_key": group, "case_id": case, "message": message, "at": now}
        for group, case, message in told
    ]
    if rows:
        tx.execute(insert(Notice), rows)
    return [str(row["id"]) for row in rows]
