"""What a verification finds: its kinds, and the report a person reads."""

from dataclasses import dataclass
from enum import StrEnum

from dxflow.texts import gettext as _
from dxflow.texts import mark

#: The chains of what belongs to no case, as people know them.
_CHAINS = {
    "sys:access": mark("ログインと拒否の記録"), "sys:admin": mark("利用者と組織の記録"),
    "sys:config": mark("手続きと設定の記録"), "sys:committee": mark("会議の記録"),
    "sys:audit": mark("監査ログを使った記録"),
}  # fmt: skip


class FindingKind(StrEnum):
    """The sort of contradiction that was found."""

    BODY = "body"  # the text of an event is not the one that was hashed
    FORM = "form"  # the text is not canonical or has not the shape of an event
    COLUMN = "column"  # a column differs from the text
    LINK = "link"  # the hash before is not the one the event names
    GAP = "gap"  # numbers are missing
    ORDER = "order"  # numbers, ids or times do not go forward
    HEAD = "head"  # the case or the stream knows another last event
    STATE = "state"  # the engine's state is not the one of the last event
    PRIVATE = "private"  # a personal value is not the one that was committed to
    RECORD = "record"  # a form, decision, ballot or text is not the one the log tells of
    FILE = "file"  # the bytes of an attached file are not those that the log names
    CHECKPOINT = "checkpoint"  # the log is not the one that a checkpoint saw, or it is not sound
    ORPHAN = "orphan"  # events without their case, a case without events, a value without event
    SCHEMA = "schema"  # a protection of the tables is missing or altered
    UNREADABLE = "unreadable"  # the database cannot read its own rows


@dataclass(frozen=True, slots=True)
class Finding:
    """One contradiction. `seq` is 0 when it concerns no single event, `case` the case's number."""

    kind: FindingKind
    stream: str
    seq: int
    text: str
    case: str = ""

    @property
    def where(self) -> str:
        """Return the stream as people know it; that of a case without a number by its id."""
        if self.case:
            return _("案件 {number}", number=self.case)
        chain = _CHAINS.get(self.stream)
        return self.stream if chain is None else _(chain)

    def __str__(self) -> str:
        place = f"{self.where} #{self.seq}" if self.seq else self.where
        return f"{place}: {self.text}" if place else self.text


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of a verification. `erased` counts personal values that were deleted.

    `files` counts the attached files whose bytes were hashed, with those that were `disposed` of
    as the log says, `checkpoints` those that the log was
    compared with; `last_checkpoint` says which was the last. `notices` are no contradictions, but
    whoever reads the report must know them.
    """

    events: int
    streams: int
    private: int
    erased: int
    findings: tuple[Finding, ...]
    files: int = 0
    disposed: int = 0
    checkpoints: int = 0
    last_checkpoint: str = ""
    notices: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Return whether nothing was found."""
        return not self.findings

    @property
    def text(self) -> str:
        """Return the report for people, with what this verification cannot see."""
        counts = [
            _(
                "記録 {events} 件、系列 {streams} 本を検証しました。"
                "個人情報の値 {private} 件（消去済み {erased} 件）。",
                events=self.events,
                streams=self.streams,
                private=self.private,
                erased=self.erased,
            )
        ]
        if self.files:
            counts.append(
                _("添付ファイル {n} 件の中身を、記録と照らし合わせました。", n=self.files)
            )
        if self.disposed:
            counts.append(
                _("うち {n} 件は、記録された廃棄のとおりに中身がありません。", n=self.disposed)
            )
        if self.checkpoints:
            counts.append(
                _(
                    "チェックポイント {n} 件と照らし合わせました（最後は {last}）。",
                    n=self.checkpoints,
                    last=self.last_checkpoint,
                )
            )
        verdict = (
            _("改変の跡は見つかりませんでした。")
            if self.ok
            else _("{count} 件の食い違いが見つかりました。", count=len(self.findings))
        )
        found = (f"- {one}" for one in self.findings)
        said = (_("お知らせ: {text}", text=one) for one in self.notices)
        return "\n".join((*counts, verdict, *found, *said, self.limits))

    @property
    def limits(self) -> str:
        """Return what this verification cannot see."""
        return limits_with_checkpoints() if self.checkpoints else limits()


def limits_with_checkpoints() -> str:
    """Return what a verification cannot see although it knows checkpoints."""
    return _(
        "この検証では分からないこと：最後のチェックポイントよりあとの記録を、つじつまを合わせて"
        "切り取ったり計算し直したりした場合。サーバーの鍵を使える者が、フォルダーのファイルも"
        "入れ替え、計算し直したログに合わせて署名し直した場合。後者は、監査の側で別に保管した"
        "ファイル（メールで届いたものなど）と、紙に控えた公開鍵の指紋で見つけられます"
        "（dxflow audit verify --checkpoints フォルダー --public-key ファイル）。"
    )


def limits() -> str:
    """Return what a verification without checkpoints kept outside cannot see."""
    return _(
        "この検証では分からないこと：データベースを直接書き換えられる者が、"
        "末尾の記録と案件側の控えをそろえて切り取った場合、案件の行と記録をまるごと消した場合、"
        "ある記録以後のハッシュ値をすべて計算し直した場合。"
        "これらは、外部に保管したチェックポイントと照合してはじめて見つかります。"
    )
