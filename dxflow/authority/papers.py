"""A decision document: what it holds, when it may change, and what is set beside it.

Before the decision a document is drawn anew whenever the matter comes to its decision; with the
decision it is locked for good. What is added later stands beside it, never in it; a change of the
matter is a new document with a decision of its own. Only the disposal of its case takes something
out of it: what is personal, and what tells of it.
"""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dxflow.authority.verdicts import Verdict
from dxflow.texts import gettext as _

#: Outcomes of a decision that settle the matter; sending back and passing up do not.
SETTLES = frozenset({"approve", "conditions", "reject"})
#: The outcome that decides for the time being (仮決裁): it locks nothing, a final one follows.
PROVISIONAL = "provisional"
#: Outcomes that need the authority row of their day.
DECIDES = SETTLES | {PROVISIONAL}
#: Outcomes that pass the matter on instead of deciding it: up, or by the table asked anew.
PASSED_ON = frozenset({"escalate", "again"})
#: How the keys of the buttons begin that send a case back; a pack keeps to these words.
RETURNS = ("return", "send_back", "hand_back")


def is_outcome(key: str) -> bool:
    """Return whether a button of a decision means something: any other would settle nothing."""
    return key in DECIDES | PASSED_ON or key.startswith(RETURNS)


#: What a disposal takes as a whole: the salt, and the hashes of all forms, which have none.
_HIDING, _TELLING = "salt", "sources"


@dataclass(frozen=True)
class Paper:
    """A document as it lies there; `digest` is of its content, `locked` says it is decided."""

    content: Mapping[str, Any]
    digest: str
    locked: bool = False


def drawn(content: Mapping[str, Any]) -> Paper:
    """Return a new document."""
    return Paper(content, content_digest(content))


def content_digest(content: Mapping[str, Any]) -> str:
    """Return the SHA-256 (hex) of a content, JSON values only: the same for the same content."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def is_whole(paper: Paper) -> bool:
    """Return whether the content is what the digest was made of."""
    return content_digest(paper.content) == paper.digest


def may_decide_on(paper: Paper) -> Verdict:
    """Return whether a document may be decided: once, and only as it was drawn up."""
    if paper.locked:
        return Verdict(False, _("この文書は決裁済みです。改めるには新しい決裁が要ります。"))
    if not is_whole(paper):
        return Verdict(
            False, _("文書の内容が起案のときと一致しません。システム管理者に知らせてください。")
        )
    return Verdict(True, "")


def may_decide_for_now(paper: Paper, asked: int, *, before: bool) -> Verdict:
    """Return whether a document may be decided provisionally, before so many are asked.

    `before`: it has been already; the next decision on it is the final one.
    """
    verdict = may_decide_on(paper)
    if not verdict:
        return verdict
    if before:
        return Verdict(False, _("この文書は、すでに仮決裁を受けています。本決裁をしてください。"))
    if not asked:
        return Verdict(False, _("仮決裁のあとに合議する課を、一つ以上選んでください。"))
    return Verdict(True, "")


def decided(paper: Paper, outcome: str) -> Paper:
    """Return the document after a decision. Raises NotAllowed when it may not be decided."""
    may_decide_on(paper).require()
    return Paper(paper.content, paper.digest, locked=outcome in SETTLES)


def may_add(paper: Paper, groups: Collection[str], owners: Collection[str], text: str) -> Verdict:
    """Return whether somebody may set a text beside a document (追記).

    `owners` are the groups of those who had a part in it: its drafter, its section, who stamped it.
    """
    if not paper.locked:
        return Verdict(False, _("追記できるのは決裁のあとです。いまは文書そのものを直せます。"))
    if frozenset(groups).isdisjoint(owners):
        return Verdict(False, _("追記できるのは、起案・回議・合議・決裁に関わった人と担当課です。"))
    if not text.strip():
        return Verdict(False, _("追記する内容を書いてください。"))
    return Verdict(True, "")


def has_marks(content: Mapping[str, Any]) -> bool:
    """Return whether a content says itself what of it is personal; older ones do not."""
    return _HIDING in content


def marked(
    content: Mapping[str, Any], personal: Mapping[str, Collection[str]]
) -> Mapping[str, Any]:
    """Return an older content with the marks it would have today.

    `personal` are the labels of personal fields by the key of their form. A label that stands for
    two fields counts as personal.
    """
    sections = [
        {**one, "parts": [_marked(part, personal.get(one["form"], ())) for part in one["parts"]]}
        for one in content.get("sections", ())
    ]
    return {**content, "sections": sections}


def emptied(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return a content as a disposal leaves it: null stands where a personal value or a name was.

    Salt and sources go as a whole; everything else stays.
    """
    left = {key: value for key, value in content.items() if key not in (_HIDING, _TELLING)}
    left["sections"] = [
        {**one, "parts": [_emptied(part) for part in one["parts"]]}
        for one in content.get("sections", ())
    ]
    if "attachments" in content:
        left["attachments"] = [{**one, "name": None} for one in content["attachments"]]
    return left


def gone_from(content: Mapping[str, Any]) -> tuple[int, int]:
    """Return how many personal values and how many names of files a disposal took out."""
    parts = [part for one in content.get("sections", ()) for part in one["parts"]]
    values = sum(value is None for part in parts for value in _values(part))
    return values, sum(one["name"] is None for one in content.get("attachments", ()))


def _marked(part: Mapping[str, Any], personal: Collection[str]) -> Mapping[str, Any]:
    if "heading" in part:
        return part
    whole = _is_one_of(part["label"], personal)
    if "heads" not in part:
        return {**part, "pii": True} if whole else part
    columns = [n for n, head in enumerate(part["heads"]) if whole or head in personal]
    return {**part, "pii": columns} if columns else part


def _is_one_of(label: str, personal: Collection[str]) -> bool:
    """Return whether a label is that of a field; the oldest contents put its group before it."""
    return any(label == one or label.endswith(f"・{one}") for one in personal)


def _emptied(part: Mapping[str, Any]) -> Mapping[str, Any]:
    mark = part.get("pii")
    if not mark:
        return part
    if "rows" not in part:
        return {**part, "text": _without(part["text"])}
    rows = [
        [_without(cell) if n in mark else cell for n, cell in enumerate(row)]
        for row in part["rows"]
    ]
    return {**part, "rows": rows}


def _without(text: str) -> str | None:
    return None if text else text


def _values(part: Mapping[str, Any]) -> Iterator[Any]:
    if "text" in part:
        yield part["text"]
    for row in part.get("rows", ()):
        yield from row
