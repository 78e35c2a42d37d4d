"""Decision documents inside the act: drawn up, stamped on their way, locked by the decision.

What the rules of `authority.papers` and `authority.route` say is asked here; nothing else writes
these rows.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import (
    Row,
    bindparam,
    delete,
    func,
    insert,
    literal_column,
    null,
    select,
    union_all,
    update,
)

from dxflow import audit
from dxflow.authority.papers import Paper, content_digest, drawn, may_decide_on
from dxflow.authority.route import Consent, Part, Place, Stop, goes_on
from dxflow.authority.standing_in import PASSED_OVER
from dxflow.clock import local_date
from dxflow.db.attachment import DocumentAttachment
from dxflow.db.base import table
from dxflow.db.document import DecisionDocument, Stamp
from dxflow.db.prepared import Prepared
from dxflow.errors import Conflict, Invalid, NotFound
from dxflow.services import plain
from dxflow.services.acts import paper_attachments, paper_content, passing, submissions
from dxflow.services.acts.act import Act
from dxflow.services.acts.history import DRAFT, STAMPS
from dxflow.services.acts.submissions import InForce
from dxflow.services.people import naming
from dxflow.texts import gettext as _
from dxflow.texts import mark

#: Outcomes of a task on the way that let the document pass.
PASSES = frozenset({"agree", "approve"})

_DOCUMENT, _PLACE = table(DecisionDocument), table(Stamp)
_OF_ID = Prepared(
    select(_DOCUMENT).where(
        _DOCUMENT.c.id == bindparam("document"), _DOCUMENT.c.case_id == bindparam("case")
    )
)
#: A document and its places in their order, in one statement; place 0 is the document itself.
_WHOLE = Prepared(
    union_all(
        select(
            _PLACE.c.place, _PLACE.c.title, _PLACE.c.way, _PLACE.c.at,
            null().label("content"), null().label("digest"),
        ).where(_PLACE.c.document_id == bindparam("document")),
        select(
            literal_column("0"), null(), null(), _DOCUMENT.c.decided_at,
            _DOCUMENT.c.content, _DOCUMENT.c.digest,
        ).where(
            _DOCUMENT.c.id == bindparam("document"), _DOCUMENT.c.case_id == bindparam("case")
        ),
    ).order_by("place")
)  # fmt: skip
_DECIDED = Prepared(update(_DOCUMENT).where(_DOCUMENT.c.id == bindparam("of_document")))
_STAMP = Prepared(
    update(_PLACE).where(
        _PLACE.c.document_id == bindparam("of_document"),
        _PLACE.c.place == bindparam("of_place"),
    )
)


class Whole(NamedTuple):
    """A document that was found undecided and as it was drawn up, with its SHA-256.

    `places` are its places in their order; the last is that of the decision itself.
    """

    document: str
    digest: str
    places: Sequence[Row[Any]]

    def at(self, place: int) -> Row[Any]:
        """Return a place by its number. Raises NotFound."""
        for one in self.places:
            if one.place == place:
                return one
        raise NotFound(_("決裁欄に {place} 番の欄はありません。", place=place))


def draw(
    act: Act, ruling: Mapping[str, Any], stops: Sequence[Stop], consent: Consent, about: str = ""
) -> dict[str, Any]:
    """Draw the document of a case up anew, with its way; return what the process needs of it.

    `about` is the item of the case it is for, "" for the case as a whole.
    """
    rows = submissions.in_force(act)
    drafter = next((row for row in reversed(rows) if row.act == DRAFT), None)
    before, has_files = act.tx.execute(
        select(
            func.coalesce(func.max(DecisionDocument.revision), 0),
            paper_attachments.any_of(act.case_id),
        ).where(DecisionDocument.case_id == act.case_id)
    ).one()
    files = paper_attachments.current(act.tx, act.case_id) if has_files else []
    paper = drawn(paper_content.written(act, rows, ruling, files, about))
    document, revision = act.new_id(), before + 1
    act.tx.execute(
        insert(DecisionDocument).values(
            id=document,
            case_id=act.case_id,
            revision=revision,
            title=paper.content["title"],
            content=plain.dumps(paper.content),
            digest=paper.digest,
            ruling=plain.dumps(dict(ruling)),
            drafter_id=drafter.person_id if drafter else act.case["applicant_id"],
            drawn_at=act.now,
        )
    )
    paper_attachments.keep(act, document, files)
    done = _earlier(act, rows, drafter)
    names = naming.load(act.tx, act.directory())
    planned = [
        {
            "part": stop.part.value,
            "group_key": stop.group,
            "title": names.group(stop.group),
            **({"way": PASSED_OVER, "absent_id": stop.away[0]} if stop.away else {}),
        }
        for stop in stops
    ]
    stamps = [{"id": act.new_id(), **one} for one in (*done, *planned)]
    empty = {"person_id": None, "absent_id": None, "way": "", "outcome": "", "remark": "",
             "dated": None, "at": None}  # fmt: skip
    act.tx.execute(
        insert(Stamp),
        [
            {**empty, "document_id": document, "place": place, **stamp}
            for place, stamp in enumerate(stamps, 1)
        ],
    )
    passed = passing.over(act, document, zip(stamps[len(done) :], stops, strict=True))
    act.record(
        "document.drawn",
        audit.Change("revision", mark("起案の版"), revision - 1 or None, revision),
        audit.Change("route", mark("回議・合議・決裁"), None, [one["title"] for one in planned]),
        audit.Change("content", mark("起案の内容のハッシュ"), None, paper.digest),
        *paper_attachments.changes(files),
        *passed,
        subject=audit.Subject("document", document, act.case_id),
    )
    places = [
        (place, one) for place, one in enumerate(stamps, 1)
        if place > len(done) and one.get("way") != PASSED_OVER
    ]  # fmt: skip
    return way_of(
        act, document, paper.digest,
        [(place, one["part"], one["group_key"], one["title"]) for place, one in places], consent,
    )  # fmt: skip


def way_of(
    act: Act,
    document: str,
    digest: str,
    places: Sequence[tuple[int, str, str, str]],
    consent: Consent,
) -> dict[str, Any]:
    """Return what a process needs of the way: places (number, part, group, title) by their part."""
    found = [
        {"place": place, "group": group, "title": title, "part": part}
        for place, part, group, title in places
    ]
    asked = [one for one in found if one["part"] == Part.AGREE]
    in_turn = act.pack.settings.authority.in_turn
    return {
        "document": document,
        "digest": digest,
        "reviewers": [one for one in found if one["part"] == Part.REVIEW],
        "in_turn": asked if in_turn else [],
        "together": [] if in_turn else asked,
        "needed": consent.of(len(asked)),
    }


def stamp(
    act: Act, whole: Whole, place: int, outcome: str, remark: str = "", dated: date | None = None
) -> None:
    """Put the actor's stamp on a place of a document. Raises Conflict when it bears one already."""
    if whole.at(place).at is not None:
        raise Conflict(_("この欄には、すでに印があります。"))
    standing = act.standing
    act.writes.add(
        _STAMP,
        {
            "of_document": whole.document,
            "of_place": place,
            "person_id": act.actor.person_id,
            "absent_id": (standing.absent or None) if standing else None,
            "way": standing.way.value if standing else "",
            "outcome": outcome,
            "remark": remark,
            "dated": dated or act.actor.on,
            "at": act.now,
        },
    )


