"""How much may be attached, and of which kinds: the site says, a pack may only narrow it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from dxflow.attachments.kinds import DEFAULT, Kind, kind_of
from dxflow.attachments.names import ending_of, safe_name
from dxflow.errors import Invalid
from dxflow.texts import gettext as _

MEGABYTE = 1 << 20
#: How many versions of files a case holds at most: a page shows them all.
MOST_VERSIONS = 200


@dataclass(frozen=True)
class Limits:
    """Bytes of one file, bytes of all files of a case, and the endings that are allowed."""

    file: int = 25 * MEGABYTE
    case: int = 250 * MEGABYTE
    endings: tuple[str, ...] = DEFAULT

    def narrowed(
        self, file: int | None, case: int | None, endings: Iterable[str] | None
    ) -> "Limits":
        """Return these limits with a pack's own, which never allow more."""
        wanted = None if endings is None else frozenset(endings)
        return replace(
            self,
            file=min(self.file, file or self.file),
            case=min(self.case, case or self.case),
            endings=tuple(one for one in self.endings if wanted is None or one in wanted),
        )

    @property
    def words(self) -> str:
        """Return the limits for people, for below the field where a file is chosen."""
        return _(
            "{kinds}。1つ {file} まで、案件全体で {case} まで。",
            kinds=_("・").join(self.endings),
            file=size_words(self.file),
            case=size_words(self.case),
        )


def size_words(size: int) -> str:
    """Return a number of bytes for people."""
    if size < 1024:
        return _("{n} バイト", n=size)
    if size < MEGABYTE:
        return f"{size / 1024:.0f} KB"
    if size < 1024 * MEGABYTE:
        return f"{size / MEGABYTE:.1f}".removesuffix(".0") + " MB"
    return f"{size / (1024 * MEGABYTE):.1f}".removesuffix(".0") + " GB"


def named(sent: str, limits: Limits) -> tuple[str, Kind]:
    """Return the safe name of a file and its kind. Raises Invalid with how to mend it."""
    name = safe_name(sent)
    if not name:
        raise refused(_("ファイルを選んでください。"))
    ending = ending_of(name)
    kind = kind_of(ending)
    if kind is None or ending not in limits.endings:
        raise refused(
            _(
                "「{name}」は添付できない種類のファイルです。添付できるのは {kinds} です。"
                "PDF にするなど、形式を変えて添付してください。",
                name=name,
                kinds=_("・").join(limits.endings),
            )
        )
    return name, kind


def require_room(size: int, used: int, versions: int, limits: Limits) -> None:
    """Raise Invalid for a file that is empty, or too large by itself or for its case."""
    if size == 0:
        raise refused(_("ファイルが空です（0 バイト）。中身のあるファイルを選んでください。"))
    if size > limits.file:
        raise refused(too_large(limits.file))
    if used + size > limits.case:
        raise refused(
            _(
                "この案件の添付の合計が {most} を超えます（いま {used}）。"
                "ファイルを小さくして添付してください。",
                most=size_words(limits.case),
                used=size_words(used),
            )
        )
    if versions >= MOST_VERSIONS:
        raise refused(_("一つの案件に添付できるのは、版を数えて {n} 個までです。", n=MOST_VERSIONS))


def too_large(most: int) -> str:
    """Return what is said of a file that is too large."""
    return _(
        "ファイルが大きすぎます。添付できるのは 1つ {most} までです。"
        "画像を小さくする、PDF を分けるなどして、もう一度添付してください。",
        most=size_words(most),
    )


def refused(message: str) -> Invalid:
    """Return the refusal of a file, at its field."""
    return Invalid(message, {"file": [message]})
