"""`dxflow case migrate`: running cases to another version of their pack, and back."""

from argparse import Namespace
from dataclasses import asdict
from pathlib import Path

from dxflow.cli.changing import changing
from dxflow.cli.file_trouble import trouble
from dxflow.cli.output import Output
from dxflow.config import Settings
from dxflow.errors import Invalid
from dxflow.services.installation.bootstrap import operator
from dxflow.services.installation.opening import opened
from dxflow.services.operations import (
    migration_list,
    migration_plans,
    migration_preview,
    migrations,
)
from dxflow.services.operations.migration_preview import Preview
from dxflow.services.paging import MOST_PER_PAGE
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _


def migrate(arguments: Namespace, settings: Settings, output: Output) -> int:
    """Move cases by a plan, show what it would do, or put a batch back; 1 when a case stays."""
    if bool(arguments.plan) == bool(arguments.revert):
        raise Invalid(_("計画のファイル（PLAN.toml）か --revert BATCH の一方を指定してください。"))
    if arguments.revert and arguments.dry_run:
        raise Invalid(_("--revert と --dry-run はいっしょに使えません。"))
    if arguments.dry_run:
        with opened(settings) as site:
            plan = migration_plans.read(site, operator(site), _text(arguments.plan))
            found = migration_preview.preview(site, operator(site), plan, arguments.case)
        return _shown(found, output)
    with changing(arguments, settings) as (site, actor):
        if arguments.revert:
            migrations.revert(site, actor, arguments.revert, arguments.case, at_once=True)
            return _came(site, actor, arguments.revert, "kept", output)
        plan = migration_plans.read(site, actor, _text(arguments.plan))
        batch = migrations.begin(site, actor, plan, arguments.case, at_once=True)
        return _came(site, actor, batch, "blocked", output)


def _text(name: str) -> str:
    try:
        return Path(name).read_text(encoding="utf-8")
    except OSError as wrong:
        raise Invalid(trouble(wrong)) from None
    except UnicodeDecodeError:
        raise Invalid(_("計画「{name}」を UTF-8 で保存し直してください。", name=name)) from None


def _shown(previews: list[Preview], output: Output) -> int:
    for one in previews:
        verdict = _("移せません") if one.blockers else _("移せます")
        output.say(
            _("{number}  第 {version} 版  {verdict}  {title}", number=one.number,
              version=one.version, verdict=verdict, title=one.title),
            *(f"  {change}" for change in one.changes),
            *(_("  注意: {what}", what=what) for what in one.at_once),
            *(f"  {why.place}: {why.sentence}" if why.place else f"  {why.sentence}"
              for why in one.blockers),
        )  # fmt: skip
    if not previews:
        output.say(_("移す案件がありません。"))
    output.result({"cases": [asdict(one) for one in previews]})
    return 1 if any(one.blockers for one in previews) else 0


def _came(site: Site, actor: Actor, batch: str, stayed: str, output: Output) -> int:
    """Say what came of every case of a batch; 1 when there is one of the outcome `stayed`."""
    found, page = migration_list.one(site, actor, batch, 1, MOST_PER_PAGE)
    rows = list(page.entries)
    for number in range(2, page.pages + 1):
        rows += migration_list.one(site, actor, batch, number, MOST_PER_PAGE)[1].entries
    output.say(_("移行 {batch}: 第 {version} 版", batch=batch, version=found.version))
    output.say(*(f"{row.number}\t{row.outcome_name}\t{row.reason}" for row in rows))
    output.result({**asdict(found), "results": [asdict(row) for row in rows]})
    return 1 if any(row.outcome == stayed for row in rows) else 0
