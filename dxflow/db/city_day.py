"""Days on which the city is closed, or open all the same, besides what its packs say."""

from datetime import date, datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from dxflow.db.base import Base, UtcDateTime


class CityDay(Base):
    """A day as the administrators entered it: `kind` is closed or open, `name` says why.

    `entered_by` is the person's id, or `system` for the command line.
    """

    __tablename__ = "city_day"

    day: Mapped[date] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(8))
    name: Mapped[str] = mapped_column(Text)
    entered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    entered_by: Mapped[str] = mapped_column(String(32))
