"""The evaluation of a case's latest round as read, with the reader's own note beside it."""

from dataclasses import dataclass

from dxflow.errors import NotFound
from dxflow.services.meetings import notes
from dxflow.services.people.actor import Actor
from dxflow.services.reading.case_head import CaseHead, head_of, read_facts
from dxflow.services.reading.case_opening import open_case
from dxflow.services.reading.case_rounds import RoundView, rounds_of
from dxflow.services.site import Site
from dxflow.texts import gettext as _


@dataclass(frozen=True)
class EvaluationPage:
    """A case, its latest round, and the reader's own note ("" without one)."""

    head: CaseHead
    round: RoundView
    note: str


def of_case(site: Site, by: Actor, case_id: str) -> EvaluationPage:
    """Return the page. Raises NotFound for a case unseen, or one no body was ever convened on."""
    with site.database.read() as tx:
        opened = open_case(site, tx, by, case_id)
        facts = read_facts(opened)
        found = rounds_of(opened, facts.items).rounds
        if not found:
            raise NotFound(_("この案件は、まだ会議体の審議に掛けられていません。"))
        note = notes.own(tx, by, [case_id]).get(case_id, "")
        return EvaluationPage(head_of(opened, facts), found[0], note)
