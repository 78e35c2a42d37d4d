"""Case numbers by fiscal year and section, such as R8-経営企画-0012. No number is used twice."""

from datetime import date

from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite

from dxflow.calendars.fiscal import fiscal_short, fiscal_year_of
from dxflow.db.case import NumberSeries

#: Endings of a section's name that say only what kind of unit it is.
ENDINGS = ("課", "室", "局", "所")


def next_number(tx: Connection, pattern: str, day: date, unit: str, unit_name: str) -> str:
    """Return the next number of a section in the fiscal year of a day."""
    year = fiscal_year_of(day)
    make = sqlite.insert if tx.dialect.name == "sqlite" else postgresql.insert
    statement = make(NumberSeries).values(fiscal_year=year, unit=unit, last=1)
    serial = tx.execute(
        statement.on_conflict_do_update(
            index_elements=["fiscal_year", "unit"], set_={"last": NumberSeries.last + 1}
        ).returning(NumberSeries.last)
    ).scalar_one()
    return pattern.format(year=fiscal_short(year), section=short_name(unit_name), serial=serial)


def short_name(unit_name: str) -> str:
    """Return a section's name without the word for its kind."""
    for ending in ENDINGS:
        if unit_name.endswith(ending) and len(unit_name) > len(ending) + 1:
            return unit_name[: -len(ending)]
    return unit_name
