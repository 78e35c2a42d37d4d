"""What a pack's `[reading]` settles: who reads cases, opinions on them, and drafts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from dxflow.authority.opinions import OpinionReaders
from dxflow.authority.visibility import DraftReaders, LoggedViews
from dxflow.feel import parse

#: The ways in which a case ends.
ENDINGS = ("completed", "rejected", "withdrawn", "stopped", "cancelled")


@dataclass(frozen=True)
class Reading:
    """Which cases are read only by who took part, and by who keeps and checks the record.

    `restricted` is FEEL over what is handed in with a form, "" for never; `ended` are the ways of
    ending after which a case is read so. `opinions`: who reads what was said on the way. `drafts`:
    who besides its author reads a proposal that is not handed in. `log_views`: of which cases the
    log says who opened a file.
    """

    restricted: str = ""
    ended: tuple[str, ...] = ()
    opinions: OpinionReaders = OpinionReaders.READERS
    drafts: DraftReaders = DraftReaders.AUTHOR
    log_views: LoggedViews = LoggedViews.RESTRICTED

    def asked(self, values: Mapping[str, Any], functions: Mapping[str, Callable[..., Any]]) -> Any:
        """Return whether what was handed in asks for it, None when it says nothing of it."""
        if not self.restricted:
            return None
        condition = parse(self.restricted)
        if not condition.free_names <= values.keys():
            return None
        return (
            condition.evaluate({name: values[name] for name in condition.free_names}, functions)
            is True
        )
