"""The FEEL functions of a process that know the city: its sections, what they are called, who is there."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from dxflow.authority.directory import Directory
from dxflow.authority.organisation import UnitKind
from dxflow.authority.roles_within import group_of
from dxflow.services.people import organisation
from dxflow.texts import gettext as _

#: Their names, beside those of the calendar. Forms have none of them.
NAMES = frozenset({"all_sections", "unit_name", "role_in", "is_held", "doer"})
_ROLE_KEY = re.compile(r"[^\s:]+")


def functions(
    directory: Callable[[], Directory], doer: str | None = None
) -> Mapping[str, Callable[..., Any]]:
    """Return the functions by FEEL name; the directory is asked for when one is called.

    `doer` is the person who acts, None where it is nobody.
    """

    def all_sections(within: object = None) -> list[str]:
        who = directory()
        found = [key for key, _name in organisation.sections(who)]
        if within is None:
            return found
        if not isinstance(within, str):
            raise ValueError(_("組織のキーを文字列で指定してください。"))
        inside = who.within(within)
        return [key for key in found if key in inside]

    def unit_name(key: object) -> str | None:
        who = directory()
        unit = who.units.get(who.heir(key)) if isinstance(key, str) else None
        if unit is None:
            return None
        around = [one.name for one in who.ancestors(unit.key) if one.kind != UnitKind.CITY]
        return "".join([*reversed(around), unit.name])

    def is_held(group: object) -> bool:
        if not isinstance(group, str):
            raise ValueError(_("グループを文字列で指定してください。"))
        who = directory()
        return who.is_held(who.present(group))

    return {
        "all_sections": all_sections, "unit_name": unit_name, "role_in": role_in,
        "is_held": is_held, "doer": lambda: f"user:{doer}" if doer else None,
    }  # fmt: skip


def role_in(role: object, unit: object) -> str:
    """Return the group of those who hold a role within a unit. Raises ValueError."""
    if not isinstance(role, str) or not _ROLE_KEY.fullmatch(role):
        raise ValueError(_("役割を文字列で指定してください。"))
    if not isinstance(unit, str) or not _ROLE_KEY.fullmatch(unit):
        raise ValueError(_("組織のキーを文字列で指定してください。"))
    return group_of(role, unit)


def made_up(sections: list[str]) -> Mapping[str, Callable[..., Any]]:
    """Return the functions for a process that is played without a city: units are their keys."""
    return {
        "all_sections": lambda within=None: list(sections), "unit_name": lambda key: key,
        "role_in": role_in, "is_held": lambda group: True, "doer": lambda: "user:somebody",
    }  # fmt: skip
