"""Later readings (後閲) that pass to the new holder of a post, where the rules of the city say so.

By rule a duty ends by its owner alone. Where a pack has it follow the post, it passes on when its
owner leaves the post, to the one who holds it then; with nobody there, several, or only somebody
who cannot owe it, it stays where it is.
"""

from dataclasses import replace

from dxflow.authority.affairs import Able, Affairs, Duty
from dxflow.authority.directory import Directory
from dxflow.authority.rehearsal import left_office


def handed_on(affairs: Affairs, before: Directory, after: Directory) -> Affairs:
    """Return the affairs with the duties of those who leave their posts at their successors."""
    if not any(duty.follows for duty in affairs.duties):
        return affairs
    able = Able(after, affairs.closed)

    def heir(duty: Duty) -> Duty:
        if not duty.follows or not left_office(duty, before, after):
            return duty
        holders = able.members(f"post:{duty.post}")
        if len(holders) != 1 or holders & duty.barred:
            return duty
        return replace(duty, owner=f"user:{min(holders)}")

    return replace(affairs, duties=tuple(map(heir, affairs.duties)))
