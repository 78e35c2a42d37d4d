"""The FEEL functions of a process that know the city: its sections on the day, what units are called."""

from collections.abc import Callable, Mapping
from typing import Any

from dxflow.authority.directory import Directory
from dxflow.authority.organisation import UnitKind
from dxflow.services.people import organisation
from dxflow.texts import gettext as _

#: Their names, beside those of the calendar. Forms have none of them.
NAMES = frozenset({"all_sections", "unit_name"})


def functions(directory: Callable[[], Directory]) -> Mapping[str, Callable[..., Any]]:
    """Return the functions by FEEL name; the directory is asked for when one is called."""

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

    return {"all_sections": all_sections, "unit_name": unit_name}


def made_up(sections: list[str]) -> Mapping[str, Callable[..., Any]]:
    """Return the functions for a process that is played without a city: units are their keys."""
    return {"all_sections": lambda within=None: list(sections), "unit_name": lambda key: key}
