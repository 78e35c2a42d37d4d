"""What must be true after a run, whatever was killed: one function a promise.

Each takes what was found (`Found`) and yields a sentence for every violation.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from dxflow import engine
from dxflow.engine.errors import StateUnreadable
from dxflow.services.packs import city_days
from dxflow.services.packs import store as packs
from torture import plays
from torture.books import Books, Event
from torture.installation import Installation
from torture.journal import ACKNOWLEDGED, OPEN, REFUSED, Journal, Sent

#: A finished worker may be late by its longest pause and a lost lease; then nothing may be due.
DONE = frozenset({"task.completed", "case.started", "case.resubmitted"})
#: What others may have done on tasks of their own since a task was read.
ON_TASKS = frozenset(
    {"task.claimed", "task.released", "task.completed", "committee.voted", "opinion.recorded"}
)


@dataclass
class Found:
    """A run's two sides. `installation` gives engine, packs and organisation."""

    installation: Installation
    journal: Journal
    books: Books
    by_key: dict[str, list[Event]] = field(default_factory=dict)
    recalls: Counter = field(default_factory=Counter)
    recalled_cases: Counter = field(default_factory=Counter)

    def __post_init__(self) -> None:
        keys: dict[str, list[Event]] = defaultdict(list)
        for event in self.books.events:
            if event.key and event.type in DONE:
                keys[event.key].append(event)
            if event.type in ("task.recalled", "case.recalled"):
                self.recalls[event.object] += 1
                self.recalled_cases[event.case] += 1
        self.by_key = dict(keys)


Check = Callable[[Found], Iterator[str]]


def answers(found: Found) -> Iterator[str]:
    """Every request was answered, and by nothing but what is declared."""
    yield from found.journal.wrong


def doubles(found: Found) -> Iterator[str]:
    """One key has one answer, one task is done by one request; unless it was pulled back."""
    for pair in found.journal.same_key:
        first, second = pair
        if OPEN in (first.ended, second.ended) or _was_recalled(found, pair):
            continue
        if (first.ended, first.case) != (second.ended, second.case):
            yield f"two answers to one key: {first} {second}"
    for pair in found.journal.same_task:
        done = all(one.ended == ACKNOWLEDGED for one in pair)
        if done and not _was_recalled(found, pair):
            yield f"one task was done twice: {pair}"


def _was_recalled(found: Found, pair: list[Sent]) -> bool:
    return any(found.recalls[one.target] or found.recalled_cases[one.case] for one in pair)


def acknowledged_is_there(found: Found) -> Iterator[str]:
    """Every acknowledged act with a key stands in the log and in the state."""
    stored = {(s["case_id"], s["work_item_id"]) for s in found.books.submissions}
    for one in found.journal.acknowledged("start", "complete"):
        events = found.by_key.get(one.key, [])
        if not events:
            yield f"acknowledged and not in the log: {one}"
            continue
        target = one.target if one.kind == "complete" else None
        if (events[0].case, target) not in stored:
            yield f"acknowledged and without its submission: {one}"
        if one.case and one.case != events[0].case:
            yield f"acknowledged for another case: {one}"
        if one.number and found.books.cases[one.case]["number"] != one.number:
            yield f"acknowledged with another number: {one}"


def once(found: Found) -> Iterator[str]:
    """No key was done twice; only what was pulled back may be done again."""
    for key, events in found.by_key.items():
        allowed = 1 + found.recalls[events[0].object]
        if len(events) > allowed:
            yield f"the key {key} was done {len(events)} times: {events[0]}"


def refused_is_not_there(found: Found) -> Iterator[str]:
    """What was refused has left nothing."""
    said_yes = {one.key for one in found.journal.sent if one.ended == ACKNOWLEDGED}
    for one in found.journal.sent:
        if one.ended != REFUSED or not one.key or one.key in said_yes:
            continue
        events = found.by_key.get(one.key, [])
        if events and not found.recalls[events[0].object]:
            yield f"refused and yet in the log: {one}"


