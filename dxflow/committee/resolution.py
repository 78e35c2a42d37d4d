"""What a body may resolve (議決) after a vote, and the resolution itself."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from dxflow.committee.voting import Choice, Tally, VoteRule
from dxflow.errors import Conflict, Invalid
from dxflow.texts import gettext as _

RESOLUTIONS = (Choice.APPROVE, Choice.CONDITIONS, Choice.RETURN, Choice.REJECT)
NEED_REASON = frozenset({Choice.RETURN, Choice.REJECT})


@dataclass(frozen=True)
class Resolution:
    """What was resolved. `conditions` only with an approval with conditions."""

    choice: Choice
    reason: str
    conditions: tuple[str, ...]
    tally: Tally


@dataclass(frozen=True)
class Bound:
    """What a count lets the chair conclude: first what it says, then what is open beside it.

    `said` is why, in sentences.
    """

    first: tuple[Choice, ...]
    others: tuple[Choice, ...]
    said: tuple[str, ...]


def bound(tally: Tally, rule: VoteRule) -> Bound:
    """Return what a count lets the chair conclude, nothing without a quorum."""
    if not tally.quorum_met:
        missing = _("定足数に達しなかったため、表決は成立していません。")
        return Bound((), (), (missing,))
    ways = resolutions_open(tally, rule)
    if tally.tied:
        return Bound(ways, (), (_("可否同数です。結論は議長が決めます。"),))
    if tally.leaning is None:
        undecided = _("賛成も反対もないため、表決では決まりません。")
        return Bound(ways, (), (undecided,))
    said = _("表決の結果は「{choice}」です。", choice=choice_label(tally.leaning))
    follows = (
        _("この会議体では、議長は表決の結果に従って結論を出します。")
        if rule.binding
        else _("この会議体では表決は参考で、議長は別の結論も出せます。")
    )
    first = tuple(one for one in ways if one is tally.leaning)
    return Bound(first, tuple(one for one in ways if one is not tally.leaning), (said, follows))


def choice_of(text: str) -> Choice | None:
    """Return the verdict a pack's word means, None for none; all ways of returning are returns."""
    name = "return" if text.startswith("return") else text
    return Choice(name) if name in {one.value for one in Choice} else None


def offered(keys: Collection[str], by: Bound) -> frozenset[str]:
    """Return which of a form's outcomes a count lets the chair press.

    All of them where it allows nothing, or where a pack has outcomes that are no verdicts.
    """
    meant = {key: choice_of(key) for key in keys}
    if None in meant.values() or not any(found in by.first for found in meant.values()):
        return frozenset(keys)
    return frozenset(key for key, found in meant.items() if found in (*by.first, *by.others))


def choice_label(choice: Choice) -> str:
    """Return the Japanese word for a verdict or resolution."""
    return {
        Choice.APPROVE: _("承認"),
        Choice.CONDITIONS: _("条件付承認"),
        Choice.RETURN: _("差戻し"),
        Choice.REJECT: _("否決"),
        Choice.ABSTAIN: _("棄権"),
    }[choice]


def resolutions_open(tally: Tally, rule: VoteRule) -> tuple[Choice, ...]:
    """Return what the chair may conclude, none without a quorum.

    A binding vote that carried allows an approval (a plain one only when that is its leaning,
    conditions only when somebody asked for them); one that did not carry allows a rejection.
    Sending back is always open; when everybody abstained it is the only way. A tie that waits
    for the chair opens everything.
    """
    if not tally.quorum_met:
        return ()
    if not rule.binding or tally.tied:
        return RESOLUTIONS
    if tally.leaning is None:
        return (Choice.RETURN,)
    if tally.leaning is Choice.CONDITIONS:
        return (Choice.CONDITIONS, Choice.RETURN)
    if tally.leaning is Choice.APPROVE:
        asked = tally.counts[Choice.CONDITIONS] > 0
        return RESOLUTIONS[:3] if asked else (Choice.APPROVE, Choice.RETURN)
    return (Choice.RETURN, Choice.REJECT)


def resolve(
    choice: Choice,
    tally: Tally,
    rule: VoteRule,
    reason: str = "",
    conditions: Sequence[str] = (),
) -> Resolution:
    """Return the resolution, or refuse it.

    Raises Conflict without a quorum or against a binding vote; Invalid when the reason of a
    rejection or return, or the text of the conditions, is missing or conditions are out of place.
    """
    if not tally.quorum_met:
        raise Conflict(
            _(
                "定足数に達していないため議決できません（必要{needed}人、出席{present}人）。",
                needed=tally.quorum,
                present=tally.present,
            )
        )
    allowed = resolutions_open(tally, rule)
    if choice not in allowed:
        raise Conflict(
            _(
                "表決の結果からは「{choice}」と議決できません。選べるのは{allowed}です。",
                choice=choice_label(choice),
                allowed="、".join(choice_label(way) for way in allowed),
            )
        )
    texts = tuple(text.strip() for text in conditions if text.strip())
    if choice in NEED_REASON and not reason.strip():
        raise Invalid(_("理由を書いてください。"), {"reason": [_("理由を書いてください。")]})
    if (choice is Choice.CONDITIONS) != bool(texts):
        message = (
            _("条件を一つ以上書いてください。")
            if choice is Choice.CONDITIONS
            else _("条件は条件付承認のときだけ付けられます。")
        )
        raise Invalid(message, {"conditions": [message]})
    return Resolution(choice, reason.strip(), texts, tally)
