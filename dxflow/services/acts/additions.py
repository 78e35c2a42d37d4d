"""追記: a text set beside a decided document, by those who had a part in it."""

from sqlalchemy import Connection, insert, select

from dxflow import audit
from dxflow.authority.papers import may_add
from dxflow.db.document import Addendum, DecisionDocument, Stamp
from dxflow.errors import NotFound
from dxflow.services.acts import disposals, papers
from dxflow.services.acts.act import lock
from dxflow.services.keyed import Keyed, made_before
from dxflow.services.people import visibility
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import mark

LONGEST = 2000


def add(site: Site, actor: Actor, document_id: str, text: str, keyed: Keyed | None = None) -> str:
    """Set a text beside a decided document; return the case's id. The same key does it once.

    Raises NotFound, Invalid for an empty or long text, NotAllowed for whoever had no part in it or
    before the decision, Conflict once the case is disposed of.
    """
    with site.database.write() as tx:
        which = (
            select(DecisionDocument.case_id)
            .where(DecisionDocument.id == document_id)
            .scalar_subquery()
        )
        before = keyed and made_before(tx, Addendum.id, actor.person_id, keyed)
        try:
            act = lock(site, tx, actor, which)
        except NotFound:
            raise NotFound(_("決裁の文書が見つかりません。")) from None
        visibility.require(site, tx, actor, act.case_id)
        if before:
            return act.case_id
        disposals.require_kept(tx, act.case)
        row = papers.of_id(act, document_id)
        said = papers.require_text(text, "text", LONGEST)
        owners = owners_of(tx, document_id, row.drafter_id, act.case["lead_unit"])
        may_add(papers.paper_of(row), actor.groups, owners, said).require()
        tx.execute(
            insert(Addendum).values(
                id=keyed.id_by(actor.person_id) if keyed else act.new_id(),
                document_id=document_id,
                text=said,
                person_id=actor.person_id,
                post=actor.acting_post or "",
                at=act.now,
            )
        )
        act.record(
            "document.added_to",
            audit.Change("text", mark("追記"), None, said),
            audit.Change("content", mark("決裁した内容のハッシュ"), None, row.digest),
            subject=audit.Subject("document", document_id, act.case_id),
        )
        act.finish()
        return act.case_id


def owners_of(tx: Connection, document_id: str, drafter: str, lead_unit: str) -> frozenset[str]:
    """Return the groups of those who had a part in a document."""
    rows = tx.execute(
        select(Stamp.group_key, Stamp.person_id).where(Stamp.document_id == document_id)
    ).all()
    return frozenset(
        {f"user:{drafter}", f"section:{lead_unit}"}
        | {row.group_key for row in rows}
        | {f"user:{row.person_id}" for row in rows if row.person_id}
    )
