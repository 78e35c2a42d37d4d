"""Compare the log with the checkpoints that were kept of it.

Every checkpoint's signature, its place behind the one before it, the keys that follow each other,
and its own sums are checked when it is read in; each head that it names is then looked for among
the events as the verifier passes them. Nothing is hashed twice: what a checkpoint costs is the
heads that had moved since the one before it, and one hash over the heads of all chains.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from dxflow.audit.chain import leaf_hash
from dxflow.audit.checkpoints.checkpoint import Checkpoint, Heads, head_over
from dxflow.audit.findings import Finding, FindingKind
from dxflow.calendars.wareki import wareki_datetime
from dxflow.texts import gettext as _

RESTORED, CHECKPOINTED = "backup.restored", "audit.checkpointed"
#: Streams that are named one by one; a log that was made anew has too many.
MOST_STREAMS = 20
#: How much the clock of a backup and of a checkpoint may differ.
SLACK = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Taken:
    """A checkpoint that was read in, without its heads."""

    number: int
    at: datetime
    events: int
    key: str
    digest: str


@dataclass(frozen=True, slots=True)
class _Entry:
    """Where a chain stood at a checkpoint (by its place in the order); seq 0: it was not there."""

    place: int
    seq: int
    hash: str


@dataclass(frozen=True, slots=True)
class _Restore:
    """What the log says of a restore: when, of a backup from when, which file."""

    at: datetime
    backup: datetime
    file: str
    sha256: str


@dataclass(slots=True)
class _Lost:
    """What the log has lost by a restore: chains, and the places of checkpoints that saw it."""

    streams: set[str] = field(default_factory=set)
    places: set[int] = field(default_factory=set)


@dataclass(slots=True)
class Kept:
    """The checkpoints of one installation, in their order, and what the log shows at their heads.

    `anchors` are public keys that the auditor brings along; `whole` says that the folder is the
    one that is written to, where none may be missing. `absent` says why there are none at all: a
    fault where some are `expected`, or the log tells of any. `excused` are the numbers of those
    that saw what the log rightly lost by a restore.
    """

    anchors: frozenset[str] = frozenset()
    whole: bool = False
    absent: str = ""
    expected: bool = False
    excused: set[int] = field(default_factory=set)
    taken: list[Taken] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    _chains: dict[str, list[_Entry]] = field(default_factory=dict)
    _wanted: dict[str, set[int]] = field(default_factory=dict)
    _shown: dict[tuple[str, int], tuple[str, str]] = field(default_factory=dict)
    _restores: list[_Restore] = field(default_factory=list)
    _logged: dict[int, tuple[str, int]] = field(default_factory=dict)
    _state: Heads | None = None
    _successors: set[str] = field(default_factory=set)

    def take(self, found: Checkpoint) -> None:
        """Read the next checkpoint in: its place, its key, its sums, its heads."""
        before = self.taken[-1] if self.taken else None
        if before is not None and found.previous != before.digest:
            self._unlinked(before, found)
            self._state = None
        elif before is None and found.previous:
            self.notices.append(
                _(
                    "チェックポイント {n} より前のものは、このフォルダーにありません。",
                    n=found.number,
                )
            )
        if before is not None and found.key != before.key:
            self._key_changed(found)
        if found.successor:
            self._successors.add(found.successor)
        self._heads(found)
        self.taken.append(Taken(found.number, found.at, found.events, found.key, found.digest))

    def see(self, stream: str, seq: int, body: bytes, at: str) -> None:
        """Look at an event as it stands in the log."""
        if seq in self._wanted.get(stream, ()):
            self._shown[stream, seq] = (leaf_hash(body).hex(), at)

    def note(self, body: Mapping[str, Any], seq: int) -> None:
        """Remember what the log says of restores and of checkpoints."""
        kind, changes = body.get("type"), body.get("changes")
        if kind not in (RESTORED, CHECKPOINTED) or not isinstance(changes, list):
            return
        after = {one.get("field"): one.get("after") for one in changes if isinstance(one, dict)}
        if kind == CHECKPOINTED:
            if isinstance(number := after.get("number"), int):
                self._logged[number] = (str(after.get("sha256")), seq)
            return
        at, backup = _moment(body.get("at")), _moment(after.get("at"))
        if at is not None and backup is not None:
            self._restores.append(
                _Restore(at, backup, str(after.get("file")), str(after.get("sha256")))
            )

    def unreadable(self, name: str, *, forged: bool) -> None:
        """Find fault with a file that is no checkpoint, or was not signed by whom it names."""
        self._state = None
        self._wrong(
            _("{file} の署名が正しくありません（改変）。", file=name)
            if forged
            else _(
                "{file} は、チェックポイントとして読めません（途中で切れたか、改変）。", file=name
            )
        )

    def compare(self, now: datetime) -> None:
        """Compare what the checkpoints say with what the log has shown; `now` ends what is open."""
        if self.absent:
            if self.expected or self._logged:
                self._wrong(self.absent)
            return
        if self.anchors and not any(one.key in self.anchors for one in self.taken):
            self._wrong(_("渡された公開鍵で署名されたチェックポイントが、一つもありません。"))
        self._compare_files()
        unfit: set[int] = set()
        older = True
        lost: dict[int, _Lost] = {}
        told: list[Finding] = []
        for stream in sorted(self._chains):
            for first, end in self._unfit_runs(stream, lost):
                unfit.update(range(self._chains[stream][first].place, self._ends(stream, end)))
                older = older and self._looks_older(stream, first, end)
                told.append(self._changed(stream, first, end, now))
        if told:
            numbers = _ranges([self.taken[place].number for place in unfit])
            self._wrong(_older_text(numbers) if older else _changed_text(numbers))
            self.findings += told[:MOST_STREAMS]
        if len(told) > MOST_STREAMS:
            self._wrong(_("ほかに {n} か所で合いません。", n=len(told) - MOST_STREAMS))
        self._tell_restores(lost)

    def _unlinked(self, before: Taken, found: Checkpoint) -> None:
        """Say that a checkpoint does not follow the one before; somebody's copies may have holes."""
        if not self.whole and found.number > before.number + 1:
            text = _(
                "チェックポイント {first} の次が {second} です。間のものがないので、"
                "二つのつながりは確かめていません。",
                first=before.number,
                second=found.number,
            )
            self.notices.append(text)
            return
        self._wrong(
            _(
                "チェックポイント {first} と {second} がつながりません"
                "（間のファイルがないか、入れ替えられています）。",
                first=before.number,
                second=found.number,
            )
        )

    def _key_changed(self, found: Checkpoint) -> None:
        n = found.number
        if found.key in self._successors:
            self.notices.append(
                _("チェックポイント {n} から、前の鍵が認めた次の鍵で署名されています。", n=n)
            )
        elif found.key in self.anchors:
            self.notices.append(
                _(
                    "チェックポイント {n} から、別の鍵で署名されています。前の鍵はこの鍵を認めて"
                    "おらず、認めているのは、渡された公開鍵だけです。鍵を替えた理由を、行った人に"
                    "確かめてください。",
                    n=n,
                )
            )
        else:
            self._wrong(
                _(
                    "チェックポイント {n} から、前の鍵の署名なしに、別の鍵で署名されています。"
                    "鍵を替えたことを聞いていなければ、偽造を疑ってください。聞いていて指紋も"
                    "合うなら、新しい公開鍵を --public-key で渡してください。",
                    n=n,
                )
            )

    def _heads(self, found: Checkpoint) -> None:
        place = len(self.taken)
        if found.full:
            gone = [] if self._state is None else self._state.keys() - found.heads.keys()
            for stream in gone:
                self._chains[stream].append(_Entry(place, 0, ""))
            self._state = dict(found.heads)
        elif self._state is not None:
            self._state |= found.heads
        for stream, (seq, digest) in found.heads.items():
            entries = self._chains.setdefault(stream, [])
            if not entries or (entries[-1].seq, entries[-1].hash) != (seq, digest):
                entries.append(_Entry(place, seq, digest))
                self._wanted.setdefault(stream, set()).add(seq)
        state = self._state
        if state is not None and (head_over(state), len(state), _sum(state)) != (
            found.head, found.streams, found.events
        ):  # fmt: skip
            self._wrong(_("チェックポイント {n} の中の値が、たがいに合いません。", n=found.number))

    def _compare_files(self) -> None:
        """Compare the files with what the log says of their making."""
        there = {one.number: one.digest for one in self.taken}
        for number, (digest, seq) in self._logged.items():
            if number in there and there[number] != digest:
                text = _("チェックポイント {n} のファイルが、記録されたものと違います。", n=number)
                self.findings.append(Finding(FindingKind.CHECKPOINT, "sys:audit", seq, text))
        first = min(there, default=0)
        missing = sorted(n for n in self._logged.keys() - there.keys() if n > first)
        if not self.whole:  # that there are holes between copies is said where they are
            missing = [n for n in missing if n > max(there, default=0)]
        if missing:
            text = _(
                "記録にあるチェックポイントが、このフォルダーにありません: {numbers}。",
                numbers=_ranges(missing),
            )
            if self.whole:
                self._wrong(text)
            else:
                self.notices.append(text)

    def _unfit_runs(self, stream: str, lost: dict[int, _Lost]) -> list[tuple[int, int]]:
        """Return the runs of a chain's entries that the log no longer has: first, one after last."""
        runs: list[tuple[int, int]] = []
        for number, entry in enumerate(self._chains[stream]):
            shown = self._shown.get((stream, entry.seq))
            if entry.seq == 0 or (shown is not None and shown[0] == entry.hash):
                continue
            restore = self._excuse(entry, shown)
            if restore is not None:
                gone = lost.setdefault(restore, _Lost())
                gone.streams.add(stream)
                gone.places.update(range(entry.place, self._ends(stream, number + 1)))
            elif runs and runs[-1][1] == number:
                runs[-1] = (runs[-1][0], number + 1)
            else:
                runs.append((number, number + 1))
        return runs

    def _excuse(self, entry: _Entry, shown: tuple[str, str] | None) -> int | None:
        """Return the restore by which the log has lost what a checkpoint saw, by its number.

        The checkpoint lies between the backup and its restore, and what stands in the place of
        what it saw, if anything, was written after the restore.
        """
        at = self.taken[entry.place].at
        written = None if shown is None else _moment(shown[1])
        for number, restore in enumerate(self._restores):
            between = restore.backup - SLACK <= at < restore.at
            if between and (shown is None or (written is not None and written >= restore.at)):
                return number
        return None

    def _looks_older(self, stream: str, first: int, end: int) -> bool:
        """Return whether what a run of checkpoints saw is gone and nothing of its time stands there.

        So it looks after an older database was put back without `dxflow restore`, which would have
        left a word; whoever cuts the log leaves it like that too.
        """
        for entry in self._chains[stream][first:end]:
            _hash, at = self._shown.get((stream, entry.seq), ("", ""))
            written = _moment(at)
            if at and (written is None or written <= self.taken[entry.place].at):
                return False
        return True

    def _ends(self, stream: str, end: int) -> int:
        """Return the place of the checkpoint from which a run of a chain's entries is over."""
        entries = self._chains[stream]
        return entries[end].place if end < len(entries) else len(self.taken)

    def _changed(self, stream: str, first: int, end: int, now: datetime) -> Finding:
        """Say between which dates a chain was changed, and from which of its events on."""
        entries = self._chains[stream]
        entry, over = entries[first], self._ends(stream, end)
        sound = entries[first - 1].seq if first else 0
        seen = self.taken[entry.place]
        until = self.taken[over].at if over < len(self.taken) else now
        begin, last = sound + 1, max(entry.seq, sound + 1)
        text = _(
            "{place}の記録が、チェックポイント {n}（{at}）のときと違うか、"
            "なくなっています。変えられたのは、{since}から{until}までの間です。",
            place=_("連番 {n} から先", n=begin)
            if begin == last
            else _("連番 {first}〜{last} のどれかから先", first=begin, last=last),
            n=seen.number,
            at=wareki_datetime(seen.at),
            since=wareki_datetime(self.taken[over - 1].at),
            until=wareki_datetime(until),
        )
        return Finding(FindingKind.CHECKPOINT, stream, begin, text)

    def _tell_restores(self, lost: Mapping[int, _Lost]) -> None:
        for number, gone in sorted(lost.items()):
            restore = self._restores[number]
            seen = (self.taken[place] for place in gone.places)
            inside = [one.number for one in seen if one.at < restore.at]
            self.excused.update(inside)
            self.notices.append(
                _(
                    "復元により短くなっています: 監査ログには、{at}に、{backup}のバックアップ"
                    "「{file}」（SHA-256 {sha256}）から復元したとあります。"
                    "チェックポイント {numbers} は、このバックアップよりあとに作られたので、"
                    "それらが見た記録（{n} 系列）は、いまの監査ログにありません。"
                    "改変とは限りません。この復元があったことを、行った人に確かめてください。",
                    at=wareki_datetime(restore.at),
                    backup=wareki_datetime(restore.backup),
                    file=restore.file,
                    sha256=restore.sha256,
                    numbers=_ranges(inside),
                    n=len(gone.streams),
                )
            )

    def _wrong(self, text: str) -> None:
        self.findings.append(Finding(FindingKind.CHECKPOINT, "", 0, text))


