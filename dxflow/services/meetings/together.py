"""Votes, closing and conclusions for a bloc (一括審議): each matter by an act of its own.

What is done to a bloc is the same act on one matter after another, in the order of the agenda: its
own transaction under its own locks, its own event on the chain of its case. What refuses one matter
holds up no other, and the answer names it with the reason. One transaction over all would hold every
case of the bloc, and on SQLite the whole database, while a hundred processes go on; ten members who
vote in the same minute would wait longer than a lock is waited for. An act that is lost on its way
is sent again with the same key: what was done is told from the rows, and the rest is done now.
"""

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Row, select

from dxflow import forms
from dxflow.authority.segregation import Action
from dxflow.committee import blocs as rules
from dxflow.committee import closing
from dxflow.committee.sitting import Matter
from dxflow.committee.voting import VoteRule
from dxflow.db.case import Ballot
from dxflow.db.meeting import MeetingMatter
from dxflow.db.process import ProcessInstance, Submission, WorkItem, WorkItemGroup
from dxflow.engine import StepFailed
from dxflow.errors import Conflict, DxflowError, NotFound, Unavailable
from dxflow.services import plain
from dxflow.services.acts import incidents, sitting, submissions, task_forms
from dxflow.services.acts.act import Act
from dxflow.services.acts.task_forms import TaskForm
from dxflow.services.acts.tasks import Sent
from dxflow.services.keyed import another_request
from dxflow.services.meetings import blocs, session, stored
from dxflow.services.meetings.blocs import Done, Left, Outcome
from dxflow.services.packs import store as packs
from dxflow.services.people import naming
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _

Fill = Callable[[TaskForm], forms.Submission]


def vote(
    site: Site, by: Actor, meeting_id: str, bloc: int, matters: Collection[str] | None, fill: Fill,
    sent: Sent,
) -> Outcome:  # fmt: skip
    """Cast the same ballot on matters of a bloc; None means all on which the person may vote.

    `matters` are those they were shown: one that has left the bloc since is not voted on. `fill`
    fills in the form of each. Raises NotFound, NotAllowed; FormInvalid when the form does not pass;
    Conflict, with every reason, when no ballot was cast; Unavailable in between, to be sent again.
    """
    return _each(site, by, meeting_id, bloc, matters, fill, sent, Action.VOTE)


def conclude(
    site: Site, by: Actor, meeting_id: str, bloc: int, matters: Collection[str] | None, fill: Fill,
    sent: Sent,
) -> Outcome:  # fmt: skip
    """Conclude matters of a bloc alike, each by its own count. Otherwise as `vote`."""
    return _each(site, by, meeting_id, bloc, matters, fill, sent, Action.CONCLUDE)


def _each(
    site: Site, by: Actor, meeting_id: str, bloc: int, matters: Collection[str] | None, fill: Fill,
    sent: Sent, meaning: Action,
) -> Outcome:  # fmt: skip
    with site.database.read() as tx:
        asked = _asked(site, tx, by, meeting_id, bloc, matters)
        tasks = own_tasks(tx, by, [one.case_id for one in asked], meaning)
        before = _done_before(tx, by, sent, [one.id for one in asked])
        out = _recused(tx, by, asked)
    if matters is None:
        asked = [one for one in asked if one.case_id in tasks or one.id in before]

    def hand_in(one: Row[Any]) -> None:
        task = tasks.get(one.case_id)
        if one.id in before:
            return
        if task is None or one.bloc != bloc:
            raise _why_not(one, bloc, meaning, recused=one.case_id in out)
        _hand_in(site, by, one, bloc, task.id, fill, _sent_for(sent, one.id))

    forms_asked = {(one.form_key, one.pack_digest) for one in tasks.values()}
    return _one_by_one(site, by, asked, hand_in, alike=len(forms_asked) == 1)


def _one_by_one(
    site: Site, by: Actor, matters: Iterable[Row[Any]], doing: Callable[[Row[Any]], object],
    *, alike: bool = False,
) -> Outcome:  # fmt: skip
    """Do something to one matter after another; what refuses one holds up no other.

    `alike`: all are asked by one form, so that what the first refuses the others would too. Raises
    Unavailable at once, FormInvalid where nothing was done.
    """
    done: list[Done] = []
    left: list[Left] = []
    wrong: list[forms.FormInvalid] = []
    for one in matters:
        try:
            doing(one)
        except Unavailable:
            raise
        except StepFailed as failure:
            left.append(blocs.left_out(one, _stopped(site, by, failure, one.case_id)))
        except DxflowError as refused:
            if isinstance(refused, forms.FormInvalid):
                wrong.append(refused)
            if wrong and alike and not done:
                break
            left.append(blocs.left_out(one, refused.message))
        else:
            done.append(blocs.done(one))
    if wrong and not done:
        raise wrong[0]
    return Outcome(tuple(done), tuple(left)).required()


