"""除斥 declared after the vote was asked for: the task goes at once, and comes back with the seat."""

import pytest
from sqlalchemy import select

from dxflow.db.case import Deliberation
from dxflow.db.meeting import MeetingMatter
from dxflow.errors import Conflict, NotAllowed
from dxflow.services.acts import drafts, pulling_back
from dxflow.services.meetings import recusing, session
from dxflow.services.reading import inbox
from tests.factories import City
from tests.sessions import SEAT_OF, audited, drawn, opened
from tests.walks import MEMBERS, do, task_of, vote


def recuse(city: City, matter: str, name: str, by: str = "") -> None:
    recusing.declare(city.site, city.actor(by or name), matter, SEAT_OF[name], "委託先の親族")


def rejoin(city: City, matter: str, name: str, by: str = "") -> None:
    recusing.take_back(city.site, city.actor(by or name), matter, SEAT_OF[name], "親族でなかった")


def asked(city: City, name: str) -> list[str]:
    return [one.id for one in city.open_tasks(name) if one.element == "verdict"]


def status(city: City, matter: str) -> str:
    with city.site.database.read() as tx:
        return str(
            tx.execute(select(MeetingMatter.status).where(MeetingMatter.id == matter)).scalar_one()
        )


def round_of(city: City) -> Deliberation:
    with city.site.database.read() as tx:
        return tx.execute(select(Deliberation.__table__)).one()  # type: ignore[return-value]


def test_the_recused_are_not_asked_for_their_vote_any_more(city: City) -> None:
    _case, _meeting, matter = opened(city)
    (task,) = asked(city, "tax_head")
    before = inbox.counts(city.site, city.actor("tax_head"))[0]
    recuse(city, matter, "tax_head")
    assert asked(city, "tax_head") == []
    assert inbox.counts(city.site, city.actor("tax_head"))[0] == before - 1
    assert inbox.waits_for(city.site, city.actor("tax_head"), task) is None
    every = inbox.waiting(city.site, city.actor("secretariat"), "all").entries
    assert task not in [one.id for one in every]
    assert len([one for one in every if one.element == "verdict"]) == len(MEMBERS) - 1


def test_the_last_of_the_others_ends_the_vote_without_the_recused(city: City) -> None:
    case, _meeting, matter = opened(city)
    recuse(city, matter, "tax_head", by="secretariat")
    assert audited(city.site.database) == ()
    vote(city, case, but=("tax_head",))
    assert status(city, matter) == "closed"
    do(city, case, "cio", "conclude", "approve", reason="賛成多数")
    assert round_of(city).resolution == "approve"


def test_a_vote_that_waited_for_the_recused_alone_ends_with_the_recusal(city: City) -> None:
    case, _meeting, matter = opened(city)
    vote(city, case, but=("tax_head",))
    assert status(city, matter) == "voting"
    recuse(city, matter, "tax_head")
    assert status(city, matter) == "closed"
    task_of(city, "cio", case, "conclude")
    with pytest.raises(Conflict, match="締め切られた"):
        rejoin(city, matter, "tax_head")


def test_a_recusal_taken_back_brings_the_task_and_what_was_typed(city: City) -> None:
    case, _meeting, matter = drawn(city)
    (task,) = asked(city, "tax_head")
    due = task_of(city, "tax_head", case, "verdict").due_at
    drafts.save_task(city.site, city.actor("tax_head"), task, {"reason": "書きかけ"})
    recuse(city, matter, "tax_head")
    with pytest.raises(NotAllowed, match="取り下げられるのは"):
        rejoin(city, matter, "tax_head", by="it_head")
    rejoin(city, matter, "tax_head")
    assert asked(city, "tax_head") == [task]
    assert task_of(city, "tax_head", case, "verdict").due_at == due
    assert city.form("tax_head", task).values["reason"] == "書きかけ"
    row = round_of(city)
    assert (row.recused, SEAT_OF["tax_head"] in row.seats) == ("[]", True)
    with pytest.raises(Conflict, match="申出による除斥"):
        rejoin(city, matter, "tax_head")
    assert audited(city.site.database) == ()


def test_who_had_voted_and_comes_back_has_their_ballot_counted_again(city: City) -> None:
    case, _meeting, matter = opened(city)
    do(city, case, "tax_head", "verdict", "reject", reason="反対")
    recuse(city, matter, "tax_head")
    rejoin(city, matter, "tax_head", by="secretariat")
    assert asked(city, "tax_head") == []
    vote(city, case, but=("tax_head",))
    assert '"reject":1' in round_of(city).result.replace(" ", "")


def test_nobody_pulls_an_act_back_from_before_a_recusal(city: City) -> None:
    case, _meeting, matter = opened(city)
    do(city, case, "it_head", "verdict", "approve", reason="賛成")
    recuse(city, matter, "tax_head")
    with pytest.raises(Conflict):
        pulling_back.pull_back(city.site, city.actor("it_head"), case)
    assert asked(city, "tax_head") == []
    session.close_vote(city.site, city.actor("secretariat"), matter)
