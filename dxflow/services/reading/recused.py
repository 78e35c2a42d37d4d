"""Votes that nobody waits for any more: of seats that were recused when they had been asked.

Their task is taken away with the recusal. Where it was declared with an earlier version of the
program, the seat keeps it until the next member votes, and nobody waits for it meanwhile.
"""

from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import Connection, select

from dxflow.authority.segregation import Action
from dxflow.db.case import Deliberation
from dxflow.services import plain

Groups = frozenset[str]


def seats_out(tx: Connection, case_ids: Collection[str]) -> Mapping[str, Groups]:
    """Return the groups of the seats that are recused in the open round of each case: one query."""
    if not case_ids:
        return {}
    rows = tx.execute(
        select(Deliberation.case_id, Deliberation.recused).where(
            Deliberation.case_id.in_(sorted(case_ids)), Deliberation.resolution.is_(None)
        )
    )
    return {row.case_id: groups_of(row.recused) for row in rows}


def groups_of(recused: str) -> Groups:
    """Return the groups of recused seats, as a round keeps them."""
    return frozenset(f"post:{one['seat']}" for one in plain.loads(recused))


def unwanted(act: str, groups: Iterable[str], out: Groups) -> bool:
    """Return whether a task is the vote of seats that are all recused."""
    asked = set(groups)
    return act == Action.VOTE and bool(asked) and asked <= out