def own_tasks(tx: Connection, by: Actor, cases: Iterable[str], meaning: Action) -> dict[str, Any]:
    """Return the person's open votes or conclusions on cases, by case: one query.

    A member with several seats has those of one of them: each seat votes by itself.
    """
    rows = tx.execute(
        select(
            WorkItem.case_id,
            WorkItem.id,
            WorkItem.name,
            WorkItem.form_key,
            WorkItemGroup.group_key,
            ProcessInstance.pack_digest,
        )
        .join(WorkItemGroup, WorkItemGroup.work_item_id == WorkItem.id)
        .join(ProcessInstance, ProcessInstance.case_id == WorkItem.case_id)
        .where(
            WorkItem.case_id.in_(sorted(cases)),
            WorkItem.status == "open",
            WorkItem.act == meaning.value,
            WorkItemGroup.group_key.in_(sorted(by.groups)),
        )
        .order_by(WorkItemGroup.group_key, WorkItem.id)
    ).all()
    if meaning is Action.VOTE:
        rows = [one for one in rows if one.group_key == rows[0].group_key]
    return {row.case_id: row for row in reversed(rows)}


def _asked(
    site: Site, tx: Connection, by: Actor, meeting_id: str, bloc: int,
    matters: Collection[str] | None,
) -> list[Row[Any]]:  # fmt: skip
    meeting = stored.row_of(tx, meeting_id)
    stored.require_reader(by, stored.body_of(site, tx, meeting.body))
    if matters is None:
        return blocs.of_bloc(tx, meeting_id, bloc)
    found = blocs.chosen(tx, meeting_id, matters)
    if not found or len(found) != len(set(matters)):
        raise NotFound(_("議題が見つかりません。"))
    return found


def _hand_in(
    site: Site, by: Actor, matter: Row[Any], bloc: int, task: str, fill: Fill, sent: Sent
) -> None:
    def before(act: Act, _item: Any) -> None:
        # a matter enters and leaves its bloc under the lock of its case, which this act holds
        stands = select(MeetingMatter.bloc).where(MeetingMatter.id == matter.id)
        rules.belongs(act.tx.execute(stands).scalar_one(), bloc)
        act.bloc = bloc

    task_forms.hand_in(site, by, task, fill, sent, before)


def _key(key: str, matter: str) -> str:
    return hashlib.sha256(f"{key} {matter}".encode()).hexdigest()


def _sent_for(sent: Sent, matter: str) -> Sent:
    """Return what was sent as it goes with one matter, under a key of its own."""
    key = sent.idempotency_key
    return Sent(None, _key(key, matter) if key else None, sent.request)


def _done_before(tx: Connection, by: Actor, sent: Sent, matters: Iterable[str]) -> set[str]:
    """Return the matters on which an earlier request with this key did the same: one query.

    Raises Conflict when the key was used for something else.
    """
    if not sent.idempotency_key:
        return set()
    keys = {_key(sent.idempotency_key, matter): matter for matter in matters}
    rows = tx.execute(
        select(
            Submission.idempotency_key, Submission.request_digest, Submission.work_item_id
        ).where(Submission.person_id == by.person_id, Submission.idempotency_key.in_(sorted(keys)))
    ).all()
    for row in rows:
        asked = submissions.request_digest(None, row.work_item_id, sent.request)
        if sent.request and asked != row.request_digest:
            raise another_request()
    return {keys[row.idempotency_key] for row in rows}


def _recused(tx: Connection, by: Actor, asked: Iterable[Row[Any]]) -> set[str]:
    """Return the cases in whose round a seat of the person takes no part."""
    rounds = blocs.last_rounds(tx, [one.case_id for one in asked])
    return {
        case
        for case, round_ in rounds.items()
        if any(f"post:{one['seat']}" in by.groups for one in plain.loads(round_.recused))
    }


def _why_not(matter: Row[Any], bloc: int, meaning: Action, *, recused: bool) -> Conflict:
    """Return why somebody without a task on a matter cannot do what they wanted with its bloc."""
    stands = Matter(matter.status)
    if stands in (Matter.WAITING, Matter.VOTING) and matter.bloc != bloc:
        return rules.parted(bloc)
    if recused:
        return Conflict(_("除斥のため、この議題の表決に加わりません。"))
    if meaning is Action.VOTE:
        if stands is Matter.WAITING:
            return Conflict(_("この議題の表決は、まだ始まっていません。"))
        if stands is Matter.VOTING:
            return Conflict(_("この議題には、すでに判断を出しています。"))
        return Conflict(_("この議題の表決は締め切られています。"))
    if stands is Matter.RESOLVED:
        return Conflict(_("この議題の結論は、もう出ています。"))
    return Conflict(_("この議題の結論は、いまは出せません。"))


