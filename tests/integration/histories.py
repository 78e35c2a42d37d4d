"""Random histories: people of the small city do whatever they may, in any order, for years.

A history plays the real services. It knows nothing of the drawing: it looks at what waits, takes
a button, and also takes acts back, withdraws, claims, and lets time pass.
"""

import random
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from dxflow import engine, forms
from dxflow.audit import verify_database
from dxflow.calendars.fiscal import fiscal_year_of
from dxflow.clock import local_date
from dxflow.db.audit import AuditEvent
from dxflow.db.case import Case
from dxflow.db.job import Job
from dxflow.db.process import ProcessInstance, Submission, Timer, WorkItem, WorkItemGroup
from dxflow.errors import Conflict, NotAllowed, NotFound, Unavailable
from dxflow.services.acts import cases, pulling_back, task_forms, tasks
from dxflow.services.acts.act import lock
from dxflow.services.acts.task_forms import TaskForm
from dxflow.services.packs import city_days
from dxflow.services.packs import store as packs
from dxflow.services.people.actor import system_actor
from dxflow.services.reading.inbox import Listed
from tests.factories import ANALYSIS, SHEET, City

#: Buttons that bring a case forward; a history presses another one now and then.
FORWARD = {
    "approve", "proceed", "submit", "agree", "done", "continue", "checked", "finish", "conditions",
}  # fmt: skip
CONDITIONS = [{"text": "個人情報の影響評価を行う", "due": "2026-12-28"}]
ANSWERS: dict[str, dict[str, Any]] = {
    "idea": {
        "title": "転入手続のオンライン予約", "trouble": "待つ", "change": "予約にする",
        "beneficiary": ["citizen"],
    },
    "head_approval": {"reason": "確認した"},
    "triage": {
        "lead": "counter", "sections_touched": 2, "personal_data": True,
        "citizen_effect": "large", "importance": [], "reason": "足りない",
    },
    "project_sheet": SHEET,
    "sharing": {"units": ["tax"], "message": "見てほしい"},
    "pre_read": {"comment": "分かりやすい"},
    "small_sheet": {
        "title": "様式の見直し", "classification": "life", "lead": "counter", "problems": "困る",
        "content": "直す", "cost_initial": 300_000, "cost_running": 0, "kpis": SHEET["kpis"],
        "due": "2026-09-30",
    },
    "bpr_analysis": ANALYSIS,
    "sheet_approval": {"reason": "直す", "return_to": "sheet"},
    "security_opinion": {"points": [], "comment": "権限を絞る"},
    "finance_opinion": {"funding_outlook": "planned", "comment": "見込む"},
    "related_opinion": {"impact": "some", "comment": "手伝う"},
    "verdict": {"reason": "測れる", "conditions_wanted": "影響評価を"},
    "reconvene": {"reason": "時期が重なった"},
    "conclude": {"reason": "多数", "conditions": CONDITIONS},
    "review": {"comment": "よく考えられている"},
    "agreement": {"comment": "異議はない"},
    "decision": {"consult": ["tax"], "reason": "妥当", "conditions": CONDITIONS, "flags": ["important"]},
    "execution_report": {"progress": "進んだ"},
    "kpi_measure": {"comment": "順調"},
    "kpi_review": {"reason": "見込みどおり", "extend_unit": "tax", "extend_note": "案内を置く"},
    "duty_check": {"comment": "済んだ"},
}  # fmt: skip
ANSWERS["kpi_closing"] = ANSWERS["kpi_review"]