def _changed_text(numbers: str) -> str:
    return _(
        "次のチェックポイントが、いまの監査ログと合いません: {numbers}。"
        "監査ログは、あとから書き換えられたか、切り取られました。",
        numbers=numbers,
    )


def _older_text(numbers: str) -> str:
    return _(
        "次のチェックポイントが、いまの監査ログと合いません: {numbers}。"
        "見た記録がなくなっていて、データベースが、これらより古いもの（バックアップや機械の写し）に"
        "戻されたときの形です。dxflow restore で復元したなら監査ログに残りますが、ありません。"
        "ほかの方法で戻したかどうかを、管理する人に確かめてください。"
        "だれも戻していなければ、監査ログは切り取られています。",
        numbers=numbers,
    )


def _sum(heads: Heads) -> int:
    return sum(seq for seq, _hash in heads.values())


def _ranges(numbers: Sequence[int]) -> str:
    """Return numbers as people write them: 3、5〜9."""
    parts: list[list[int]] = []
    for number in sorted(set(numbers)):
        if parts and parts[-1][-1] == number - 1:
            parts[-1].append(number)
        else:
            parts.append([number])
    return _("、").join(
        str(part[0]) if len(part) == 1 else _("{a}〜{b}", a=part[0], b=part[-1]) for part in parts
    )


def _moment(value: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return found if found.tzinfo else None
