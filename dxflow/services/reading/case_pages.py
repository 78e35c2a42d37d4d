"""The pages of a case behind its overview: where it stands, its story, its papers, and all of it."""

from dataclasses import dataclass

from sqlalchemy import select

from dxflow.db.case import Case
from dxflow.errors import NotFound
from dxflow.services.paging import MOST_PER_PAGE, Page
from dxflow.services.people import visibility
from dxflow.services.people.actor import Actor
from dxflow.services.reading import case_rulings, diagrams, submitted, timeline
from dxflow.services.reading.case_head import CaseHead, head_of, read_facts
from dxflow.services.reading.case_opening import open_case
from dxflow.services.reading.case_rounds import rounds_of
from dxflow.services.reading.case_rulings import RulingView
from dxflow.services.reading.case_view import CasePage, page_of
from dxflow.services.reading.diagrams import Standing
from dxflow.services.reading.submitted import SubmittedForm
from dxflow.services.reading.timeline import Entry
from dxflow.services.site import Site
from dxflow.texts import gettext as _


@dataclass(frozen=True)
class Progress:
    """Where a case stands, and by which rules it came there."""

    head: CaseHead
    standing: Standing
    rulings: tuple[RulingView, ...]


@dataclass(frozen=True)
class Story:
    """A page of what was done on a case."""

    head: CaseHead
    page: Page[Entry]


@dataclass(frozen=True)
class Papers:
    """A page of the forms of a case."""

    head: CaseHead
    page: Page[SubmittedForm]


@dataclass(frozen=True)
class Whole:
    """Everything of a case, for paper; of a very long one the latest 200 acts and forms."""

    overview: CasePage
    standing: Standing
    rulings: tuple[RulingView, ...]
    story: Page[Entry]
    papers: Page[SubmittedForm]


def by_number(site: Site, actor: Actor, number: str) -> str:
    """Return the id of the case with a number. Raises NotFound, also when it may not be seen."""
    with site.database.read() as tx:
        found: str | None = tx.execute(
            select(Case.id).where(Case.number == number, visibility.visible(site, tx, actor))
        ).scalar_one_or_none()
    if found is None:
        raise NotFound(_("案件が見つからないか、見る権限がありません。"))
    return found


def progress(site: Site, actor: Actor, case_id: str) -> Progress:
    """Return where a case stands. Raises NotFound when the actor may not know of it."""
    with site.database.read() as tx:
        opened = open_case(site, tx, actor, case_id)
        facts = read_facts(opened)
        return Progress(
            head_of(opened, facts),
            diagrams.standing_of(opened, facts),
            case_rulings.rulings(opened),
        )


def story(site: Site, actor: Actor, case_id: str, page: int = 1, per_page: int = 50) -> Story:
    """Return a page of a case's timeline. Raises NotFound when the actor may not know of it."""
    with site.database.read() as tx:
        opened = open_case(site, tx, actor, case_id)
        facts = read_facts(opened)
        rounds = rounds_of(opened, facts.items)
        return Story(head_of(opened, facts), timeline.page_of(opened, rounds, page, per_page))


def papers(
    site: Site, actor: Actor, case_id: str, page: int = 1, per_page: int = 30, shown: str = ""
) -> Papers:
    """Return a page of a case's forms; `shown`: the one with this form, by the id it was given.

    Raises NotFound when the actor may not know of the case.
    """
    with site.database.read() as tx:
        opened = open_case(site, tx, actor, case_id)
        facts = read_facts(opened)
        rounds = rounds_of(opened, facts.items)
        if shown:
            page = submitted.page_with(opened, shown, per_page)
        return Papers(head_of(opened, facts), submitted.page_of(opened, rounds, page, per_page))


def whole(site: Site, actor: Actor, case_id: str) -> Whole:
    """Return everything of a case. Raises NotFound when the actor may not know of it."""
    with site.database.read() as tx:
        opened = open_case(site, tx, actor, case_id)
        facts = read_facts(opened)
        overview = page_of(opened, facts)
        return Whole(
            overview,
            diagrams.standing_of(opened, facts),
            case_rulings.rulings(opened),
            timeline.page_of(opened, overview.rounds, 1, MOST_PER_PAGE),
            submitted.page_of(opened, overview.rounds, 1, MOST_PER_PAGE),
        )
