"""仮決裁 inside the act: a decision for the time being, after which others are asked, then the final one.

The document stays one and as it was drawn up. The place that bore the decision bears the
provisional one; behind it come the places of those who are asked, and that of the final decision.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert, select, update

from dxflow.authority.papers import may_decide_for_now
from dxflow.authority.route import Consent, Part, plan_further
from dxflow.db.document import Stamp
from dxflow.errors import Conflict, Invalid
from dxflow.services.acts import papers
from dxflow.services.acts.act import Act
from dxflow.services.people import naming
from dxflow.texts import gettext as _


def decide(act: Act, document: str, place: int, post: str, groups: Sequence[str]) -> list[str]:
    """Turn the stamped place of the decision into a provisional one, and plan what follows.

    Returns how the places of those who are asked are called. Raises Conflict for a second
    provisional decision, Invalid (`consult`) when nobody is asked or nobody there could answer.
    """
    stops = plan_further(groups, post, act.directory(), barred=act.involved().persons)
    names = naming.load(act.tx, act.directory())
    reached = {stop.group for stop in stops}
    if unable := [group for group in groups if group not in reached]:
        message = _(
            "{who}には、合議に答えられる人がいません。ほかの課を選んでください。",
            who=_("、").join(map(names.group, unable)),
        )
        raise Invalid(message, {"consult": [message]})
    before = is_decided_for_now(act, document)
    verdict = may_decide_for_now(
        papers.paper_of(papers.of_id(act, document)), len(stops) - 1, before=before
    )
    if before and not verdict:
        raise Conflict(verdict.reason)
    if not verdict:
        raise Invalid(verdict.reason, {"consult": [verdict.reason]})
    act.tx.execute(
        update(Stamp)
        .where(Stamp.document_id == document, Stamp.place == place)
        .values(part=Part.PROVISIONAL.value)
    )
    titles = [names.group(stop.group) for stop in stops]
    act.tx.execute(
        insert(Stamp),
        [
            {
                "id": act.new_id(), "document_id": document, "place": number,
                "part": stop.part.value, "group_key": stop.group, "title": title,
            }
            for number, (stop, title) in enumerate(zip(stops, titles, strict=True), place + 1)
        ],
    )  # fmt: skip
    return titles[:-1]


def is_decided_for_now(act: Act, document: str) -> bool:
    """Return whether a document bears a provisional decision."""
    found = act.tx.execute(
        select(Stamp.id).where(Stamp.document_id == document, Stamp.part == Part.PROVISIONAL.value)
    ).first()
    return found is not None


def way(act: Act, document: str, consent: Consent) -> dict[str, Any]:
    """Return what is left of the way of a document, as `papers.draw` does of the whole."""
    act.flush()  # the stamp of this very act counts
    row = papers.of_id(act, document)
    rows = act.tx.execute(
        select(Stamp.place, Stamp.part, Stamp.group_key, Stamp.title)
        .where(Stamp.document_id == document, Stamp.at.is_(None))
        .order_by(Stamp.place)
    ).all()
    places = [(one.place, one.part, one.group_key, one.title) for one in rows]
    return papers.way_of(act, document, row.digest, places, consent)
