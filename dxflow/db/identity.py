"""People, the organisation in time, sessions and tokens.

Units, posts and holdings carry `valid_from` and `valid_to` (half-open, NULL = open): every
question about who may do what is asked for a person and a date.
"""

from datetime import date, datetime

from sqlalchemy import Date, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from dxflow.db.base import Base, UtcDateTime


class Person(Base):
    """A person with an account. `status` is active or disabled."""

    __tablename__ = "person"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    username: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(Text)
    email: Mapped[str] = mapped_column(Text, default="", server_default="")
    password_hash: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(16), server_default="active")
    demo: Mapped[bool] = mapped_column(server_default="0")
    must_change_password: Mapped[bool] = mapped_column(server_default="0")
    #: Raised by one whenever every session and token of the person must end.
    epoch: Mapped[int] = mapped_column(server_default="1")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Unit(Base):
    """A department, section or office, for a time."""

    __tablename__ = "unit"
    __table_args__ = (UniqueConstraint("key", "valid_from"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    key: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(32))
    parent: Mapped[str | None] = mapped_column(String(64))
    position: Mapped[int] = mapped_column(server_default="0")
    valid_from: Mapped[date] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)


class Post(Base):
    """A post in a unit, with the roles it carries (space-separated keys), for a time."""

    __tablename__ = "post"
    __table_args__ = (UniqueConstraint("key", "valid_from"), Index(None, "unit"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    key: Mapped[str] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(Text)
    unit: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(32))
    roles: Mapped[str] = mapped_column(Text, server_default="")
    valid_from: Mapped[date] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)


class Holding(Base):
    """A person holds a post for a time; `concurrent` marks 兼務."""

    __tablename__ = "holding"
    __table_args__ = (Index(None, "person_id"), Index(None, "post"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    person_id: Mapped[str] = mapped_column(String(32))
    post: Mapped[str] = mapped_column(String(64))
    concurrent: Mapped[bool] = mapped_column(server_default="0")
    valid_from: Mapped[date] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)


class WebSession(Base):
    """A login in a browser. Only the SHA-256 of its reference is stored."""

    __tablename__ = "web_session"
    __table_args__ = (Index(None, "person_id"), Index(None, "expires_at"))

    reference_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[str] = mapped_column(String(32))
    epoch: Mapped[int]
    acting_post: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ApiToken(Base):
    """A bearer token for programs. Only its SHA-256 is stored."""

    __tablename__ = "api_token"
    __table_args__ = (Index(None, "person_id"),)

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[str] = mapped_column(String(32))
    epoch: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class LoginThrottle(Base):
    """Failed logins of one account from one place, or of a place, and until when the next waits."""

    __tablename__ = "login_throttle"

    subject: Mapped[str] = mapped_column(String(160), primary_key=True)
    failures: Mapped[int]
    blocked_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SecondFactor(Base):
    """The authenticator app of a person; it counts once a code has confirmed it.

    `secret` is sealed with the installation's secret key. Steps up to `last_step` are used up.
    """

    __tablename__ = "second_factor"

    person_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    secret: Mapped[str] = mapped_column(Text)
    last_step: Mapped[int] = mapped_column(server_default="0")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ReserveCode(Base):
    """A code for whoever has no phone at hand. Only its SHA-256 is stored; it goes when it is used."""

    __tablename__ = "reserve_code"
    __table_args__ = (Index(None, "person_id"),)

    code_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[str] = mapped_column(String(32))


class HalfLogin(Base):
    """A right password that waits for its code. Only the SHA-256 of its reference is stored."""

    __tablename__ = "half_login"
    __table_args__ = (Index(None, "expires_at"),)

    reference_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[str] = mapped_column(String(32))
    epoch: Mapped[int]
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Setting(Base):
    """A small fact about the installation, such as the version of the organisation."""

    __tablename__ = "setting"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[str] = mapped_column(Text)
