"""What the disposal of a case took out of its decision documents, as their pages tell it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from dxflow import audit
from dxflow.authority.papers import gone_from
from dxflow.calendars.wareki import wareki_date
from dxflow.clock import local_date
from dxflow.db.audit import AuditEvent
from dxflow.services import plain
from dxflow.services.reading.case_opening import Opened
from dxflow.services.reading.kept import Kept
from dxflow.texts import gettext as _


@dataclass(frozen=True)
class Gone:
    """When a document lost what; `values` and `names` (of files) are how many."""

    at: datetime
    values: int
    names: int

    @property
    def sentence(self) -> str:
        """Return what was disposed of and when."""
        day = wareki_date(local_date(self.at))
        if not self.values and not self.names:
            return _(
                "{day} に案件が廃棄されました。この文書に個人情報の値はなかったため、"
                "書かれていることはそのまま残っています。",
                day=day,
            )
        values = _("個人情報の値 {n} 件", n=self.values) if self.values else ""
        names = _("添付ファイルの名前 {n} 件", n=self.names) if self.names else ""
        return _(
            "{day} に、この文書から{what}を廃棄しました。ほかは、そのまま残っています。",
            day=day, what=_("と").join(filter(None, (values, names))),
        )  # fmt: skip


@dataclass(frozen=True)
class Left:
    """A document after the disposal of its case; `digest` is the SHA-256 that it must have now."""

    digest: str
    at: datetime

    def gone(self, content: Mapping[str, Any]) -> Gone:
        """Return what a content has lost."""
        return Gone(self.at, *gone_from(content))


def of_case(opened: Opened, kept: Kept | None) -> Mapping[str, Left]:
    """Return the documents of a case that its disposal has changed, by their ids, from the log.

    No query for a case that was not disposed of, one for others: the event lies at the end of the
    chain.
    """
    if kept is None or kept.disposed is None:
        return {}
    body = opened.tx.execute(
        select(AuditEvent.body)
        .where(
            AuditEvent.stream == audit.case_stream(opened.id),
            AuditEvent.type == "retention.disposed",
        )
        .order_by(AuditEvent.seq.desc())
        .limit(1)
    ).scalar()
    told = plain.loads(body).get("facts", {}).get("documents", {})
    return {document: Left(after, kept.disposed.at) for document, (_before, after) in told.items()}


def named(files: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the files that a document lists, with words where a name was."""
    return [
        {**one, "name": _("廃棄済みのファイル") if one["name"] is None else one["name"]}
        for one in files
    ]
