"""Try an incident again without doing anything twice, and resolve it with a note.

A dead job is put back into the queue, once. A person's act is never repeated for them: it was
undone, what they typed is their draft, and a trial of the step whose every trace is taken back
says whether they may try again now.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from dxflow import audit, engine, forms
from dxflow.db.identity import Person
from dxflow.db.process import Draft, Incident, ProcessInstance, WorkItem
from dxflow.engine import StepFailed
from dxflow.errors import Conflict, DxflowError, Invalid
from dxflow.jobs import queue
from dxflow.services.acts import incidents, suspension, task_forms
from dxflow.services.acts.act import lock_of_task, require_running
from dxflow.services.acts.suspension import Suspended
from dxflow.services.operations import incident_list
from dxflow.services.operations.case_choice import OPERATORS
from dxflow.services.operations.incident_list import IncidentRow
from dxflow.services.people import events, maintenance, organisation
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import translated

LONGEST_NOTE = 2000


@dataclass(frozen=True)
class Retried:
    """What came of a retry, in words as `message`.

    `queued`: the job runs again. `works`: whether a person's step would go through now, None when
    that cannot be known.
    """

    incident: str
    queued: bool
    works: bool | None
    message: str
    task_id: str = ""


class _Undone(Exception):
    """Ends the transaction of a trial so that nothing of it is kept."""


def retry(site: Site, actor: Actor, incident_id: str) -> Retried:
    """Try an incident again. Raises NotAllowed, NotFound, Conflict when it was done already."""
    actor.require_role(*OPERATORS)
    with site.database.read() as tx:
        row = incident_list.read(site, tx, incident_id)
    return retry_known(site, actor, row)


def retry_known(site: Site, actor: Actor, row: IncidentRow) -> Retried:
    """Try an incident again that has been read. Raises as `retry`."""
    actor.require_role(*OPERATORS)
    _require_open(row)
    return _requeue(site, actor, row) if row.kind == "job" else _try_act(site, row)


def close(site: Site, actor: Actor, incident_id: str, note: str) -> None:
    """Resolve an incident with a note. Raises NotAllowed, NotFound, Invalid, Conflict."""
    actor.require_role(*OPERATORS)
    given = required_note(note)
    person = None if actor.is_system else actor.person_id
    with site.database.write() as tx:
        row = incident_list.read(site, tx, incident_id)
        done = incidents.settle(
            tx, site.now(), Incident.id == row.id, person, actor.channel, given, actor.request_id
        )
        if not done:
            _require_open(incident_list.read(site, tx, row.id))
            raise Conflict(_("この障害はすでに解消されています。"))


def required_note(note: str) -> str:
    """Return what was done about an incident. Raises Invalid when it is empty or too long."""
    given = note.strip()
    if not given:
        message = _("何をして解消したかを書いてください。")
        raise Invalid(message, {"note": [message]})
    if len(given) > LONGEST_NOTE:
        message = _("{n} 文字以内で書いてください。", n=LONGEST_NOTE)
        raise Invalid(message, {"note": [message]})
    return given


def _require_open(row: IncidentRow) -> None:
    if row.resolved_alone:
        raise Conflict(_("この障害はすでに解消しています（{note}）。", note=translated(row.note)))
    if row.status != "open":
        raise Conflict(
            _(
                "この障害は {name} さんがすでに解消しています（{note}）。",
                name=row.resolved_by,
                note=row.note,
            )
        )


def _requeue(site: Site, actor: Actor, row: IncidentRow) -> Retried:
    with site.database.write() as tx:
        _require_going(tx, row)
        job_id = tx.execute(select(Incident.job_id).where(Incident.id == row.id)).scalar_one()
        if job_id is None or not queue.revive(tx, job_id, site.now()):
            raise Conflict(
                _(
                    "この処理はすでに待ち行列に戻されたか、取り消されています。もう一度は戻しません。"
                )
            )
        subject = audit.Subject("incident", row.id, row.case_id)
        events.record_configuration(site, tx, actor, "incident.retried", subject)
    said = _("処理を待ち行列に戻しました。成功すると、この障害は自動で解消になります。")
    if maintenance.paused(site):
        said = _both(said, _("いまは保守中なので、保守が終わってから行われます。"))
    return Retried(row.id, True, None, said)


def _require_going(tx: Connection, row: IncidentRow) -> None:
    """Raise Suspended while the case is stopped: its job would find nothing it may do."""
    found = (
        tx.execute(
            select(*suspension.COLUMNS)
            .where(ProcessInstance.case_id == row.case_id)
            .with_for_update(of=ProcessInstance)
        )
        .mappings()
        .one_or_none()
    )
    stopped = suspension.of_row(tx, found, "instance_") if found else None
    if stopped is not None:
        raise Suspended(stopped.sentence(row.case_number))


def _try_act(site: Site, row: IncidentRow) -> Retried:
    """Try the step of a person's act in a transaction that is taken back."""
    undone = _("操作は取り消され、何も変わっていません。操作を人の代わりに行うことはありません。")
    who = _("{name} さん", name=row.person) if row.person_id else _("操作した人")
    with site.database.read() as tx:
        if _task_is_over(tx, row):
            said = _(
                "その作業はもう開いていません（済んだか、取り消されました）。"
                "ほかにすることがなければ、解消済みにしてください。"
            )
            return Retried(row.id, False, None, _both(undone, said))
        person = _actor(site, tx, row.person_id) if _has_draft(tx, row) else None
    if person is None:
        said = _(
            "入力が残っていないため、いま成功するかは試せません。"
            "{who}に、もう一度操作するよう伝えてください。",
            who=who,
        )
        return Retried(row.id, False, None, _both(undone, said))
    failure = _trial(site, person, row)
    if failure:
        said = _("いま試しても成功しません: {why}", why=failure)
        return Retried(row.id, False, False, _both(undone, said), row.task_id)
    said = _(
        "いまは成功します。{who}に、下書きを開いてもう一度送るよう伝えてください。",
        who=who,
    )
    return Retried(row.id, False, True, _both(undone, said), row.task_id)