def require_whole(act: Act, document: str) -> Whole:
    """Return a document that may be stamped, as it is behind the case's lock.

    Raises NotFound, or NotAllowed when it is decided or not as it was drawn up.
    """
    act.flush()  # a stamp of this very act counts
    rows = _WHOLE.all(act.tx, {"document": document, "case": act.case_id})
    if not rows or rows[0].place != 0:
        raise _not_found()
    first, *places = rows
    paper = Paper(plain.loads(first.content), first.digest, first.at is not None)
    may_decide_on(paper).require()
    return Whole(document, paper.digest, places)


def passed(act: Act, document: str, consent: Consent) -> bool:
    """Return whether everybody on the way let the document pass, and enough agreed."""
    act.flush()  # a stamp of this very act counts
    rows = act.tx.execute(
        select(Stamp.part, Stamp.outcome, Stamp.at)
        .where(Stamp.document_id == document)
        .order_by(Stamp.place)
    ).all()
    places = [Place(Part(row.part), row.outcome in PASSES if row.at else None) for row in rows]
    return goes_on(places, consent)


def of_id(act: Act, document: str) -> Row[Any]:
    """Return a document of the act's case. Raises NotFound."""
    row = _OF_ID.first(act.tx, {"document": document, "case": act.case_id})
    if row is None:
        raise _not_found()
    found: Row[Any] = row
    return found


def _not_found() -> NotFound:
    return NotFound(_("決裁の文書が見つかりません。"))


def paper_of(row: Row[Any]) -> Paper:
    """Return a stored document as the rules know it."""
    return Paper(plain.loads(row.content), row.digest, row.decided_at is not None)


