"""Forms as they were handed in: stored once, answered once, compared with the one before."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Connection, Row, bindparam, delete, insert, select
from sqlalchemy.exc import IntegrityError

from dxflow import audit, forms
from dxflow.db.base import table
from dxflow.db.prepared import Prepared
from dxflow.db.process import Draft, Submission
from dxflow.db.standing import StoodIn
from dxflow.services import plain
from dxflow.services.acts.act import Act
from dxflow.services.keyed import another_request
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import mark

T = TypeVar("T")

_SUBMISSION = table(Submission)
_ADD = Prepared(insert(_SUBMISSION))
_ANSWER = Prepared(
    select(_SUBMISSION.c.answer, _SUBMISSION.c.request_digest).where(
        _SUBMISSION.c.person_id == bindparam("person"),
        _SUBMISSION.c.idempotency_key == bindparam("key"),
    )
)
_PREVIOUS = Prepared(
    select(_SUBMISSION.c.body)
    .where(
        _SUBMISSION.c.case_id == bindparam("case"),
        _SUBMISSION.c.form_key == bindparam("form"),
        _SUBMISSION.c.superseded_at.is_(None),
    )
    .order_by(_SUBMISSION.c.at.desc(), _SUBMISSION.c.id.desc())
    .limit(1)
)


def answered(
    tx: Connection,
    actor: Actor,
    idempotency_key: str | None,
    submission: forms.Submission,
    target: str,
    request: str = "",
) -> dict[str, Any] | None:
    """Return the first answer to a request with this key, None when it is new.

    Raises Conflict when the key was used for something else.
    """
    return _answer(tx, actor, idempotency_key, request_digest(submission, target, request))


def once(attempt: Callable[[], T]) -> T:
    """Do an act that may carry an idempotency key, and return what came of it.

    Where the same request is being done at the same moment, the database takes one of the two;
    the other one is tried again and finds the answer.
    """
    try:
        return attempt()
    except IntegrityError:
        return attempt()


def repeated(
    site: Site, actor: Actor, idempotency_key: str | None, target: str, request: str
) -> dict[str, Any] | None:
    """Return the first answer to a request with this key, before its form is looked at again.

    The form may not be there any more (its task is done) or read otherwise by now; `request` is
    what the caller sent and gave to the act the first time. Raises Conflict like `answered`.
    """
    if not idempotency_key:
        return None
    with site.database.read() as tx:
        return _answer(tx, actor, idempotency_key, _digest([target, request]))


def _answer(
    tx: Connection, actor: Actor, idempotency_key: str | None, digest: str
) -> dict[str, Any] | None:
    if not idempotency_key:
        return None
    row = _ANSWER.first(tx, {"person": actor.person_id, "key": idempotency_key})
    if row is None:
        return None
    if row.request_digest != digest:
        raise another_request()
    answer: dict[str, Any] = plain.loads(row.answer)
    return answer


def request_digest(submission: forms.Submission | None, target: str, request: str = "") -> str:
    """Return the SHA-256 (hex) of what a request asks for: as it was sent, if that is known."""
    if request or submission is None:
        return _digest([target, request])
    values = forms.to_plain(submission.values)
    return _digest([target, submission.form_digest, submission.outcome, values])


def _digest(parts: list[Any]) -> str:
    return hashlib.sha256(plain.dumps(parts).encode()).hexdigest()


@dataclass(frozen=True)
class Kept:
    """What will be stored of a submission; `digest` is the hash by which the log knows it.

    `row` are the values of its row but for its request and the answer to that.
    """

    row: Mapping[str, Any]
    digest: str


def keep(
    act: Act, submission: forms.Submission, work_item: str | None, meaning: str, element: str = ""
) -> Kept:
    """Return how a submission will be stored, before its event is recorded and its row written.

    `meaning` is its act for segregation of duties, `work_item` and `element` its task, if it is of
    one.
    """
    body, key = plain.dumps(forms.to_plain(submission.values)), act.new_id()
    digest = audit.sealed(
        key, act.case_id, work_item, act.actor.person_id, submission.outcome,
        (submission.form_key, submission.form_digest), meaning, body,
    )  # fmt: skip
    row = {
        "id": key,
        "case_id": act.case_id,
        "work_item_id": work_item,
        "element": element,
        "pack_digest": act.pack.digest,
        "form_key": submission.form_key,
        "form_digest": submission.form_digest,
        "outcome": submission.outcome,
        "act": meaning,
        "body": body,
        "person_id": act.actor.person_id,
        "post": act.actor.acting_post,
        "at": act.now,
    }
    return Kept(row, digest)


def insert_row(
    act: Act,
    submission: forms.Submission,
    kept: Kept,
    *,
    process: str,
    idempotency_key: str | None,
    answer: Mapping[str, Any],
    request: str = "",
) -> str:
    """Have a submission stored with the act, as it was sealed for the log, and return its id."""
    _restrict(act, submission)
    target = kept.row["work_item_id"] or process
    act.handed_in = None  # from here on it is among the rows
    act.writes.add(
        _ADD,
        {
            **kept.row,
            "idempotency_key": idempotency_key or None,
            "request_digest": request_digest(submission, target, request),
            "answer": plain.dumps(dict(answer)),
        },
    )
    return str(kept.row["id"])


class InForce(NamedTuple):
    """A submission that is in force; `absent_id`, `way` and `stood_post` say who stood in, if so."""

    id: str
    work_item_id: str | None
    element: str
    form_key: str
    form_digest: str
    pack_digest: str
    outcome: str
    act: str
    body: str
    person_id: str
    post: str | None
    at: datetime
    absent_id: str | None
    way: str | None
    stood_post: str | None


def in_force(act: Act, form: str = "") -> list[InForce]:
    """Return what has been handed in to the act's case, perhaps with one form, and is in force.

    In its order; the last is what this very act hands in: the process may draw a document of it
    before its row is stored.
    """
    own = InForce._fields[:-3]
    rows = act.tx.execute(
        select(
            *(_SUBMISSION.c[name] for name in own),
            StoodIn.absent_id, StoodIn.way, StoodIn.post,
        )
        .outerjoin(StoodIn, StoodIn.submission_id == _SUBMISSION.c.id)
        .where(_SUBMISSION.c.case_id == act.case_id, _SUBMISSION.c.superseded_at.is_(None))
        .where(*([_SUBMISSION.c.form_key == form] if form else []))
        .order_by(_SUBMISSION.c.at, _SUBMISSION.c.id)
    )  # fmt: skip
    found = [InForce._make(row) for row in rows]
    if act.handed_in is not None and form in ("", act.handed_in["form_key"]):
        one = act.standing
        stood = (one.absent or None, one.way.value, one.post) if one else (None, None, None)
        found.append(InForce._make((*(act.handed_in[name] for name in own), *stood)))
    return found


def _restrict(act: Act, submission: forms.Submission) -> None:
    """Restrict the reading of the case, or open it again, where what was handed in says so."""
    rule = act.pack.settings.reading
    if not rule.restricted:
        return
    asked = rule.asked(submission.values, act.pack.functions(act.now, act.calendar()))
    if asked is not None:
        restrict(act, restricted=asked)


def restrict(act: Act, *, restricted: bool) -> None:
    """Restrict the reading of a case to who took part, or open it again."""
    if act.case["restricted"] != restricted:
        act.record(
            "case.reading_changed",
            audit.Change("restricted", mark("閲覧を限る"), act.case["restricted"], restricted),
        )
        act.change_case(restricted=restricted)


def previous(tx: Connection, case_id: str, form_key: str) -> dict[str, Any]:
    """Return the values last handed in with a form of a case, empty when there are none."""
    row = _PREVIOUS.first(tx, {"case": case_id, "form": form_key})
    values: dict[str, Any] = plain.loads(row.body if row else None)
    return values


def changes(
    act: Act, submission: forms.Submission, before: Mapping[str, Any]
) -> list[audit.Change]:
    """Return the fields that differ from the values before, for the audit log."""
    return [
        audit.Change(change.path, change.label, change.before, change.after, change.pii)
        for change in forms.diff(
            act.pack.form(submission.form_key), before, forms.to_plain(submission.values)
        )
    ]


def keep_as_draft(act: Act, submission: Row[Any], subject: str, draft_id: str = "") -> None:
    """Give the person what they had typed as a draft again."""
    act.tx.execute(
        delete(Draft).where(Draft.person_id == act.actor.person_id, Draft.subject == subject)
    )
    act.tx.execute(
        insert(Draft).values(
            id=draft_id or act.new_id(),
            person_id=act.actor.person_id,
            subject=subject,
            title=act.case["title"],
            body=submission.body,
            created_at=act.now,
            updated_at=act.now,
        )
    )
