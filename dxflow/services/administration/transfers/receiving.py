"""What those are told to whom work comes by a transfer that does not move them.

One notice for each person, in lines as `telling` has them: why, and then what came from whom.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta

from dxflow.authority.rehearsal import Change
from dxflow.calendars.wareki import wareki_date
from dxflow.services.administration.transfers.obstacles import Record
from dxflow.services.administration.transfers.rehearsing import Rehearsed
from dxflow.services.administration.transfers.wording import Wording, held_on, held_words, title_on
from dxflow.services.administration.transfers.writing import by_person
from dxflow.texts import gettext as _

#: So many moves of others are named as the reason.
MOST_MOVES = 3


def opening(
    found: Rehearsed, words: Wording, changes: Sequence[Change], moved: Iterable[str]
) -> Iterator[str]:
    """Give the lines before what came: that it came, and by whose move or by what else."""
    day = found.prospect.day
    yield _(
        "{day}の人事異動により、次のものがあなたの担当になりました。あなたの職は変わりません。",
        day=wareki_date(day),
    )
    left = {one for change in changes for one in set(change.before) - set(change.after)}
    movers = sorted(left & set(moved), key=lambda one: words.group(f"user:{one}"))
    for person in movers[:MOST_MOVES]:
        yield _move(found, words, person)
    if len(movers) > MOST_MOVES:
        yield _("ほかに {n} 人の異動によります。", n=len(movers) - MOST_MOVES)
    if movers:
        return
    chosen = {one.hole.id for one in found.holes if one.state == "filled"}
    if chosen.intersection(f"{one.matter}:{one.key}" for one in changes):
        yield _("理由: 担当する人がいなくなるため、あなたが選ばれました。")
    else:
        yield _("理由: 組織か職の変更によります。")


def _move(found: Rehearsed, words: Wording, person: str) -> str:
    prospect = found.prospect
    day, eve = prospect.day, prospect.day - timedelta(days=1)
    was, will = (
        by_person(one.holdings).get(person, []) for one in (prospect.before, prospect.after)
    )
    before = held_words(was, eve, lambda post: title_on(prospect.before, post, eve))
    name = words.group(f"user:{person}")
    if not held_on(will, day):
        return _("理由: {name} さんが職（{post}）を離れました。", name=name, post=before)
    after = held_words(will, day, lambda post: title_on(prospect.after, post, day))
    return _("理由: {name} さんの職が変わりました（{before}→{after}）。",
             name=name, before=before, after=after)  # fmt: skip


def received(hands: Mapping[str, tuple[Sequence[str], Sequence[str], str]]) -> set[str]:
    """Return who has had something come to them, by what was kept with an applied plan."""
    return {one for before, after, _note in hands.values() for one in set(after) - set(before)}


def taken_back(record: Record, effective: str) -> dict[str, str]:
    """Return what those are told to whom work had come, when the transfer is taken back."""
    said = _(
        "{day}の人事異動は取り消され、それによりあなたの担当になったものは元に戻りました。",
        day=effective,
    )
    return dict.fromkeys(sorted(received(record.hands) - record.holdings.keys()), said)
