"""The sample cases played through the services, day by day, as people and timers would have it.

What is to be done stands in one agenda for all cases, ordered by time. Between two entries the
timers that are due fire at their own time, so that the log grows in the order of events.
"""

import heapq
import io
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from typing import Any
from zlib import crc32

from dxflow import forms
from dxflow.clock import at_local, local_date
from dxflow.services.acts import cases, drafts, duties, task_forms, tasks, upkeep
from dxflow.services.attachments import draft_files
from dxflow.services.commands.committee import REFER
from dxflow.services.meetings import referring
from dxflow.services.packs import city_days
from dxflow.services.packs import store as packs
from dxflow.services.people.actor import Actor
from dxflow.services.sample import entering, office, waiting
from dxflow.services.sample.beginning import first_moment
from dxflow.services.sample.casting import Casting
from dxflow.services.sample.city import People
from dxflow.services.sample.script import Begun, MetDuty, Plan, SampleBroken, Script, dated
from dxflow.services.sample.sitting import BEGINS, Planned, Sessions
from dxflow.services.sample.waiting import Waiting
from dxflow.services.site import Site
from dxflow.texts import gettext as _

MEASURE, VOTE = "kpi_measure", "verdict"
NUMBER = "$number"
#: People get to things up to this many minutes later than the pace has it.
LATEST = 50
#: How many business days after a case comes up the meeting is held; how far ahead one is planned.
TO_MEETING, TO_COMING = 2, 4
#: When in the day, in minutes from its beginning, somebody begins to write a proposal.
DRAFTING = 395