def _both(one: str, other: str) -> str:
    """Return two sentences one after the other, as the reader's language joins them."""
    return _("{one}{other}", one=one, other=other)


def _task_is_over(tx: Connection, row: IncidentRow) -> bool:
    """Return whether the task in which it happened has been done or called off since."""
    status = tx.execute(
        select(WorkItem.status).where(WorkItem.id == row.task_id)
    ).scalar_one_or_none()
    return status not in (None, "open")


def _has_draft(tx: Connection, row: IncidentRow) -> bool:
    """Return whether the task is still open and what the person typed is still there."""
    found = tx.execute(
        select(Draft.id)
        .join(WorkItem, WorkItem.id == row.task_id)
        .where(
            Draft.person_id == row.person_id,
            Draft.subject == f"task:{row.task_id}",
            WorkItem.status == "open",
        )
    ).first()
    return found is not None


def _actor(site: Site, tx: Connection, person_id: str) -> Actor | None:
    found = tx.execute(
        select(Person.username, Person.name).where(
            Person.id == person_id, Person.status == "active"
        )
    ).one_or_none()
    if found is None:
        return None
    who = organisation.directory(site, tx, site.today())
    return organisation.actor(who, person_id, found.username, found.name, channel="job")


def _trial(site: Site, person: Actor, row: IncidentRow) -> str:
    """Return why the person's draft cannot be handed in now, "" when it can."""
    try:
        form = task_forms.task_form(site, person, row.task_id)
        submission = forms.submit_values(
            form.definition, dict(form.values), row.outcome, form.context
        )
        with site.database.write() as tx:
            act = lock_of_task(site, tx, person, row.task_id)
            require_running(act)
            engine.complete(
                act.pack.definitions,
                act.state,
                row.task_id,
                submission.values,
                submission.outcome,
                act.environment(),
            )
            raise _Undone
    except _Undone:
        return ""
    except StepFailed as failure:
        return failure.cause
    except DxflowError as refused:
        return refused.message
