"""Running cases on their way to another version of their pack: batches and what came of them."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from dxflow.db.base import Base, UtcDateTime


class MigrationBatch(Base):
    """Cases that are moved to a version by one plan.

    `mapping` is the plan's mapping as JSON and `mapping_digest` its SHA-256; `status` is running
    or stopped: what has not been moved by then stays where it is.
    """

    __tablename__ = "migration_batch"
    __table_args__ = (Index(None, "at"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    pack_key: Mapped[str] = mapped_column(String(64))
    to_digest: Mapped[str] = mapped_column(ForeignKey("pack_version.digest"))
    mapping: Mapped[str] = mapped_column(Text)
    mapping_digest: Mapped[str] = mapped_column(String(64))
    person_id: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    status: Mapped[str] = mapped_column(String(16))


class MigrationResult(Base):
    """What came of one case of a batch; `reason` says why when it was not moved (back).

    `outcome` is waiting, migrated, blocked, stopped, reverting, reverted or kept (moved, and gone
    on since). `before_state` and `before_digest` are what it is put back to, as long as the
    instance has the version `version_after`.
    """

    __tablename__ = "migration_result"
    __table_args__ = (Index(None, "case_id"),)

    batch_id: Mapped[str] = mapped_column(ForeignKey("migration_batch.id"), primary_key=True)
    case_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    outcome: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(Text, server_default="")
    before_state: Mapped[bytes | None] = mapped_column(LargeBinary)
    before_digest: Mapped[str | None] = mapped_column(String(64))
    version_after: Mapped[int | None]
    at: Mapped[datetime] = mapped_column(UtcDateTime)
