"""Compare the records of the city with what the log says of them.

A form that was handed in, a decision, a ballot and who applied are rows of their own, which the
pages show; each has its entry in the log, and whoever writes into the rows leaves that entry
behind. Rows and entries are paired by what both say; what stays over on either side was changed,
added or removed. Documents, minutes and published procedures are hashed and the log has the hash.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from dxflow.audit.chain import case_stream
from dxflow.audit.findings import Finding, FindingKind
from dxflow.audit.plain import plain
from dxflow.audit.reading import rows
from dxflow.texts import LANGUAGE_NAMES, language, mark, translated
from dxflow.texts import gettext as _

#: Who acted, in rows, where an entry names no person.
_SYSTEM = "system"
#: How a case begins: by its applicant, or by itself as somebody's.
_BEGUN = frozenset({"case.started", "case.begun"})
_HANDED_IN = frozenset({"case.started", "case.resubmitted", "task.completed"})
_SUBMISSIONS = (
    "SELECT id, case_id, work_item_id, person_id, outcome, form_key, form_digest, act, body"
    " FROM submission"
)
_DECISIONS = (
    "SELECT id, case_id, person_id, outcome, reason, post, authority_row, decided_on,"
    " content_digest, document_id, authority_table, authority_from, about FROM decision_record"
)
_BALLOTS = (
    "SELECT b.id, d.case_id, d.body, b.person_id, b.entered_by, b.verdict, b.reason"
    " FROM ballot b JOIN deliberation d ON d.id = b.deliberation_id"
)
_RESOLUTIONS = (
    "SELECT id, case_id, body, resolved_by, reason, resolution FROM deliberation"
    " WHERE resolution IS NOT NULL"
)
_ADDITIONS = (
    "SELECT a.id, d.case_id, a.document_id, a.person_id, a.text"
    " FROM addendum a JOIN decision_document d ON d.id = a.document_id"
)
_ORPHANED_BALLOTS = (
    "SELECT count(*) FROM ballot WHERE deliberation_id NOT IN (SELECT id FROM deliberation)"
)
_CASES = "SELECT id, applicant_id, restricted FROM case_file"
_FORM, _DECISION, _BALLOT = mark("提出された様式"), mark("決裁の記録"), mark("表決の票")
_RESOLUTION, _ADDITION = mark("議決"), mark("追記")
#: The words by which entries name a resolution.
_RESOLVED = {
    "approve": mark("承認"), "conditions": mark("条件付承認"), "return": mark("差戻し"),
    "reject": mark("否決"),
}  # fmt: skip


def sealed(
    submission: str, case: str, task: str | None, person: str, outcome: str,
    form: tuple[str, str], meaning: str, body: str,
) -> str:  # fmt: skip
    """Return the SHA-256 (hex) of a form handed in, as its event carries it.

    `form` is its key and digest. The submission's id, which stands nowhere in the log, is random
    enough that nobody finds personal values by trying them.
    """
    parts = [submission, case, task or "", person, outcome, *form, meaning, body]
    return hashlib.sha256(_text(parts)).hexdigest()


@dataclass(slots=True)
class Pairs:
    """Entries of one sort by what they say; rows take theirs out."""

    what: str
    open: dict[bytes, list[tuple[str, int]]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def entry(self, key: bytes, stream: str, seq: int) -> None:
        """Remember an entry by what it says."""
        self.open.setdefault(key, []).append((stream, seq))

    def row(self, case: str, row: str, *keys: bytes) -> None:
        """Take the entry of a row out, by the first key that has one; find fault without any."""
        for key in keys:
            places = self.open.get(key)
            if places:
                places.pop()
                if not places:
                    del self.open[key]
                return
        text = _("{what}（{id}）が、記録されたものと違うか、記録にありません。",
                 what=_(self.what), id=row)  # fmt: skip
        self.findings.append(Finding(FindingKind.RECORD, case_stream(case), 0, text))

    def turned(self, before: bytes, after: bytes) -> None:
        """Let a row that an entry told of say something else from here on."""
        if places := self.open.pop(before, None):
            self.open.setdefault(after, []).extend(places)

    def left(self) -> list[Finding]:
        """Return what was found, with the entries that no row has."""
        text = _("記録にある{what}が、なくなっているか、書き換えられています。", what=_(self.what))
        lost = sorted(place for places in self.open.values() for place in places)
        return self.findings + [Finding(FindingKind.RECORD, *place, text) for place in lost]


@dataclass(slots=True)
class Said:
    """What the log says of the records: gathered event by event, compared at the end."""

    forms: Pairs = field(default_factory=lambda: Pairs(_FORM))
    decisions: Pairs = field(default_factory=lambda: Pairs(_DECISION))
    ballots: Pairs = field(default_factory=lambda: Pairs(_BALLOT))
    resolutions: Pairs = field(default_factory=lambda: Pairs(_RESOLUTION))
    additions: Pairs = field(default_factory=lambda: Pairs(_ADDITION))
    applicants: dict[str, str] = field(default_factory=dict)
    restricted: dict[str, object] = field(default_factory=dict)

    def note(self, body: Mapping[str, Any], stream: str, seq: int) -> None:
        """Remember what an event says; one that was damaged says nothing."""
        kind = body.get("type")
        thing, actor = body.get("object"), body.get("actor")
        if not isinstance(thing, dict) or not isinstance(actor, dict):
            return
        person = actor.get("person") or _SYSTEM
        case, after = str(thing.get("case")), _after(body)
        if kind in _HANDED_IN:
            self._handed_in(body, thing, person, after, (stream, seq))
        elif kind == "decision.recorded":
            named = ("outcome", "reason", "post", "row", "decided_on", "content", "document",
                     "table", "valid_from", "about")  # fmt: skip
            said = [after.get(name) or "" for name in named]
            self.decisions.entry(_key([case, person, *said]), stream, seq)
        elif kind == "committee.voted":
            member = after.get("member") or person
            said = [thing.get("id"), member, person, after.get("verdict"), after.get("reason")]
            self.ballots.entry(_key([case, *said]), stream, seq)
        elif kind == "committee.resolved":
            said = [thing.get("id"), person, after.get("reason") or "", after.get("resolution")]
            self.resolutions.entry(_key([case, *said]), stream, seq)
        elif kind == "document.added_to":
            said = [thing.get("id"), person, after.get("text")]
            self.additions.entry(_key([case, *said]), stream, seq)
        elif kind == "retention.disposed":
            self._emptied(body.get("facts"))
        elif kind == "case.reading_changed":
            self.restricted[case] = after.get("restricted")
        if kind in _BEGUN:
            facts = body.get("facts")
            owner = facts.get("applicant") if isinstance(facts, dict) else None
            self.applicants[case] = str(person if kind == "case.started" else owner)

    def _emptied(self, facts: object) -> None:
        """Follow the forms from which a disposal took the personal values: [[hash, hash after]]."""
        forms = facts.get("forms") if isinstance(facts, dict) else None
        for pair in forms if isinstance(forms, list) else ():
            if isinstance(pair, list) and len(pair) == 2:
                self.forms.turned(str(pair[0]).encode(), str(pair[1]).encode())

    def _handed_in(
        self, body: Mapping[str, Any], thing: Mapping[str, Any], person: object,
        after: Mapping[str, Any], place: tuple[str, int],
    ) -> None:  # fmt: skip
        content = body.get("content")
        if isinstance(content, str):
            self.forms.entry(content.encode(), *place)
            return
        task, outcome = "", ""
        if body["type"] == "task.completed":
            task, outcome = str(thing.get("id")), str(after.get("outcome"))
        said = [thing.get("case"), task, person, outcome, body.get("form")]
        self.forms.entry(_key(said), *place)


def record_findings(connection: Connection, said: Said) -> list[Finding]:
    """Compare the rows with what the log says of them."""
    for one in rows(connection, _SUBMISSIONS):
        row, case, task, person, outcome, form, digest, meaning, body = one
        whole = sealed(row, case, task, person, outcome, (form, digest), meaning, body)
        # forms handed in before events carried the hash are known by who, what and which form
        older = _key([case, task or "", person, outcome if task else "", digest])
        said.forms.row(case, row, whole.encode(), older)
    for row, case, person, *told in rows(connection, _DECISIONS):
        texts = [plain(str(one)) if one is not None else "" for one in told]
        said.decisions.row(case, row, _key([case, person, *texts]))
    for row, case, body, person, entered_by, verdict, reason in rows(connection, _BALLOTS):
        told = [body, person, entered_by or person, verdict, plain(reason)]
        said.ballots.row(case, row, _key([case, *told]))
    for row, case, body, person, reason, resolution in rows(connection, _RESOLUTIONS):
        told = [case, body, person, plain(reason or "")]
        said.resolutions.row(case, row, *(_key([*told, one]) for one in _words(resolution)))
    for row, case, document, person, added in rows(connection, _ADDITIONS):
        said.additions.row(case, row, _key([case, document, person, plain(added)]))
    every = (said.forms, said.decisions, said.ballots, said.resolutions, said.additions)
    found = [one for pairs in every for one in pairs.left()]
    lost = connection.exec_driver_sql(_ORPHANED_BALLOTS).scalar_one()
    if lost:
        text = _("どの審議にも属さない票が {n} 件あります。", n=lost)
        found.append(Finding(FindingKind.RECORD, "", 0, text))
    return found + list(_case_findings(connection, said))


def _case_findings(connection: Connection, said: Said) -> Iterator[Finding]:
    for case, applicant, restricted in rows(connection, _CASES):
        if said.applicants.get(case, applicant) != applicant:
            text = _("提案者が、記録された人と違います。")
            yield Finding(FindingKind.RECORD, case_stream(case), 1, text)
        if bool(said.restricted.get(case)) != bool(restricted):
            text = _("閲覧を限るかどうかが、記録と違います。")
            yield Finding(FindingKind.RECORD, case_stream(case), 0, text)


def _words(resolution: str) -> list[str]:
    """Return the words an entry may name a resolution by.

    Entries of an older version name it in the language of the chair.
    """
    japanese, found = _RESOLVED.get(resolution, resolution), []
    for lang in LANGUAGE_NAMES:
        before = language.set(lang)
        found.append(translated(japanese))
        language.reset(before)
    return found


def _after(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values after an event, by their field; the fields of a form come last."""
    changes = body.get("changes")
    if not isinstance(changes, list):
        return {}
    found = (one for one in reversed(changes) if isinstance(one, dict))
    return {str(one.get("field")): one.get("after") for one in found}


def _key(parts: list[Any]) -> bytes:
    """Return 32 bytes for what an entry or a row says."""
    return hashlib.sha256(_text(parts)).digest()


def _text(parts: list[Any]) -> bytes:
    return json.dumps(parts, ensure_ascii=False, default=str).encode("utf-8", "surrogatepass")
