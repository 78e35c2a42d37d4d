"""Who holds which post: granted and ended by the operator, and the administrator's own post."""

from datetime import date

from sqlalchemy import Connection, select

from dxflow import audit
from dxflow.authority import timelines
from dxflow.authority.organisation import Span
from dxflow.db.identity import Holding, Post
from dxflow.errors import Conflict, Invalid, NotFound
from dxflow.services.people import accounts, organisation, person_rows, powers
from dxflow.services.people.actor import Actor
from dxflow.services.people.organisation import HoldingRow, Organisation, PostRow
from dxflow.services.people.person_rows import ADMIN_ROLE, Account
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import mark

#: The post of whoever keeps the installation; made when there is none with the role.
ADMIN_POST = "system-admin"


def grant_post(
    site: Site,
    by: Actor,
    username: str,
    post: str,
    *,
    since: date | None = None,
    until: date | None = None,
    concurrent: bool = False,
) -> Account:
    """Give a person a post from a day on (today unless said). Raises NotFound, Conflict, Invalid.

    `until` is the first day without the post. Conflict also when the person has another main post
    then: the second one is 兼務.
    """
    day = since or site.today()
    if until is not None and until <= day:
        message = _("終わりの日は始まりより後にしてください。")
        raise Invalid(message, {"until": [message]})
    with site.database.write() as tx:
        organisation.hold(tx)
        person = person_rows.person(tx, username)
        _require_post(tx, post, day, until)
        _require_free(tx, person["id"], post, day, until, concurrent=concurrent)
        row = HoldingRow(person["id"], post, day, until, concurrent)
        organisation.write(tx, Organisation(holdings=(row,)), site)
        powers.tell_given(site, tx, [powers.Turn(person["id"], post, day)])
        accounts.end_all(tx, person["id"])
        person_rows.record(
            site, tx, by, "membership.granted", person["id"],
            audit.Change("post", mark("職"), None, post),
            audit.Change("valid_from", mark("始まり"), None, day),
            audit.Change("valid_to", mark("終わり"), None, until),
        )  # fmt: skip
    return Account(person["id"], username)


def end_post(
    site: Site, by: Actor, username: str, post: str, *, day: date | None = None
) -> Account:
    """End a person's holding of a post; `day` (today unless said) is the first without it.

    Raises NotFound when they do not hold it, Conflict for the last administrator's post.
    """
    last = day or site.today()
    with site.database.write() as tx:
        organisation.hold(tx)
        person = person_rows.person(tx, username)
        reached = max(last, site.today())
        before = person_rows.administrators(site, tx, reached)
        if not organisation.end_holding(tx, person["id"], post, last, site.now()):
            raise NotFound(_("{name} は職「{post}」に就いていません。", name=username, post=post))
        if before and not person_rows.administrators(site, tx, reached):
            raise Conflict(_("最後の管理者の職は終えられません。先に別の管理者を作ってください。"))
        powers.tell_ended(site, tx, [powers.Turn(person["id"], post, last)])
        accounts.end_all(tx, person["id"])
        person_rows.record(
            site, tx, by, "membership.ended", person["id"],
            audit.Change("post", mark("職"), post, None),
            audit.Change("valid_to", mark("終わり"), None, last),
        )  # fmt: skip
    return Account(person["id"], username)


def make_administrator(
    site: Site, by: Actor, username: str, name: str = "", *, password: str = ""
) -> Account:
    """Make a person an administrator: the first one, or one more when all access is lost.

    An account of that name is opened again, gets a fresh password and the post; one that is not
    there is made. A post with the administrator's role is made when the organisation has none.
    """
    with site.database.write() as tx:
        organisation.hold(tx)
        found = person_rows.found(tx, username)
        if found is None:
            account = person_rows.insert_account(
                site, tx, by, username, name or username, password, ""
            )
        else:
            if found["status"] != "active":
                person_rows.set_status(site, tx, by, found, "active")
            account = person_rows.reset(site, tx, by, found, password, must_change=True)
        _appoint(site, tx, by, account.person_id)
    return account


def appoint_administrator(site: Site, by: Actor, username: str) -> Account:
    """Give a person the administrator's post; nothing changes when they are one. Raises NotFound."""
    with site.database.write() as tx:
        organisation.hold(tx)
        person = person_rows.person(tx, username)
        _appoint(site, tx, by, person["id"])
    return Account(person["id"], person["username"])


def _appoint(site: Site, tx: Connection, by: Actor, person_id: str) -> None:
    if person_id in person_rows.administrators(site, tx):
        return
    post = _administrators_post(site, tx, by)
    row = HoldingRow(person_id, post, site.today(), concurrent=True)
    organisation.write(tx, Organisation(holdings=(row,)), site)
    powers.tell_given(site, tx, [powers.Turn(person_id, post, site.today())])
    accounts.end_all(tx, person_id)
    person_rows.record(
        site, tx, by, "membership.granted", person_id,
        audit.Change("post", mark("職"), None, post),
    )  # fmt: skip


def _administrators_post(site: Site, tx: Connection, by: Actor) -> str:
    today = site.today()
    posts = organisation.directory(site, tx, today).posts.values()
    known = sorted(post.key for post in posts if ADMIN_ROLE in post.roles)
    if known:
        return known[0]
    row = PostRow(ADMIN_POST, _("システム管理者"), "", "staff", today, roles=(ADMIN_ROLE,))
    organisation.write(tx, Organisation(posts=(row,)), site)
    person_rows.record(
        site, tx, by, "post.created", "",
        audit.Change("title", mark("職名"), None, row.title),
        audit.Change("roles", mark("役割"), None, ADMIN_ROLE), subject=audit.Subject("post", row.key),
    )  # fmt: skip
    return row.key


def _require_post(tx: Connection, post: str, day: date, until: date | None) -> None:
    """Raise NotFound when the post is not there that day, Conflict when it ends before `until`."""
    rows = [
        Span(valid_from=row.valid_from, valid_to=row.valid_to)
        for row in tx.execute(select(Post.valid_from, Post.valid_to).where(Post.key == post))
    ]
    gone = timelines.uncovered(Span(valid_from=day, valid_to=until), rows)
    if gone == day:
        raise NotFound(_("職「{post}」は {day} にはありません。", post=post, day=day))
    if gone is not None:
        raise Conflict(
            _(
                "職「{post}」は {day} に廃止されます。終わりの日をその日までにしてください。",
                post=post,
                day=gone,
            )
        )


def _require_free(
    tx: Connection,
    person_id: str,
    post: str,
    since: date,
    until: date | None,
    *,
    concurrent: bool,
) -> None:
    """Raise Conflict when the person holds the post between the two days, or two would be main."""
    overlaps = (Holding.valid_to.is_(None)) | (Holding.valid_to > since)
    if until is not None:
        overlaps &= Holding.valid_from < until
    held = tx.execute(
        select(Holding.post, Holding.concurrent).where(Holding.person_id == person_id, overlaps)
    ).all()
    if any(row.post == post for row in held):
        raise Conflict(_("その期間、すでに職「{post}」に就いています。", post=post))
    main = next((row.post for row in held if not row.concurrent), None)
    if main is not None and not concurrent:
        raise Conflict(
            _(
                "その期間は職「{post}」に就いています。先に終えるか、兼務として就けてください。",
                post=main,
            )
        )
