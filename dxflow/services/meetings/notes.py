"""A member's own note on a case before the body: read by its writer and by nobody else.

It is part of no page, paper, file or answer but the writer's own. The log says that a note was
written, on the meetings' own stream, never what; so does an emptied one, which is deleted.
"""

from sqlalchemy import Connection, delete, exists, insert, select, update

from dxflow import audit
from dxflow.db.case import Deliberation
from dxflow.db.meeting import PrivateNote
from dxflow.errors import Conflict, Invalid
from dxflow.services.acts import submissions
from dxflow.services.meetings import stored
from dxflow.services.people import events, visibility
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _

LONGEST_NOTE = 10_000


def own(tx: Connection, by: Actor, cases: list[str]) -> dict[str, str]:
    """Return somebody's own notes on cases, by case: one query."""
    rows = tx.execute(
        select(PrivateNote.case_id, PrivateNote.body).where(
            PrivateNote.person_id == by.person_id, PrivateNote.case_id.in_(cases)
        )
    )
    return {row.case_id: row.body for row in rows}


def read(site: Site, by: Actor, case_id: str) -> str:
    """Return one's own note on a case, "" without one. Raises NotFound."""
    with site.database.read() as tx:
        visibility.require(site, tx, by, case_id)
        return own(tx, by, [case_id]).get(case_id, "")


def write(site: Site, by: Actor, case_id: str, text: str) -> bool:
    """Write one's own note on a case that a body deliberates on; return whether it changed.

    An empty text deletes it. Raises NotFound, Conflict when no body was ever convened, Invalid.
    """
    found = text.strip().replace("\r\n", "\n")
    if len(found) > LONGEST_NOTE:
        message = _("メモは {n} 文字以内にしてください。", n=LONGEST_NOTE)
        raise Invalid(message, {"note": [message]})
    return submissions.once(lambda: _write(site, by, case_id, found))


def _write(site: Site, by: Actor, case_id: str, text: str) -> bool:
    with site.database.write() as tx:
        stored.require_present(site, tx, by)
        visibility.require(site, tx, by, case_id)
        convened = exists().where(Deliberation.case_id == case_id)
        if not tx.execute(select(convened)).scalar_one():
            raise Conflict(_("会議体で審議される案件だけに、メモを書けます。"))
        before = own(tx, by, [case_id]).get(case_id, "")
        if before == text:
            return False
        mine = (PrivateNote.case_id == case_id) & (PrivateNote.person_id == by.person_id)
        if not text:
            tx.execute(delete(PrivateNote).where(mine))
        elif before:
            tx.execute(update(PrivateNote).where(mine).values(body=text, updated_at=site.now()))
        else:
            tx.execute(
                insert(PrivateNote).values(
                    case_id=case_id, person_id=by.person_id, body=text, updated_at=site.now()
                )
            )
        audit.append_system(
            tx,
            audit.SystemStream.COMMITTEE,
            audit.Event(
                type="committee.noted", at=site.now(), actor=events.who(by),
                subject=audit.Subject("case", case_id, case_id),
                request=audit.Request(id=by.request_id),
            ),
        )  # fmt: skip
    return True
