"""Start a case, go on with one that was pulled back, and end one early."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import delete, insert, select, update

from dxflow import audit, engine, forms
from dxflow.calendars.fiscal import fiscal_year_of
from dxflow.db.case import Case, CaseUnit, Duty
from dxflow.db.process import Draft, ProcessInstance, Timer, WorkItem, WorkItemGroup
from dxflow.errors import Conflict, Invalid, NotAllowed
from dxflow.jobs import queue
from dxflow.services.acts import (
    case_references,
    continuing,
    filing,
    history,
    incidents,
    numbering,
    starts,
    submissions,
)
from dxflow.services.acts.act import Act, lock, require_running
from dxflow.services.acts.writing import end_case, write_step
from dxflow.services.packs import store as packs
from dxflow.services.packs.settings.offering import Start
from dxflow.services.people import organisation, visibility
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import mark


@dataclass(frozen=True)
class Started:
    """A case that has just been handed in."""

    id: str
    number: str


def start(
    site: Site,
    actor: Actor,
    process: str,
    submission: forms.Submission,
    *,
    draft_id: str = "",
    idempotency_key: str | None = None,
    request: str = "",
) -> Started:
    """Hand a proposal in: case, number, process and first entry of its chain, or nothing.

    `process` is the name of a start, see `starts`. The same idempotency key gives the first answer
    again (`request` as in `tasks.complete`). Raises NotFound for what cannot be started, NotAllowed
    for somebody without a post in a section or who may not begin there.
    """

    def attempt() -> Started:
        with site.database.write() as tx:
            answer = submissions.answered(tx, actor, idempotency_key, submission, process, request)
            if answer is not None:
                return Started(answer["id"], answer["number"])
            found = starts.entered(site, tx, actor, process, draft_id)
            if actor.unit is None:
                raise NotAllowed(
                    _("所属する課がないため、提案を出せません。管理者に連絡してください。")
                )
            title = _title(submission.values)
            with_files = bool(draft_id) and _take_draft(tx, actor, draft_id)
            act = (draft_id and _recalled_act(site, tx, actor, found, draft_id, title)) or new_act(
                site, tx, actor, found.pack, found.start.process, actor.unit, title,
                start_key=found.start.key,
            )  # fmt: skip
            case_references.require_known(act, submission)
            files_of = draft_id if with_files else ""
            return _begin(
                act, found.start, submission, idempotency_key, request, files_of, asked=process
            )

    return submissions.once(attempt)


def _take_draft(tx: Any, actor: Actor, draft_id: str) -> bool:
    """Remove the draft that is handed in, so that nothing more comes to it; return if it has files."""
    taken = delete(Draft).where(Draft.id == draft_id, Draft.person_id == actor.person_id)
    return tx.execute(taken.returning(Draft.has_files)).scalar_one_or_none() is True


def repeated(
    site: Site, actor: Actor, process: str, idempotency_key: str | None, request: str
) -> Started | None:
    """Return the first answer to a start that is sent again. Raises Conflict for another request."""
    answer = submissions.repeated(site, actor, idempotency_key, process, request)
    return None if answer is None else Started(answer["id"], answer["number"])


def start_linked(
    act: Act, unit: str, note: str, entries: Mapping[str, Any], *, carried: bool = False
) -> Started:
    """Make a proposal for another section out of this case (横展開), within its act.

    The new case begins with this one's first form, with `entries` in place of what stands there;
    the person who extends it is its applicant. One that is `carried` on goes on from this case,
    as one of the year after does.
    """
    pack = packs.load(act.site, act.tx, act.pack.digest)
    first = pack.settings.offered[0]
    form = pack.form(first.form)
    original = history.latest(act.tx, act.case_id, [form.key]).get(form.key, {})
    title = str(entries.get("title") or "").strip() or act.case["title"]
    parent = None if carried else act.case_id
    linked = new_act(
        act.site, act.tx, act.actor, pack, first.process, unit, title, parent=parent,
        start_key=first.key,
    )  # fmt: skip
    known = {fact.path for fact in form.fields()}
    stated = {key: value for key, value in entries.items() if key in known}
    values = forms.from_plain(form, original) | stated | {"title": title}
    if note and "change" in known:
        number = act.case["number"]
        values["change"] = (
            mark("{note}（{number} からの継続）", note=note, number=number)
            if carried
            else mark("{note}（{number} の横展開）", note=note, number=number)
        )
    submission = forms.Submission(form.key, form.digest, form.outcomes[0].key, values)
    return _begin(linked, first, submission, goes_on_from=act.case_id if carried else None)


def withdraw(site: Site, actor: Actor, case_id: str, reason: str) -> None:
    """End a case at the applicant's wish (取下げ). Raises NotAllowed, Conflict or Invalid."""
    if not reason.strip():
        raise Invalid(
            _("取下げの理由を書いてください。"), {"reason": [_("理由を書いてください。")]}
        )
    with site.database.write() as tx:
        visibility.require(site, tx, actor, case_id)
        act = lock(site, tx, actor, case_id)
        if act.case["applicant_id"] != actor.person_id:
            raise NotAllowed(_("取下げができるのは提案者だけです。"))
        require_running(act)
        if not act.pack.settings.may_withdraw(act.case["stage"]):
            raise Conflict(
                _(
                    "「{stage}」の段階では取り下げられません。",
                    stage=act.pack.stage_name(act.case["stage"]),
                )
            )
        step = engine.cancel(act.pack.definitions, act.state, act.environment())
        close_everything(act)
        act.state = step.state
        end_case(act, "withdrawn", reason.strip())
        act.finish(status="ended", undo_state=None, undo_person=None, undo_submission=None)


