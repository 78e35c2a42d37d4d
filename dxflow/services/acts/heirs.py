"""Who does the work of ended sections in one case: it may have been given to another successor.

Where a section was split, each of its cases was given to one of the successors. What the process
of such a case calls by the old section or its head is meant for the one it was given to.
"""

from dxflow.authority.directory import Directory
from dxflow.authority.dividing import stored
from dxflow.services import plain


def seen(who: Directory, heirs: str) -> Directory:
    """Return who is who as a case sees it; `heirs` is what its row keeps, mostly nothing."""
    return stored(plain.loads(heirs)).seen(who) if heirs else who
