"""Judging a matter by criteria (評価) before the vote, and what the evaluators agree on.

Each seat that takes part gives one score a criterion. The consensus view sets them side by side:
mean, median, spread, and where the evaluators are far apart. It never decides anything; the vote
does. Means are exact fractions, rounded half up where they are shown.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from statistics import median

from dxflow.committee.seeing import Disclosure
from dxflow.committee.sitting import Matter
from dxflow.errors import Conflict, Invalid, NotAllowed
from dxflow.texts import gettext as _

KEYS = frozenset({"criteria", "required", "from_paper"})
CRITERION_KEYS = frozenset({"key", "name", "weight", "lowest", "highest", "apart_from"})
#: The heaviest weight and the highest score a pack may ask for.
MOST_WEIGHT, HIGHEST_SCORE = 100, 100
LONGEST_REMARK = 1000
LONGEST_SOURCE = 200


@dataclass(frozen=True)
class Criterion:
    """A criterion: whole scores from `lowest` to `highest`, counted `weight` times.

    From a spread of `apart_from` on the evaluators are said to be far apart; 0: when it is more
    than half of the scale.
    """

    key: str
    name: str
    weight: int = 1
    lowest: int = 1
    highest: int = 5
    apart_from: int = 0

    @property
    def apart(self) -> int:
        """Return the spread from which opinions are far apart; at least 1."""
        return self.apart_from or (self.highest - self.lowest) // 2 + 1


@dataclass(frozen=True)
class EvaluationRule:
    """What a body judges by; without criteria it does not. `required`: no vote before it.

    `from_paper`: the secretariat may enter the scores a member gave on paper.
    """

    criteria: tuple[Criterion, ...] = ()
    required: bool = False
    from_paper: bool = False

    @property
    def most(self) -> int:
        """Return the highest total a seat can give."""
        return sum(one.highest * one.weight for one in self.criteria)


@dataclass(frozen=True)
class Line:
    """A criterion with what was given: (seat, score) in the order of the seats.

    `mean`, `median` and `spread` are None while nobody has given anything.
    """

    criterion: Criterion
    scores: tuple[tuple[str, int | None], ...]
    mean: Fraction | None
    median: Fraction | None
    spread: int | None

    @property
    def apart(self) -> bool:
        """Return whether the evaluators are far apart."""
        return self.spread is not None and self.spread >= self.criterion.apart


@dataclass(frozen=True)
class Consensus:
    """What the evaluators say together. `missing` are seats that have given nothing.

    `totals` are (seat, total) of those who have; `total` is their mean, of at most `most`.
    """

    lines: tuple[Line, ...]
    totals: tuple[tuple[str, int], ...]
    total: Fraction | None
    most: int
    missing: tuple[str, ...]

    @property
    def apart(self) -> tuple[Line, ...]:
        """Return the criteria on which opinions are far apart."""
        return tuple(line for line in self.lines if line.apart)


def evaluation_rule(settings: Mapping[str, object]) -> EvaluationRule:
    """Return the rule written in a pack. Raises ValueError saying what is wrong."""
    _known(settings, KEYS)
    given = settings.get("criteria", [])
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise ValueError(_("criteria は表の並びとして書いてください。"))
    criteria = tuple(_criterion(one) for one in given)
    keys = [one.key for one in criteria]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise ValueError(_("評価の観点のキーが重なっています: {keys}", keys="、".join(twice)))
    required, from_paper = _flag(settings, "required"), _flag(settings, "from_paper")
    if required and not criteria:
        raise ValueError(_("評価を必須にするときは、観点（criteria）を書いてください。"))
    return EvaluationRule(criteria, required, from_paper)


def checked(
    rule: EvaluationRule, given: Mapping[str, object], remark: str
) -> tuple[dict[str, int], str]:
    """Return the scores by criterion and the remark. Raises Invalid with everything that is wrong.

    Scores may come as whole numbers or as their digits; every criterion needs one.
    """
    wrong: dict[str, list[str]] = {}
    scores: dict[str, int] = {}
    for one in rule.criteria:
        score = _whole(given.get(one.key))
        if score is None or not one.lowest <= score <= one.highest:
            wrong[one.key] = [
                _(
                    "「{name}」は {lowest} から {highest} の整数で付けてください。",
                    name=one.name, lowest=one.lowest, highest=one.highest,
                )
            ]  # fmt: skip
        else:
            scores[one.key] = score
    for key in sorted(set(given) - {one.key for one in rule.criteria}):
        wrong[key] = [_("「{key}」という評価の観点はありません。", key=key)]
    text = remark.strip().replace("\r\n", "\n")
    if len(text) > LONGEST_REMARK:
        wrong["remark"] = [_("所見は {n} 文字以内にしてください。", n=LONGEST_REMARK)]
    if wrong:
        raise Invalid("".join(text for texts in wrong.values() for text in texts), wrong)
    return scores, text


@dataclass(frozen=True)
class Evaluating:
    """How a round stands for a seat that wants to evaluate.

    `matter` is None when the case is on no agenda. `counted`: the vote of the round is over;
    `evaluated` and `voted`: the seat has done so in it.
    """

    taking_part: Collection[str]
    matter: Matter | None = None
    counted: bool = False
    evaluated: bool = False
    voted: bool = False


def admit(rule: EvaluationRule, disclosure: Disclosure, seat: str, now: Evaluating) -> None:
    """Let a seat evaluate, or evaluate anew. Raises NotAllowed for the seat, Conflict otherwise.

    Where giving one's own opens the others', what was given stands.
    """
    if not rule.criteria:
        raise Conflict(_("この会議体は、観点を決めた評価を行いません。"))
    if seat not in now.taking_part:
        raise NotAllowed(
            _("この議題では評価に加わることができません（除斥されているか、席がない）。")
        )
    if now.counted or now.matter in (Matter.CLOSED, Matter.RESOLVED):
        raise Conflict(_("この議題の表決は終わっているため、評価は出せません。"))
    if now.voted:
        raise Conflict(
            _("すでに判断を出しているため、評価は出せません。評価は判断の前に出します。")
        )
    if now.evaluated and disclosure is Disclosure.AFTER_OWN:
        raise Conflict(
            _("評価を出したあとはほかの人の評価が見えるため、出した評価は変えられません。")
        )


def may_enter(rule: EvaluationRule, holders: Collection[str], person: str) -> None:
    """Let the secretariat enter scores from paper for a seat's holders.

    Raises Conflict when the body allows none or the seat is vacant, NotAllowed for one's own seat.
    """
    if not rule.from_paper:
        raise Conflict(_("この会議体では、紙の評価を事務局が入れることはできません。"))
    if not holders:
        raise Conflict(_("この席は欠員のため、評価を入れられません。"))
    if person in holders:
        raise NotAllowed(_("ご自分の席の評価は、ご自分で出してください。"))


def paper_source(source: str) -> str:
    """Return when and how the paper came. Raises Invalid without it."""
    text = source.strip()
    if not 0 < len(text) <= LONGEST_SOURCE:
        message = _(
            "紙の評価をいつ、どのように受け取ったかを {n} 文字までで書いてください。",
            n=LONGEST_SOURCE,
        )
        raise Invalid(message, {"source": [message]})
    return text


def require_before_vote(rule: EvaluationRule, *, evaluated: bool) -> None:
    """Let a seat vote. Raises Conflict when the body wants an evaluation first."""
    if rule.required and not evaluated:
        raise Conflict(_("先に評価を出してください。この会議体では、評価のあとに判断を出します。"))


def consensus(
    rule: EvaluationRule, seats: Sequence[str], given: Mapping[str, Mapping[str, int]]
) -> Consensus:
    """Return what the seats that take part say together; scores of other seats count for nothing.

    `given` are the scores by criterion of each seat; a criterion the seat has none for is left
    out of the count.
    """
    counted = [seat for seat in seats if given.get(seat)]
    totals = tuple(
        (seat, sum(given[seat].get(one.key, 0) * one.weight for one in rule.criteria))
        for seat in counted
    )
    total = Fraction(sum(points for _seat, points in totals), len(totals)) if totals else None
    return Consensus(
        lines=tuple(_line(one, seats, given) for one in rule.criteria),
        totals=totals,
        total=total,
        most=rule.most,
        missing=tuple(seat for seat in seats if seat not in counted),
    )


def rounded(value: Fraction | None) -> str:
    """Return a mean with one digit, rounded half up; "―" for none."""
    if value is None:
        return "―"
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return str(exact.quantize(Decimal("0.1"), ROUND_HALF_UP))


def _line(
    criterion: Criterion, seats: Sequence[str], given: Mapping[str, Mapping[str, int]]
) -> Line:
    scores = tuple((seat, given.get(seat, {}).get(criterion.key)) for seat in seats)
    known = [score for _seat, score in scores if score is not None]
    if not known:
        return Line(criterion, scores, None, None, None)
    middle = median([Fraction(one) for one in known])
    spread = max(known) - min(known)
    return Line(criterion, scores, Fraction(sum(known), len(known)), middle, spread)


def _criterion(raw: Mapping[str, object]) -> Criterion:
    _known(raw, CRITERION_KEYS)
    key, name = raw.get("key"), raw.get("name")
    if not isinstance(key, str) or not key.isidentifier() or key == "remark":
        raise ValueError(_("評価の観点の key は、英字で始まる英数字で書いてください。"))
    if not isinstance(name, str) or not name.strip():
        raise ValueError(_("評価の観点「{key}」に name を書いてください。", key=key))
    lowest = _number(raw, "lowest", 1, 0, HIGHEST_SCORE)
    highest = _number(raw, "highest", 5, 0, HIGHEST_SCORE)
    if highest <= lowest:
        raise ValueError(_("評価の観点「{key}」の highest は lowest より大きくします。", key=key))
    return Criterion(
        key, name.strip(), _number(raw, "weight", 1, 1, MOST_WEIGHT), lowest, highest,
        _number(raw, "apart_from", 0, 0, highest - lowest),
    )  # fmt: skip


def _number(raw: Mapping[str, object], key: str, default: int, least: int, most: int) -> int:
    value = raw.get(key, default)
    if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
        return value
    raise ValueError(
        _("{key} は {least} から {most} の整数で書いてください。", key=key, least=least, most=most)
    )


def _flag(settings: Mapping[str, object], key: str) -> bool:
    value = settings.get(key, False)
    if not isinstance(value, bool):
        raise ValueError(_("{key} は true か false で指定してください。", key=key))
    return value


def _known(settings: Mapping[str, object], keys: frozenset[str]) -> None:
    unknown = sorted(set(settings) - keys)
    if unknown:
        raise ValueError(_("評価の設定にない項目です: {keys}", keys="、".join(unknown)))


def _whole(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, str):
        digits = value.strip()
        if digits.isascii() and digits.isdigit() and len(digits) <= len(str(HIGHEST_SCORE)):
            return int(digits)
    return None
