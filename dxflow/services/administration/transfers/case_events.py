"""Events on many cases in one transaction: each on its own chain, all in a handful of statements."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection, bindparam, select, union, update

from dxflow import audit
from dxflow.db.case import Case, Duty
from dxflow.db.process import ProcessInstance, WorkItem
from dxflow.db.standing import StoodIn
from dxflow.services.site import Site

_AT_A_TIME = 500


def hold_open(tx: Connection) -> None:
    """Lock every case with open work or an open duty, in the order of their ids.

    Acts on them wait until the end: what is read afterwards of their tasks stays so.
    """
    if tx.dialect.name == "sqlite":
        return
    waiting = union(
        select(WorkItem.case_id).where(WorkItem.status == "open"),
        select(Duty.case_id).where(Duty.status == "open"),
        select(StoodIn.case_id).where(StoodIn.read_at.is_(None), StoodIn.owner_id.is_not(None)),
    )
    tx.execute(
        select(ProcessInstance.case_id)
        .where(ProcessInstance.case_id.in_(waiting))
        .order_by(ProcessInstance.case_id)
        .with_for_update()
    ).all()


def heirs_of(tx: Connection, cases: Iterable[str]) -> dict[str, str]:
    """Return what cases keep of who does the work of ended sections, "" for nothing."""
    wanted, found = sorted(cases), dict[str, str]()
    for begin in range(0, len(wanted), _AT_A_TIME):
        rows = select(Case.id, Case.heirs).where(Case.id.in_(wanted[begin : begin + _AT_A_TIME]))
        found |= {row.id: row.heirs for row in tx.execute(rows)}
    return found


def append(site: Site, tx: Connection, events: Mapping[str, Sequence[audit.Event]]) -> None:
    """Append the events of each case to its chain and raise its version.

    Whoever has the case's page open learns on acting that it has moved on.
    """
    ids = sorted(key for key, of in events.items() if of)
    for begin in range(0, len(ids), _AT_A_TIME):
        _append(site, tx, ids[begin : begin + _AT_A_TIME], events)


def _append(
    site: Site, tx: Connection, ids: Iterable[str], events: Mapping[str, Sequence[audit.Event]]
) -> None:
    rows = tx.execute(
        select(
            ProcessInstance.case_id, ProcessInstance.version, ProcessInstance.state,
            ProcessInstance.audit_seq, ProcessInstance.audit_head, ProcessInstance.audit_at,
            ProcessInstance.pack_digest,
        )
        .where(ProcessInstance.case_id.in_(list(ids)))
        .order_by(ProcessInstance.case_id)
        .with_for_update()
    ).all()  # fmt: skip
    chains = []
    for row in rows:
        head = audit.Head(
            audit.case_stream(row.case_id), row.audit_seq, row.audit_head, row.audit_at
        )
        *before, last = (replace(one, definition=row.pack_digest) for one in events[row.case_id])
        last = replace(last, state=audit.state_digest(row.state), version=row.version + 1)
        chains.append((head, [*before, last]))
    heads = audit.append_to_many(tx, chains)
    now = site.now()
    tx.execute(
        update(ProcessInstance.__table__)  # type: ignore[arg-type]
        .where(ProcessInstance.case_id == bindparam("of_case"))
        .values(
            version=bindparam("raised"), audit_seq=bindparam("seq"),
            audit_head=bindparam("last"), audit_at=bindparam("moment"),
            updated_at=bindparam("moment_now"),
        ),
        [
            {"of_case": row.case_id, "raised": row.version + 1, "seq": head.seq,
             "last": head.hash, "moment": head.at, "moment_now": now}
            for row, head in zip(rows, heads, strict=True)
        ],
    )  # fmt: skip
