"""Why the process went this way: decision tables as evaluated, and the formal decisions (決裁)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import Row, and_, select
from sqlalchemy.orm import aliased

from dxflow import engine
from dxflow.authority.papers import PROVISIONAL
from dxflow.committee.resolution import choice_label
from dxflow.committee.voting import Choice
from dxflow.db.case import DecisionRecord
from dxflow.db.identity import Person
from dxflow.db.process import DecisionEvaluation
from dxflow.db.standing import StoodIn
from dxflow.decisions.table import TableLogic
from dxflow.services import plain
from dxflow.services.packs import store as packs
from dxflow.services.people.naming import Names
from dxflow.services.reading import standing
from dxflow.services.reading.case_opening import Opened
from dxflow.services.reading.submitted import is_return
from dxflow.texts import gettext as _
from dxflow.texts import mark, translated

_ABSENT = aliased(Person)


@dataclass(frozen=True)
class RuleRow:
    """A row of a decision table, its cells in words."""

    index: int
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    annotation: str
    fired: bool


@dataclass(frozen=True)
class RulingView:
    """A decision table as it was evaluated. `given` are the inputs in words."""

    name: str
    element: str
    at: datetime
    given: tuple[tuple[str, str], ...]
    found: tuple[tuple[str, str], ...]
    reasons: tuple[str, ...]
    input_labels: tuple[str, ...]
    output_labels: tuple[str, ...]
    rules: tuple[RuleRow, ...]
    earlier: bool
    """Whether it was made again later in the same branch."""


@dataclass(frozen=True)
class DecisionView:
    """A 決裁: who decided in which post, by which row of the authority table."""

    outcome: str
    outcome_name: str
    reason: str
    person: str
    post: str
    row: str
    decided_on: date
    at: datetime
    digest: str
    #: For whom it was decided (「代決（佐藤 の代わり）」), empty when in one's own right.
    standing: str = ""
    #: Which item of the case was decided, "" where it was decided as a whole.
    about: str = ""


def rulings(opened: Opened) -> tuple[RulingView, ...]:
    """Return every table that was evaluated, the latest first: one query."""
    rows = opened.tx.execute(
        select(DecisionEvaluation.__table__)
        .where(DecisionEvaluation.case_id == opened.id)
        .order_by(DecisionEvaluation.at.desc(), DecisionEvaluation.id.desc())
    ).all()
    return tuple(
        _ruling(opened, row, earlier=any(_made_again(row, later) for later in rows[:place]))
        for place, row in enumerate(rows)
    )


def _made_again(row: Row[Any], later: Row[Any]) -> bool:
    """Return whether a later evaluation stands in the place of this one, not beside it."""
    if row.branch and later.branch:
        return engine.done_again(row.branch, later.branch)
    return bool(row.element == later.element)  # of before branches were kept


def decision_rows(opened: Opened) -> list[Row[Any]]:
    """Return the formal decisions, the latest first, with the names of those who decided."""
    return list(
        opened.tx.execute(
            select(
                DecisionRecord.__table__, Person.name.label("person_name"),
                StoodIn.way, StoodIn.owner_id, StoodIn.read_at, _ABSENT.name.label("absent"),
            )
            .outerjoin(Person, Person.id == DecisionRecord.person_id)
            .outerjoin(
                StoodIn,
                and_(
                    StoodIn.case_id == DecisionRecord.case_id,
                    StoodIn.person_id == DecisionRecord.person_id,
                    StoodIn.at == DecisionRecord.at,
                ),
            )
            .outerjoin(_ABSENT, _ABSENT.id == StoodIn.absent_id)
            .where(DecisionRecord.case_id == opened.id)
            .order_by(DecisionRecord.at.desc(), DecisionRecord.id.desc())
        )
    )  # fmt: skip


def decision_view(row: Row[Any], post: str) -> DecisionView:
    """Return one formal decision; `post` is the title of the post that decided."""
    return DecisionView(
        outcome=outcome_tone(row.outcome),
        outcome_name=outcome_name(row.outcome),
        reason=row.reason,
        person=row.person_name or "",
        post=post,
        row=row.authority_row,
        decided_on=row.decided_on,
        at=row.at,
        digest=row.content_digest,
        standing=standing.stood_in(row),
        about=row.about,
    )


def outcome_name(outcome: str) -> str:
    """Return the words for what was decided, whichever word the pack has for sending back."""
    if outcome == PROVISIONAL:
        return _("仮決裁")
    choice = outcome_tone(outcome)
    return choice_label(Choice(choice)) if choice in set(Choice) else outcome


def outcome_tone(outcome: str) -> str:
    """Return what was decided as one of the committee's choices, as chips know them."""
    return Choice.RETURN.value if is_return(outcome) else outcome


