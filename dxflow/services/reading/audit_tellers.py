"""Values of the audit log in words: those of a closed set, and those that name something."""

from collections.abc import Callable, Mapping, Sequence

from dxflow.audit import event_types
from dxflow.authority.decision import post_kind_label
from dxflow.authority.organisation import unit_kind_label
from dxflow.authority.papers import PROVISIONAL
from dxflow.calendars.fiscal import fiscal_label
from dxflow.committee import blocs
from dxflow.committee.resolution import choice_label
from dxflow.committee.voting import Choice
from dxflow.forms import FormDefinition
from dxflow.services.packs import store as packs
from dxflow.services.people import naming
from dxflow.services.people.naming import Names
from dxflow.services.reading import kpis
from dxflow.services.reading.case_rulings import outcome_name
from dxflow.services.reading.form_words import day_said, each, number_said
from dxflow.texts import gettext as _
from dxflow.texts import translated


def _choice(text: str) -> str:
    if text == PROVISIONAL:
        return _("仮決裁")
    return choice_label(Choice(text)) if text in set(Choice) else text


def _roles(text: str) -> str:
    return each(text, naming.role_name)


def _milestone(text: str) -> str:
    known = {
        "planned": _("これから"), "doing": _("進行中"), "done": _("済み"), "dropped": _("取りやめ"),
    }  # fmt: skip
    return known.get(text, text)


def _account(text: str) -> str:
    return {"active": _("有効"), "disabled": _("無効")}.get(text, text)


def _measured(text: str) -> str:
    return dict(kpis.status_words()).get(text, text)


def _year(text: str) -> str:
    return fiscal_label(int(text)) if text.isdecimal() else text


def _bloc(text: str) -> str:
    return blocs.name(int(text)) if text.isdecimal() else text


def _yes_no(text: str) -> str:
    return {"true": _("はい"), "false": _("いいえ"), "True": _("はい"), "False": _("いいえ")}.get(
        text, text
    )


def _table(pack: packs.Pack | None) -> Callable[[str], str]:
    """Return the name of an authority table for its id."""

    def say(text: str) -> str:
        model = pack.decisions.get(text) if pack else None
        return translated(model.decisions[text].name) if model else text

    return say


def _flags(pack: packs.Pack | None) -> Callable[[str], str]:
    """Return the labels of ticked options of the pack's decision form."""
    forms: Sequence[FormDefinition] = tuple(pack.forms.values()) if pack else ()
    labels = {
        one.value: translated(one.label)
        for form in forms
        for fact in form.fields()
        if fact.path == "flags"
        for one in fact.options
    }
    return lambda text: each(text, lambda one: labels.get(one, one))


#: Fields that are a day, or a bloc of a meeting, whatever was done.
ANYWHERE: Mapping[str, Callable[[str], str]] = {
    **dict.fromkeys(("valid_from", "valid_to", "held_on", "kept_until"), day_said),
    "bloc": _bloc,
}
_Teller = Callable[[packs.Pack | None, Names], Callable[[str], str]]
#: By type of event and field, for words that follow from the value alone, a pack or names.
TELLERS: Mapping[tuple[str, str], _Teller] = {
    ("case.amount_changed", "amount"): lambda _pack, _names: number_said,
    ("decision.recorded", "outcome"): lambda _pack, _names: outcome_name,
    ("decision.recorded", "decided_on"): lambda _pack, _names: day_said,
    ("decision.recorded", "table"): lambda pack, _names: _table(pack),
    ("decision.recorded", "own_right"): lambda _pack, _names: _yes_no,
    ("document.drawn", "owed_by"): lambda _pack, names: lambda text: each(text, names.person),
    ("decision.passed_up", "flags"): lambda pack, _names: _flags(pack),
    ("duty.imposed", "owners"): lambda _pack, names: lambda text: each(text, names.group),
    ("duty.imposed", "due"): lambda _pack, _names: lambda text: each(text, day_said),
    ("audit.viewed", "type"): lambda _pack, _names: (
        lambda text: translated(event_types.label(text))
    ),
    ("task.fell_to_head", "holder"): lambda _pack, names: lambda text: each(text, names.addressed),
    ("task.held", "until"): lambda _pack, _names: day_said,
    ("committee.voted", "verdict"): lambda _pack, _names: _choice,
    ("milestone.reported", "milestone"): lambda _pack, _names: _milestone,
    ("person.deactivated", "status"): lambda _pack, _names: _account,
    ("person.reactivated", "status"): lambda _pack, _names: _account,
    ("opinion.recorded", "by"): lambda _pack, names: names.group,
    ("kpi.exported", "status"): lambda _pack, _names: _measured,
    ("kpi.exported", "open_data"): lambda _pack, _names: _yes_no,
    ("form.exported", "status"): lambda _pack, _names: packs.status_name,
    ("form.exported", "fiscal_year"): lambda _pack, _names: _year,
    ("role.granted", "roles"): lambda _pack, _names: naming.role_name,
    ("role.ended", "roles"): lambda _pack, _names: naming.role_name,
    ("unit.created", "kind"): lambda _pack, _names: unit_kind_label,
    ("unit.changed", "kind"): lambda _pack, _names: unit_kind_label,
    ("post.created", "kind"): lambda _pack, _names: post_kind_label,
    ("post.changed", "kind"): lambda _pack, _names: post_kind_label,
    ("post.created", "roles"): lambda _pack, _names: _roles,
    ("post.changed", "roles"): lambda _pack, _names: _roles,
    ("meeting.attended", "person"): lambda _pack, names: names.person,
    ("meeting.left", "person"): lambda _pack, names: names.person,
    ("committee.voted", "member"): lambda _pack, names: names.person,
    ("committee.evaluated", "member"): lambda _pack, names: names.person,
    ("retention.extended", "proposer"): lambda _pack, names: lambda text: each(text, names.person),
    ("retention.disposed", "proposer"): lambda _pack, names: lambda text: each(text, names.person),
}
