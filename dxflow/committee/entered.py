"""Ballots that the secretariat enters for a member: on paper (紙票) or by a proxy (代理投票).

They are the member's ballots, marked as entered, with who entered them and from what. A body
allows them by its rules; nobody enters a ballot for a seat of their own.
"""

from dataclasses import dataclass
from enum import StrEnum

from dxflow.errors import Conflict, Invalid, NotAllowed
from dxflow.texts import gettext as _

LONGEST_SOURCE = 200


class Way(StrEnum):
    """How the ballot came: the member's own paper, or the word of who holds their mandate."""

    PAPER = "paper"
    PROXY = "proxy"


class EnteredBallots(StrEnum):
    """What a body allows: nothing, papers only, or papers and proxies."""

    NEVER = "never"
    PAPER = "paper"
    PAPER_AND_PROXY = "paper_and_proxy"


@dataclass(frozen=True)
class Entry:
    """A ballot to be entered. `source`: when and how the paper came, or who the proxy is."""

    way: Way
    source: str


def allowed(rule: EnteredBallots) -> tuple[Way, ...]:
    """Return the ways a body allows."""
    return {
        EnteredBallots.NEVER: (),
        EnteredBallots.PAPER: (Way.PAPER,),
        EnteredBallots.PAPER_AND_PROXY: (Way.PAPER, Way.PROXY),
    }[rule]


def require_any(rule: EnteredBallots) -> None:
    """Raise Conflict when a body allows none."""
    if not allowed(rule):
        raise Conflict(_("この会議体では、事務局が本人に代わって票を入れることはできません。"))


def entry(rule: EnteredBallots, way: str, source: str) -> Entry:
    """Return the entry. Raises Conflict for a way the body does not allow, Invalid for the source."""
    require_any(rule)
    if way not in set(Way):
        message = _("紙票か代理投票かを選んでください。")
        raise Invalid(message, {"way": [message]})
    if Way(way) not in allowed(rule):
        raise Conflict(_("この会議体では、{way}は認められていません。", way=label(Way(way))))
    text = source.strip()
    if not 0 < len(text) <= LONGEST_SOURCE:
        message = (
            _(
                "紙票をいつ、どのように受け取ったかを {n} 文字までで書いてください。",
                n=LONGEST_SOURCE,
            )
            if Way(way) is Way.PAPER
            else _(
                "委任を受けた代理人の氏名などを {n} 文字までで書いてください。", n=LONGEST_SOURCE
            )
        )
        raise Invalid(message, {"source": [message]})
    return Entry(Way(way), text)


def require_other(holders: frozenset[str], person: str) -> None:
    """Let a person enter a ballot for a seat's holders. Raises Conflict, NotAllowed."""
    if not holders:
        raise Conflict(_("この席は欠員のため、票を入れられません。"))
    if person in holders:
        raise NotAllowed(_("ご自分の席の票は、ご自分の作業として出してください。"))


def label(way: Way) -> str:
    """Return the word that the record bears."""
    return {Way.PAPER: _("紙票"), Way.PROXY: _("代理投票")}[way]