def lock(act: Act, document: str, outcome: str) -> None:
    """Lock a document for good: it is decided."""
    act.writes.add(_DECIDED, {"of_document": document, "outcome": outcome, "decided_at": act.now})


def take_back(act: Act, since: Any) -> None:
    """Undo what an act that is pulled back did to documents: the actor's stamps, fresh drafts."""
    mine = select(DecisionDocument.id).where(
        DecisionDocument.case_id == act.case_id, DecisionDocument.decided_at.is_(None)
    )
    act.tx.execute(
        update(Stamp)
        .where(
            Stamp.document_id.in_(mine),
            Stamp.person_id == act.actor.person_id,
            Stamp.at == since,
            Stamp.part.in_([Part.REVIEW.value, Part.AGREE.value]),
        )
        .values(person_id=None, absent_id=None, way="", outcome="", remark="", dated=None, at=None)
    )
    fresh = mine.where(DecisionDocument.drawn_at == since)
    passing.forget(act, fresh)
    act.tx.execute(delete(Stamp).where(Stamp.document_id.in_(fresh)))
    act.tx.execute(delete(DocumentAttachment).where(DocumentAttachment.document_id.in_(fresh)))
    act.tx.execute(
        delete(DecisionDocument).where(
            DecisionDocument.case_id == act.case_id,
            DecisionDocument.decided_at.is_(None),
            DecisionDocument.drawn_at == since,
        )
    )


def version_of(act: Act, form: str) -> tuple[int, str]:
    """Return how often a form was handed in, and the hash by which the log knows the last.

    A hash of what it says alone would let personal values be found by trying them. Raises NotFound.
    """
    rows = submissions.in_force(act, form)
    if not rows:
        raise NotFound(_("様式「{key}」はまだ提出されていません。", key=form))
    last = rows[-1]
    digest = audit.sealed(
        last.id, act.case_id, last.work_item_id, last.person_id, last.outcome,
        (last.form_key, last.form_digest), last.act, last.body,
    )  # fmt: skip
    return len(rows), digest


def digest_of_text(content: str) -> str:
    """Return the digest of a stored content."""
    return content_digest(plain.loads(content))


def require_text(text: str, field: str, most: int) -> str:
    """Return a text that was typed, trimmed. Raises Invalid when it is empty or too long."""
    said = text.strip()
    if not said:
        message = _("入力してください。")
        raise Invalid(message, {field: [message]})
    if len(said) > most:
        message = _("{n}文字以内で書いてください。", n=most)
        raise Invalid(message, {field: [message]})
    return said


def _earlier(act: Act, rows: Sequence[InForce], drafter: InForce | None) -> list[dict[str, Any]]:
    """Return the stamps that stand already: who drew it up (alone or with others), who approved."""
    if drafter is None:
        return []
    own = next(
        (one for one in act.pack.processes.values() if drafter.element in one.elements), None
    )
    approved = {
        row.element: row
        for row in rows
        if row.act == "approve"
        and row.outcome in PASSES
        and STAMPS not in _properties(act, row.element)
        # at one moment, only what lies in the same drawing is known to come after it
        and (row.at > drafter.at or (row.at == drafter.at and own and row.element in own.elements))
    }.values()
    forms = act.pack.settings.authority.document
    together = {
        row.person_id: row
        for row in rows
        if row.act == DRAFT and row.form_key in forms and row.person_id != drafter.person_id
    }.values()
    who = act.directory()
    posts = [row.stood_post or row.post for row in (*approved, *together)]
    names = naming.load(act.tx, who, posts=posts)
    return [
        _given(drafter, Part.DRAFT, names.post(drafter.post)),
        *(_given(row, Part.DRAFT, names.post(row.post)) for row in together),
        *(_given(row, Part.REVIEW, names.post(row.stood_post or row.post)) for row in approved),
    ]


def _properties(act: Act, element: str) -> Mapping[str, str]:
    found = (one.elements.get(element) for one in act.pack.processes.values())
    return next((one.properties for one in found if one is not None), {})


def _given(row: InForce, part: Part, title: str) -> dict[str, Any]:
    post = row.stood_post or row.post
    return {
        "part": part.value,
        "group_key": f"post:{post}" if post else f"user:{row.person_id}",
        "title": title,
        "person_id": row.person_id,
        "absent_id": row.absent_id,
        "way": row.way or "",
        "outcome": row.outcome,
        "dated": local_date(row.at),
        "at": row.at,
    }
