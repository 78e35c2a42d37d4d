"""What is ready for a meeting and what is missing, as the secretariat sees it the week before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from dxflow.committee.sitting import State
from dxflow.texts import gettext as _

#: From how many days before the day a meeting is looked at.
WEEK = timedelta(days=7)


@dataclass(frozen=True)
class MatterFacts:
    """A matter: how many take part, how many are needed, who of them has read its papers."""

    title: str
    taking_part: int
    quorum: int
    read: int
    going: bool = True


@dataclass(frozen=True)
class MeetingFacts:
    """A meeting to be looked at. `away` and `vacant` name posts, `read` counts pairs.

    `agreed` members of `consents_needed` consent to decide in writing.
    """

    place: str
    distributed: bool
    members: int
    needed: int
    away: tuple[str, ...] = ()
    vacant: tuple[str, ...] = ()
    chairs: int = 1
    matters: tuple[MatterFacts, ...] = ()
    written: bool = False
    agreed: int = 0
    consents_needed: int = 0


@dataclass(frozen=True)
class Finding:
    """A line of the list: `ready` or missing, what it is about, and what to know or do."""

    ready: bool
    what: str
    text: str


def is_near(day: date, today: date) -> bool:
    """Return whether a meeting is so near that its list is looked at."""
    return day - WEEK <= today <= day


def is_over(state: State, day: date, today: date) -> bool:
    """Return whether the day of a meeting, or the last of one in writing, is over and nothing began."""
    return state is State.PLANNED and day < today


def findings(facts: MeetingFacts) -> list[Finding]:
    """Return the list, in the order in which things are done."""
    found = [] if facts.written else [_place(facts)]
    found += [_agenda(facts), _papers(facts)]
    if facts.distributed and facts.matters:
        found.append(_read(facts))
    if facts.written:
        found.append(_consent(facts))
    found.append(_members(facts))
    if not facts.chairs:
        found.append(Finding(False, _("議長"), _("議長を務められる人がいません。")))
    found += [one for matter in facts.matters for one in _matter(matter)]
    return found


def missing(found: Sequence[Finding]) -> int:
    """Return how many lines are not ready."""
    return sum(not one.ready for one in found)


def _place(facts: MeetingFacts) -> Finding:
    if facts.place:
        return Finding(True, _("場所"), facts.place)
    return Finding(False, _("場所"), _("場所が決まっていません。"))


def _agenda(facts: MeetingFacts) -> Finding:
    if facts.matters:
        return Finding(True, _("議題"), _("{n}件", n=len(facts.matters)))
    return Finding(False, _("議題"), _("議題がありません。審議を待つ案件から選んでください。"))


def _papers(facts: MeetingFacts) -> Finding:
    if facts.distributed:
        return Finding(True, _("資料"), _("配付済み"))
    return Finding(False, _("資料"), _("まだ配付していません。"))


def _read(facts: MeetingFacts) -> Finding:
    wanted = sum(one.taking_part for one in facts.matters)
    read = sum(one.read for one in facts.matters)
    text = _("{read}／{wanted} が確認済み（議題×席）", read=read, wanted=wanted)
    return Finding(read >= wanted, _("資料の確認"), text)


def _consent(facts: MeetingFacts) -> Finding:
    text = _("同意 {n}人（必要{needed}人）", n=facts.agreed, needed=facts.consents_needed)
    return Finding(facts.agreed >= facts.consents_needed, _("同意"), text)


def _members(facts: MeetingFacts) -> Finding:
    able = facts.members - len(facts.away)
    text = _(
        "席に就いている人{members}人、定足数{needed}人。",
        members=facts.members,
        needed=facts.needed,
    )
    if facts.away:
        text += _("当日不在: {posts}。", posts=_("、").join(facts.away))
    if facts.vacant:
        text += _("欠員: {posts}。", posts=_("、").join(facts.vacant))
    return Finding(facts.written or able >= facts.needed, _("席"), text)


def _matter(matter: MatterFacts) -> list[Finding]:
    if not matter.going:
        text = _("取下げ・終了・差戻しなどで、審議を待っていません。議題から外してください。")
        return [Finding(False, matter.title, text)]
    if matter.taking_part < matter.quorum:
        text = _("除斥のため定足数に届きません（必要{n}人）。", n=matter.quorum)
        return [Finding(False, matter.title, text)]
    return []
