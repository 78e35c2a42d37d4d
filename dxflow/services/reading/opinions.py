"""Which opinions on a case its reader may not read, by the rule of the case's pack.

Nothing is asked of the database where the pack lets every reader of a case read them.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select

from dxflow.authority.directory import Directory
from dxflow.authority.opinions import OpinionReader, OpinionReaders, reads_opinion
from dxflow.authority.papers import SETTLES
from dxflow.authority.route import Part
from dxflow.db.case import Case, DecisionRecord
from dxflow.services.acts.history import ASKED, SAYING
from dxflow.services.packs.store import Pack
from dxflow.services.people import visibility
from dxflow.services.people.actor import Actor
from dxflow.texts import gettext as _

#: Parts of the row of stamps that say what somebody thinks of a document.
_PARTS = frozenset({Part.REVIEW.value, Part.AGREE.value})


def elements(pack: Pack, commands: Iterable[str] = ASKED) -> frozenset[str]:
    """Return the tasks of a pack that give an opinion: by the commands their doing carries out."""
    wanted = frozenset(commands)
    return frozenset(
        element.id
        for process in pack.processes.values()
        for element in process.elements.values()
        if not wanted.isdisjoint(element.properties)
    )


@dataclass
class Withheld:
    """What is kept from a reader of a case."""

    rule: OpinionReaders
    reader: OpinionReader
    _elements: dict[str, frozenset[str]] = field(default_factory=dict)

    def of(self, pack: Pack, element: str, at: datetime) -> str:
        """Return why an opinion may not be read, "" when it may, or when the task gives none."""
        if self.rule is OpinionReaders.READERS:
            return ""
        if pack.digest not in self._elements:
            self._elements[pack.digest] = elements(pack, SAYING)
        return self._why(at) if element in self._elements[pack.digest] else ""

    def of_stamp(self, stamp: Row[Any], drawn_at: datetime) -> str:
        """Return why what goes with a stamp may not be read; what stood before the document may."""
        if self.rule is OpinionReaders.READERS or stamp.part not in _PARTS or not stamp.at:
            return ""
        return self._why(stamp.at) if stamp.remark or stamp.at > drawn_at else ""

    def _why(self, at: datetime) -> str:
        if reads_opinion(self.rule, self.reader, at):
            return ""
        if self.rule is OpinionReaders.ROUTE:
            return _("意見の内容を読めるのは、作業の届いた人、事務局、監査です。")
        return _("意見の内容は、決裁のあとに読めます。")


def withheld(tx: Connection, who: Directory, actor: Actor, case_id: str, pack: Pack) -> Withheld:
    """Return what is kept from a reader of a case: one query where its pack keeps anything."""
    rule = pack.settings.reading.opinions
    if rule is OpinionReaders.READERS:
        return Withheld(rule, OpinionReader(near=True, decided_at=None, ended=False))
    decided = select(func.max(DecisionRecord.at)).where(
        DecisionRecord.case_id == case_id, DecisionRecord.outcome.in_(sorted(SETTLES))
    )
    row = tx.execute(
        select(
            visibility.near(who, actor).label("near"),
            decided.scalar_subquery().label("decided_at"),
            Case.ended_at,
        ).where(Case.id == case_id)
    ).one()
    return Withheld(
        rule, OpinionReader(bool(row.near), row.decided_at, ended=row.ended_at is not None)
    )