def _stopped(site: Site, by: Actor, failure: StepFailed, case_id: str) -> str:
    number = incidents.of_failure(site, by, failure, case_id)
    return _(
        "手続きの途中で処理できないことが起きたため、この議題だけ止めました。"
        "管理者に障害番号 {number} を伝えてください。",
        number=number,
    )


class BlocUnheard(Conflict):
    """Seats have given no verdict on matters of a bloc, and nobody has said to close without them.

    `seats` are their keys, `there` and `away` their titles, `becomes` the sentences that say what
    closing does.
    """

    def __init__(self, found: Collection[closing.Unheard], titles: Mapping[str, str]) -> None:
        there = {seat for one in found for seat in one.there}
        away = {seat for one in found for seat in one.away} - there
        self.seats = tuple(sorted(there | away))
        self.there = tuple(titles[seat] for seat in sorted(there))
        self.away = tuple(titles[seat] for seat in sorted(away))
        self.becomes = tuple(dict.fromkeys(words for one in found for words in one.becomes()))
        seats = _("、").join(self.there + self.away)
        super().__init__(_("まだ判断を出していない席があります: {seats}。", seats=seats))


def close_vote(
    site: Site, by: Actor, meeting_id: str, bloc: int, *, without: Collection[str] | None = None
) -> Outcome:
    """Close the vote on the matters of a bloc that are voted on, one after another.

    `without`: the seats of whom it is known that they have given no verdict on some of them;
    BlocUnheard is raised, and nothing closed, where there are others. None asks nothing. Raises
    NotAllowed, NotFound; Conflict when none can be closed.
    """
    with site.database.read() as tx:
        meeting = stored.row_of(tx, meeting_id)
        body, who = stored.body_of(site, tx, meeting.body), stored.today(site, tx)
        stored.require_keeper(by, body, who)
        rows = blocs.of_bloc(tx, meeting_id, bloc)
        voting = [one for one in rows if one.status == Matter.VOTING]
        if not voting:
            raise Conflict(_("この一括審議に、表決中の議題はありません。"))
        if without is not None:
            _require_heard(site, tx, meeting, voting, without)

    def close(one: Row[Any]) -> None:
        session.close_vote(site, by, one.id, without=without, bloc=bloc)

    return _one_by_one(site, by, voting, close)


def _require_heard(
    site: Site, tx: Connection, meeting: Row[Any], voting: Collection[Row[Any]],
    without: Collection[str],
) -> None:  # fmt: skip
    """Raise BlocUnheard where seats have given no verdict that are not among `without`."""
    rounds = blocs.last_rounds(tx, [one.case_id for one in voting])
    cast: dict[str, set[str]] = {}
    for row in tx.execute(
        select(Ballot.deliberation_id, Ballot.seat).where(
            Ballot.deliberation_id.in_(sorted(one.id for one in rounds.values())),
            Ballot.superseded_at.is_(None),
        )
    ):
        cast.setdefault(row.deliberation_id, set()).add(row.seat)
    rule = _vote_rules(site, tx, rounds)
    present = sitting.present_seats(tx, meeting.id)
    found = []
    for one in voting:
        round_ = rounds[one.case_id]
        silent = "" if rule[one.case_id].chair_votes else round_.chair
        now = sitting.standing(meeting, one, round_, present)
        found.append(closing.unheard(now, cast.get(round_.id, set()), silent))
    found = [one for one in found if one.seats]
    if not {seat for one in found for seat in one.seats} <= set(without):
        sitting_together = {seat for one in rounds.values() for seat in plain.loads(one.seats)}
        names = naming.load(tx, stored.today(site, tx), seats=sitting_together)
        titles = {seat: names.seat(seat) for one in found for seat in one.seats}
        raise BlocUnheard(found, titles)


def _vote_rules(site: Site, tx: Connection, rounds: Mapping[str, Row[Any]]) -> dict[str, VoteRule]:
    """Return how the body of each case's round votes, by its own version of its pack."""
    rows = tx.execute(
        select(ProcessInstance.case_id, ProcessInstance.pack_digest).where(
            ProcessInstance.case_id.in_(sorted(rounds))
        )
    )
    return {
        row.case_id: packs.load(site, tx, row.pack_digest)
        .settings.bodies[rounds[row.case_id].body]
        .rules.vote
        for row in rows
    }
