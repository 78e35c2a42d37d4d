"""A file of people, units or posts, shown as what it would change, then written in one transaction."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, bindparam, insert, select, update

from dxflow import audit
from dxflow.db.identity import Holding, Person, Post, Unit
from dxflow.errors import Conflict
from dxflow.ids import new_id
from dxflow.problems import Refused
from dxflow.services.administration.imports import structuring
from dxflow.services.administration.imports.checking import Known, Plan, Span, check
from dxflow.services.administration.imports.layouts import IMPORTED, LAYOUTS, PEOPLE, Layout
from dxflow.services.administration.imports.reading import Sheet, read
from dxflow.services.administration.imports.structuring import StructurePlan
from dxflow.services.administration.units import post_page, rules, stored
from dxflow.services.administration.units.saving import save
from dxflow.services.people import accounts, organisation, passwords, person_rows, powers
from dxflow.services.people.actor import Actor
from dxflow.services.people.organisation import HoldingRow, Organisation
from dxflow.services.people.person_rows import Account
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import mark


@dataclass(frozen=True)
class Applied:
    """What was written, and the new accounts with their one-time passwords."""

    plan: Plan | StructurePlan
    accounts: tuple[Account, ...] = ()


def preview(
    site: Site, by: Actor, content: bytes, name: str, effective: date, what: str = ""
) -> Plan | StructurePlan:
    """Return what a file would change, with its problems. Raises NotAllowed, Refused.

    `what` is people, units or posts; "" leaves it to the headings.
    """
    _require(by)
    sheet = read(content, name, _among(what))
    with site.database.read() as tx:
        return _checked(site, tx, sheet, effective)


def apply(
    site: Site,
    by: Actor,
    content: bytes,
    name: str,
    effective: date,
    digest: str | None = None,
    *,
    what: str = "",
    reason: str = "",
) -> Applied:
    """Write a file, all of it or nothing. `digest` is the previewed plan's, None for no preview.

    Raises Refused with all problems, Conflict when it is not what was previewed or would leave
    no administrator, Invalid when units or posts change on a day gone by without a reason.
    """
    _require(by)
    sheet = read(content, name, _among(what))
    with site.database.write() as tx:
        organisation.hold(tx)
        plan = _checked(site, tx, sheet, effective)
        if plan.problems:
            raise Refused(plan.problems)
        if digest is not None and digest != plan.digest:
            raise Conflict(
                _("確かめたときと内容が違います。ファイルをもう一度選んで、確かめ直してください。")
            )
        if isinstance(plan, StructurePlan):
            _restructured(site, tx, by, plan, reason)
            return Applied(plan)
        return Applied(plan, _written(site, tx, by, plan, _known(tx), sheet))


def _checked(site: Site, tx: Connection, sheet: Sheet, effective: date) -> Plan | StructurePlan:
    if sheet.layout is PEOPLE:
        return check(sheet, _known(tx), effective)
    known = stored.load(tx)
    roles = dict(post_page.role_choices(site, tx, known))
    return structuring.check(sheet, known, roles, effective, site.today())


def _restructured(site: Site, tx: Connection, by: Actor, plan: StructurePlan, reason: str) -> None:
    """Write units or posts. Raises Invalid, Conflict."""
    today = site.today()
    said = rules.require_reason(plan.past or today, today, reason)
    save(site, tx, by, plan.before, plan.after, said)


def _among(what: str) -> Sequence[Layout]:
    """Return what a file may be: what was named, or anything."""
    return (LAYOUTS[what],) if what else IMPORTED


def _require(by: Actor) -> None:
    if not by.is_system:
        by.require_role(person_rows.ADMIN_ROLE)


def _known(tx: Connection) -> Known:
    people: dict[str, tuple[str, str, str]] = {}
    names: dict[str, str] = {}
    for row in tx.execute(select(Person.id, Person.username, Person.name, Person.email)):
        people[row.username.casefold()] = (row.id, row.name, row.email)
        names[row.id] = row.username.casefold()
    posts = defaultdict(list)
    titles: dict[str, list[str]] = defaultdict(list)
    for key, title, unit, begin, end in tx.execute(
        select(Post.key, Post.title, Post.unit, Post.valid_from, Post.valid_to)
    ):
        posts[key].append((unit, begin, end))
        titles[title].append(key)
    held = defaultdict(list)
    for one in tx.execute(select(Holding.__table__)):
        if one.person_id in names:
            span = Span(one.post, one.valid_from, one.valid_to, one.concurrent)
            held[names[one.person_id]].append(span)
    units = {row.key: row.name for row in tx.execute(select(Unit.key, Unit.name))}
    return Known(people, dict(posts), units, dict(held), dict(titles))


def _written(
    site: Site, tx: Connection, by: Actor, plan: Plan, known: Known, sheet: Sheet
) -> tuple[Account, ...]:
    made = _new_people(site, tx, by, plan)
    ids = {key: stored[0] for key, stored in known.people.items()}
    ids |= {account.username.casefold(): account.person_id for account in made}
    _changed(site, tx, by, plan, known)
    ended = [powers.Turn(ids[key], span.post, span.end) for key, span in plan.ended if span.end]
    # No post is given up before today: an earlier day only says when it should have been.
    days = {max(turn.day, site.today()) for turn in powers.roles_of(tx, ended)}
    administered = {day for day in days if person_rows.administrators(site, tx, day)}
    _ended(site, tx, by, plan, ids)
    rows = tuple(
        HoldingRow(ids[key], span.post, span.begin, span.end, span.concurrent)
        for key, span in plan.given
    )
    if rows:
        organisation.write(tx, Organisation(holdings=rows), site)
    for row in rows:
        person_rows.record(
            site, tx, by, "membership.granted", row.person,
            audit.Change("post", mark("職"), None, row.post),
            audit.Change("valid_from", mark("始まり"), None, row.valid_from),
            audit.Change("valid_to", mark("終わり"), None, row.valid_to),
        )  # fmt: skip
    powers.tell_given(site, tx, [powers.Turn(one.person, one.post, one.valid_from) for one in rows])
    powers.tell_ended(site, tx, ended)
    for key in {key for key, _span in (*plan.given, *plan.ended)} & known.people.keys():
        accounts.end_all(tx, ids[key])
    if any(not person_rows.administrators(site, tx, day) for day in administered):
        raise Conflict(_("管理者がいなくなるため取り込めません。先に別の管理者を作ってください。"))
    return made


def _new_people(site: Site, tx: Connection, by: Actor, plan: Plan) -> tuple[Account, ...]:
    now = site.now()
    made = tuple(
        Account(new_id(now), plan.people[key].text("username"), person_rows.generated())
        for key in plan.new
    )
    if made:
        tx.execute(
            insert(Person),
            [
                {
                    "id": one.person_id, "username": one.username,
                    "name": plan.people[one.username.casefold()].text("name"),
                    "email": plan.people[one.username.casefold()].text("email"),
                    "password_hash": passwords.make_once(one.password), "status": "active",
                    "demo": False, "must_change_password": True, "epoch": 1, "created_at": now,
                }
                for one in made
            ],
        )  # fmt: skip
    for one in made:
        name = plan.people[one.username.casefold()].text("name")
        person_rows.record(
            site, tx, by, "person.created", one.person_id,
            audit.Change("username", mark("利用者名"), None, one.username, personal=True),
            audit.Change("name", mark("氏名"), None, name, personal=True),
        )  # fmt: skip
    return made


def _changed(site: Site, tx: Connection, by: Actor, plan: Plan, known: Known) -> None:
    fields = (
        ("name", mark("氏名"), plan.renamed, 1),
        ("email", mark("メール"), plan.emails, 2),
    )
    for column, label, keys, place in fields:
        for key in keys:
            stored, new = known.people[key], plan.people[key].text(column)
            tx.execute(update(Person).where(Person.id == stored[0]).values({column: new}))
            person_rows.record(
                site, tx, by, "person.changed", stored[0],
                audit.Change(column, label, stored[place], new, personal=True),
            )  # fmt: skip


def _ended(site: Site, tx: Connection, by: Actor, plan: Plan, ids: dict[str, str]) -> None:
    if not plan.ended:
        return
    tx.execute(
        update(Holding)
        .where(
            Holding.person_id == bindparam("who"),
            Holding.post == bindparam("what"),
            Holding.valid_from == bindparam("since"),
        )
        .values(valid_to=bindparam("last")),
        [
            {"who": ids[key], "what": span.post, "since": span.begin, "last": span.end}
            for key, span in plan.ended
        ],
    )
    organisation.raise_version(tx, site.now())
    for key, span in plan.ended:
        person_rows.record(
            site, tx, by, "membership.ended", ids[key],
            audit.Change("post", mark("職"), span.post, None),
            audit.Change("valid_to", mark("終わり"), None, span.end),
        )  # fmt: skip
