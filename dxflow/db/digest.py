"""Weekly digests, kept as they were made."""

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from dxflow.db.base import Base, UtcDateTime


class Digest(Base):
    """What happened in an ISO week, made once: `week` is `2026-W48`, `body` is JSON."""

    __tablename__ = "weekly_digest"

    week: Mapped[str] = mapped_column(String(8), primary_key=True)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    body: Mapped[str] = mapped_column(Text)
