"""議事録: drafted from the record, approved by who presided, sealed, corrected by appending."""

from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from dxflow import audit
from dxflow.committee import minutes as rules
from dxflow.committee.minutes import Stage
from dxflow.committee.sitting import State
from dxflow.db.meeting import MeetingMatter, Minutes, MinutesCorrection
from dxflow.errors import Conflict, Invalid, NotFound
from dxflow.ids import new_id
from dxflow.services import plain
from dxflow.services.meetings import recording, stored
from dxflow.services.meetings.planning import required_reason
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import mark, to_be_stored

LONGEST_TEXT = 10_000


def draft(site: Site, by: Actor, meeting_id: str, remarks: dict[str, str] | None = None) -> None:
    """Write the minutes of a closed meeting anew from the record, with these remarks.

    `remarks` are by the id of the matter, "" for the meeting as a whole; others stay. Raises
    NotAllowed, NotFound, Invalid, Conflict once they are approved.
    """
    by.require_role(stored.SECRETARIAT)
    with site.database.write() as tx:
        meeting = _closed(site, tx, by, meeting_id)
        row = row_of(tx, meeting_id)
        if row is not None:
            rules.rewrite(Stage(row.status))
        matters = select(MeetingMatter.id).where(MeetingMatter.meeting_id == meeting_id)
        known = {"", *tx.execute(matters).scalars()}
        before = plain.loads(row.remarks) if row is not None else {}
        given = before | {key: _text(text) for key, text in (remarks or {}).items()}
        said = {key: text for key, text in given.items() if text and key in known}
        body = plain.dumps(recording.record_of(site, tx, meeting, said))
        values = {
            "status": Stage.DRAFT.value, "remarks": plain.dumps(said), "body": body,
            "digest": rules.digest(body), "written_at": site.now(), "written_by": by.person_id,
        }  # fmt: skip
        if row is None:
            tx.execute(insert(Minutes).values(meeting_id=meeting_id, **values))
        else:
            _move(tx, meeting_id, **values)
        _record(site, tx, by, "minutes.drafted", meeting_id, values["digest"])


def approve(site: Site, by: Actor, meeting_id: str, seen: str) -> None:
    """Approve the minutes whose digest the chair has seen. Raises NotAllowed, NotFound, Conflict."""
    with site.database.write() as tx:
        meeting = _closed(site, tx, by, meeting_id)
        row = _found(tx, meeting_id)
        presided = f"post:{meeting.chair}" in by.groups
        rules.approve(Stage(row.status), row.digest, seen, presided=presided)
        _move(
            tx, meeting_id, status=Stage.APPROVED.value, approved_at=site.now(),
            approved_by=by.person_id,
        )  # fmt: skip
        _record(site, tx, by, "minutes.approved", meeting_id, row.digest)
        with to_be_stored():
            said = _(
                "{body} 第{n}回の議事録が承認されました。確定してください。",
                body=stored.body_of(site, tx, meeting.body).name, n=meeting.number,
            )  # fmt: skip
        told = [f"role:{stored.SECRETARIAT}"]
        stored.tell_groups(
            site, tx, f"minutes:{meeting_id}:approved", told, said, meeting=meeting_id
        )


def seal(site: Site, by: Actor, meeting_id: str) -> None:
    """Seal approved minutes: their hash goes into the log. Raises NotAllowed, NotFound, Conflict."""
    by.require_role(stored.SECRETARIAT)
    with site.database.write() as tx:
        _closed(site, tx, by, meeting_id)
        row = _found(tx, meeting_id)
        rules.seal(Stage(row.status))
        _move(
            tx, meeting_id, status=Stage.SEALED.value, sealed_at=site.now(), sealed_by=by.person_id
        )
        _record(site, tx, by, "minutes.sealed", meeting_id, row.digest)


def correct(site: Site, by: Actor, meeting_id: str, text: str, reason: str) -> int:
    """Append a correction to sealed minutes; return its number.

    Raises Invalid, NotAllowed, NotFound, Conflict.
    """
    by.require_role(stored.SECRETARIAT)
    why, said = required_reason(reason), _text(text)
    if not said:
        message = _("訂正の内容を書いてください。")
        raise Invalid(message, {"text": [message]})
    with site.database.write() as tx:
        _closed(site, tx, by, meeting_id)
        row = _found(tx, meeting_id)
        rules.correct(Stage(row.status))
        earlier = corrections_of(tx, meeting_id)
        number = len(earlier) + 1
        last = earlier[-1].digest if earlier else row.digest
        digest = rules.correction_digest(last, said, why)
        tx.execute(
            insert(MinutesCorrection).values(
                id=new_id(site.now()), meeting_id=meeting_id, number=number, text=said, reason=why,
                person_id=by.person_id, at=site.now(), digest=digest,
            )
        )  # fmt: skip
        _record(
            site, tx, by, "minutes.corrected", meeting_id, digest,
            audit.Change("number", mark("訂正の番号"), None, number),
            audit.Change("reason", mark("理由"), None, why),
        )  # fmt: skip
    return number


def row_of(tx: Connection, meeting_id: str) -> Row[Any] | None:
    """Return the row of a meeting's minutes, None without any."""
    return tx.execute(
        select(Minutes.__table__).where(Minutes.meeting_id == meeting_id)
    ).one_or_none()


def corrections_of(tx: Connection, meeting_id: str) -> list[Row[Any]]:
    """Return the corrections of a meeting's minutes in their order."""
    mine = MinutesCorrection.meeting_id == meeting_id
    query = select(MinutesCorrection.__table__).where(mine).order_by(MinutesCorrection.number)
    return list(tx.execute(query))


def _closed(site: Site, tx: Connection, by: Actor, meeting_id: str) -> Row[Any]:
    """Lock a meeting that is over. Raises NotFound, Conflict."""
    row = stored.locked(site, tx, by, meeting_id)
    if row.status != State.CLOSED:
        raise Conflict(_("議事録は、閉会した会議について作ります。"))
    return row


def _found(tx: Connection, meeting_id: str) -> Row[Any]:
    row = row_of(tx, meeting_id)
    if row is None:
        raise NotFound(_("この会議の議事録はまだありません。"))
    return row


def _move(tx: Connection, meeting_id: str, **values: object) -> None:
    tx.execute(update(Minutes).where(Minutes.meeting_id == meeting_id).values(**values))


def _record(
    site: Site, tx: Connection, by: Actor, event_type: str, meeting_id: str, digest: object,
    *changes: audit.Change,
) -> None:  # fmt: skip
    stored.record(
        site, tx, by, event_type, meeting_id,
        audit.Change("digest", mark("SHA-256"), None, digest), *changes,
        subject=audit.Subject("minutes", meeting_id),
    )  # fmt: skip


def _text(text: str) -> str:
    """Return a text without blanks around it. Raises Invalid when it is too long."""
    found = text.strip().replace("\r\n", "\n")
    if len(found) > LONGEST_TEXT:
        message = _("{n} 文字以内にしてください。", n=LONGEST_TEXT)
        raise Invalid(message, {"text": [message]})
    return found
