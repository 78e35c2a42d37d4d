"""Who may not act because of what they did before (職務の分離).

Nobody decides, votes on or approves a matter of which they are the applicant or a drafter. The
rules are data; a pack may add to them but never take the base rules away. Involvement counts over
the whole history: handing a case over does not undo having drafted it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from dxflow.authority.verdicts import Verdict, person_key
from dxflow.texts import gettext as _


class Action(StrEnum):
    """Acts that need an uninvolved person."""

    DECIDE = "decide"
    APPROVE = "approve"
    VOTE = "vote"
    CONCLUDE = "conclude"

    @property
    def label(self) -> str:
        """Return the Japanese word for the act."""
        return {
            "decide": _("決裁"),
            "approve": _("承認"),
            "vote": _("表決"),
            "conclude": _("議決の確定"),
        }[self.value]


class Part(StrEnum):
    """The part somebody had in making a proposal."""

    APPLICANT = "applicant"
    DRAFTER = "drafter"

    @property
    def label(self) -> str:
        """Return the Japanese word for the part."""
        return {"applicant": _("申請者"), "drafter": _("起案者")}[self.value]


@dataclass(frozen=True)
class ConflictRule:
    """Whoever had the part may not do the act."""

    action: Action
    part: Part


BASE_RULES: tuple[ConflictRule, ...] = tuple(
    ConflictRule(action, part) for action in Action for part in Part
)


@dataclass(frozen=True)
class Involvement:
    """Who made the proposal. Ids may bear the prefix `user:`; they are kept without it."""

    applicant: str
    drafters: frozenset[str] = frozenset()
    former_applicants: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        object.__setattr__(self, "applicant", person_key(self.applicant))
        for name in ("drafters", "former_applicants"):
            keys = frozenset(person_key(person) for person in getattr(self, name))
            object.__setattr__(self, name, keys)

    @classmethod
    def of_history(cls, acts: Iterable[tuple[str, Part]]) -> "Involvement":
        """Gather every (person, part) of a case in order; the last applicant is the present one.

        Raises ValueError when nobody ever was the applicant.
        """
        past = [(person_key(person), part) for person, part in acts]
        applicants = [person for person, part in past if part is Part.APPLICANT]
        if not applicants:
            raise ValueError(_("申請者が記録されていません。"))
        drafters = frozenset(person for person, part in past if part is Part.DRAFTER)
        return cls(applicants[-1], drafters, frozenset(applicants))

    def parts_of(self, person: str) -> frozenset[Part]:
        """Return the parts a person had."""
        key = person_key(person)
        parts = set()
        if key == self.applicant or key in self.former_applicants:
            parts.add(Part.APPLICANT)
        if key in self.drafters:
            parts.add(Part.DRAFTER)
        return frozenset(parts)

    @property
    def persons(self) -> frozenset[str]:
        """Return everybody who had any part."""
        return frozenset({self.applicant}) | self.drafters | self.former_applicants


def conflict(
    action: Action, person: str, involvement: Involvement, extra: Iterable[ConflictRule] = ()
) -> Verdict:
    """Return whether the person is free to do the act; the reason names the part they had."""
    parts = involvement.parts_of(person)
    for rule in (*BASE_RULES, *extra):
        if rule.action is action and rule.part in parts:
            return Verdict(
                False,
                _(
                    "この案件の{part}は{action}を行えません。",
                    part=rule.part.label,
                    action=rule.action.label,
                ),
            )
    return Verdict(True, _("申請・起案に関わっていません。"))
