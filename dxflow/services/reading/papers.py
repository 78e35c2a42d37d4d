"""The papers of everything that waits for somebody: their open tasks, and what to know for each.

A packet is a handful of whole documents, so that each costs the queries of one briefing; how many
stand on a page is limited, and nothing depends on how many more are waiting.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from dxflow.errors import NotFound
from dxflow.services.paging import Page
from dxflow.services.people.actor import Actor
from dxflow.services.reading import briefing, inbox
from dxflow.services.reading.briefing import Briefing
from dxflow.services.reading.case_opening import open_case
from dxflow.services.reading.inbox import Listed
from dxflow.services.site import Site

TASKS_PER_PAGE = 15


@dataclass(frozen=True)
class Paper:
    """What waits for the person on one case, with the briefing on it."""

    tasks: tuple[Listed, ...]
    brief: Briefing


def waiting(site: Site, actor: Actor, page: int = 1, per_page: int = TASKS_PER_PAGE) -> Page[Paper]:
    """Return the papers of the tasks that wait for the actor, the most urgent first.

    `page`, `per_page` and `total` count tasks; two tasks of one case make one paper.
    """
    tasks = inbox.waiting(site, actor, "mine", page, per_page)
    return Page(list(_papers(site, actor, tasks.entries)), page, per_page, tasks.total)


def _papers(site: Site, actor: Actor, tasks: Sequence[Listed]) -> Iterator[Paper]:
    order = {task.case_id: place for place, task in reversed(list(enumerate(tasks)))}
    by_case = groupby(
        sorted(tasks, key=lambda task: order[task.case_id]), key=lambda task: task.case_id
    )
    with site.database.read() as tx:
        for case_id, found in by_case:
            try:
                opened = open_case(site, tx, actor, case_id)
            except NotFound:
                continue  # taken back between the two readings
            yield Paper(tuple(found), briefing.of_opened(opened))
