"""Who presides over a round of a committee: when it is convened, counted, and concluded.

The rule is the committee room's; here it is asked of the rows, each time anew. What is kept with a
round: `chair` is who presides now, and in its `result` for whom the votes were counted as chair.
A ballot that broke a tie stays the chair's of that hour, whoever concludes.
"""

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import Row

from dxflow import audit
from dxflow.authority.directory import Directory
from dxflow.committee import seats as rules
from dxflow.committee.seats import Presiding
from dxflow.services import plain
from dxflow.services.acts.act import Act
from dxflow.services.packs.settings import Body
from dxflow.services.people import naming, person_rows
from dxflow.texts import mark, to_be_stored

_IN_ORDER = mark("議長を務める順に、表決に加わり、申請も起案もしていない最初の席が議長となる")
#: So entries of earlier versions say it: kept for their translation.
_ONCE_IN_ORDER = mark(
    "委員長、副委員長の順に、表決に加わり、申請も起案もしていない最初の席が議長となる"
)
_NO_SEAT = mark("議長を務められる席がないときは、事務局が結論を確定する")


def order(who: Directory, chair_roles: Iterable[str]) -> list[str]:
    """Return the posts that preside over a body, in the order of its roles: chair, then deputies."""
    return [
        post.key
        for role in chair_roles
        for post in sorted(who.posts.values(), key=lambda post: post.key)
        if role in post.roles
    ]


def group(chair: str | None) -> str:
    """Return the group that concludes; the secretariat where no seat presides."""
    return f"post:{chair}" if chair else "role:secretariat"


def found(act: Act, body: Body, there: Collection[str], before: str = "") -> Presiding:
    """Return who presides today among the seats that take part; `before` as the rule has it."""
    who = act.directory()
    persons = frozenset[str]().union(
        *(
            who.holders(group(seat))
            for seat in {*order(who, body.chair_roles), *there, before} - {""}
        )
    )
    closed = person_rows.closed(act.tx, persons)
    with to_be_stored():
        return among(who, body.chair_roles, there, before, act.involved().persons, closed)


def among(
    who: Directory, chair_roles: Iterable[str], there: Collection[str], before: str,
    barred: frozenset[str], closed: frozenset[str],
) -> Presiding:  # fmt: skip
    """Return who presides on the directory's day; persons who are `closed` cannot log in."""
    # a post that another has succeeded meanwhile still sits by the name of then
    of_then = {who.heir_of_post(seat): seat for seat in sorted({*there, before} - {""})}
    seats = [of_then.get(seat, seat) for seat in order(who, chair_roles)]
    holders = {seat: who.holders(group(seat)) - closed for seat in {*seats, before} - {""}}
    return rules.presiding(seats, there, holders, barred, before or None)


def of_round(act: Act, round_: Row[Any], before: str, present: frozenset[str] | None) -> Presiding:
    """Return who concludes: of those `present` where a meeting counts, of those who sit elsewhere."""
    seats = set(plain.loads(round_.seats))
    there = seats if present is None else seats & present
    return found(act, act.pack.settings.bodies[round_.body], there, before)


def may_conclude(act: Act, person: str, chair: str | None) -> bool:
    """Return whether a person is among those who conclude where a seat presides."""
    holds = person in act.directory().holders(group(chair))
    return holds and person not in act.involved().persons | person_rows.closed(act.tx, [person])


def counted(result: dict[str, Any], chair: str | None) -> str:
    """Return a count as it is kept, with the seat whose ballot is the chair's."""
    return plain.dumps({**result, "chair": chair or ""})


def counted_for(round_: Row[Any]) -> str | None:
    """Return the seat whose ballot is the chair's in a round that was counted."""
    return plain.loads(round_.result).get("chair", round_.chair) or None


def why(round_: Row[Any], now: Presiding) -> str:
    """Return why the round's chair is another, as it is stored; nothing where it had none."""
    with to_be_stored():
        return now.instead_of(round_.chair) if round_.chair else ""


def record(act: Act, round_: Row[Any], now: Presiding) -> None:
    """Record who steps back for whom and by which rule, where the round's chair changes."""
    if (now.seat or "") == round_.chair:
        return
    names = naming.load(act.tx, act.directory(), posts=dict(now.stepped_back))
    act.record(
        "committee.chair_changed",
        audit.Change("post", mark("議長"), round_.chair or None, now.seat),
        audit.Change("reason", mark("理由"), None, why(round_, now) or None),
        *(
            audit.Change(f"stepped_back.{seat}", names.post(seat), None, reason)
            for seat, reason in now.stepped_back
            if seat != round_.chair
        ),
        audit.Change("rule", mark("きまり"), None, _IN_ORDER if now.seat else _NO_SEAT),
        subject=audit.Subject("committee", round_.body, act.case_id),
    )
