"""廃棄: what goes with a case that is disposed of, in the transaction of its event.

What goes is what the log holds as a hash or a commitment only: the bytes and names of attached
files, the personal values of forms, decision documents and the log, and what was kept for the work
itself. Number, title, sections, dates, decisions, hashes and every event stay.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    CursorResult,
    Row,
    String,
    delete,
    insert,
    literal,
    select,
    text,
    union_all,
    update,
)

from dxflow import audit, forms
from dxflow.audit.verify import references
from dxflow.db.attachment import AttachmentPiece, AttachmentVersion
from dxflow.db.audit import OF_SYSTEM, AuditEvent, AuditPrivate
from dxflow.db.meeting import PrivateNote
from dxflow.db.process import DecisionEvaluation, Draft, Submission, WorkItem
from dxflow.db.retention import Disposal
from dxflow.services import plain
from dxflow.services.acts.act import Act
from dxflow.services.operations import emptied_papers
from dxflow.services.packs import store as packs
from dxflow.texts import mark

#: How many commitments are deleted at once.
_TOGETHER = 500


def dispose(act: Act, proposal: Row[Any]) -> dict[str, Any]:
    """Dispose of a case that may be; return what becomes of its instance.

    The row of the register comes before files and documents: it is what their triggers ask for.
    """
    files = _files(act)
    openings, emptied = _forget(act), _empty_forms(act)
    papers = emptied_papers.found(act)
    size = sum(file.size for file in files)
    act.tx.execute(
        insert(Disposal).values(
            case_id=act.case_id, kept_until=act.case["kept_until"], reason=proposal.reason,
            proposer_id=proposal.proposer_id, approver_id=act.actor.person_id, at=act.now,
            files=len(files), bytes=size, openings=openings, forms=len(emptied), documents=len(papers),
        )
    )  # fmt: skip
    _drop_files(act)
    emptied_papers.write(act, papers)
    _drop_work(act)
    _drop_what_tables_were_asked(act)
    act.record(
        "retention.disposed",
        audit.Change("kept_until", mark("保存期間の終わり"), act.case["kept_until"], None),
        audit.Change("proposer", mark("発案した人"), None, proposal.proposer_id),
        audit.Change("reason", mark("理由"), None, proposal.reason),
        audit.Change("files", mark("廃棄した添付ファイルの数"), len(files), 0),
        audit.Change("size", mark("大きさ（バイト）"), size, 0),
        audit.Change("sha256", "SHA-256", [file.sha256 for file in files] or None, None),
        audit.Change("openings", mark("消した個人情報の値の数"), openings, 0),
        audit.Change("forms", mark("個人情報を消した様式の数"), len(emptied), 0),
        audit.Change("documents", mark("値を消した決裁の文書の数"), len(papers), 0),
        facts={
            "kept_until": None,
            "proposer": proposal.proposer_id,
            "files": {file.id: file.sha256 for file in files},
            "forms": emptied,
            "documents": {paper.id: [paper.before, paper.after] for paper in papers},
        },
    )
    act.change_case(kept_until=None)
    act.state = b""  # the values that the process has worked with
    return {"undo_state": None, "undo_person": None, "undo_submission": None}


def _files(act: Act) -> Sequence[Any]:
    version = AttachmentVersion
    return act.tx.execute(
        select(version.id, version.size, version.sha256)
        .where(version.case_id == act.case_id)
        .order_by(version.id)
    ).all()


def _drop_files(act: Act) -> None:
    of_case = AttachmentVersion.case_id == act.case_id
    versions = select(AttachmentVersion.id).where(of_case)
    act.tx.execute(delete(AttachmentPiece).where(AttachmentPiece.version_id.in_(versions)))
    act.tx.execute(update(AttachmentVersion).where(of_case).values(name=""))


def _forget(act: Act) -> int:
    """Delete the personal values that the events of the case hold as commitments; return how many."""
    own = select(AuditEvent.body).where(AuditEvent.stream == audit.case_stream(act.case_id))
    others = select(AuditEvent.body).where(AuditEvent.case_id == act.case_id, text(OF_SYSTEM))
    bodies = act.tx.execute(union_all(own, others)).scalars()
    wanted = [digest for body in bodies for digest in references(plain.loads(body))]
    gone = 0
    for first in range(0, len(wanted), _TOGETHER):
        some = AuditPrivate.commitment.in_(wanted[first : first + _TOGETHER])
        result: CursorResult[Any] = act.tx.execute(delete(AuditPrivate).where(some))
        gone += result.rowcount
    return gone


def _empty_forms(act: Act) -> list[list[str]]:
    """Take the personal values out of the forms; return the hashes before and after of each."""
    columns = Submission
    rows = act.tx.execute(
        select(
            columns.id, columns.work_item_id, columns.person_id, columns.outcome,
            columns.form_key, columns.form_digest, columns.act, columns.body, columns.pack_digest,
        ).where(columns.case_id == act.case_id)
    ).all()  # fmt: skip
    changed = []
    for row in rows:
        definition = packs.load(act.site, act.tx, row.pack_digest).form(row.form_key)
        values = plain.loads(row.body)
        left = forms.without_personal(definition, values)
        if left == values:
            continue
        body = plain.dumps(left)
        changed.append([_sealed(act, row, row.body), _sealed(act, row, body)])
        # the hash of the request covers what was typed and has no salt
        act.tx.execute(
            update(Submission).where(Submission.id == row.id).values(body=body, request_digest="")
        )
    return changed


def _sealed(act: Act, row: Any, body: str) -> str:
    return audit.sealed(
        row.id, act.case_id, row.work_item_id, row.person_id, row.outcome,
        (row.form_key, row.form_digest), row.act, body,
    )  # fmt: skip


def _drop_work(act: Act) -> None:
    """Delete what was kept for the work itself: variables of tasks, drafts, members' own notes."""
    of_case = WorkItem.case_id == act.case_id
    subjects = select(literal("task:", String) + WorkItem.id).where(of_case)
    act.tx.execute(delete(Draft).where(Draft.subject.in_(subjects)))
    act.tx.execute(update(WorkItem).where(of_case).values(variables="{}"))
    act.tx.execute(delete(PrivateNote).where(PrivateNote.case_id == act.case_id))


def _drop_what_tables_were_asked(act: Act) -> None:
    """Delete what decision tables were given, which may be personal; what they said is logged."""
    rows = act.tx.execute(
        select(DecisionEvaluation.id, DecisionEvaluation.fired).where(
            DecisionEvaluation.case_id == act.case_id
        )
    ).all()
    for row in rows:
        fired = plain.dumps([rule | {"inputs": []} for rule in plain.loads(row.fired)])
        act.tx.execute(
            update(DecisionEvaluation)
            .where(DecisionEvaluation.id == row.id)
            .values(inputs="{}", fired=fired)
        )
