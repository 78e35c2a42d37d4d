"""`dxflow org …`: people with their posts, units or posts from a file."""

from argparse import Namespace
from dataclasses import asdict
from pathlib import Path
from typing import Any

from dxflow.cli.file_trouble import trouble
from dxflow.cli.output import Output
from dxflow.config import Settings
from dxflow.errors import NotFound
from dxflow.problems import Refused
from dxflow.services.administration.imports import importing
from dxflow.services.administration.imports.checking import Plan
from dxflow.services.administration.imports.reading import LARGEST_FILE
from dxflow.services.administration.imports.structuring import StructurePlan
from dxflow.services.installation.bootstrap import operator
from dxflow.services.installation.opening import opened
from dxflow.services.people.person_rows import Account
from dxflow.texts import gettext as _


def content_of(file: str) -> tuple[bytes, str]:
    """Return what is in a file, no more than may be taken in, and its name. Raises NotFound."""
    path = Path(file)
    try:
        with path.open("rb") as stream:
            return stream.read(LARGEST_FILE + 1), path.name
    except OSError as wrong:
        raise NotFound(trouble(wrong)) from None


def import_file(arguments: Namespace, settings: Settings, output: Output) -> int:
    """Import people, units or posts; with --dry-run only say what would change."""
    content, name = content_of(arguments.file)
    made: tuple[Account, ...] = ()
    with opened(settings) as site:
        by = operator(site)
        day = arguments.effective or site.today()
        if arguments.dry_run:
            plan = importing.preview(site, by, content, name, day, arguments.what)
            if plan.problems:
                raise Refused(plan.problems)
        else:
            done = importing.apply(
                site, by, content, name, day, what=arguments.what, reason=arguments.reason
            )
            plan, made = done.plan, done.accounts
    counts = _structure(plan, output) if isinstance(plan, StructurePlan) else _people(plan, output)
    if arguments.dry_run:
        output.say(_("確かめただけで、何も書いていません。"))
    for account in made:
        output.say(f"{account.username}\t{account.password}")
    output.result(counts | {"dry_run": arguments.dry_run, "accounts": [asdict(a) for a in made]})
    return 0


def _people(plan: Plan, output: Output) -> dict[str, Any]:
    counts: dict[str, Any] = {
        "new": len(plan.new), "renamed": len(plan.renamed), "emails": len(plan.emails),
        "given": len(plan.given), "ended": len(plan.ended),
    }  # fmt: skip
    output.say(
        _(
            "新しい人 {new}、氏名の変更 {renamed}、メールの変更 {emails}、就く職 {given}、終える職 {ended}",
            **counts,
        )
    )
    return counts


def _structure(plan: StructurePlan, output: Output) -> dict[str, Any]:
    for line in plan.lines:
        if line.what != "same":
            output.say(f"{line.line}\t{line.key}\t{line.name}\t{line.words}")
    counts: dict[str, Any] = {
        "new": plan.count("new"), "changed": plan.count("changed"), "ended": plan.count("ended"),
        "same": plan.count("same"),
    }  # fmt: skip
    output.say(_("新しく作る {new}、変える {changed}、終える {ended}、変わらない {same}", **counts))
    return {"what": plan.what} | counts | {"lines": [asdict(line) for line in plan.lines]}