def _ruling(opened: Opened, row: Row[Any], *, earlier: bool) -> RulingView:
    pack = packs.load(opened.site, opened.tx, row.pack_digest)
    fired = [rule for rule in plain.loads(row.fired) if rule["decision"] == row.decision]
    result = plain.loads(row.result)
    model = pack.decisions.get(row.decision)
    decided = model.decisions[row.decision] if model else None
    table = decided.table if decided else None
    keys = {*plain.loads(row.inputs), *(result if isinstance(result, dict) else ())}
    if decided and isinstance(decided.logic, TableLogic):
        keys |= {one.name for one in decided.logic.outputs}  # a single result has no name with it
    words = Words(Names(opened.who, {}, {}, {}), pack, keys)
    hit = {rule["index"] for rule in fired}
    first = fired[0] if fired else {"inputs": (), "outputs": ()}
    return RulingView(
        name=pack.said(row.name),
        element=row.element,
        at=row.at,
        given=tuple(
            (pack.said(cell["label"]), words.value(cell["value"])) for cell in first["inputs"]
        ),
        found=tuple(
            (pack.said(cell["label"]), words.value(cell["value"])) for cell in first["outputs"]
        ),
        reasons=tuple(pack.said(rule["annotation"]) for rule in fired if rule["annotation"]),
        input_labels=tuple(map(translated, table.inputs)) if table else (),
        output_labels=tuple(map(translated, table.outputs)) if table else (),
        rules=tuple(
            RuleRow(
                rule.index,
                tuple(map(words.cell, rule.inputs)),
                tuple(map(words.cell, rule.outputs)),
                translated(rule.annotation),
                rule.index in hit,
            )
            for rule in (table.rules if table else ())
        ),
        earlier=earlier,
    )


class Words:
    """Turns cells into words: texts become the labels that the pack gives them."""

    def __init__(self, names: Names, pack: packs.Pack, keys: Collection[str]) -> None:
        self.names, self.pack = names, pack
        self.labels: dict[str, str] = {
            option.value: translated(option.label)
            for form in pack.forms.values()
            for fact in form.fields()
            if fact.path in keys
            for option in fact.options
        }
        for key in keys:
            options = pack.settings.options.get(key, ())
            self.labels |= {option.value: translated(option.label) for option in options}

    def value(self, text: str) -> str:
        """Return the words for a value that was given or found."""
        fixed = {"true": _("はい"), "false": _("いいえ"), "null": _("（なし）")}
        if text in fixed:
            return fixed[text]
        if text.startswith("[") and text.endswith("]"):
            parts = [part.strip() for part in text[1:-1].split(",") if part.strip()]
            return _("、").join(map(self.value, parts)) or _("（なし）")
        bare = text[1:-1] if _is_quoted(text) else text
        number = _number(bare)
        if number:
            return number
        return self.labels.get(bare) or self._said(bare)

    def _said(self, text: str) -> str:
        named = self.names.group(text)
        return self.pack.said(text) if named == text else named

    def cell(self, text: str) -> str:
        """Return the words for a cell of the table; a dash means that it does not matter."""
        if text in ("-", ""):
            return _("問わない")
        for sign, words in _BOUNDS:
            number = _number(text.removeprefix(sign).strip()) if text.startswith(sign) else ""
            if number:
                return translated(words).format(n=number)
        low, _dots, high = text[1:-1].partition("..")
        if text[:1] + text[-1:] in ("[)", "[]") and _number(low) and _number(high):
            least = _("{n} 以上", n=_number(low))
            most = (
                _("{n} 以下", n=_number(high))
                if text.endswith("]")
                else _("{n} 未満", n=_number(high))
            )
            return f"{least} {most}"
        if text.startswith("not(") and text.endswith(")"):
            inner = self.cell(text[4:-1])
            return _("{what} 以外", what=inner)
        parts = [part.strip() for part in text.split(",")]
        if text.startswith("[") or all(_is_word(part) for part in parts):
            return (
                self.value(text) if text.startswith("[") else _("、").join(map(self.value, parts))
            )
        return text


_BOUNDS = (
    (">=", mark("{n} 以上")),
    ("<=", mark("{n} 以下")),
    (">", mark("{n} を超える")),
    ("<", mark("{n} 未満")),
)


def _number(text: str) -> str:
    """Return a number with thousands set apart, empty when the text is none."""
    try:
        return f"{Decimal(text):,f}"
    except InvalidOperation:
        return ""


def _is_quoted(part: str) -> bool:
    return len(part) > 1 and part[0] == part[-1] == '"' and '"' not in part[1:-1]


def _is_word(part: str) -> bool:
    return part in ("true", "false", "null") or _is_quoted(part) or bool(_number(part))
