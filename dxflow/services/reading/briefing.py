"""What somebody needs to know of a case while they do a task of it.

Where it stands, what was handed in so far, which rule sent it here, what the committee says, what
was measured before. The number of queries does not depend on the length of the story.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dxflow import forms
from dxflow.calendars.periods import period_start
from dxflow.services import plain
from dxflow.services.acts import history
from dxflow.services.acts.measures import Tracked
from dxflow.services.packs import store as packs
from dxflow.services.people import naming
from dxflow.services.people.actor import Actor
from dxflow.services.reading import case_rulings, case_view, revised, submitted
from dxflow.services.reading.case_head import CaseHead, read_facts
from dxflow.services.reading.case_opening import Opened, open_case
from dxflow.services.reading.case_rounds import VOTE, RoundView
from dxflow.services.reading.case_rulings import RulingView
from dxflow.services.reading.case_view import CasePage
from dxflow.services.reading.in_force import InForce, in_force
from dxflow.services.reading.revised import Revised
from dxflow.services.reading.submitted import Contexts
from dxflow.services.site import Site
from dxflow.texts import translated

#: How many periods of earlier values are shown.
PERIODS = 4


@dataclass(frozen=True)
class Earlier:
    """A submission whose place a later one took."""

    id: str
    person: str
    post: str
    at: datetime


@dataclass(frozen=True)
class HandedIn:
    """A form that is in force: the latest of its kind and matter, and of each person who judged.

    `drafts` says that it describes the proposal; otherwise it judges it or gives an opinion.
    `view` is None where the reader may not read it; `withheld` says why. `earlier` are those whose
    place it took, the latest first.
    """

    drafts: bool
    title: str
    step: str
    outcome: str
    tone: str
    person: str
    post: str
    at: datetime
    view: forms.FormView | None
    withheld: str = ""
    earlier: tuple[Earlier, ...] = ()

    @property
    def round(self) -> int:
        """Return how often it has been handed in by now."""
        return len(self.earlier) + 1


@dataclass(frozen=True)
class Measured:
    """The values of a measure in the periods of `Briefing.periods`, None where there is none."""

    name: str
    unit: str
    baseline: Any
    target: Any
    values: tuple[Any, ...]


@dataclass(frozen=True)
class Briefing:
    """The whole. `rulings` holds the last evaluation of each decision table.

    `revised` is what was corrected since the reader last acted on the case.
    """

    page: CasePage
    handed_in: tuple[HandedIn, ...]
    rulings: tuple[RulingView, ...]
    periods: tuple[str, ...]
    measured: tuple[Measured, ...]
    revised: tuple[Revised, ...] = ()

    @property
    def doubts(self) -> list[tuple[str, str]]:
        """Return what looks wrong about the measures: the measure's name and a sentence."""
        return [(row.measure.name, text) for row in self.page.measures for text in row.doubts]

    @property
    def head(self) -> CaseHead:
        """Return the case's head."""
        return self.page.head

    @property
    def round(self) -> RoundView | None:
        """Return the committee's latest round."""
        rounds = self.page.rounds.rounds
        return rounds[0] if rounds else None


def of_case(site: Site, actor: Actor, case_id: str) -> Briefing:
    """Return the briefing on a case. Raises NotFound when the actor may not know of it."""
    with site.database.read() as tx:
        return of_opened(open_case(site, tx, actor, case_id))


def of_opened(opened: Opened) -> Briefing:
    """Return the briefing on a case that is open for reading."""
    page = case_view.page_of(opened, read_facts(opened))
    periods, measured = _measured(opened.pack, [row.tracked for row in page.measures])
    found, contexts = in_force(opened), Contexts(opened)
    drafts = [one for one in found if one.row.act == history.DRAFT]
    return Briefing(
        page=page,
        # verdicts stand in the committee's round, with those who may see them
        handed_in=tuple(
            _handed_in(opened, [one for one in found if one.row.act != VOTE], contexts)
        ),
        rulings=tuple(one for one in case_rulings.rulings(opened) if not one.earlier),
        periods=periods,
        measured=measured,
        revised=revised.since_seen(opened, drafts, contexts),
    )


def _handed_in(opened: Opened, found: Sequence[InForce], contexts: Contexts) -> Iterable[HandedIn]:
    every = [row for one in found for row in (one.row, *one.earlier)]
    names = naming.load(opened.tx, opened.who, posts=[row.post for row in every])
    for one in found:
        row = one.row
        pack = packs.load(opened.site, opened.tx, row.pack_digest)
        definition = pack.form(row.form_key)
        outcome, tone = submitted.outcome_words(definition, row.outcome)
        withheld = opened.withheld.of(pack, row.element, row.at)
        view = forms.readonly_view(definition, plain.loads(row.body), contexts.of(pack))
        yield HandedIn(
            drafts=row.act == history.DRAFT,
            title=translated(one.matter or definition.title),
            step=translated(one.matter) or submitted.step_name(pack, row.element),
            outcome="" if withheld else outcome,
            tone="" if withheld else tone,
            person=row.person_name or "",
            post=names.post(row.post),
            at=row.at,
            view=None if withheld else view,
            withheld=withheld,
            earlier=tuple(
                Earlier(before.id, before.person_name or "", names.post(before.post), before.at)
                for before in one.earlier
            ),
        )


def _measured(
    pack: packs.Pack, tracked: list[Tracked]
) -> tuple[tuple[str, ...], tuple[Measured, ...]]:
    """Return the last periods with values, oldest first, and every measure's values in them."""
    seen = sorted({actual.period for one in tracked for actual in one.actuals}, key=period_start)
    if not seen:
        return (), ()
    found = []
    for one in tracked:
        by_period = {actual.period: actual.value for actual in one.actuals}
        targets = one.measure.targets
        found.append(
            Measured(
                name=one.measure.name,
                unit=one.measure.unit,
                baseline=_own(pack, one.measure.baseline),
                target=_own(pack, targets[max(targets)]) if targets else None,
                values=tuple(_own(pack, by_period.get(period)) for period in seen[-PERIODS:]),
            )
        )
    return tuple(seen[-PERIODS:]), tuple(found)


def _own(pack: packs.Pack, value: Any) -> Any:
    """Return a value of a measure; one in words is a step of the pack's scale."""
    return pack.text(value) if isinstance(value, str) else value