@dataclass
class History:
    """What a few people do on a few cases; `did` is the story, for when an invariant breaks.

    `together`: others act at the same time, so that anything may turn out to be too late, and
    on a slow machine somebody may be asked to come again.
    """

    city: City
    rng: random.Random
    together: bool = False
    did: list[str] = field(default_factory=list)

    def live(self, steps: int) -> None:
        """Do so many things."""
        for _ in range(steps):
            try:
                self.one_thing()
            except (Conflict, NotAllowed, NotFound, Unavailable) as refused:
                if not self.together:
                    raise
                self.did.append(str(refused))

    def one_thing(self) -> None:
        """Start a case, finish a task, or do one of the rarer things."""
        self.city.clock.advance(seconds=1)
        chance = self.rng.random()
        if chance < 0.06 or not self._running():
            person = self.rng.choice(["applicant", "colleague", "head", "other"])
            self.did.append(f"{person} starts {self.city.start(by=person).number}")
        elif chance < 0.80:
            self._finish_a_task()
        elif chance < 0.88:
            self._pull_back()
        elif chance < 0.89:
            self._withdraw()
        elif chance < 0.91:
            self._hand_in_again()
        elif chance < 0.94:
            self._claim_or_release()
        else:
            self._let_time_pass()

    def _running(self) -> list[str]:
        with self.city.site.database.read() as tx:
            return list(tx.execute(select(Case.id).where(Case.status == "running")).scalars())

    def _finish_a_task(self) -> None:
        people = self.rng.sample(sorted(self.city.person), len(self.city.person))
        for person in people:
            waiting = self.city.open_tasks(person)
            if not waiting:
                continue
            task = self.rng.choice(waiting)
            if self._finish(person, task, self.city.form(person, task.id)):
                return
        self._let_time_pass()

    def _finish(self, person: str, task: Listed, form: TaskForm) -> bool:
        outcome = self._button(form)
        self.did.append(f"{person} {task.element} {outcome} {task.case_number}")
        try:
            self.city.complete_form(person, form, outcome, **self._answer(form, outcome))
        except NotAllowed:
            assert self.together or not may_judge(
                self.city, task.case_id, task.id, self.city.person[person]
            )
            self.did[-1] += " (may not)"
            return False
        except Conflict:
            # the votes do not carry every resolution; the chair then takes one that they do
            if form.definition.key != "conclude" or self.together:
                raise
            self.did[-1] += " (not carried)"
            return self._finish(person, task, form)
        return True

    def _button(self, form: TaskForm) -> str:
        shown = forms.view(form.definition, form.values, form.context).outcomes
        outcomes = [one.key for one in shown]
        forward = [key for key in outcomes if key in FORWARD]
        return self.rng.choice(forward if forward and self.rng.random() < 0.85 else outcomes)

    def _answer(self, form: TaskForm, outcome: str) -> dict[str, Any]:
        key = form.definition.key
        values = dict(ANSWERS[key])
        today = local_date(self.city.clock())
        soon = (today + timedelta(days=90)).isoformat()
        for name in ("conditions", "milestones"):
            if name in values:
                values[name] = [row | {"due": soon} for row in values[name]]
        if "kpis" in values:
            year = fiscal_year_of(today)
            years = {"target_year": str(year + 1), "baseline_year": str(year - 1)}
            values["kpis"] = [row | years for row in values["kpis"]]
            values["schedule"] = [{"year": str(year), "action": "prepare"}]
        if "due" in values:
            values["due"] = soon
        if key == "decision" and outcome != "escalate":
            del values["flags"]
        if key == "triage":
            values["cost"] = self.rng.choice([200_000, 3_000_000])
        if key == "kpi_measure":
            values["actuals"] = [
                {"measure": row["measure"], "value": self.rng.randrange(60)}
                for row in form.values["actuals"]
            ]
        if key == "execution_report":
            status = "done" if outcome == "done" else "doing"
            values["reports"] = [
                {"milestone": one.value, "status": status, "note": "記す"}
                for one in form.context.options["milestones"]
            ]
        if key in ("kpi_review", "kpi_closing"):
            values["revisions"] = [
                {"measure": one.value, "target": 55, "reason": "伸びた"}
                for one in form.context.options["measures"]
            ]
        only = next(one.only for one in form.definition.outcomes if one.key == outcome)
        return values if only is None else {k: v for k, v in values.items() if k in only}

    def _pull_back(self) -> None:
        case = self.rng.choice(self._running())
        with self.city.site.database.read() as tx:
            undo = tx.execute(
                select(ProcessInstance.undo_person).where(ProcessInstance.case_id == case)
            ).scalar_one()
        by = {key: name for name, key in self.city.person.items()}
        name = by.get(undo or "", "other")
        self.did.append(f"{name} pulls {case} back")
        try:
            pulling_back.pull_back(self.city.site, self.city.actor(name), case)
            self.city.run_jobs()  # a deadline of the restored state may long be over
        except (Conflict, NotFound):
            assert self.together or undo != self.city.person[name]
            self.did[-1] += " (too late)"

    def _withdraw(self) -> None:
        case = self.rng.choice(self._running())
        person = self.rng.choice(["applicant", "colleague", "other"])
        self.did.append(f"{person} withdraws {case}")
        try:
            cases.withdraw(self.city.site, self.city.actor(person), case, "やめる")
        except (NotAllowed, NotFound, Conflict):
            self.did[-1] += " (may not)"

    def _hand_in_again(self) -> None:
        with self.city.site.database.read() as tx:
            found = tx.execute(
                select(Case.id, Case.applicant_id).where(Case.status == "recalled")
            ).all()
        if not found:
            return
        case = self.rng.choice(found)
        name = next(n for n, key in self.city.person.items() if key == case.applicant_id)
        actor = self.city.actor(name)
        self.did.append(f"{name} hands {case.id} in again")
        form = task_forms.start_form(self.city.site, actor, "proposal", draft=case.id)
        submission = forms.submit_values(form.definition, form.values, "submit", form.context)
        cases.start(self.city.site, actor, "proposal", submission, draft_id=case.id)

    def _claim_or_release(self) -> None:
        person = self.rng.choice(sorted(self.city.person))
        for task in self.city.open_tasks(person)[:1]:
            act = tasks.release if task.assignee_id else tasks.claim
            self.did.append(f"{person} {act.__name__}s {task.element} {task.case_number}")
            act(self.city.site, self.city.actor(person), task.id)

    def _let_time_pass(self) -> None:
        days = self.rng.choice([1, 3, 10, 40, 200])
        self.did.append(f"{days} days pass")
        self.city.clock.advance(days=days)
        self.city.run_jobs()