def nothing_else(found: Found) -> Iterator[str]:
    """The log knows no key that nobody sent."""
    sent = {one.key for one in found.journal.sent}
    for key in found.by_key.keys() - sent:
        yield f"nobody sent the key {key}"


def beside_tasks(found: Found) -> Iterator[str]:
    """Acts without a key: acknowledged ones are in the log, and not more often than sent."""
    types = {"claim": "task.claimed", "release": "task.released", "withdraw": "case.withdrawn",
             "pull-back": "recalled", "actual": "kpi.recorded"}  # fmt: skip
    happened: Counter[tuple[str, str, str]] = Counter()
    people = found.installation.city.person
    for event in found.books.events:
        kind = "recalled" if event.type.endswith(".recalled") else event.type
        where = event.case if kind in ("recalled", "case.withdrawn") else event.object
        happened[kind, where, event.actor] += 1
    wanted: dict[tuple[str, str, str], list[Sent]] = defaultdict(list)
    for one in found.journal.sent:
        if one.kind in types:
            wanted[types[one.kind], one.target, people[one.person]].append(one)
    for what, ones in wanted.items():
        yes = sum(one.ended == ACKNOWLEDGED for one in ones)
        # a refusal may also come from the look at the case after the act
        tries = sum(one.lost + 1 for one in ones)
        least = min(yes, 1) if what[0] in ("task.claimed", "task.released") else yes
        if not least <= happened[what] <= max(tries, least):
            yield f"{what} happened {happened[what]} times, acknowledged {yes}, tried {tries}"


def drafts_kept(found: Found) -> Iterator[str]:
    """Every acknowledged draft is there with what was typed."""
    kept = {row["id"]: row["body"] for row in found.books.drafts}
    for one in found.journal.acknowledged("draft"):
        if one.text not in kept.get(one.target, ""):
            yield f"a draft is lost: {one}"


def versions(found: Found) -> Iterator[str]:
    """Every act moved the version of its case by one, and the log names each version once."""
    told: dict[str, list[int]] = defaultdict(list)
    for event in found.books.events:
        if event.version is not None:
            told[event.case].append(event.version)
    for case, row in found.books.instances.items():
        if told[case] != list(range(1, row["version"] + 1)):
            yield f"case {case} has version {row['version']}, its log tells {told[case][-5:]}"


def version_respected(found: Found) -> Iterator[str]:
    """Between the version an act was sent with and the act others only did tasks of their own."""
    events = found.books.by_case("events")
    for one in found.journal.acknowledged("complete"):
        if one.version is None:
            continue
        for event in found.by_key.get(one.key, []):
            done_on = (event.moved or 0) - 1
            between = [
                each for each in events[event.case] if one.version < (each.moved or 0) <= done_on
            ]
            if done_on < one.version or any(
                each.type not in ON_TASKS or each.object == one.target for each in between
            ):
                yield f"done on version {done_on}: {one}"


def submissions_are_completed_work(found: Found) -> Iterator[str]:
    """Work is completed exactly when its form was handed in, by the same person."""
    handed: dict[str, list[Any]] = defaultdict(list)
    for row in found.books.submissions:
        if row["work_item_id"] is not None and row["superseded_at"] is None:
            handed[row["work_item_id"]].append(row)
    for key, item in found.books.work.items():
        forms = handed.pop(key, [])
        done = item["status"] == "completed"
        if len(forms) != int(done):
            yield f"work {key} is {item['status']} with {len(forms)} submissions"
        elif done and forms[0]["person_id"] != item["ended_by"]:
            yield f"work {key} was completed by somebody else than its submission says"
    for key in handed:
        yield f"a submission for work {key}, which does not exist"
    starts = Counter(
        row["case_id"]
        for row in found.books.submissions
        if row["work_item_id"] is None and row["superseded_at"] is None
    )
    for case, row in found.books.cases.items():
        if starts[case] != int(row["status"] != "recalled"):
            yield f"case {case} is {row['status']} and was handed in {starts[case]} times"


