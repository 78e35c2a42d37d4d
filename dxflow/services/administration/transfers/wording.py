"""A rehearsal in words: names for the ids of changes, holes and targets."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from dxflow.authority.filling import LEAVE
from dxflow.authority.rehearsal import Change, Hole, Matter
from dxflow.authority.structure import Structure
from dxflow.authority.timelines import standing
from dxflow.services.administration.transfers.orders import title_of
from dxflow.services.administration.transfers.rehearsing import HoleState, Rehearsed
from dxflow.services.administration.transfers.writing import Held, by_person
from dxflow.services.people.naming import Names
from dxflow.texts import gettext as _
from dxflow.texts import translated

#: How many names a line lists.
NAMED = 6


@dataclass(frozen=True)
class Line:
    """A change in words; `case_id` "" when it belongs to no case."""

    what: str
    case_id: str
    before: str
    after: str
    note: str


@dataclass(frozen=True)
class HoleLine:
    """A hole in words, with what may fill it: (target, label)."""

    id: str
    matter: str
    what: str
    case_id: str
    state: str
    choices: tuple[tuple[str, str], ...]
    target: str
    target_words: str
    reason: str
    open_to: bool


def matter_words(*, done: bool = False) -> Mapping[str, str]:
    """Return the words for what changes (`done`: has changed), in the order in which it is shown."""
    return {
        "person": _("異動した人") if done else _("異動する人"), "post": _("職"), "task": _("未処理の作業"),
        "deputy": _("代理"), "list": _("代決順位"),
        "body": _("会議体の席"), "round": _("審議中の回"), "kpi": _("成果指標の担当"),
        "duty": _("後閲・条件"), "unit": _("組織"),
        "led": _("移った案件"), "case": _("引継先を選んだ案件"), "section": _("課の長"),
    }  # fmt: skip


def state_words() -> Mapping[str, str]:
    """Return the words for the states of a hole."""
    return {
        "open": _("未決定"), "filled": _("埋める"), "left": _("残す"), "gone": _("埋まる"),
        "old": _("前から"),
    }  # fmt: skip


def note_words(note: str) -> str:
    """Return the words for what else happens with a change."""
    return {
        "": "", "released": _("引受けを解いて職に戻す"), "ended": _("代理を終える"),
        "stays": _("異動しても本人に残る"), "heir": _("職の後任に引き継ぐ"),
        "stand-in": _("代わりの人だけができる"),
        "beside": _("穴を埋める兼務"), "closing": _("利用者を無効にする"),
        "closed": _("利用者を無効にした"), "opening": _("利用者を有効に戻す"),
        "opened": _("利用者を有効に戻した"),
    }[note]  # fmt: skip


def few_of(names: Sequence[str]) -> str:
    """Return some of many names, and how many more there are."""
    more = len(names) - NAMED
    words = _("、").join(names[:NAMED])
    return _("{words} ほか {n} 人", words=words, n=more) if more > 0 else words


def title_on(structure: Structure, post: str, day: date) -> str:
    """Return what a post is called on a day; its last title when it is not there then."""
    there = standing(structure.posts.get(post, ()), day)
    return there.title if there is not None else title_of(structure, post)


def held_words(rows: Iterable[Held], day: date, title: Callable[[str], str]) -> str:
    """Return the posts of somebody on a day in words, the main one first."""
    held = [
        _("{post}（兼務）", post=title(post)) if beside else title(post)
        for post, _begin, _end, beside in held_on(rows, day)
    ]
    return _("、").join(held) or _("なし")


def held_on(rows: Iterable[Held], day: date) -> list[Held]:
    """Return the holdings of somebody that count on a day, the main one first."""
    valid = [one for one in rows if one[1] <= day and (one[2] is None or day < one[2])]
    return sorted(valid, key=lambda one: one[3])


class Wording:
    """Words for one rehearsal."""

    def __init__(self, found: Rehearsed) -> None:
        if found.will is None or found.was is None:
            raise AssertionError
        self._found, self._now = found, found.underway
        people = {key: name for key, (_username, name) in found.underway.people.items()}
        structure = found.prospect.after
        posts = {key: title_of(structure, key) for key in structure.posts}
        units = {key: rows[-1].name for key, rows in structure.units.items() if rows}
        old = found.prospect.before
        units |= {key: rows[-1].name for key, rows in old.units.items() if key not in units}
        posts |= {key: title_of(old, key) for key in old.posts if key not in posts}
        posts |= {key: title_of(old, key) for key, rows in structure.posts.items() if not rows}
        self._names = Names(found.will, people, posts, units)
        self._beside = {hole.hole.key for hole in found.holes if hole.state == "filled"
                        and hole.hole.matter is Matter.POST}  # fmt: skip

    def group(self, group: str) -> str:
        """Return the words for a group or a person."""
        return self._names.group(group)

    def unit(self, key: str) -> str:
        """Return what a section is called."""
        return self._names.unit(key)

    def people(self, ids: Iterable[str]) -> str:
        """Return the names of a few of many persons."""
        return self._people(sorted(ids))

    def lines(self) -> dict[str, list[Line]]:
        """Return the changes by their matter."""
        found: dict[str, list[Line]] = {key: [] for key in matter_words()}
        found["person"] = sorted(self._persons(), key=lambda one: (one.what, one.before))
        for change in self._found.changes:
            found[change.matter].append(self._line(change))
        return {key: rows for key, rows in found.items() if rows}

    def holes(self) -> list[HoleLine]:
        """Return the holes, those that stand in the way first."""
        order = ("open", "left", "filled", "gone", "old")
        ranked = sorted(self._found.holes, key=lambda one: order.index(one.state))
        return [self._hole(one) for one in ranked]

    def _line(self, change: Change) -> Line:
        what, case = self._what(change.matter, change.key)
        if change.matter is Matter.UNIT:
            return Line(
                what, case, "", self._units(change.after) or _("引継先なし"),
                _("開いている案件 {n} 件", n=len(self._found.affairs.cases.get(change.key, ()))),
            )  # fmt: skip
        if change.matter is Matter.CASE:
            return Line(what, case, self._units(change.before), self._units(change.after),
                        _("選んだ引継先"))  # fmt: skip
        nobody = _("なし")
        filled = change.matter is Matter.POST and change.key in self._beside
        return Line(
            what, case, self._people(change.before) or nobody, self._people(change.after) or nobody,
            note_words("beside" if filled else change.note),
        )  # fmt: skip

    def _persons(self) -> Iterator[Line]:
        """Give who moves, with their posts on the day before and on the day."""
        prospect = self._found.prospect
        eve = prospect.day - timedelta(days=1)
        was, will = (by_person(one.holdings) for one in (prospect.before, prospect.after))
        filled = {move.person for move in prospect.moves if move.line < 0}
        for person in dict.fromkeys((*was, *will)):
            old, new = was.get(person, []), will.get(person, [])
            if old == new and person not in prospect.opening:
                continue
            note = (
                "closing" if person in prospect.closing else "opening" if person in prospect.opening
                else "beside" if person in filled else ""
            )  # fmt: skip
            yield Line(
                self._names.person(person), "",
                held_words(old, eve, lambda post: title_on(prospect.before, post, eve)),
                held_words(new, prospect.day, self._names.post), note_words(note),
            )  # fmt: skip

    def _hole(self, state: HoleState) -> HoleLine:
        hole = state.hole
        what, case = self._hole_words(hole)
        return HoleLine(
            hole.id,
            matter_words()[hole.matter],
            what,
            case,
            state.state,
            tuple((target, self.target(target, hole.matter)) for target in state.proposals),
            state.target,
            self.target(state.target, hole.matter) if state.target else "",
            state.reason,
            hole.matter in (Matter.POST, Matter.TASK, Matter.DUTY, Matter.UNIT, Matter.LIST),
        )

    def target(self, target: str, matter: Matter) -> str:
        """Return the words for what fills a hole of a matter."""
        if target == LEAVE:
            return _("埋めずに残す")
        kind, _colon, key = target.partition(":")
        if kind == "unit":
            return _("「{unit}」に引き継ぐ", unit=self._names.unit(key))
        words = self._names.group(target)
        if kind == "user":
            will = self._found.will
            posts = will.posts_of(key) if will else ()
            username = self._now.people.get(key, (key, ""))[0]
            named = f"{words}（{posts[0].title if posts else username}）"
            return _("{name}が兼務する", name=named) if matter is Matter.POST else named
        if kind in ("head", "post") and self._found.will is not None:
            people = self._people(tuple(sorted(self._found.will.holders(target))))
            return f"{words}（{people}）" if people else words
        return words

    def _what(self, matter: Matter, key: str) -> tuple[str, str]:
        match matter:
            case Matter.TASK | Matter.DUTY:
                about = self._now.about[key]
                return f"{about.number} {translated(about.words)}".strip(), about.case_id
            case Matter.POST | Matter.LIST:
                return self._names.post(key), ""
            case Matter.BODY:
                return self._now.bodies.get(key, key), ""
            case Matter.ROUND | Matter.CASE:
                return self._now.numbers.get(key, key), key
            case Matter.DEPUTY:
                given = self._now.affairs.delegations[key]
                post = self._names.post(given.post) or _("すべての職")
                giver = self._names.person(given.giver)
                return _("{name} さんの代理（{post}）", name=giver, post=post), ""
        return self._names.unit(key), ""

    def _hole_words(self, hole: Hole) -> tuple[str, str]:
        what, case = self._what(hole.matter, hole.key)
        empty = _("、").join(self._names.post(one) for one in hole.about[:NAMED])
        return {
            Matter.POST: _("職「{what}」にだれも就いていません。", what=what),
            Matter.SECTION: _("「{what}」に長がいません。", what=what),
            Matter.TASK: _("「{what}」を行える人がいません。", what=what),
            Matter.DUTY: _("「{what}」を果たせる人がいません。", what=what),
            Matter.UNIT: _(
                "なくなる「{what}」に、引継先の決まらない仕事が {n} 件あります。",
                what=what, n=len(hole.about),
            ),
            Matter.BODY: _(
                "「{what}」の定足数か議長が欠けます。空く席: {seats}", what=what, seats=empty or "―"
            ),
            Matter.ROUND: _(
                "{what} の審議が定足数を失います。空く席: {seats}", what=what, seats=empty or "―"
            ),
            Matter.KPI: _(
                "「{what}」に実績を入れる人がいません（案件 {n} 件）。", what=what, n=len(hole.about)
            ),
            Matter.LIST: _("「{what}」の代決順位に、就いている人がいません。", what=what),
            Matter.DEPUTY: what,
            Matter.CASE: what,
        }[hole.matter], case  # fmt: skip

    def _people(self, ids: Iterable[str]) -> str:
        return few_of([self._names.person(one) for one in ids])

    def _units(self, keys: Iterable[str]) -> str:
        return _("、").join(self._names.unit(one) for one in keys)
