"""Cases that a form names by their numbers: known, and to be seen by whoever names them."""

from sqlalchemy import select

from dxflow import forms
from dxflow.db.case import Case
from dxflow.services.acts import submissions
from dxflow.services.acts.act import Act
from dxflow.services.people import visibility
from dxflow.texts import gettext as _


def require_known(act: Act, submission: forms.Submission) -> None:
    """Raise FormInvalid, at its field, for a number that is no case's or of one out of sight.

    A number that already stood in the form may stay: somebody else may have been allowed more.
    """
    definition = act.pack.form(submission.form_key)
    named = forms.references(definition, submission.values)
    if not named:
        return
    numbers = {one.number for one in named}
    missing = numbers - _seen(act, numbers)
    if missing:
        earlier = submissions.previous(act.tx, act.case_id, definition.key)
        before = forms.references(definition, forms.from_plain(definition, earlier))
        missing -= {one.number for one in before}
    wrong = [one for one in named if one.number in missing]
    if wrong:
        raise forms.FormInvalid(
            {one.path: [_said(one)] for one in wrong},
            [forms.FieldError(forms.field_id(one.path), one.label, _said(one)) for one in wrong],
        )


def _seen(act: Act, numbers: set[str]) -> set[str]:
    query = select(Case.number).where(
        Case.number.in_(sorted(numbers)), visibility.visible(act.site, act.tx, act.actor)
    )
    return set(act.tx.execute(query).scalars())


def _said(one: forms.Reference) -> str:
    return _(
        "{label}の「{number}」という案件は見つからないか、見る権限がありません。"
        "案件のページの上にある番号を写してください。",
        label=one.label,
        number=one.number,
    )
