"""A notice to one person about their own account, with mail for whoever wants it at once."""

from sqlalchemy import Connection, insert

from dxflow.db.case import Notice
from dxflow.ids import new_id
from dxflow.services.people import outbox
from dxflow.services.site import Site


def leave(site: Site, tx: Connection, person_id: str, message: str) -> None:
    """Leave a notice; `message` is made under `to_be_stored`."""
    now = site.now()
    key, group = new_id(now), f"user:{person_id}"
    tx.execute(
        insert(Notice).values(id=key, group_key=group, case_id=None, message=message, at=now)
    )
    outbox.tell_persons(tx, now, "notice", {(f"notice:{key}", person_id): key})