def may_judge(city: City, case_id: str, task_id: str, person: str) -> bool:
    """Return whether nothing but who made the proposal could keep a person from a task."""
    with city.site.database.write() as tx:
        act = lock(city.site, tx, system_actor(city.actor("cio").on), case_id)
        item = tx.execute(select(WorkItem.__table__).where(WorkItem.id == task_id)).one()
        if act.pack.act_of(item.process_key, item.element) not in packs.SEGREGATED:
            return True
        return person not in act.involved().persons


def broken(city: City) -> list[str]:
    """Return every promise that the database breaks; empty when all is well."""
    with city.site.database.read() as tx:
        found = [str(finding) for finding in verify_database(tx).findings]
        instances = tx.execute(
            select(ProcessInstance.__table__, Case.status.label("case_status"), Case.applicant_id)
            .join(Case, Case.id == ProcessInstance.case_id)
        ).all()  # fmt: skip
    for row in instances:
        found += [f"{row.case_id}: {what}" for what in _broken_case(city, row)]
    return found


def _broken_case(city: City, row: Any) -> list[str]:
    wrong: list[str] = []
    case = row.case_id
    with city.site.database.read() as tx:
        seqs = tx.execute(
            select(func.count(), func.max(AuditEvent.seq)).where(
                AuditEvent.stream == f"case:{case}"
            )
        ).one()
        versions = tx.execute(
            select(func.count()).where(
                AuditEvent.stream == f"case:{case}", AuditEvent.body.like('%"version":%')
            )
        ).scalar_one()
        items = tx.execute(select(WorkItem.__table__).where(WorkItem.case_id == case)).all()
        groups: dict[str, set[str]] = {}
        order = {item.id: (item.due_at, item.created_at) for item in items}
        for offered in tx.execute(
            select(WorkItemGroup.__table__).where(
                WorkItemGroup.work_item_id.in_([item.id for item in items])
            )
        ):
            groups.setdefault(offered.work_item_id, set()).add(offered.group_key)
            if (offered.due_at, offered.created_at) != order[offered.work_item_id]:
                wrong.append("work is offered with another date than its own")
        timers = {
            timer.id: timer.due_at
            for timer in tx.execute(select(Timer.__table__).where(Timer.case_id == case))
        }
        jobs = tx.execute(
            select(func.count()).where(
                Job.case_id == case, Job.kind == "timer.fire", Job.status == "waiting"
            )
        ).scalar_one()
        submissions = tx.execute(
            select(Submission.__table__).where(Submission.case_id == case).order_by(Submission.id)
        ).all()
        pack = packs.load(city.site, tx, row.pack_digest)
        who = city.site.directories
    open_items = [item for item in items if item.status == "open"]
    if not seqs[0] == seqs[1] == row.audit_seq:
        wrong.append(f"{seqs} events, the instance says {row.audit_seq}")
    if versions != row.version:
        wrong.append(f"{versions} events end a step, the instance is at version {row.version}")
    if set(groups) - {item.id for item in open_items}:
        wrong.append("groups of work that is not open")
    if row.case_status != "running":
        still = row.status != "ended" and row.case_status != "recalled"
        if open_items or timers or jobs or still:
            wrong.append(f"ended, but {len(open_items)} tasks, {timers} timers, {jobs} jobs")
        return wrong + _self_judged(row, submissions)
    step = engine.peek(pack.definitions, row.state, environment(city, pack))
    if {task.id for task in step.tasks} != {item.id for item in open_items}:
        wrong.append("the open work is not the engine's")
    if {timer.id: timer.due for timer in step.timers} != timers:
        wrong.append("the timers are not the engine's")
    if not open_items and not timers:
        wrong.append("nothing will ever happen to it")
    drafters = {one.person_id for one in submissions if one.act == "draft"} | {row.applicant_id}
    for item in open_items:
        segregated = pack.act_of(item.process_key, item.element) in packs.SEGREGATED
        directory = who[max(who, key=lambda key: key[1])]
        able = {p for group in groups.get(item.id, ()) for p in directory.holders(group)}
        able |= {item.assignee_id} if item.assignee_id else set()
        if not able - (drafters if segregated else set()):
            wrong.append(f"nobody may do {item.element}, offered to {groups.get(item.id)}")
    return wrong + _self_judged(row, submissions)


def _self_judged(row: Any, submissions: Any) -> list[str]:
    drafters, wrong = {row.applicant_id}, []
    for one in submissions:
        if one.act == "draft":
            drafters.add(one.person_id)
        elif one.act in packs.SEGREGATED and one.person_id in drafters:
            wrong.append(f"{one.element} was done by somebody who drafted")
    return wrong


def environment(city: City, pack: packs.Pack) -> engine.Environment:
    """Return what the engine needs to say where a case stands; no command may run."""
    now = city.clock()
    with city.site.database.read() as tx:
        calendar = city_days.Calendars(city.site, tx).of(pack)
    return engine.Environment(pack.functions(now, calendar), now, _Nobody(), pack.settings.lanes)


class _Nobody:
    def call(
        self, command: str, payload: dict[str, Any], element: str, branch: str
    ) -> dict[str, Any]:
        raise NotFound(command)
