"""Every form of a case as it was handed in, in the version it was handed in with."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select

from dxflow import forms
from dxflow.authority.papers import RETURNS
from dxflow.calendars.fiscal import fiscal_label, fiscal_year_of
from dxflow.db.identity import Person
from dxflow.db.process import Submission
from dxflow.forms import Option
from dxflow.services import plain
from dxflow.services.acts import task_forms
from dxflow.services.acts.task_forms import YEARS_AFTER, YEARS_BEFORE
from dxflow.services.packs import store as packs
from dxflow.services.paging import Page, bounds
from dxflow.services.people import naming, organisation
from dxflow.services.reading import standing
from dxflow.services.reading.case_opening import Opened
from dxflow.services.reading.case_rounds import Rounds
from dxflow.texts import gettext as _
from dxflow.texts import translated


@dataclass(frozen=True)
class SubmittedForm:
    """A form as handed in. `view` is None where the reader may not read it; `withheld` says why."""

    id: str
    title: str
    step: str
    outcome: str
    tone: str
    person: str
    post: str
    at: datetime
    version: str
    superseded_at: datetime | None
    view: forms.FormView | None
    #: For whom it was done (「代決（佐藤 の代わり）」), empty when it was the person's own.
    standing: str = ""
    withheld: str = ""


def page_of(
    opened: Opened, rounds: Rounds, page: int = 1, per_page: int = 30
) -> Page[SubmittedForm]:
    """Return the submitted forms, the latest first, in a fixed number of queries."""
    offset, limit = bounds(page, per_page)
    total = opened.tx.execute(
        select(func.count()).select_from(Submission).where(Submission.case_id == opened.id)
    ).scalar_one()
    rows = opened.tx.execute(
        select(Submission.__table__, Person.name.label("person_name"))
        .outerjoin(Person, Person.id == Submission.person_id)
        .where(Submission.case_id == opened.id)
        .order_by(Submission.at.desc(), Submission.id.desc())
        .offset(offset)
        .limit(limit)
    ).all()
    return Page(_forms(opened, rows, rounds), page, per_page, total)


def page_with(opened: Opened, submission: str, per_page: int = 30) -> int:
    """Return the number of the page that a submitted form of the case stands on; 1 for others."""
    of_case = Submission.case_id == opened.id
    at = opened.tx.execute(
        select(Submission.at).where(of_case, Submission.id == submission)
    ).scalar_one_or_none()
    if at is None:
        return 1
    later = (Submission.at > at) | ((Submission.at == at) & (Submission.id > submission))
    before = select(func.count()).select_from(Submission).where(of_case, later)
    return int(opened.tx.execute(before).scalar_one()) // per_page + 1


def latest(opened: Opened, form_keys: Sequence[str], elements: Sequence[str]) -> list[Row[Any]]:
    """Return the submissions in force of some forms and of some tasks, the latest first."""
    return list(
        opened.tx.execute(
            select(Submission.__table__, Person.name.label("person_name"))
            .outerjoin(Person, Person.id == Submission.person_id)
            .where(
                Submission.case_id == opened.id,
                Submission.superseded_at.is_(None),
                Submission.form_key.in_(form_keys) | Submission.element.in_(elements),
            )
            .order_by(Submission.at.desc(), Submission.id.desc())
        )
    )


def light_context(opened: Opened, pack: packs.Pack) -> forms.Context:
    """Return what a form is shown against when only the pack and the organisation are needed."""
    year = fiscal_year_of(opened.actor.on)
    options: dict[str, Sequence[Option]] = dict(pack.settings.options)
    options["units"] = [Option(key, name) for key, name in organisation.sections(opened.who)]
    options["fiscal_years"] = [
        Option(str(y), fiscal_label(y)) for y in range(year - YEARS_BEFORE, year + YEARS_AFTER + 1)
    ]
    functions = pack.functions(opened.site.now(), opened.calendars.of(pack))
    return forms.Context(options, {}, functions, opened.actor.on)


class Contexts:
    """What the submitted forms of a case are shown against, made once for each version of a pack."""

    def __init__(self, opened: Opened) -> None:
        self._opened = opened
        self._made: dict[str, forms.Context] = {}

    def of(self, pack: packs.Pack) -> forms.Context:
        """Return the context of a version's forms."""
        if pack.digest not in self._made:
            one = self._opened
            self._made[pack.digest] = task_forms.submitted_context(
                one.site, one.tx, one.actor, pack, one.calendars.of(pack), one.id
            )
        return self._made[pack.digest]


def _forms(opened: Opened, rows: Sequence[Row[Any]], rounds: Rounds) -> list[SubmittedForm]:
    used = {row.pack_digest: packs.load(opened.site, opened.tx, row.pack_digest) for row in rows}
    contexts = Contexts(opened)
    names = naming.load(opened.tx, opened.who, posts=[row.post for row in rows])
    for_others = standing.of_case(opened.tx, opened.id)
    found = []
    for row in rows:
        pack = used[row.pack_digest]
        definition = pack.form(row.form_key)
        hidden = opened.withheld.of(pack, row.element, row.at)
        if rounds.hides(row.act, row.person_id, row.at):
            hidden = _("この判断の内容は、まだ見られません。")
        label, tone = outcome_words(definition, row.outcome)
        found.append(
            SubmittedForm(
                id=row.id,
                title=translated(definition.title),
                step=step_name(pack, row.element),
                outcome="" if hidden else label,
                tone="" if hidden else tone,
                person=row.person_name or "",
                post=names.post(row.post),
                at=row.at,
                version=_("第{version}版", version=pack.version),
                superseded_at=row.superseded_at,
                view=None
                if hidden
                else forms.readonly_view(definition, plain.loads(row.body), contexts.of(pack)),
                standing=for_others.get(row.id, ""),
                withheld=hidden,
            )
        )
    return found


def outcome_words(definition: forms.FormDefinition, outcome: str) -> tuple[str, str]:
    """Return label and tone of a form's button."""
    found = next((one for one in definition.outcomes if one.key == outcome), None)
    return (translated(found.label), found.tone) if found else (outcome, "secondary")


def is_return(outcome: str | None) -> bool:
    """Return whether a button sends the case back."""
    return outcome is not None and outcome.startswith(RETURNS)


def step_name(pack: packs.Pack, element: str) -> str:
    """Return the name of a task; the start form has no element."""
    if not element:
        return _("提案の提出")
    for process in pack.processes:
        found = pack.element(process, element)
        if found is not None:
            return translated(found.name) or element
    return element
