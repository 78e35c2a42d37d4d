"""`dxflow case retention …`: which cases are due for disposal, what is proposed, what is gone."""

from argparse import Namespace
from dataclasses import asdict

from dxflow.calendars.wareki import wareki_date
from dxflow.cli.output import Output
from dxflow.clock import local_date
from dxflow.config import Settings
from dxflow.services.installation.bootstrap import operator
from dxflow.services.installation.opening import opened
from dxflow.services.operations import retention_list
from dxflow.texts import gettext as _


def listed(arguments: Namespace, settings: Settings, output: Output) -> int:
    """List what is due, what is proposed of it, or what was disposed of."""
    with opened(settings) as site:
        if arguments.what == "register":
            gone = retention_list.register(site, operator(site), page=arguments.page)
            lines: list[tuple[str, ...]] = [
                (one.number, one.title, one.section, wareki_date(local_date(one.at)),
                 _("発案 {proposer}、承認 {approver}", proposer=one.proposer, approver=one.approver))
                for one in gone.entries
            ]  # fmt: skip
            entries, total = [asdict(one) for one in gone.entries], gone.total
        else:
            standing = "proposed" if arguments.what == "proposed" else ""
            due = retention_list.due(site, operator(site), standing, arguments.page).page
            lines = [
                (row.number, row.title, row.section, wareki_date(local_date(row.ended_at)),
                 _("{day} まで", day=wareki_date(row.kept_until)),
                 row.proposal.words if row.proposal else "")
                for row in due.entries
            ]  # fmt: skip
            entries, total = [asdict(row) for row in due.entries], due.total
    for line in lines:
        output.say("\t".join(filter(None, line)))
    if not lines:
        output.say(_("案件はありません。"))
    output.result({"items": entries, "total": total})
    return 0