def search_text(title: str, number: str) -> str:
    """Return what a search looks at: NFKC, lower case."""
    return unicodedata.normalize("NFKC", f"{number} {title}").casefold()


def _title(values: dict[str, Any]) -> str:
    title = values.get("title")
    if not isinstance(title, str) or not title.strip():
        raise Invalid(_("件名がありません。"), {"title": [_("件名を入力してください。")]})
    return title.strip()


def new_act(
    site: Site,
    tx: Any,
    actor: Actor,
    pack: packs.Pack,
    process: str,
    unit: str,
    title: str,
    parent: str | None = None,
    applicant: str = "",
    start_key: str = "",
) -> Act:
    """Return the act that makes a case: its row and its instance are there, nothing has run.

    `applicant` is the person whose case it is, where it is not the actor; `start_key` the start by
    which people begin it, "" for one that begins by itself.
    """
    now = site.now()
    today: date = actor.on
    who = organisation.directory(site, tx, today)
    number = numbering.next_number(
        tx, pack.settings.numbering, today, unit, organisation.unit_name(who, unit)
    )
    act = Act(
        site=site, tx=tx, actor=actor, pack=pack, now=now, case={}, version=0, state=b"",
        head=audit.Head.start(""),
    )  # fmt: skip
    case_id = act.new_id()
    act.case = {
        "id": case_id,
        "number": number,
        "title": title,
        "search_text": search_text(title, number),
        "process_key": process,
        "start_key": start_key,
        "pack_digest": pack.digest,
        "status": "running",
        "stage": _first_stage(pack, process),
        "stage_since": now,
        "applicant_id": applicant or actor.person_id,
        "unit": unit,
        "lead_unit": unit,
        "fiscal_year": fiscal_year_of(today),
        "amount": None,
        "parent_id": parent,
        "previous_id": None,
        "created_at": now,
        "updated_at": now,
        "ended_at": None,
        "kept_until": None,
        "restricted": False,
    }
    act.head = audit.Head.start(audit.case_stream(case_id))
    tx.execute(insert(Case).values(**act.case))
    tx.execute(insert(CaseUnit).values(case_id=case_id, unit=unit, part="applicant"))
    tx.execute(
        insert(ProcessInstance).values(
            case_id=case_id,
            pack_digest=pack.digest,
            process_key=process,
            status="active",
            version=0,
            audit_seq=0,
            audit_head=act.head.hash,
            audit_at=now,
            updated_at=now,
            state=b"",
        )
    )
    return act


