"""Care of the installation: signs of life of the workers."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from dxflow.db.base import Base, UtcDateTime


class WorkerHeartbeat(Base):
    """When a worker was last seen; written coarsely, removed when it has been gone for long."""

    __tablename__ = "worker_heartbeat"

    worker: Mapped[str] = mapped_column(String(128), primary_key=True)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