class Timeline:
    """The clock of the sample: it stands where the player has put it."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def __call__(self) -> datetime:
        """Return the present moment of the sample."""
        return self.moment


@dataclass
class Played:
    """A case being played. `free` is when its people have time for the next thing."""

    plan: Plan
    id: str
    begun: datetime
    free: datetime
    visits: Counter[str] = field(default_factory=Counter)
    measured: int = 0
    promised: set[str] = field(default_factory=set)
    meeting: Planned | None = None


class Player:
    """Plays every case of a script from its beginning to `end`.

    People act until the evening before that day, timers until the moment itself: what stands in
    the end does not depend on the hour. `say` hears after each act when it was and how many cases
    have begun.
    """

    def __init__(
        self,
        site: Site,
        clock: Timeline,
        people: People,
        script: Script,
        end: datetime,
        say: Callable[[datetime, int], None],
    ) -> None:
        self._site, self._clock, self._script, self._say = site, clock, script, say
        self._end, self._evening = end, at_local(local_date(end))
        with site.database.read() as tx:
            (self._pack,) = packs.current(site, tx)
            self._calendar = city_days.Calendars(site, tx).of(self._pack)
        self._casting = Casting(site, people, self._pack)
        self._runner = upkeep.make_runner(
            site,
            work={
                REFER: lambda tx, payload, key, now: referring.refer(site, tx, payload, key, now)
            },
        )
        self._sessions = Sessions(
            site, self._casting, lambda minutes: self._go_to(clock() + timedelta(minutes=minutes))
        )
        self._played: dict[str, Played] = {}
        self._agenda: list[tuple[datetime, int, Callable[[], None]]] = []
        self._order = count()
        self._known: set[str] = set()
        self._begun: Counter[str] = Counter()

    def play(self) -> None:
        """Play everything. Raises SampleBroken, or what a service refuses."""
        for plan in self._script.plans:
            begin = first_moment(plan, self._end, self._calendar)
            self._put(begin, partial(self._begin, plan, begin))
        for draft in self._script.drafts:
            day = self._calendar.add_business_days(local_date(self._end), -draft.business_days_ago)
            self._put(office.at(day, DRAFTING), partial(self._draft, draft))
        while self._go_on():
            self._look()
        self._go_to(self._end)
        self._look()

    def _put(self, moment: datetime, do: Callable[[], None]) -> None:
        heapq.heappush(self._agenda, (moment, next(self._order), do))

    def _go_to(self, moment: datetime) -> None:
        self._clock.moment = max(self._clock.moment, moment)

    def _go_on(self) -> bool:
        """Go to what comes next, a timer or somebody's act; return False when nothing does."""
        with self._site.database.read() as tx:
            timer = waiting.next_timer(tx)
        act = self._agenda[0][0] if self._agenda else None
        if timer is not None and timer <= self._end and (act is None or timer <= act):
            self._go_to(timer)
            return True
        if act is None or act >= self._evening:
            return False
        moment, _order, do = heapq.heappop(self._agenda)
        self._go_to(moment)
        do()
        return True

    def _look(self) -> None:
        """Run what is due, then put what now waits for people into the agenda."""
        self._runner.run_due()
        with self._site.database.read() as tx:
            fresh = waiting.tasks(tx, self._known)
        self._known |= {one.id for one in fresh}
        for one in self._in_order(fresh):
            self._expect(one)
        for played in self._played.values():
            self._promise(played)
        self._say(self._clock(), len(self._played))

    def _in_order(self, fresh: list[Waiting]) -> list[Waiting]:
        """Sort by time; of the votes those of accounts to try come last, so that some are left."""
        if not fresh:
            return []
        who = self._casting.who()
        last = {one.id for one in fresh if one.element == VOTE and self._casting.tried(who, one)}
        return sorted(fresh, key=lambda one: (one.created, one.id in last, one.sign))

    def _expect(self, task: Waiting) -> None:
        """Put a task into the agenda, unless its plan leaves it."""
        played = self._played.get(task.case_id) or self._extended(task.case_id)
        plan, element = played.plan, task.element
        if plan.meeting and element == VOTE:
            self._meet(played)
            return
        played.visits[element] += 1
        visit = played.visits[element]
        usual = self._script.usual.get(element)
        if usual is None:
            raise SampleBroken(_("見本に作業「{task}」の進め方がありません。", task=element))
        if element in plan.leave and visit >= plan.leave[element]:
            return
        later = 1 + crc32(f"{plan.key} {element} {visit}".encode()) % LATEST
        free = max(played.free, task.created)
        if usual.before_due is not None and task.due is not None:
            day = self._calendar.add_business_days(local_date(task.due), -usual.before_due)
            free = max(free, office.at(day))
        played.free = office.after(self._calendar, free, usual.pace, later)
        if plan.withdrawal is not None and plan.withdrawal.at == element:
            self._put(played.free, partial(self._withdraw, played, plan.withdrawal.reason))
        else:
            self._put(played.free, partial(self._complete, played, task, visit))

    def _meet(self, played: Played) -> None:
        """Have the committee vote on a case in a meeting; the first of its votes plans it."""
        if played.meeting is not None:
            return
        today, ahead = local_date(self._clock()), played.plan.meeting == "coming"
        day = self._calendar.add_business_days(
            local_date(self._end) if ahead else today, TO_COMING if ahead else TO_MEETING
        )
        played.meeting = self._sessions.prepare(played.id, day, readers=2)
        if not ahead:
            self._put(office.at(day, BEGINS), partial(self._hold, played, played.meeting))

    def _hold(self, played: Played, planned: Planned) -> None:
        self._sessions.hold(planned, partial(self._in_session, played))
        played.free = self._clock()

    def _in_session(self, played: Played, task: Waiting) -> None:
        played.visits[task.element] += 1
        self._complete(played, task, played.visits[task.element])

    def _extended(self, case_id: str) -> Played:
        """Return the case that began in another one or by itself, found by its first task."""
        with self._site.database.read() as tx:
            found = waiting.origin(tx, case_id)
        itself = found.process in self._script.started
        plan = (
            self._next(found.process)
            if itself or found.parent is None
            else self._played[found.parent].plan.linked
        )
        if plan is None:
            raise SampleBroken(_("見本に、横展開やタイマーで始まった案件の続きがありません。"))
        played = Played(plan, case_id, found.created, found.created)
        self._played[case_id] = played
        return played

    def _next(self, process: str) -> Plan | None:
        """Return how the next case that begins by itself goes on."""
        plans = self._script.started.get(process, ())
        self._begun[process] += 1
        return plans[min(self._begun[process], len(plans)) - 1] if plans else None

    def _promise(self, played: Played) -> None:
        """Put conditions that the plan meets into the agenda once they are imposed."""
        wanted = [one for one in played.plan.duties if one.text not in played.promised]
        if not wanted:
            return
        with self._site.database.read() as tx:
            owed = waiting.owed(tx, played.id)
        for one in wanted:
            if one.text in owed:
                played.promised.add(one.text)
                moment = office.after(self._calendar, self._clock(), one.after)
                self._put(moment, partial(self._fulfil, one, *owed[one.text]))

    def _begin(self, plan: Plan, begin: datetime) -> None:
        process = self._start(plan.start)
        actor = self._casting.known(plan.applicant)
        draft = self._attached(actor, process, plan) if plan.files else ""
        form = task_forms.start_form(self._site, actor, process, files_of=draft)
        submission = forms.submit_values(
            form.definition,
            _picked(dated(plan.forms[form.definition.key], local_date(begin)), plan, form),
            form.definition.outcomes[0].key,
            form.context,
        )
        started = cases.start(self._site, actor, process, submission, draft_id=draft)
        self._played[started.id] = Played(plan, started.id, begin, begin)

    def _attached(self, actor: Actor, process: str, plan: Plan) -> str:
        """Attach the plan's files to a draft that is handed in at once; return the draft's id."""
        key = drafts.fresh_id(self._site)
        drafts.save_start(self._site, actor, process, key, {"title": plan.title})
        for name, text in plan.files.items():
            draft_files.attach(self._site, actor, process, key, name, io.BytesIO(text.encode()))
        return key

    def _start(self, key: str) -> str:
        """Return the key of what is begun: the pack's first start without one."""
        return key or self._pack.settings.offered[0].key

    def _draft(self, draft: Begun) -> None:
        process = self._start(draft.start)
        actor, key = self._casting.known(draft.person), drafts.fresh_id(self._site)
        drafts.save_start(self._site, actor, process, key, draft.values)

    def _complete(self, played: Played, task: Waiting, visit: int) -> None:
        with self._site.database.read() as tx:
            if not waiting.is_open(tx, task.id):
                return
            ahead = entering.milestones(tx, played.id)
        actor = self._casting.doer(task)
        usual = self._script.usual[task.element]
        step = entering.step_for(played.plan, usual, task.element, visit, ahead, actor.on)
        actuals = None
        if task.element == MEASURE or step.values.get("actuals") == entering.ACTUALS:
            if played.measured >= len(played.plan.actuals):
                return
            actuals = played.plan.actuals[played.measured]
            played.measured += 1
        form = task_forms.task_form(self._site, actor, task.id)
        values = entering.values_for(
            played.plan, step, form, local_date(played.begun), ahead, actuals
        )
        values = self._numbered(values)
        submission = forms.submit_values(form.definition, values, step.outcome, form.context)
        tasks.complete(self._site, actor, task.id, submission, version=form.version)

    def _numbered(self, values: Any) -> Any:
        """Return values with every {"$number": key} replaced by the number of that plan's case."""
        if isinstance(values, Mapping):
            if set(values) == {NUMBER}:
                case = next(
                    one.id for one in self._played.values() if one.plan.key == values[NUMBER]
                )
                with self._site.database.read() as tx:
                    return waiting.number_of(tx, case)
            return {key: self._numbered(value) for key, value in values.items()}
        if isinstance(values, list | tuple):
            return [self._numbered(value) for value in values]
        return values

    def _withdraw(self, played: Played, reason: str) -> None:
        cases.withdraw(self._site, self._casting.known(played.plan.applicant), played.id, reason)

    def _fulfil(self, promise: MetDuty, duty: str, group: str) -> None:
        duties.meet(self._site, self._casting.member(group), duty, promise.evidence)


def _picked(values: Mapping[str, Any], plan: Plan, form: task_forms.TaskForm) -> dict[str, Any]:
    """Return values with the name of an attached file as the form's choice of it."""
    kept = [one.value for one in form.context.options.get(task_forms.FILES, ())]
    return {
        key: next(one for one in kept if one.startswith(value))
        if isinstance(value, str) and value in plan.files
        else value
        for key, value in values.items()
    }
