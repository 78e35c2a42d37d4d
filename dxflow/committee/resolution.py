"""What a body may resolve (議決) after a vote, and the resolution itself."""

from collections.abc import Sequence
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
