"""What all tables share: names of constraints, and times that are always aware and UTC."""

from datetime import UTC, datetime

from sqlalchemy import DateTime, Dialect, MetaData, Table
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: aware on the way in, aware and UTC on the way out, on both databases."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive time, and store UTC."""
        if value is None:
            return None
        value = _utc(value)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the zone back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def as_sqlite_text(value: datetime | None) -> str | None:
    """Return a moment as it stands in SQLite, in the form that SQLAlchemy gives it."""
    return _utc(value).replace(tzinfo=None).isoformat(" ", "microseconds") if value else None


def _utc(value: datetime) -> datetime:
    if value.tzinfo is None:
        message = "a time without a zone cannot be stored"
        raise ValueError(message)
    return value.astimezone(UTC)


class Base(DeclarativeBase):
    """Base of all tables. Statements are Core statements; no object is ever flushed."""

    metadata = MetaData(naming_convention=NAMING)


def table(entity: type[Base]) -> Table:
    """Return the table of a class, for statements that are built once and run often."""
    return Base.metadata.tables[entity.__tablename__]
