"""Many people at work: each client plays one after another, and writes down what came of it."""

import random
import re
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

from torture import plays
from torture.calls import Line, Login, Lost, Reply
from torture.journal import ACKNOWLEDGED, REFUSED, SLOW, Journal, Sent

#: What a server may say beside yes and 503.
REFUSALS = frozenset({403, 404, 409, 422})
_DRAFT = re.compile(r'action="/proposals/[^/"]+/([0-9a-f]{32})"')
_KEY = re.compile(r'name="_idempotency_key" value="([0-9a-f]{32})"')
_CASE = re.compile(r"/cases/([0-9a-f]{32})")

#: SQLite, when it is well, lets writers wait for each other; a 503 sooner than this did not wait.
WAITED_SECONDS = 0.25
#: One of these stands in every 503: that nothing was changed, what to do, or, when the server of
#: the database died while it was saving, that one must look.
UNKNOWN = "開き直して確かめてから"
COMFORT = ("何も変更されていません", "お試しください", UNKNOWN)

#: How often each kind of thing is done, out of their sum.
WEIGHTS = {
    "start_by_api": 14, "start_by_page": 8, "start_twice": 4,
    "complete_by_api": 26, "complete_by_page": 16,
    "same_key_twice": 8, "two_keys_at_once": 6, "two_people": 6, "stale_version": 5,
    "intrude": 4, "claim": 6, "pull_back": 5, "withdraw": 3, "save_draft": 5, "record_actual": 5,
}  # fmt: skip
#: The weight of what is to be done often.
OFTEN = 40


