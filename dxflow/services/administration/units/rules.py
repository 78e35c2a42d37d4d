"""What an act on units and posts must keep to, and the sentences that say so."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from dxflow.authority import timelines
from dxflow.authority.organisation import LADDER, Post, Unit, UnitKind
from dxflow.authority.structure import Fault, FaultKind, Structure
from dxflow.calendars.wareki import wareki_date
from dxflow.errors import Conflict, Invalid
from dxflow.texts import gettext as _

LONGEST_KEY = 64
LONGEST_NAME = 100
LONGEST_REASON = 500
#: How many of those in the way a sentence names.
NAMED = 8
UNIT_KINDS = tuple(kind.value for kind in UnitKind)
POST_KINDS = ("staff", *LADDER)
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*", re.ASCII)


@dataclass(frozen=True)
class Blocker:
    """What is in the way of an act: a person, unit, post or case, by its id or key."""

    kind: str
    id: str
    words: str


class StillNeeded(Conflict):
    """Something would be left without what is to be closed; `blockers` are what, `lead` says so."""

    def __init__(self, lead: str, blockers: Sequence[Blocker]) -> None:
        self.lead, self.blockers = lead, tuple(blockers)
        super().__init__(f"{lead} {listing(blockers)}")


def require_key(text: str) -> str:
    """Return a code as it is kept. Raises Invalid."""
    key = unicodedata.normalize("NFKC", text).strip()
    if len(key) > LONGEST_KEY or not _KEY.fullmatch(key):
        raise invalid(
            "key",
            _("コードは半角英数字と . _ - で {n} 文字までにしてください。", n=LONGEST_KEY),
        )
    return key


def require_name(text: str, field: str = "name") -> str:
    """Return a name as it is kept. Raises Invalid for none, or one too long."""
    name = unicodedata.normalize("NFC", text).strip()
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise invalid(field, _("名前を {n} 文字までで入力してください。", n=LONGEST_NAME))
    return name


def require_kind(kind: str, known: Iterable[str]) -> str:
    """Return a kind that is known. Raises Invalid."""
    if kind not in set(known):
        raise invalid("kind", _("種別「{kind}」はありません。一覧から選んでください。", kind=kind))
    return kind


def require_roles(roles: Iterable[str], known: Iterable[str]) -> frozenset[str]:
    """Return roles that are known. Raises Invalid naming one that is not."""
    given, there = frozenset(roles), frozenset(known)
    for role in sorted(given - there):
        raise invalid("roles", _("役割「{role}」はありません。一覧から選んでください。", role=role))
    return given


def require_reason(day: date, today: date, reason: str) -> str:
    """Return the reason as it is recorded. Raises Invalid when a day gone by has none.

    What was is not rewritten in passing: a late registration or a mistake is mended openly.
    """
    said = unicodedata.normalize("NFC", reason).strip()
    if len(said) > LONGEST_REASON or not all(sign.isprintable() or sign.isspace() for sign in said):
        raise invalid("reason", _("理由を {n} 文字までで入力してください。", n=LONGEST_REASON))
    if day < today and not said:
        raise invalid(
            "reason",
            _("{day} は過去の日です。さかのぼる理由を書いてください。", day=wareki_date(day)),
        )
    return said


def require_same(seen: str, now: str) -> None:
    """Raise Conflict when the page that was acted on no longer shows what is."""
    if seen != now:
        raise Conflict(
            _(
                "開いている間に、ほかの管理者がこの組織か職を変えました。今の内容を確かめてから、もう一度操作してください。"
            )
        )


def require_sound(found: Sequence[Fault], structure: Structure, field: str = "parent") -> None:
    """Raise Invalid with the sentences of faults, if there are any."""
    if found:
        words = list(dict.fromkeys(sentence(one, structure) for one in found))
        raise Invalid(" ".join(words[:NAMED]), {field: words[:NAMED]})


def sentence(fault: Fault, structure: Structure) -> str:
    """Say in words what is wrong from which day on."""
    day, unit, post = wareki_date(fault.day), structure.units, structure.posts
    match fault.kind:
        case FaultKind.OVERLAP:
            return _("「{key}」の期間が {day} に重なっています。", key=fault.key, day=day)
        case FaultKind.NO_PARENT:
            return _(
                "「{name}」の上位の組織「{other}」は {day} にはありません。",
                name=name_of(unit.get(fault.key, ()), fault.day, fault.key),
                other=name_of(unit.get(fault.other, ()), fault.day, fault.other), day=day,
            )  # fmt: skip
        case FaultKind.NO_UNIT:
            return _(
                "職「{name}」の所属「{other}」は {day} にはありません。",
                name=name_of(post.get(fault.key, ()), fault.day, fault.key),
                other=name_of(unit.get(fault.other, ()), fault.day, fault.other), day=day,
            )  # fmt: skip
        case FaultKind.NO_POST:
            return _(
                "職「{other}」に就いている人が {day} にいます。",
                other=name_of(post.get(fault.other, ()), fault.day, fault.other), day=day,
            )  # fmt: skip
        case FaultKind.CIRCLE:
            return _(
                "「{name}」が {day} に自分より下の組織の下に入ります。別の上位を選んでください。",
                name=name_of(unit.get(fault.key, ()), fault.day, fault.key), day=day,
            )  # fmt: skip
        case FaultKind.DEEP:
            return _(
                "「{name}」の上の段が {day} に多すぎます。",
                name=name_of(unit.get(fault.key, ()), fault.day, fault.key), day=day,
            )  # fmt: skip


def name_of(rows: Sequence[Unit] | Sequence[Post], day: date, key: str) -> str:
    """Return the name on a day, else the last one known, else the key."""
    row: Unit | Post | None = timelines.standing([*rows], day) or (rows[-1] if rows else None)
    if row is None:
        return key
    return row.name if isinstance(row, Unit) else row.title


def listing(blockers: Sequence[Blocker]) -> str:
    """Name what is in the way, the first few of it."""
    words = _("、").join(one.words for one in blockers[:NAMED])
    more = len(blockers) - NAMED
    return _("{words} ほか {n} 件", words=words, n=more) if more > 0 else words


def invalid(field: str, message: str) -> Invalid:
    """Return the refusal of one field."""
    return Invalid(message, {field: [message]})
