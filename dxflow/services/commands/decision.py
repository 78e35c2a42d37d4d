"""Commands of the formal decision (決裁): opinions, the deciding post, the decision itself."""

import hashlib
from typing import Any

from sqlalchemy import insert, select

from dxflow import audit
from dxflow.authority.decision import deciding_post, may_decide
from dxflow.db.case import DecisionRecord
from dxflow.db.process import Submission
from dxflow.errors import NotAllowed
from dxflow.services.acts.act import Act
from dxflow.services.commands import payload as read
from dxflow.texts import mark, to_be_stored


def record_opinion(act: Act, payload: dict[str, Any], _element: str) -> dict[str, Any]:
    """Record what a consulted section or office thinks."""
    act.record(
        "opinion.recorded",
        audit.Change("by", mark("意見を出した所"), None, read.text(payload, "by")),
        audit.Change("opinion", mark("意見"), None, read.text(payload, "opinion")),
        audit.Change("comment", mark("理由・助言"), None, read.text(payload, "comment")),
    )
    return {}


def resolve_authority(act: Act, payload: dict[str, Any], _element: str) -> dict[str, Any]:
    """Return the post that decides today for a kind of post, or the next higher one that can."""
    involved = act.involved()
    kind = read.text(payload, "post_kind", required=True)
    with to_be_stored():
        found = deciding_post(
            kind,
            read.text(payload, "unit") or act.case["lead_unit"],
            act.directory(),
            barred={involved.applicant, *involved.drafters},
        )
    if found.post is None:
        raise NotAllowed(found.explanation)
    act.record(
        "authority.resolved",
        audit.Change("post", mark("決裁する職"), None, found.post.title),
        authority_text=found.explanation,
    )
    return {
        "post": found.post.key,
        "group": found.group,
        "title": found.post.title,
        "explanation": found.explanation,
    }


def record(act: Act, payload: dict[str, Any], _element: str) -> dict[str, Any]:
    """Record the 決裁. Refused for the applicant, a drafter, or without the post on this date."""
    post = read.text(payload, "post", required=True)
    involved = act.involved()
    with to_be_stored():
        verdict = may_decide(
            act.actor.person_id, post, involved.applicant, involved.drafters, act.directory(),
            act.standing,
        )  # fmt: skip
    verdict.require()
    outcome = read.text(payload, "outcome", required=True)
    row = read.text(payload, "row")
    digest = _decided_content(act)
    act.tx.execute(
        insert(DecisionRecord).values(
            id=act.new_id(),
            case_id=act.case_id,
            outcome=outcome,
            reason=read.text(payload, "reason"),
            person_id=act.actor.person_id,
            post=post,
            authority_row=row,
            decided_on=act.actor.on,
            content_digest=digest,
            at=act.now,
        )
    )
    act.record(
        "decision.recorded",
        audit.Change("outcome", mark("決裁"), None, outcome),
        audit.Change("reason", mark("理由"), None, read.text(payload, "reason")),
        audit.Change("row", mark("決裁区分"), None, row),
        audit.Change("content", mark("決裁した内容のハッシュ"), None, digest),
        authority_text=verdict.reason,
        subject=audit.Subject("decision", post, act.case_id),
    )
    act.final = True
    return {}


def _decided_content(act: Act) -> str:
    """Return the SHA-256 over everything handed in so far: what the decision is about."""
    bodies = act.tx.execute(
        select(Submission.id, Submission.form_digest, Submission.body)
        .where(Submission.case_id == act.case_id, Submission.superseded_at.is_(None))
        .order_by(Submission.id)
    )
    digest = hashlib.sha256()
    for row in bodies:
        for part in (row.id, row.form_digest, row.body):
            digest.update(part.encode())
            digest.update(b"\x00")
    return digest.hexdigest()