def _recalled_act(
    site: Site, tx: Any, actor: Actor, at: starts.Offer, draft_id: str, title: str
) -> Act | None:
    """Return the act on the case whose pulled-back proposal this draft is, None if it is none.

    The case goes on under the pack's current version: the draft was written in its form. Raises
    Conflict when the draft has been handed in again already.
    """
    found = tx.execute(
        select(Case.id).where(Case.id == draft_id, Case.applicant_id == actor.person_id)
    ).one_or_none()
    if found is None:
        return None
    act = lock(site, tx, actor, draft_id)
    if act.case["status"] != starts.RECALLED:
        raise Conflict(
            _("この下書きはすでに案件 {number} として提出されています。", number=act.case["number"])
        )
    starts.require_same(at, act.case["start_key"], act.case["process_key"])
    pack = act.pack = at.pack
    act.change_case(
        title=title,
        start_key=at.start.key,
        search_text=search_text(title, act.case["number"]),
        status="running",
        stage=_first_stage(pack, at.start.process),
        stage_since=act.now,
        pack_digest=pack.digest,
    )
    return act


def _first_stage(pack: packs.Pack, process: str) -> str:
    return next((one.key for one in pack.stages_of(process)), "")


def _begin(
    act: Act,
    start: Start,
    submission: forms.Submission,
    idempotency_key: str | None = None,
    request: str = "",
    files_of: str = "",
    goes_on_from: str | None = None,
    *,
    asked: str | None = None,
) -> Started:
    """Run a case that has been made; `asked` is the name by which its start was asked for, if any."""
    who = act.directory()
    unit = act.case["unit"]
    department = who.department_of(unit)
    kept = submissions.keep(act, submission, None, history.DRAFT)
    act.record(
        "case.resubmitted" if act.version else "case.started",
        audit.Change("number", mark("番号"), None, act.case["number"]),
        *([audit.Change("start", mark("始め方"), None, start.title)] if start.title else []),
        *submissions.changes(act, submission, {}),
        form=submission.form_digest,
        content=kept.digest,
        idempotency=idempotency_key or "",
        facts={"stage": act.case["stage"], "start": start.key},
    )
    continuing.go_on_from_last(act, goes_on_from)
    started = Started(act.case_id, act.case["number"])
    submission_id = submissions.insert_row(
        act,
        submission,
        kept,
        process=start.key if asked is None else asked,
        idempotency_key=idempotency_key,
        answer=vars(started),
        request=request,
    )
    if files_of:
        filing.hand_over(act, files_of)
    act.flush()  # the commands of the process ask who drafted
    case = {
        "case_id": act.case_id,
        "applicant": f"user:{act.case['applicant_id']}",
        "section": unit,
        "department": department.key if department else None,
    }
    environment = act.environment()
    step = engine.start(
        act.pack.definitions,
        start.process,
        start.variables(case, submission.values, submission.outcome, environment.functions),
        environment,
    )
    write_step(act, step, ())
    incidents.met_by_start(act.tx, act.now, act.actor, act.pack.processes)
    act.finish(
        status="ended" if step.ended else "active",
        pack_digest=act.pack.digest,
        undo_state=None,
        undo_person=None if step.ended or act.final else act.actor.person_id,
        undo_submission=submission_id,
    )
    return started


def close_everything(act: Act) -> None:
    """Close the work, timers, waiting jobs and open duties of a case that ends early."""
    case_id, tx = act.case_id, act.tx
    items = select(WorkItem.id).where(WorkItem.case_id == case_id)
    tx.execute(delete(WorkItemGroup).where(WorkItemGroup.work_item_id.in_(items)))
    tx.execute(
        update(WorkItem)
        .where(WorkItem.case_id == case_id, WorkItem.status == "open")
        .values(status="cancelled", ended_at=act.now, ended_by=act.actor.person_id)
    )
    tx.execute(delete(Timer).where(Timer.case_id == case_id))
    tx.execute(
        update(Duty)
        .where(Duty.case_id == case_id, Duty.status == "open")
        .values(status="void", met_at=act.now)
    )
    queue.cancel_since(tx, case_id, act.case["created_at"])