class Client(threading.Thread):
    """One client: does one thing after another until told to stop."""

    def __init__(
        self, number: int, people: dict[str, Login], ports: Callable[[], list[int]],
        journal: Journal, stop: threading.Event, mark: Callable[[], int] = lambda: 0,
        patience: float = 120.0, weights: dict[str, int] | None = None, waits: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(name=f"client-{number}", daemon=True)
        self._people, self._journal, self._ending, self._mark = people, journal, stop, mark
        self._random, self._patience = random.Random(number), patience
        self._waits = waits
        self._weights = WEIGHTS if weights is None else weights
        self._line, self._second = Line(ports, number), Line(ports, number + 1)

    def run(self) -> None:
        """Work until told to stop; what is begun is ended."""
        names, weights = list(self._weights), list(self._weights.values())
        while not self._ending.is_set():
            what = self._random.choices(names, weights)[0]
            try:
                getattr(self, what)()
            except Lost:
                time.sleep(0.05)  # it was only looked at, nothing was asked for
        self._line.drop()
        self._second.drop()

    # -- starting --------------------------------------------------------------------------

    def start_by_api(self) -> None:
        """Start a case by the API."""
        who = self._starter()
        process, values = plays.start(self._random)
        one = self._sent("start", who, "api", process, uuid.uuid4().hex)
        self._until_answered(one, self._line, self._starting(one, who, process, values))

    def start_twice(self) -> None:
        """Start one case with the same key twice at once."""
        who = self._starter()
        process, values = plays.start(self._random)
        key = uuid.uuid4().hex
        pair = [self._sent("start", who, "api", process, key) for _ in range(2)]
        self._both([(one, self._starting(one, who, process, values)) for one in pair])
        self._journal.same_key.append(pair)

    def start_by_page(self) -> None:
        """Open the page, fill it in, hand it in."""
        who = self._starter()
        process, values = plays.start(self._random)
        found = _DRAFT.search(self._line.page(who, f"/proposals/new?process={process}").text)
        if found is None:
            return
        path = f"/proposals/{process}/{found[1]}"
        one = self._sent("start", who, "page", process, found[1])
        fields = {**values, "_outcome": "submit"}
        self._until_answered(one, self._line, lambda line: line.page(who, path, fields))

    def _starting(
        self, one: Sent, who: Login, process: str, values: dict[str, Any]
    ) -> Callable[[Line], Reply]:
        body = {"process": process, "values": values}
        return lambda line: line.api(who, "POST", "/cases", body, one.key)

    # -- completing ------------------------------------------------------------------------

    def complete_by_api(self) -> None:
        """Complete a task that waits, by the API; now and then with the version it was read at."""
        if (found := self._task()) is not None:
            who, task = found
            reads = self._random.random() < 0.5
            reply = self._line.api(who, "GET", f"/tasks/{task['id']}") if reads else None
            one = self._sent("complete", who, "api", task["id"], uuid.uuid4().hex)
            if reply is not None and reply.status == 200:
                one.version = reply.json()["version"]
            self._until_answered(one, self._line, self._completing(one, who, task))

    def complete_by_page(self) -> None:
        """Complete a task that waits, on its page."""
        if (found := self._task()) is None or (
            fields := plays.fields(self._random, found[1])
        ) is None:
            return
        who, task = found
        key = _KEY.search(self._line.page(who, f"/tasks/{task['id']}").text)
        if key is None:
            return
        one = self._sent("complete", who, "page", task["id"], key[1])
        sent = {**fields, "_idempotency_key": key[1]}
        path = f"/tasks/{task['id']}"
        self._until_answered(one, self._line, lambda line: line.page(who, path, sent))

    def same_key_twice(self) -> None:
        """Send one completion twice at once: one act, two equal answers."""
        if (found := self._task()) is None:
            return
        who, task = found
        key, choice = uuid.uuid4().hex, plays.choose(self._random, task)
        pair = [self._sent("complete", who, "api", task["id"], key) for _ in range(2)]
        self._both([(one, self._completing(one, who, task, choice)) for one in pair])
        self._journal.same_key.append(pair)

    def two_keys_at_once(self) -> None:
        """Press twice on two pages of the same task: one is told that it is done."""
        if (found := self._task()) is None:
            return
        who, task = found
        pair = [self._sent("complete", who, "api", task["id"], uuid.uuid4().hex) for _ in range(2)]
        self._both([(one, self._completing(one, who, task)) for one in pair])
        self._journal.same_task.append(pair)

    def two_people(self) -> None:
        """Have two people complete the same task at once."""
        if (found := self._task()) is None:
            return
        who, task = found
        other = self._people[self._random.choice(list(self._people))]
        pair = [
            self._sent("complete", one, "api", task["id"], uuid.uuid4().hex) for one in (who, other)
        ]
        self._both(
            [
                (sent, self._completing(sent, one, task))
                for sent, one in zip(pair, (who, other), strict=True)
            ]
        )
        self._journal.same_task.append(pair)

    def stale_version(self) -> None:
        """Complete a task with the version of before somebody else's act."""
        if (found := self._task()) is None:
            return
        who, task = found
        reply = self._line.api(who, "GET", f"/tasks/{task['id']}")
        if reply.status != 200:
            return
        version = reply.json()["version"]
        claiming = self._sent("claim", who, "api", task["id"])
        claim = f"/tasks/{task['id']}/claim"
        self._until_answered(claiming, self._line, lambda line: line.api(who, "POST", claim))
        one = self._sent("complete", who, "api", task["id"], uuid.uuid4().hex)
        one.version = version
        self._until_answered(one, self._line, self._completing(one, who, task))

    def intrude(self) -> None:
        """Try to complete a task that is not offered to the person."""
        if (found := self._task()) is None:
            return
        _who, task = found
        offered = plays.people_of(task)
        strangers = [login for name, login in self._people.items() if name not in offered]
        if not strangers or not offered:
            return
        stranger = self._random.choice(strangers)
        one = self._sent("complete", stranger, "api", task["id"], uuid.uuid4().hex)
        one.intruder = True
        self._until_answered(one, self._line, self._completing(one, stranger, task))

    def _completing(
        self, one: Sent, who: Login, task: dict[str, Any], choice: Any = None
    ) -> Callable[[Line], Reply]:
        outcome, values = choice or plays.choose(self._random, task)
        body: dict[str, Any] = {"values": values, "outcome": outcome}
        if one.version is not None:
            body["version"] = one.version
        path = f"/tasks/{task['id']}/complete"
        return lambda line: line.api(who, "POST", path, body, one.key)

    # -- beside the tasks ------------------------------------------------------------------

    def claim(self) -> None:
        """Take a task, and sometimes give it back."""
        if (found := self._task()) is None:
            return
        who, task = found
        for kind in ("claim", "release"):
            one = self._sent(kind, who, "api", task["id"])
            path = f"/tasks/{task['id']}/{kind}"
            self._until_answered(
                one, self._line, lambda line, path=path: line.api(who, "POST", path)
            )
            if self._random.random() < 0.4:
                return

    def pull_back(self) -> None:
        """Complete a task and take it back at once."""
        if (found := self._task()) is None:
            return
        who, task = found
        done = self._sent("complete", who, "api", task["id"], uuid.uuid4().hex)
        self._until_answered(done, self._line, self._completing(done, who, task))
        if done.ended != ACKNOWLEDGED:
            return
        one = self._sent("pull-back", who, "api", task["case"])
        path = f"/cases/{task['case']}/pull-back"
        self._until_answered(one, self._line, lambda line: line.api(who, "POST", path))

    def withdraw(self) -> None:
        """Withdraw one of the person's own cases."""
        who = self._starter()
        process, values = plays.start(self._random)
        begun = self._sent("start", who, "api", process, uuid.uuid4().hex)
        self._until_answered(begun, self._line, self._starting(begun, who, process, values))
        if begun.ended != ACKNOWLEDGED:
            return
        one = self._sent("withdraw", who, "api", begun.case)
        path, body = f"/cases/{begun.case}/withdraw", {"reason": "取り下げる。"}
        self._until_answered(one, self._line, lambda line: line.api(who, "POST", path, body))

    def save_draft(self) -> None:
        """Keep a proposal as a draft."""
        who = self._starter()
        process, values = plays.start(self._random)
        found = _DRAFT.search(self._line.page(who, f"/proposals/new?process={process}").text)
        if found is None:
            return
        path = f"/drafts/start/{process}/{found[1]}"
        one = self._sent("draft", who, "page", found[1])
        one.text = values["title"]
        self._until_answered(one, self._line, lambda line: line.page(who, path, values))

    def record_actual(self) -> None:
        """Record a value of a measure."""
        who = self._starter()
        reply = self._line.api(who, "GET", "/kpis?per_page=20")
        items = reply.json()["items"] if reply.status == 200 else []
        if not items:
            return
        measure = self._random.choice(items)["id"]
        one = self._sent("actual", who, "api", measure)
        one.text = str(self._random.randrange(1, 1000))
        period = f"FY2026-{self._random.randint(4, 11):02}"
        body = {"period": period, "value": int(one.text), "note": ""}
        path = f"/kpis/{measure}/actuals"
        self._until_answered(one, self._line, lambda line: line.api(who, "POST", path, body))

    # -- sending ---------------------------------------------------------------------------

    def _sent(self, kind: str, who: Login, channel: str, target: str, key: str = "") -> Sent:
        return self._journal.add(Sent(kind, who.name, channel, target, key))

    def _starter(self) -> Login:
        return self._people[self._random.choice(plays.STARTERS)]

    def _task(self) -> tuple[Login, dict[str, Any]] | None:
        """Return somebody and a task that waits for them, None when nothing does."""
        who = self._people[self._random.choice(list(self._people))]
        page = self._random.choice((1, 1, 1, 2))
        reply = self._line.api(who, "GET", f"/tasks?scope=mine&per_page=25&page={page}")
        known = [
            t for t in (reply.json()["items"] if reply.status == 200 else []) if plays.knows(t)
        ]
        return (who, self._random.choice(known)) if known else None

    def _until_answered(self, one: Sent, line: Line, send: Callable[[Line], Reply]) -> None:
        """Send with the same key until an answer comes."""
        deadline = time.monotonic() + self._patience
        while time.monotonic() < deadline:
            try:
                reply = send(line)
            except Lost:
                one.lost += 1
                time.sleep(0.03)
                continue
            if reply.status == 503:
                one.busy += 1
                one.lost += UNKNOWN in reply.text  # it may have been done
                one.seconds = max(one.seconds, reply.seconds)
                self._judge_busy(one, reply)
                line.drop()
                time.sleep(0.2)
                continue
            self._take(one, reply)
            return
        self._journal.complain(f"{SLOW} {self._patience:.0f} s to {one}")

    def _judge_busy(self, one: Sent, reply: Reply) -> None:
        if self._waits and reply.seconds < WAITED_SECONDS:
            self._journal.complain(f"503 after {reply.seconds:.3f} s without waiting: {one}")
        self._journal.busy(reply.text)
        if not any(words in reply.text for words in COMFORT):
            self._journal.complain(f"503 without a word of comfort: {one.kind} {reply.text[:200]}")

    def _take(self, one: Sent, reply: Reply) -> None:
        one.status, one.mark = reply.status, self._mark()
        if reply.status in REFUSALS:
            one.ended = REFUSED
            return
        if reply.status not in (200, 201, 204, 303) or reply.location.startswith("/login"):
            one.ended = REFUSED
            self._journal.complain(
                f"{one.kind} by {one.channel} was answered {reply.status}: {reply.text[:300]}"
            )
            return
        self._journal.acknowledge(one)
        self._read(one, reply)

    def _read(self, one: Sent, reply: Reply) -> None:
        if one.channel == "page":
            found = _CASE.search(reply.location)
            one.case = found[1] if found else ""
        elif one.kind == "start":
            document = reply.json()
            one.case, one.number = document["id"], document["number"]
        elif one.kind == "complete":
            one.case = reply.json()["case"]["id"]

    def _both(self, pair: list[tuple[Sent, Callable[[Line], Reply]]]) -> None:
        """Send two requests at the same moment."""
        ready = threading.Barrier(2)

        def send(one: Sent, line: Line, how: Callable[[Line], Reply]) -> None:
            ready.wait()
            self._until_answered(one, line, how)

        lines = (self._line, self._second)
        threads = [
            threading.Thread(target=send, args=(one, line, how))
            for (one, how), line in zip(pair, lines, strict=True)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self._journal.pair()
