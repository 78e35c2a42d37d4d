"""A vote about to be closed while seats have given no verdict: who they are, what becomes of them.

A verdict that is not given is none: it is no abstention. Whoever is in the room counts for the
quorum all the same; in writing nobody is, and only who has voted counts.
"""

from collections.abc import Collection
from dataclasses import dataclass

from dxflow.committee.sitting import Sitting
from dxflow.texts import gettext as _


@dataclass(frozen=True)
class Unheard:
    """Seats that take part and have given no verdict: keys of those `there` and those `away`.

    `cast` verdicts are given, `counting` seats count for the `quorum`. In writing all are `there`.
    """

    there: tuple[str, ...]
    away: tuple[str, ...]
    cast: int
    counting: int
    quorum: int
    written: bool = False

    @property
    def seats(self) -> tuple[str, ...]:
        """Return all of them, those who could vote now first."""
        return self.there + self.away

    def becomes(self) -> tuple[str, ...]:
        """Return what closing the vote now does with the quorum and the count, in sentences."""
        return tuple(one for one in (self._of_seats(), self._quorum(), self._count()) if one)

    def _of_seats(self) -> str:
        if self.written:
            return _("判断を出していない席は、出席（定足数）にも賛否にも数えません。")
        if not self.there:
            return _("欠席の席は、出席（定足数）にも賛否にも数えません。")
        said = _(
            "出席していて判断を出していない席は、出席（定足数）には数え、賛否には数えません。"
            "棄権にもなりません。"
        )
        return said + (_("欠席の席は、どちらにも数えません。") if self.away else "")

    def _quorum(self) -> str:
        values: dict[str, object] = {"n": self.counting, "quorum": self.quorum}
        if self.counting < self.quorum:
            return _(
                "出席は{n}席で定足数{quorum}席に足りないため、表決は成立せず、議決できません。",
                **values,
            )
        return _("出席は{n}席で、定足数{quorum}席を満たしています。", **values)

    def _count(self) -> str:
        if self.counting < self.quorum:
            return ""
        if not self.cast:
            return _("判断が一つも出ていないため、賛否は決まりません。")
        return _("結果は、出された{n}席の判断だけで決まります。", n=self.cast)


def unheard(sitting: Sitting, cast: Collection[str], silent: str = "") -> Unheard:
    """Return who has given no verdict. `silent` is a chair's seat that votes only to break a tie."""
    given = sitting.taking_part & set(cast)
    missing = sitting.taking_part - given - {silent}
    there = missing & sitting.attending
    counting = given | ({silent} & sitting.taking_part) if sitting.written else sitting.attending
    return Unheard(
        tuple(sorted(there)), tuple(sorted(missing - there)), len(given - {silent}), len(counting),
        sitting.quorum, sitting.written,
    )  # fmt: skip
