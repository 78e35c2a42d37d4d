"""What is asked of a role within a unit, checked where it is written: `role_in(role, unit)`.

A role that is misspelled would mean nobody, and its work would go to the heads of sections for ever.
"""

from collections.abc import Iterable, Iterator, Mapping

from dxflow.feel import FeelSyntaxError, parse, written_arguments
from dxflow.models.findings import at, levels
from dxflow.models.formulas import formulas
from dxflow.models.model import Model
from dxflow.problems import Problem
from dxflow.services.packs.settings import FILE, PackSettings
from dxflow.services.packs.settings.roles import KEY
from dxflow.services.people import naming
from dxflow.texts import gettext as _

FUNCTION, DOER = "role_in", "doer"
#: What of a task may be worked out anew long after it was reached: when its case changes versions.
_ADDRESSES = ("candidate_groups", "assignee")


def check_roles(settings: PackSettings, models: Iterable[Model]) -> Iterator[Problem]:
    """Yield roles that nobody knows, units that are none, and tasks addressed by who acts."""
    for lane, text in settings.lanes.items():
        for message, hint in _wrong(text, settings.roles, address=True):
            yield Problem("pack-setting", message, file=FILE, element=lane, hint=hint)
    for model in models:
        for process in model.processes.values():
            for level, _owner in levels(process):
                addresses = {
                    getattr(element, field)
                    for element in level.elements.values()
                    for field in _ADDRESSES
                }
                for formula in formulas(level):
                    address = formula.text in addresses
                    for message, hint in _wrong(formula.text, settings.roles, address=address):
                        found = at(formula.place, "role-within", message, hint, line=formula.line)
                        yield found.located(model.file)


def _wrong(text: str, roles: Mapping[str, str], *, address: bool) -> Iterator[tuple[str, str]]:
    """Yield what is wrong in an expression, and a way out."""
    try:
        expression = parse(text)
    except FeelSyntaxError:  # told elsewhere
        return
    for given in written_arguments(expression, FUNCTION):
        role, unit = (given.get(key, given.get(name)) for key, name in ((0, "role"), (1, "unit")))
        if len(given) != 2 or role is None or unit is None:
            yield _("role_in には、役割と組織のキーを、この順に書いてください。"), ""
            continue
        if role.known and not _is_role(role.value, roles):
            yield (
                _("role_in の役割「{role}」はありません。", role=role.value),
                _("pack.toml の [{key}] に書くか、綴りを確かめてください。", key=KEY),
            )
        if unit.known and (not isinstance(unit.value, str) or ":" in unit.value):
            yield (
                _(
                    "role_in の二つめは組織のキーです。「{unit}」は組織ではありません。",
                    unit=unit.value,
                ),
                _("section: などを付けずに、lead や section のような組織のキーを書いてください。"),
            )
    if address and DOER in expression.called:
        yield (
            _("だれの作業かを決める式に doer() は使えません。"),
            _("作業の出力で変数に入れ、その変数を書いてください。"),
        )


def _is_role(role: object, roles: Mapping[str, str]) -> bool:
    return isinstance(role, str) and (role in roles or naming.role_name(role) != role)
