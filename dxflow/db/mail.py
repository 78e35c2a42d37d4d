"""Mail: what each person chose, and the messages that go out."""

from datetime import datetime

from sqlalchemy import Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from dxflow.db.base import Base, UtcDateTime


class MailChoice(Base):
    """How a person wants mail: at_once, daily or none; no row means the installation's default."""

    __tablename__ = "mail_choice"

    person_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    choice: Mapped[str] = mapped_column(String(16))
    weekly: Mapped[bool] = mapped_column(server_default="0")
    language: Mapped[str] = mapped_column(String(8))


class OutgoingMail(Base):
    """A message to one person about one event; its text is made when it is sent.

    `status` is waiting, handed (given to the mail server, no answer yet), sent, refused, doubtful
    (nobody knows whether it went out), expired, needless or closed. `kind` says what `subject` is
    the key of: a notice, a task, nothing (daily), a week. `answer` are the server's last words.
    """

    __tablename__ = "outgoing_mail"
    __table_args__ = (
        UniqueConstraint("event", "person_id"),
        Index(None, "status", "due_at"),
        Index(None, "created_at"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    event: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(16))
    person_id: Mapped[str] = mapped_column(String(32))
    subject: Mapped[str] = mapped_column(String(32), server_default="")
    #: What a daily message tells of: everything after this moment.
    since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    status: Mapped[str] = mapped_column(String(16))
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(server_default="0")
    address: Mapped[str] = mapped_column(Text, server_default="")
    answer: Mapped[str] = mapped_column(Text, server_default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    handed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
