"""Decision documents of a case that is disposed of: what is personal in them goes.

Every document changes, one without anything personal too: its `sources` are hashes of forms that
have no salt.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select, update

from dxflow import forms
from dxflow.authority.papers import content_digest, emptied, has_marks, marked
from dxflow.db.document import DecisionDocument
from dxflow.db.process import Submission
from dxflow.services import plain
from dxflow.services.acts.act import Act
from dxflow.services.packs import store as packs
from dxflow.texts import to_be_stored


@dataclass(frozen=True, slots=True)
class Emptied:
    """A document with what is left of its content; the SHA-256 of its content before and after."""

    id: str
    content: str
    before: str
    after: str


def found(act: Act) -> list[Emptied]:
    """Return the documents of the act's case as they will be; nothing is written yet."""
    rows = act.tx.execute(
        select(DecisionDocument.id, DecisionDocument.content)
        .where(DecisionDocument.case_id == act.case_id)
        .order_by(DecisionDocument.revision)
    ).all()
    contents = [plain.loads(row.content) for row in rows]
    personal = {} if all(map(has_marks, contents)) else _labels(act)
    done = []
    for row, content in zip(rows, contents, strict=True):
        left = emptied(content if has_marks(content) else marked(content, personal))
        # before: of what lies there, so that a change of earlier days is found for ever
        before, after = content_digest(content), content_digest(left)
        done.append(Emptied(row.id, plain.dumps(left), before, after))
    return done


def write(act: Act, papers: Iterable[Emptied]) -> None:
    """Put what is left in the place of the contents. The register must name the case already."""
    for paper in papers:
        act.tx.execute(
            update(DecisionDocument)
            .where(DecisionDocument.id == paper.id)
            .values(content=paper.content)
        )


def _labels(act: Act) -> dict[str, frozenset[str]]:
    """Return the labels of personal fields by form, over all versions the case has handed in."""
    versions = act.tx.execute(
        select(Submission.form_key, Submission.pack_digest)
        .where(Submission.case_id == act.case_id)
        .distinct()
    ).all()
    labels: dict[str, frozenset[str]] = {}
    with to_be_stored():
        for key, digest in versions:
            personal = forms.personal_labels(packs.load(act.site, act.tx, digest).form(key))
            labels[key] = labels.get(key, frozenset()) | personal
    return labels
