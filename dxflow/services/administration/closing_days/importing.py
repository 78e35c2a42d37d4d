"""A file of days, shown as what it would change and then written in one transaction."""

from sqlalchemy import Connection

from dxflow.errors import Conflict
from dxflow.problems import Refused
from dxflow.services.administration.closing_days import changing, days, icalendar
from dxflow.services.administration.closing_days.checking import LAYOUT, Known, Plan, check
from dxflow.services.administration.imports.reading import Sheet, read
from dxflow.services.packs import city_days
from dxflow.services.packs import store as packs
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _


def read_days(content: bytes, name: str) -> Sheet:
    """Return the rows of a CSV, a workbook or an iCalendar file. Raises Refused."""
    if icalendar.is_icalendar(content):
        return icalendar.read(content, name)
    return read(content, name, (LAYOUT,))


def preview(site: Site, by: Actor, content: bytes, name: str) -> Plan:
    """Return what a file would change, with its problems. Raises NotAllowed, Refused."""
    days.require_administrator(by)
    sheet = read_days(content, name)
    with site.database.read() as tx:
        return check(sheet, _known(site, tx))


def apply(
    site: Site, by: Actor, content: bytes, name: str, reason: str = "", digest: str | None = None
) -> tuple[Plan, changing.Done]:  # fmt: skip
    """Write a file, all of it or nothing. `digest` is the previewed plan's, None for no preview.

    Raises Refused with all problems, Conflict when it is not what was previewed, Invalid when it
    changes the past and no reason is given.
    """
    days.require_administrator(by)
    sheet = read_days(content, name)
    with site.database.write() as tx:
        city_days.raise_version(tx)
        plan = check(sheet, _known(site, tx))
        if plan.problems:
            raise Refused(plan.problems)
        if digest is not None and digest != plan.digest:
            raise Conflict(
                _("確かめたときと内容が違います。ファイルをもう一度選んで、確かめ直してください。")
            )
        if not plan.changes:
            return plan, changing.Done(())
        return plan, changing.write(site, tx, by, plan.changes, "calendar.imported", reason)


def _known(site: Site, tx: Connection) -> Known:
    today = site.today()
    found = days.entered(tx, days.first_day(today), days.last_day(today))
    return Known(found, [one.settings.calendar for one in packs.current(site, tx)], today)
