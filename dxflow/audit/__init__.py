"""The audit log: every act leaves an event on a chain that nobody alters unseen."""

from dxflow.audit.chain import GENESIS, Head, case_stream, state_digest
from dxflow.audit.describe import ChangeLine, Entry, describe
from dxflow.audit.events import Actor, Change, Channel, Event, Facts, Request, Result, Subject
from dxflow.audit.log import (
    SystemStream,
    append,
    append_many,
    append_system,
    append_to_many,
    gather,
)
from dxflow.audit.rows.records import sealed
from dxflow.audit.verify import verify_database

__all__ = [
    "GENESIS", "Actor", "Change", "ChangeLine", "Channel", "Entry", "Event", "Facts", "Head", "Request",
    "Result", "Subject", "SystemStream", "append", "append_many", "append_system", "append_to_many",
    "case_stream", "describe", "gather", "sealed", "state_digest", "verify_database",
]  # fmt: skip