def offered(found: Found) -> Iterator[str]:
    """Nobody did what was not offered to them."""
    for one in found.journal.acknowledged("complete"):
        if one.intruder:
            yield f"done by somebody it was not offered to: {one}"
    names = {person: name for name, person in found.installation.city.person.items()}
    for item in found.books.work.values():
        case = found.books.cases[item["case_id"]]
        if item["status"] != "completed" or case["process_key"] != "torture":
            continue
        groups = [f"section:{case['unit']}"]
        allowed = plays.people_of({"element": item["element"], "candidate_groups": groups})
        if allowed and names.get(item["ended_by"]) not in allowed:
            yield f"{names.get(item['ended_by'])} did {item['element']} of {case['number']}"


class _Nobody:
    """No command is called while an instance is only looked at."""

    def call(self, command: str, payload: dict[str, Any], element: str) -> dict[str, Any]:
        raise AssertionError(command)


def engine_agrees(found: Found) -> Iterator[str]:
    """The engine's stored state has the open work and the timers that the tables have."""
    site, books = found.installation.city.site, found.books
    work, timers = books.by_case("work"), books.by_case("timers")
    now = site.now()
    with site.database.read() as tx:
        calendars = city_days.Calendars(site, tx)
        for case, row in books.instances.items():
            pack = packs.load(site, tx, row["pack_digest"])
            environment = engine.Environment(
                functions=pack.functions(now, calendars.of(pack)),
                now=now,
                host=_Nobody(),
                lanes=pack.settings.lanes,
            )
            try:
                step = engine.peek(pack.definitions, row["state"], environment)
            except StateUnreadable as wrong:
                yield f"case {case}: {wrong}"
                continue
            opened = {item["id"] for item in work[case] if item["status"] == "open"}
            armed = {timer["id"]: timer["due_at"] for timer in timers[case]}
            if opened != {task.id for task in step.tasks}:
                yield f"open work of {case}: {opened} in the table, {step.tasks} in the state"
            if armed != {timer.id: timer.due for timer in step.timers}:
                yield f"timers of {case}: {armed} in the table, {step.timers} in the state"
            running = books.cases[case]["status"] == "running"
            if running == step.ended or running != (
                row["status"] == "active" and books.cases[case]["status"] != "recalled"
            ):
                yield f"case {case} is {books.cases[case]['status']}, its engine ended={step.ended}"


def not_stuck(found: Found) -> Iterator[str]:
    """A running case waits for somebody, for a moment, or for an operator."""
    waiting = {
        *(item["case_id"] for item in found.books.work.values() if item["status"] == "open"),
        *(timer["case_id"] for timer in found.books.timers),
        *(incident["case_id"] for incident in found.books.incidents),
    }
    for case, row in found.books.cases.items():
        if row["status"] == "running" and case not in waiting:
            yield f"case {row['number']} waits for nothing"


def offers(found: Found) -> Iterator[str]:
    """Open work is offered to somebody, ended work to nobody."""
    for key, item in found.books.work.items():
        groups = found.books.groups.get(key, set())
        if item["status"] == "open" and not groups and item["assignee_id"] is None:
            yield f"open work {key} is offered to nobody"
        if item["status"] != "open" and groups:
            yield f"ended work {key} is still offered to {groups}"


