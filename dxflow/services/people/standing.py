"""不在・代理・代決順位: entered and taken back.

Each change is an event and raises the organisation's version, so that it counts from the next
request on.
Days are given as people say them: the last day counts. In the tables the day after it stands.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, delete, insert, or_, select, update

from dxflow import audit
from dxflow.authority.standing_in import check_span
from dxflow.calendars.wareki import wareki_date
from dxflow.db.case import Notice
from dxflow.db.identity import Person
from dxflow.db.standing import Absence, Delegation, SubstituteRank
from dxflow.errors import Conflict, Invalid, NotAllowed, NotFound
from dxflow.ids import new_id
from dxflow.services.people import organisation, person_rows
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import mark, to_be_stored

#: Who may say that somebody else is away: a person who fell ill cannot.
RECORDERS = ("admin", "secretariat")
LONGEST_REASON = 200


@dataclass(frozen=True)
class Span:
    """From `start` to `last`, both counted."""

    start: date
    last: date | None

    def end(self, today: date) -> date:
        """Return the first day after. Raises Invalid with what is wrong."""
        end = self.last + timedelta(1) if self.last else None
        problems = check_span(self.start, end, today)
        if problems or end is None:
            raise Invalid("".join(problems), {"start": problems})
        return end


def enter_absence(site: Site, by: Actor, person_id: str, span: Span, reason: str = "") -> str:
    """Record that a person is away; return its id. Raises Invalid, NotAllowed, NotFound, Conflict."""
    if person_id != by.person_id:
        _require_recorder(by)
    end, why = span.end(site.today()), _reason(reason)
    with site.database.write() as tx:
        organisation.hold(tx)
        _name(tx, person_id)
        overlap = select(Absence.id).where(
            Absence.person_id == person_id, Absence.valid_from < end, Absence.valid_to > span.start
        )
        if tx.execute(overlap).first():
            raise Conflict(_("その期間には、すでに不在が登録されています。"))
        row = new_id(site.now())
        tx.execute(
            insert(Absence).values(
                id=row, person_id=person_id, valid_from=span.start, valid_to=end, reason=why,
                entered_by=by.person_id, entered_at=site.now(),
            )
        )  # fmt: skip
        _changed(site, tx, by, "absence.entered", person_id, *_days(span.start, end), _why(why))
    return row


def end_absence(site: Site, by: Actor, absence_id: str) -> None:
    """End an absence from today on, or take it back before it begins.

    Raises NotFound, NotAllowed, Conflict when it is over.
    """
    today = site.today()
    with site.database.write() as tx:
        organisation.hold(tx)
        row = tx.execute(select(Absence.__table__).where(Absence.id == absence_id)).one_or_none()
        if row is None:
            raise NotFound(_("この不在は登録されていません。"))
        if row.person_id != by.person_id:
            _require_recorder(by)
        if row.valid_to <= today:
            raise Conflict(_("この不在はもう終わっています。"))
        this = Absence.id == absence_id
        if row.valid_from >= today:
            tx.execute(delete(Absence).where(this))
        else:
            tx.execute(update(Absence).where(this).values(valid_to=today))
        _changed(
            site, tx, by, "absence.ended", row.person_id,
            audit.Change("valid_to", mark("終わり"), row.valid_to, max(today, row.valid_from)),
        )  # fmt: skip


def delegate(
    site: Site, by: Actor, deputy: str, span: Span, *, post: str = "", reason: str = ""
) -> str:
    """Name a deputy, by username, for one of one's posts or ("") for all; return the id.

    Raises Invalid, NotFound, Conflict.
    """
    if not by.posts:
        raise NotAllowed(_("職に就いていないため、代理を立てられません。"))
    if post and post not in {one.key for one in by.posts}:
        raise NotFound(_("自分の職を選んでください。"))
    end, why = span.end(site.today()), _reason(reason)
    with site.database.write() as tx:
        organisation.hold(tx)
        named = person_rows.found(tx, deputy)
        _require_deputy(site, tx, by, named, deputy, span.start)
        assert named is not None  # noqa: S101 - just required
        for_post = () if post == "" else (Delegation.post.in_(("", post)),)
        overlap = select(Delegation.id).where(
            Delegation.giver_id == by.person_id, Delegation.ended_at.is_(None),
            Delegation.valid_from < end, Delegation.valid_to > span.start,
            *for_post,
        )  # fmt: skip
        if tx.execute(overlap).first():
            raise Conflict(
                _("その期間には、すでに代理を立てています。先にそれを解除してください。")
            )
        row = new_id(site.now())
        tx.execute(
            insert(Delegation).values(
                id=row, giver_id=by.person_id, deputy_id=named["id"], post=post,
                valid_from=span.start, valid_to=end, reason=why, entered_at=site.now(),
            )
        )  # fmt: skip
        _changed(
            site, tx, by, "delegation.granted", by.person_id,
            audit.Change("deputy", mark("代理の人"), None, named["id"]),
            audit.Change("post", mark("職"), None, post or None),
            *_days(span.start, end), _why(why),
        )  # fmt: skip
        with to_be_stored():
            message = _(
                "{name} さんから代理を任されました（{start} から {last} まで）。",
                name=by.name, start=wareki_date(span.start), last=wareki_date(end - timedelta(1)),
            )  # fmt: skip
        _tell(site, tx, named["id"], message)
    return row


def end_delegation(site: Site, by: Actor, delegation_id: str) -> None:
    """Take a delegation back at once. Raises NotFound, NotAllowed, Conflict when it is over."""
    with site.database.write() as tx:
        organisation.hold(tx)
        row = tx.execute(
            select(Delegation.__table__).where(Delegation.id == delegation_id)
        ).one_or_none()
        if row is None:
            raise NotFound(_("この代理は登録されていません。"))
        if by.person_id not in (row.giver_id, row.deputy_id):
            _require_recorder(by)
        if row.ended_at is not None or row.valid_to <= site.today():
            raise Conflict(_("この代理はもう終わっています。"))
        tx.execute(
            update(Delegation).where(Delegation.id == delegation_id).values(ended_at=site.now())
        )
        _changed(
            site, tx, by, "delegation.ended", row.giver_id,
            audit.Change("deputy", mark("代理の人"), row.deputy_id, None),
            audit.Change("post", mark("職"), row.post or None, None),
            audit.Change("valid_from", mark("始まり"), row.valid_from, None),
        )  # fmt: skip
        told = row.deputy_id if by.person_id == row.giver_id else row.giver_id
        with to_be_stored():
            message = _("{name} さんが代理を解除しました。", name=by.name)
        _tell(site, tx, told, message)


def set_substitutes(
    site: Site, by: Actor, post: str, substitutes: Sequence[str], since: date | None = None
) -> None:
    """Give a post its list of substitutes from a day on (today unless said), in order.

    An empty list: nobody. Raises NotAllowed, Invalid, NotFound.
    """
    by.require_role("admin")
    day = since or site.today()
    if day < site.today():
        message = _("済んだ日の代決順位は変えられません。今日以後の日にしてください。")
        raise Invalid(message, {"since": [message]})
    chosen = tuple(one for one in substitutes if one)
    with site.database.write() as tx:
        organisation.hold(tx)
        who = organisation.directory(site, tx, day)
        if post not in who.posts:
            raise NotFound(_("職「{post}」は {day} にはありません。", post=post, day=day))
        _require_list(who.posts, post, chosen)
        before = who.standing.substitutes(post)
        mine = SubstituteRank.post == post
        tx.execute(delete(SubstituteRank).where(mine, SubstituteRank.valid_from >= day))
        tx.execute(
            update(SubstituteRank)
            .where(mine, or_(SubstituteRank.valid_to.is_(None), SubstituteRank.valid_to > day))
            .values(valid_to=day)
        )
        rows = [
            {"id": new_id(site.now()), "post": post, "place": place, "substitute": one,
             "valid_from": day, "valid_to": None}
            for place, one in enumerate(chosen, 1)
        ]  # fmt: skip
        if rows:
            tx.execute(insert(SubstituteRank), rows)
        _changed(
            site, tx, by, "substitutes.changed", "",
            audit.Change("substitutes", mark("代決順位"), list(before), list(chosen)),
            audit.Change("valid_from", mark("始まり"), None, day),
            subject=audit.Subject("post", post),
        )  # fmt: skip


def _require_list(posts: Iterable[str], post: str, chosen: Sequence[str]) -> None:
    known = set(posts)
    problems = [_("職「{post}」はありません。", post=one) for one in chosen if one not in known]
    if post in chosen:
        problems.append(_("その職自身を代決者にはできません。"))
    if len(set(chosen)) < len(chosen):
        problems.append(_("同じ職が二度あります。"))
    if problems:
        raise Invalid("".join(problems), {"substitutes": problems})


def _require_deputy(
    site: Site, tx: Connection, by: Actor, named: Any, username: str, day: date
) -> None:
    if named is None or named["status"] != "active":
        message = _("利用者「{name}」はいません。", name=username)
    elif named["id"] == by.person_id:
        message = _("自分を代理にすることはできません。")
    elif not organisation.directory(site, tx, day).posts_of(named["id"]):
        message = _("{name} さんはその日に職に就いていないため、代理になれません。", name=username)
    else:
        return
    raise Invalid(message, {"deputy": [message]})


def _require_recorder(by: Actor) -> None:
    if not by.has_role(*RECORDERS):
        raise NotAllowed(
            _("ほかの人の不在や代理を変えられるのは、事務局と管理者だけです。"),
            frozenset(RECORDERS),
        )


def _reason(text: str) -> str:
    reason = text.strip()
    if len(reason) > LONGEST_REASON:
        message = _("理由は {n} 文字以内にしてください。", n=LONGEST_REASON)
        raise Invalid(message, {"reason": [message]})
    return reason


def _name(tx: Connection, person_id: str) -> str:
    name = tx.execute(select(Person.name).where(Person.id == person_id)).scalar_one_or_none()
    if name is None:
        raise NotFound(_("この利用者はいません。"))
    return str(name)


def _days(start: date, end: date) -> tuple[audit.Change, audit.Change]:
    return (
        audit.Change("valid_from", mark("始まり"), None, start),
        audit.Change("valid_to", mark("終わり"), None, end),
    )


def _why(reason: str) -> audit.Change:
    """Return the reason as the log keeps it: why somebody is away may be a matter of health."""
    return audit.Change("reason", mark("理由"), None, reason or None, personal=bool(reason))


def _tell(site: Site, tx: Connection, person_id: str, message: str) -> None:
    tx.execute(
        insert(Notice).values(
            id=new_id(site.now()), group_key=f"user:{person_id}", case_id=None, message=message,
            at=site.now(),
        )
    )  # fmt: skip


def _changed(
    site: Site,
    tx: Connection,
    by: Actor,
    event_type: str,
    person_id: str,
    *changes: audit.Change,
    subject: audit.Subject | None = None,
) -> None:
    organisation.raise_version(tx, site.now())
    person_rows.record(site, tx, by, event_type, person_id, *changes, subject=subject)
