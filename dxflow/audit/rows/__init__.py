"""What people rely on lies in rows beside the log: they are compared with what it says of them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection

from dxflow.audit.findings import Finding
from dxflow.audit.rows.cases import CaseSaid, case_row_findings
from dxflow.audit.rows.duties import DutySaid, duty_findings
from dxflow.audit.rows.hashes import Hashes, sealed_findings
from dxflow.audit.rows.people import PeopleSaid, people_findings
from dxflow.audit.rows.ranks import RankSaid, rank_findings
from dxflow.audit.rows.records import Said, record_findings
from dxflow.audit.rows.retention import RetentionSaid, retention_findings
from dxflow.audit.rows.standing import StandingSaid, standing_findings
from dxflow.audit.rows.structure import StructureSaid, structure_findings
from dxflow.audit.rows.work import WorkSaid, work_findings


class _Noting(Protocol):
    def note(self, body: Mapping[str, Any], stream: str, seq: int) -> None: ...


_Told = TypeVar("_Told", bound=_Noting)


class Rows:
    """Gathers what the log says of rows, event by event, and compares at the end."""

    def __init__(self) -> None:
        self._said: list[_Noting] = []
        self._compared: list[Callable[[Connection], Iterable[Finding]]] = []
        self._with(Said(), record_findings)
        self._with(Hashes(), sealed_findings)
        self._with(CaseSaid(), case_row_findings)
        self._with(PeopleSaid(), people_findings)
        self._with(WorkSaid(), work_findings)
        self._with(DutySaid(), duty_findings)
        self._with(StandingSaid(), standing_findings)
        self._with(StructureSaid(), structure_findings)
        self._with(RetentionSaid(), retention_findings)
        self._with(RankSaid(), rank_findings)

    def _with(self, said: _Told, compare: Callable[[Connection, _Told], Iterable[Finding]]) -> None:
        self._said.append(said)
        self._compared.append(lambda connection: compare(connection, said))

    def note(self, body: Mapping[str, Any], stream: str, seq: int) -> None:
        """Remember what an event says of rows."""
        for one in self._said:
            one.note(body, stream, seq)

    def findings(self, connection: Connection) -> Iterator[Finding]:
        """Yield where rows are not what the log says."""
        for compare in self._compared:
            yield from compare(connection)
