"""Commands of the formal decision (決裁): opinions, the deciding post, the decision itself."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import insert, select

from dxflow import audit
from dxflow.authority.dating import dated, may_date
from dxflow.authority.decision import DecidingPost, deciding_post, may_decide
from dxflow.authority.directory import Directory
from dxflow.authority.papers import DECIDES, PASSED_ON, PROVISIONAL, SETTLES
from dxflow.authority.standing_in import PASSED_OVER, StandIn
from dxflow.authority.tables import Ruling, higher_than, may_rule
from dxflow.authority.verdicts import Verdict
from dxflow.db.base import table
from dxflow.db.case import DecisionRecord
from dxflow.db.prepared import Prepared
from dxflow.db.process import Submission
from dxflow.errors import Invalid, NotAllowed
from dxflow.services.acts import papers, provisional, rulings
from dxflow.services.acts.act import Act
from dxflow.services.commands import payload as read
from dxflow.texts import gettext as _
from dxflow.texts import mark, to_be_stored

_ADD = Prepared(insert(table(DecisionRecord)))


@dataclass(frozen=True)
class Right:
    """By which row a post decides on a day, and the sentence that says so."""

    day: date
    ruling: Ruling | None
    standing: StandIn | None
    words: str


def record_opinion(act: Act, payload: dict[str, Any], _element: str) -> dict[str, Any]:
    """Record what a consulted section or office thinks."""
    act.record(
        "opinion.recorded",
        audit.Change("by", mark("意見を出した所"), None, read.text(payload, "by")),
        audit.Change("opinion", mark("意見"), None, read.text(payload, "opinion")),
        audit.Change("comment", mark("理由・助言"), None, read.text(payload, "comment")),
        form=act.form,
    )
    return {}


def resolve_authority(act: Act, payload: dict[str, Any], _element: str) -> dict[str, Any]:
    """Return the post that decides today for a kind of post, or the next higher one that can."""
    kind = read.text(payload, "post_kind", required=True)
    with to_be_stored():
        found = deciding_post(
            kind,
            read.text(payload, "unit") or act.case["lead_unit"],
            act.directory(),
            barred=act.involved().persons,
        )
    record_deciding_post(act, found)
    return {
        "post": found.group.removeprefix("post:"),
        "group": found.group,
        "title": found.post.title if found.post else "",
        "explanation": found.explanation,
    }


def record_deciding_post(act: Act, found: DecidingPost, row: str = "") -> None:
    """Record which post is to decide. Raises NotAllowed when nobody can."""
    if found.post is None:
        raise NotAllowed(found.explanation)
    changes = [audit.Change("post", mark("決裁する職"), None, found.post.title)]
    if row:
        changes.append(audit.Change("row", mark("決裁区分"), None, row))
    act.record("authority.resolved", *changes, authority_text=found.explanation)


def record(act: Act, payload: dict[str, Any], _element: str) -> dict[str, Any]:
    """Record the 決裁. Refused for the applicant, a drafter, or without the post on its date.

    Where the pack has authority tables, the row of the decision's date must lead to the post; the
    document that is decided is locked with it. A provisional decision locks nothing: those named
    in `consult` are asked, and the same document is decided for good after that. `about` says
    which item of the case is decided, where it has several.
    """
    outcome = read.text(payload, "outcome", required=True)
    post = read.text(payload, "post", required=True)
    if outcome in PASSED_ON:
        _pass_on(act, payload, outcome, post)
        return {}
    right = _right(act, payload, outcome, post)
    document = read.text(payload, "document")
    row = right.ruling.row.title if right.ruling else read.text(payload, "row")
    reason, about = read.text(payload, "reason"), read.text(payload, "about")
    if document:
        whole = papers.require_whole(act, document)
        digest, asked = whole.digest, _on_document(act, whole, payload, outcome, post, right.day)
    else:
        digest, asked = _decided_content(act), []
    if outcome == PROVISIONAL and not document:
        raise Invalid(_("仮決裁には、起案の文書が要ります。"))
    act.writes.add(
        _ADD,
        {
            "id": act.new_id(),
            "case_id": act.case_id,
            "outcome": outcome,
            "reason": reason,
            "person_id": act.actor.person_id,
            "post": post,
            "authority_row": row,
            "decided_on": right.day,
            "content_digest": digest,
            "at": act.now,
            "document_id": document or None,
            "authority_table": right.ruling.table if right.ruling else "",
            "authority_from": right.ruling.row.valid_from if right.ruling else None,
            "about": about,
        },
    )
    act.record(
        "decision.recorded",
        *([audit.Change("about", mark("決裁したもの"), None, about)] if about else []),
        audit.Change("outcome", mark("決裁"), None, outcome),
        audit.Change("reason", mark("理由"), None, reason),
        *_said(act, right, post, row),
        audit.Change("content", mark("決裁した内容のハッシュ"), None, digest),
        *([audit.Change("document", mark("決裁の文書"), None, document)] if document else []),
        *asked,
        authority_text=right.words,
        subject=audit.Subject("decision", post, act.case_id),
    )
    act.final = True
    return {}


def _on_document(
    act: Act, whole: papers.Whole, payload: Mapping[str, Any], outcome: str, post: str, day: date
) -> list[audit.Change]:
    """Stamp the document, lock it when it is settled; return what the entry says of its way."""
    document = whole.document
    place = int(whole.places[-1].place)
    papers.stamp(act, whole, place, outcome, read.text(payload, "reason"), day)
    if outcome in SETTLES:
        papers.lock(act, document, outcome)
    unread = [one.title for one in whole.places if one.way == PASSED_OVER]
    said = [audit.Change("passed_over", mark("不在のため飛ばした回議"), None, unread)]
    said = said if unread else []
    if outcome == PROVISIONAL:
        asked = provisional.decide(act, document, place, post, read.texts(payload, "consult"))
        said.append(audit.Change("asked", mark("このあと合議する所"), None, asked))
    return said


def _said(act: Act, right: Right, post: str, row: str) -> list[audit.Change]:
    """Return what the entry says of the authority, so that it speaks for itself."""
    changes = [
        audit.Change("post", mark("決裁した職"), None, post),
        audit.Change("row", mark("決裁区分"), None, row),
        audit.Change("decided_on", mark("決裁の日"), None, right.day),
    ]
    if right.ruling is not None:
        changes += [
            audit.Change("table", mark("決裁区分の表"), None, right.ruling.table),
            audit.Change(
                "valid_from", mark("表が有効になった日"), None, right.ruling.row.valid_from
            ),
            audit.Change("own_right", mark("専決"), None, right.ruling.own_right),
        ]
    if right.standing is not None:
        changes.append(audit.Change("way", mark("代わり方"), None, right.standing.way.label))
    if word := dated(right.day, act.actor.on):
        changes.append(audit.Change("dating", mark("日付の扱い"), None, word))
    return changes


def _right(act: Act, payload: Mapping[str, Any], outcome: str, post: str) -> Right:
    """Return by which right the actor decides. Raises NotAllowed, or Invalid for the date."""
    with to_be_stored():
        day = _day(act, payload)
        who = act.directory_on(day)
        standing = _standing(act, who, day, post)
        involved = act.involved()
        verdict = may_decide(
            act.actor.person_id, post, involved.applicant, involved.drafters, who, standing
        )
        verdict.require()
        ruling, row = _row(act, payload, who, post)
    if outcome in DECIDES and row is not None and not row:
        raise NotAllowed(
            row.reason
            + _("「決裁区分を引き直す」を選ぶと、その日の決裁区分で決裁する職に回ります。")
        )
    return Right(day, ruling, standing, (row.reason if row else "") + verdict.reason)


def _row(
    act: Act, payload: Mapping[str, Any], who: Directory, post: str
) -> tuple[Ruling | None, Verdict | None]:
    """Return the row of the day and whether it leads to the post; None without any tables."""
    if "matter" not in payload or not act.pack.settings.authority.tables:
        return None, None
    unit = read.text(payload, "unit") or act.case["lead_unit"]
    asked = rulings.ask(act, read.context(payload, "matter"), who.date)
    ruling = asked.ruling if asked else None
    return ruling, may_rule(ruling, post, unit, who, barred=act.involved().persons)


def _day(act: Act, payload: Mapping[str, Any]) -> date:
    """Return the day the decision bears. Raises Invalid when it may not bear it."""
    day = read.day(payload, "decided_on") or act.actor.on
    verdict = may_date(day, act.actor.on, act.pack.settings.authority.dating)
    if day != act.actor.on and not verdict:
        raise Invalid(verdict.reason, {"decided_on": [verdict.reason]})
    return day


def _standing(act: Act, who: Directory, day: date, post: str) -> StandIn | None:
    """Return for whom the actor decides on the day: as of today, or as it stood or will stand."""
    if day == act.actor.on:
        return act.standing
    if act.actor.person_id in who.holders(f"post:{post}"):
        return None
    return who.standing.groups_of(act.actor.person_id).get(f"post:{post}")


def _pass_on(act: Act, payload: Mapping[str, Any], outcome: str, post: str) -> None:
    """Record that whoever was to decide passes the matter on. Raises when it leads nowhere."""
    reason, flags = read.text(payload, "reason"), read.texts(payload, "flags")
    asked = rulings.ask(act, read.context(payload, "matter"), act.actor.on)
    deciding = act.directory().posts.get(post)
    if outcome == "escalate":
        head = act.pack.settings.authority.head
        kind = deciding.kind if deciding else ""
        if asked is None or not higher_than(kind, asked.ruling, head):
            message = _("この案件は、すでに最上位の職の決裁になっています。")
            raise Invalid(message, {"flags": [message]})
    act.record(
        "decision.passed_up" if outcome == "escalate" else "decision.looked_up_again",
        audit.Change("post", mark("決裁する職"), deciding.title if deciding else post, None),
        *([audit.Change("flags", mark("上位の職へ上げる事情"), None, flags)] if flags else []),
        audit.Change("reason", mark("理由"), None, reason or None),
        subject=audit.Subject("decision", post, act.case_id),
    )


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
