"""The lines of a transfer as orders: whom they mean, which post, from which day."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from dxflow.authority import timelines
from dxflow.authority.moves import Move, MoveKind, Trouble, TroubleKind
from dxflow.authority.organisation import Post
from dxflow.authority.structure import Structure
from dxflow.calendars.fiscal import fiscal_label, fiscal_year_of
from dxflow.calendars.wareki import wareki_date
from dxflow.problems import Problem
from dxflow.services.administration.imports.days import day_of, why_no_day
from dxflow.services.administration.imports.line_values import Refusal
from dxflow.services.administration.imports.reading import Row, Sheet
from dxflow.texts import gettext as _

T = TypeVar("T")

_KINDS = {
    MoveKind.MAIN: (
        "",
        "異動",
        "昇任",
        "昇格",
        "転任",
        "配置換",
        "採用",
        "新規採用",
        "復職",
        "降任",
    ),
    MoveKind.CONCURRENT: ("兼務", "併任", "兼任"),
    MoveKind.RELEASE: ("兼務解除", "併任解除", "兼務を解く", "解除"),
    MoveKind.LEAVE: ("退職", "定年退職", "辞職", "転出", "休職", "派遣"),
}
_KIND = {word: kind for kind, words in _KINDS.items() for word in (*words, kind.value)}
#: Who leaves so comes back to the city: the account stays unless the line says otherwise.
_COME_BACK = frozenset({"休職", "派遣"})
#: Who begins so comes to the city, or back to it: an account that is closed is opened again.
_COMES = frozenset({"復職", "採用", "新規採用"})
_KEPT = ("残す", "そのまま")
_OPENED = ("有効", "有効にする", "有効に戻す")
#: What is said of the account of somebody who leaves: whether it is closed.
_ACCOUNTS = {
    **dict.fromkeys((*_KEPT, *_OPENED), False),
    **dict.fromkeys(("閉じる", "無効", "無効にする", "停止"), True),
}


@dataclass(frozen=True)
class Known:
    """People by folded username: (id, name); `after` are units and posts as they will be."""

    people: Mapping[str, tuple[str, str]]
    before: Structure
    after: Structure


@dataclass(frozen=True)
class Ordered:
    """The orders of a sheet, each with the number of its line, and what is wrong with lines."""

    moves: tuple[Move, ...]
    problems: tuple[Problem, ...]


def ordered(sheet: Sheet, known: Known, day: date) -> Ordered:
    """Return the orders of a sheet for a day; lines that cannot be read are problems."""
    titles = _titles(known.after, day)
    held: dict[str, set[str]] = defaultdict(set)
    for holding in known.before.holdings:
        if holding.valid_on(day):
            held[holding.person].add(holding.post)
    moves, problems = [], []
    for row in sheet.rows:
        wrong: list[Refusal] = []
        move = _move(row, known, titles, held, day, wrong)
        problems += [sheet.problem(one.column, one.message, row, one.hint) for one in wrong]
        if move is not None and not wrong:
            moves.append(move)
    return Ordered(tuple(moves), tuple(problems))


def require_day(row: Row, column: str, day: date) -> None:
    """Raise Refusal when a line names another day than that of the transfer."""
    text = row.text(column)
    if not text:
        return
    found = day_of(text)
    if found is None:
        raise Refusal(
            column,
            why_no_day(text),
            _("2026-04-01 か 令和8年4月1日 の形"),
        )
    if fiscal_year_of(found) != fiscal_year_of(day):
        raise Refusal(
            column,
            _(
                "{day} は{year}の日付です。この異動は{right}のものです。",
                day=wareki_date(found), year=fiscal_label(fiscal_year_of(found)),
                right=fiscal_label(fiscal_year_of(day)),
            ),
            _("異動の日（{day}）を書く。違う年のファイルなら選び直す", day=wareki_date(day)),
        )  # fmt: skip
    if found != day:
        raise Refusal(
            column,
            _("{day} はこの異動の日（{right}）と違います。", day=wareki_date(found),
              right=wareki_date(day)),
            _("日の違う行は別の異動に分ける"),
        )  # fmt: skip


def told(sheet: Sheet, troubles: Iterable[Trouble], known: Known, day: date) -> list[Problem]:
    """Return what is wrong with orders in words, each at its line."""
    rows = {row.line: row for row in sheet.rows}
    people = dict(known.people.values())
    found = []
    for one in troubles:
        name = people.get(one.person, one.person)
        post = title_of(known.after, one.post) or title_of(known.before, one.post)
        message, hint = _words(one.kind, name, post, day)
        if one.line in rows and "username" in sheet.layout.headings:
            column = "username" if one.kind is TroubleKind.NO_POST else "post"
            found.append(sheet.problem(column, message, rows[one.line], hint))
        else:
            found.append(Problem("import", message, sheet.name, hint=hint))
    return found


def title_of(structure: Structure, key: str) -> str:
    """Return the last title of a post; the key when it is not known."""
    rows = structure.posts.get(key, ())
    return rows[-1].title if rows else key


def _words(kind: TroubleKind, name: str, post: str, day: date) -> tuple[str, str]:
    match kind:
        case TroubleKind.TWICE:
            return (
                _("{name} さんの行が重なっています。", name=name),
                _("同じ行を消すか、二つ目の職の区分を「兼務」にする"),
            )
        case TroubleKind.NOT_THERE:
            return (
                _("職「{post}」は {day} にはありません。", post=post, day=wareki_date(day)),
                _("職を確かめるか、職の改編のファイルに足す"),
            )
        case TroubleKind.NOT_HELD if post:
            return (
                _("{name} さんは「{post}」に就いていません。", name=name, post=post),
                _("兼務を解く職を確かめる"),
            )
        case TroubleKind.NOT_HELD:
            return (
                _("{name} さんはどの職にも就いていません。", name=name),
                _("利用者名を確かめるか、行を消す"),
            )
        case TroubleKind.PLANNED:
            return (
                _("{name} さんには {day} からの職がすでに登録されていて、期間が重なります。",
                  name=name, day=wareki_date(day)),
                _("登録済みの職を利用者の画面で先に取り消すか、行を消す"),
            )  # fmt: skip
        case TroubleKind.NO_POST:
            return (
                _("{name} さんが {day} からどの職にも就かないことになります。",
                  name=name, day=wareki_date(day)),
                _("新しい職の行を足すか、退職なら区分に「退職」と書く"),
            )  # fmt: skip


Titles = Mapping[str, list[Post]]


def _titles(structure: Structure, day: date) -> Titles:
    found: dict[str, list[Post]] = defaultdict(list)
    for rows in structure.posts.values():
        post = timelines.standing(rows, day)
        if post is not None:
            found[post.title].append(post)
    return found


def _move(
    row: Row, known: Known, titles: Titles, held: Mapping[str, set[str]], day: date,
    wrong: list[Refusal],
) -> Move | None:  # fmt: skip
    """Return the order of a line; everything that is wrong with it is put into `wrong`."""

    def tried(read: Callable[[], T]) -> T | None:
        try:
            return read()
        except Refusal as refused:
            wrong.append(refused)
            return None

    tried(lambda: require_day(row, "day", day))
    person = tried(lambda: _person(row, known))
    if person is not None:
        tried(lambda: _require_name(row, person[1]))
    posts = held.get(person[0], set()) if person is not None else set()
    kind = tried(lambda: _kind(row))
    closes = tried(lambda: _closes(row, kind))
    if person is not None:
        tried(lambda: _require_now(row, known, person[1], posts))
    if person is None and kind is MoveKind.RELEASE:
        return None  # which post is meant is seen by those the person holds
    if kind is MoveKind.LEAVE:
        return Move(person[0], kind, line=row.line, closes=bool(closes)) if person else None
    among = posts if kind is MoveKind.RELEASE else None
    post = tried(lambda: _post(row, known, titles, among, day))
    if person is None or kind is None or post is None:
        return None
    return Move(person[0], kind, post, row.line, opens=_opens(row, kind))


def _opens(row: Row, kind: MoveKind) -> bool:
    """Return whether a closed account is opened again: by what is said, else by the kind."""
    text = row.text("account")
    return kind is MoveKind.MAIN and (
        text in _OPENED or (text not in _KEPT and row.text("kind") in _COMES)
    )


def _kind(row: Row) -> MoveKind:
    kind = _KIND.get(row.text("kind"))
    if kind is None:
        raise Refusal(
            "kind",
            _("区分「{v}」は読めません。", v=row.text("kind")),
            _("使えるもの: {known}", known="異動、兼務、兼務解除、退職"),
        )
    return kind


def _closes(row: Row, kind: MoveKind | None) -> bool:
    """Return whether the account of whoever leaves is closed: by what is said, else by the kind."""
    text = row.text("account")
    if not text:
        return kind is MoveKind.LEAVE and row.text("kind") not in _COME_BACK
    closes = _ACCOUNTS.get(text)
    if closes is None:
        raise Refusal(
            "account",
            _("利用者の扱い「{v}」は読めません。", v=text),
            _("「残す」か「無効にする」と書く。空なら退職のときに無効になる"),
        )
    if closes and kind not in (None, MoveKind.LEAVE):
        raise Refusal(
            "account",
            _("「{v}」は、退職などの行にだけ書けます。", v=text),
            _("区分を確かめるか、利用者の扱いを空にする"),
        )
    return closes


def _person(row: Row, known: Known) -> tuple[str, str]:
    text = row.text("username")
    found = known.people.get(text.casefold())
    if found is None:
        raise Refusal(
            "username",
            _("利用者「{v}」はいません。", v=text),
            _("利用者名を確かめる。新しく採用した人は、人の取込みで先に登録する"),
        )
    return found


def _require_name(row: Row, right: str) -> None:
    name = row.text("name")
    if name and "".join(name.split()) != "".join(right.split()):
        raise Refusal(
            "name",
            _("利用者「{v}」の氏名は「{right}」です。", v=row.text("username"), right=right),
            _("別の人の行でないか確かめる。氏名が変わったなら、人の取込みで先に直す"),
        )


def _require_now(row: Row, known: Known, name: str, held: set[str]) -> None:
    text = row.text("now")
    if text and text not in held and text not in {title_of(known.before, key) for key in held}:
        raise Refusal(
            "now",
            _("{name} さんは「{post}」に就いていません。", name=name, post=text),
            _("古い名簿のファイルでないか確かめる"),
        )


def _post(
    row: Row, known: Known, titles: Titles, among: set[str] | None, day: date
) -> str:  # fmt: skip
    """Return the key of the post a line names by code or title. Raises Refusal."""
    text, unit = row.text("post"), row.text("unit")
    if not text:
        raise Refusal("post", _("新しい職が空です。"), _("職のコードか職名を書く"))
    if among is not None:
        return next((key for key in among if title_of(known.before, key) == text), text)
    if text in known.after.posts:
        found = timelines.standing(known.after.posts[text], day)
        if found is not None and unit and not _is_in(found, unit, known, day):
            raise Refusal(
                "unit",
                _("職「{post}」の所属は「{v}」ではありません。", post=found.title, v=unit),
                _("所属を確かめるか、空にする"),
            )
        return text
    named = [post for post in titles.get(text, ()) if not unit or _is_in(post, unit, known, day)]
    if len(named) == 1:
        return named[0].key
    if named:
        codes = "、".join(sorted(post.key for post in named))
        raise Refusal(
            "post",
            _("職名「{v}」の職が二つ以上あります（{codes}）。", v=text, codes=codes),
            _("職のコードで書くか、所属を書く"),
        )
    if text in titles:
        raise Refusal(
            "unit",
            _("職「{v}」は「{unit}」にはありません。", v=text, unit=unit),
            _("所属を確かめる"),
        )
    raise Refusal(
        "post",
        _("職「{v}」はありません。", v=text),
        _("コードか名前を確かめる。新しい職は、職の改編のファイルに足す"),
    )


def _is_in(post: Post, unit: str, known: Known, day: date) -> bool:
    """Return whether a post lies in a unit that a line names by its code or its name."""
    there = timelines.standing(known.after.units.get(post.unit or "", ()), day)
    return unit in (post.unit, there.name if there else "")