def timers_fired_once(found: Found) -> Iterator[str]:
    """Each timer fired once, and none is overdue."""
    now = found.installation.city.clock()
    for timer in found.books.timers:
        if timer["due_at"] < now - timedelta(seconds=15):
            yield f"a timer is overdue since {timer['due_at']}: {timer['element']}"
    fired: Counter[tuple[str, str]] = Counter()
    for event in found.books.events:
        if event.type == "timer.fired":
            fired.update((event.case, change["after"]) for change in event.changes)
    open_work = Counter(
        (item["case_id"], item["element"])
        for item in found.books.work.values()
        if item["status"] == "open"
    )
    for (case, element), visit in found.books.visits.items():
        timer, host = _FOLLOWS.get(element, ("", ""))
        if not timer or found.recalled_cases[case]:
            continue  # what is pulled back is armed again
        # a timer that is due when somebody acts on the case goes on within that act
        passed, entered = visit["completed"], visit["entered"]
        if host and (case, host) in found.books.visits:
            entered = found.books.visits[case, host]["entered"]
        if not max(open_work[case, host], fired[case, timer]) <= passed <= entered:
            yield (
                f"{timer} of {case}: fired {fired[case, timer]} times, passed {passed} times,"
                f" entered {entered} times"
            )


#: Element behind a timer -> the timer, and the task it is attached to.
_FOLLOWS = {
    "remind": ("check_reminder", "check"), "give_up": ("closing_late", ""),
    "pause": ("pause", ""), "rest": ("rest", ""),
}  # fmt: skip


def jobs_done(found: Found) -> Iterator[str]:
    """No job is dead, leased for ever or forgotten."""
    now = found.installation.city.clock()
    for job in found.books.jobs:
        if job["status"] == "dead":
            yield f"a job is dead: {job['kind']} {job['last_error']}"
        elif job["status"] == "waiting" and job["run_at"] < now - timedelta(seconds=15):
            yield f"a job is forgotten: {job['kind']}, lease until {job['lease_until']}"


def notices_once(found: Found) -> Iterator[str]:
    """Each notice was left once for each of its groups."""
    import json

    wanted: Counter[tuple[str, str]] = Counter()
    asked: Counter[str] = Counter()
    for job in found.books.jobs:
        if job["kind"] == "notice.deliver":
            asked[job["case_id"]] += 1
        if job["kind"] == "notice.deliver" and job["status"] == "done":
            for group in json.loads(job["payload"])["groups"]:
                wanted[job["case_id"], group] += 1
    left = Counter((row["case_id"], row["group_key"]) for row in found.books.notices)
    for which in wanted.keys() | left.keys():
        if wanted[which] != left[which]:
            yield f"notices {which}: {left[which]} left, {wanted[which]} asked for"
    for (case, element), visit in found.books.visits.items():
        if element == "remind" and visit["completed"] != asked[case]:
            yield f"case {case} reminded {visit['completed']} times, {asked[case]} notices asked for"


def numbers(found: Found) -> Iterator[str]:
    """Numbers are given once, without gaps."""
    seen = Counter(row["number"] for row in found.books.cases.values())
    yield from (f"the number {number} was given twice" for number, n in seen.items() if n > 1)
    given = Counter((row["fiscal_year"], row["unit"]) for row in found.books.cases.values())
    for row in found.books.series:
        if given[row["fiscal_year"], row["unit"]] != row["last"]:
            yield f"{row['unit']}: {row['last']} numbers for {given[row['fiscal_year'], row['unit']]} cases"


def actuals_current(found: Found) -> Iterator[str]:
    """A measure has one current value for a period."""
    current = Counter(
        (row["measure_id"], row["period"])
        for row in found.books.actuals
        if row["superseded_at"] is None
    )
    yield from (f"two current values: {which}" for which, n in current.items() if n > 1)


def no_incidents(found: Found) -> Iterator[str]:
    """Killing is no reason for an incident."""
    for row in found.books.incidents:
        yield f"an incident at {row['element']}: {row['cause'][:300]}"


INVARIANTS: tuple[Check, ...] = (
    answers, doubles, acknowledged_is_there, once, refused_is_not_there, nothing_else, beside_tasks,
    drafts_kept, versions, version_respected, submissions_are_completed_work, offered,
    engine_agrees, not_stuck, offers, timers_fired_once, jobs_done, notices_once, numbers,
    actuals_current, no_incidents,
)  # fmt: skip
