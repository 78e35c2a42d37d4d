"""One line of a file as a unit or a post; what a line leaves out stays as it is known."""

from collections.abc import Callable, Collection, Mapping

from dxflow.authority.decision import post_kind_label
from dxflow.authority.organisation import Post, Unit, unit_kind_label
from dxflow.authority.structure import Structure
from dxflow.authority.timelines import Days
from dxflow.errors import DxflowError
from dxflow.services.administration.imports.reading import Row
from dxflow.services.administration.units import rules
from dxflow.texts import gettext as _


class Refusal(DxflowError):
    """What is wrong with one column of a line, and how to mend it."""

    def __init__(self, column: str, message: str, hint: str = "") -> None:
        self.column, self.hint = column, hint
        super().__init__(message)


Names = Mapping[str, Collection[str]]


def unit_of(
    row: Row,
    old: Unit | None,
    named: Names,
    known: Structure,
    units: Collection[str],
    days: Days,
) -> Unit:
    """Return the unit a line says. `old` is what is known, `units` are all keys there are or come.

    Raises Refusal, Invalid.
    """
    key = rules.require_key(row.text("unit"))
    return Unit(
        key=key,
        name=rules.require_name(row.text("name")),
        kind=_kind(
            row, old.kind if old else "", _kinds(rules.UNIT_KINDS, known.units), unit_kind_label
        ),
        parent=_unit(row, "parent", named, units, old.parent if old else None),
        valid_from=days[0],
        valid_to=days[1],
    )


def post_of(
    row: Row,
    old: Post | None,
    named: Names,
    known: Structure,
    roles: Mapping[str, str],
    days: Days,
) -> Post:
    """Return the post a line says. Raises Refusal, Invalid."""
    key = rules.require_key(row.text("post"))
    return Post(
        key=key,
        title=rules.require_name(row.text("title"), "title"),
        unit=_unit(row, "unit", named, known.units, old.unit if old else None),
        kind=_kind(
            row, old.kind if old else "", _kinds(rules.POST_KINDS, known.posts), post_kind_label
        ),
        roles=_roles(row, roles, old.roles if old else frozenset()),
        valid_from=days[0],
        valid_to=days[1],
    )


def _kinds(
    fixed: Collection[str], known: Mapping[str, tuple[Unit, ...]] | Mapping[str, tuple[Post, ...]]
) -> tuple[str, ...]:
    used = sorted({row.kind for rows in known.values() for row in rows})
    return tuple(dict.fromkeys((*fixed, *used)))


def _kind(row: Row, old: str, kinds: Collection[str], label: Callable[[str], str]) -> str:
    """Return the kind a line names by its key or its word."""
    text = row.text("kind")
    if not text and old:
        return old
    if text in kinds or (text and text == old):
        return text
    for kind in kinds:
        if text == label(kind):
            return kind
    hint = _("使えるもの: {known}", known="、".join(f"{label(one)}({one})" for one in kinds))
    if not text:
        raise Refusal("kind", _("種別が空です。"), hint)
    raise Refusal("kind", _("種別「{v}」はありません。", v=text), hint)


def _unit(
    row: Row, column: str, named: Names, units: Collection[str], old: str | None
) -> str | None:
    """Return the key of the unit a line names by its key or its name; None for none.

    An empty cell means none; a file without the column leaves it as it is.
    """
    if column not in row.values:
        return old
    text = row.text(column)
    if not text or text in units:
        return text or None
    keys = sorted(named.get(text, ()))
    if len(keys) == 1:
        return keys[0]
    if keys:
        raise Refusal(
            column,
            _("「{v}」という組織が二つ以上あります（{codes}）。", v=text, codes="、".join(keys)),
            _("組織コードで書く"),
        )
    raise Refusal(
        column,
        _("組織「{v}」はありません。", v=text),
        _("コードか名前を確かめる。まだないものは「組織と職」の画面で先に作る"),
    )


def _roles(row: Row, known: Mapping[str, str], old: frozenset[str]) -> frozenset[str]:
    """Return the roles a line names by key or word, between blanks or commas."""
    if "roles" not in row.values:
        return old
    by_word = {word: key for key, word in known.items()}
    found = set()
    for text in row.text("roles").replace("、", " ").replace(",", " ").split():
        if text not in known and text not in by_word:
            hint = "、".join(f"{word}({key})" for key, word in known.items())
            raise Refusal(
                "roles",
                _("役割「{v}」はありません。", v=text),
                _("使えるもの: {known}", known=hint),
            )
        found.add(text if text in known else by_word[text])
    return frozenset(found)
