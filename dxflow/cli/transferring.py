"""`dxflow org transfer …`: transfers planned, rehearsed, scheduled, applied and taken back."""

import os
from argparse import Namespace
from dataclasses import asdict
from pathlib import Path
from typing import Any

from dxflow.calendars.wareki import wareki_date, wareki_datetime
from dxflow.cli.changing import changing
from dxflow.cli.organising import content_of
from dxflow.cli.output import Output
from dxflow.config import Settings
from dxflow.errors import Conflict, Invalid, NotFound
from dxflow.refused import why
from dxflow.services.administration.transfers import (
    applying,
    choice_sheet,
    choosing,
    dividing,
    page,
    plans,
    scheduling,
    undoing,
    wording,
)
from dxflow.services.administration.transfers.page import PlanPage
from dxflow.services.installation.bootstrap import operator
from dxflow.services.installation.opening import opened
from dxflow.texts import gettext as _


def plan(arguments: Namespace, settings: Settings, output: Output) -> int:
    """Make a plan of files and rehearse it; 1 when something has to be mended or decided."""
    files = [plans.Upload(*content_of(one), mapped=_mapped(arguments.column))
             for one in arguments.file]  # fmt: skip
    first, *more = files
    with opened(settings) as site:
        by = operator(site)
        made = plans.create(site, by, arguments.name, arguments.effective, first)
        for one in more:
            plans.put_file(site, by, made, one)
        return _shown(page.page(site, by, made), output)


def listed(_arguments: Namespace, settings: Settings, output: Output) -> int:
    """List the plans."""
    with opened(settings) as site:
        found = plans.listed(site, operator(site))
    words = plans.status_words()
    for one in found:
        output.say(f"{one.id}\t{one.effective.isoformat()}\t{words[one.status]}\t{one.name}")
    output.result({"plans": [asdict(one) for one in found]})
    return 0


def show(arguments: Namespace, settings: Settings, output: Output) -> int:
    """Rehearse a plan and say what changes and which holes there are, or what it changed."""
    with opened(settings) as site:
        return _shown(page.page(site, operator(site), arguments.plan), output)


def fill(arguments: Namespace, settings: Settings, output: Output) -> int:
    """Fill one hole, or all open ones with what is proposed first."""
    if arguments.all == bool(arguments.hole and arguments.target):
        raise Invalid(_("HOLE と TARGET か、--all の一方を指定してください。"))
    with opened(settings) as site:
        by = operator(site)
        if arguments.all:
            choosing.accept_all(site, by, arguments.plan)
        else:
            choice = (arguments.target, arguments.reason)
            choosing.fill(site, by, arguments.plan, {arguments.hole: choice})
        return _shown(page.page(site, by, arguments.plan), output)


def give(arguments: Namespace, settings: Settings, output: Output) -> int:
    """Give a case of a section that is split or parted, or all of the section's, to a successor."""
    if bool(arguments.case) == bool(arguments.all):
        raise Invalid(_("CASE か --all のどちらか一方を指定してください。"))
    with opened(settings) as site:
        by = operator(site)
        if arguments.all:
            dividing.give_all(site, by, arguments.plan, arguments.all, arguments.unit)
        else:
            dividing.give(site, by, arguments.plan, dict.fromkeys(arguments.case, arguments.unit))
        return _shown(page.page(site, by, arguments.plan), output)


def sheet(arguments: Namespace, settings: Settings, output: Output) -> int:
    """Write the cases to divide into a new file, .csv or .xlsx, with a column to fill."""
    place = Path(arguments.file)
    make = {".csv": choice_sheet.as_csv, ".xlsx": choice_sheet.as_workbook}.get(
        place.suffix.lower()
    )
    if make is None:
        raise Invalid(_("FILE の名前は .csv か .xlsx で終えてください。"))
    with opened(settings) as site:
        content = make(site, operator(site), arguments.plan)
    try:
        # titles and names stand in it: for whoever asked only
        with os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
    except FileExistsError:
        raise Conflict(
            _("{file} はすでにあります。別の名前かフォルダーを指定してください。", file=place)
        ) from None
    except OSError as error:
        raise NotFound(_("{file} に書けません（{why}）。", file=place, why=why(error))) from None
    output.say(_("案件の表を書きました: {file}", file=place))
    output.result({"plan": arguments.plan, "file": str(place)})
    return 0


def divide(arguments: Namespace, settings: Settings, output: Output) -> int:
    """Say by a filled sheet where cases go, by all of its lines or none."""
    content, name = content_of(arguments.file)
    with opened(settings) as site:
        by = operator(site)
        done = choice_sheet.take(site, by, arguments.plan, content, name)
        output.say(_("{n} 件を保存しました。", n=done))
        return _shown(page.page(site, by, arguments.plan), output)


def schedule(arguments: Namespace, settings: Settings, output: Output) -> int:
    """Have a plan applied at 00:00 of its day."""
    with opened(settings) as site:
        moment = scheduling.schedule(site, operator(site), arguments.plan)
    output.say(_("{at} に適用するよう予約しました。", at=wareki_datetime(moment)))
    output.result({"plan": arguments.plan, "status": "scheduled", "at": moment})
    return 0


def unschedule(arguments: Namespace, settings: Settings, output: Output) -> int:
    """Take a plan's hour back."""
    with opened(settings) as site:
        scheduling.unschedule(site, operator(site), arguments.plan)
    return _status(arguments.plan, "draft", output)


def apply(arguments: Namespace, settings: Settings, output: Output) -> int:
    """Carry a plan out now, on its day or later."""
    with changing(arguments, settings) as (site, by):
        done = applying.apply(site, by, arguments.plan)
    output.say(
        _(
            "適用しました: 異動した人 {persons} 人、無効にした利用者 {closed} 人、"
            "有効に戻した利用者 {opened} 人、"
            "解除した引受け {released} 件、渡した作業 {tasks} 件、引き継いだ義務 {duties} 件",
            **asdict(done),
        )
    )
    output.result({"plan": arguments.plan, "status": "applied", **asdict(done)})
    return 0


def undo(arguments: Namespace, settings: Settings, output: Output) -> int:
    """Take an applied plan back."""
    with changing(arguments, settings) as (site, by):
        undoing.undo(site, by, arguments.plan)
    return _status(arguments.plan, "undone", output)


def discard(arguments: Namespace, settings: Settings, output: Output) -> int:
    """Throw a plan away that was not applied."""
    with opened(settings) as site:
        plans.discard(site, operator(site), arguments.plan)
    return _status(arguments.plan, "discarded", output)


def _status(plan_id: str, status: str, output: Output) -> int:
    output.say(plans.status_words()[status])
    output.result({"plan": plan_id, "status": status})
    return 0


def _mapped(pairs: list[str]) -> dict[str, str]:
    """Return headings mapped to columns, written HEADING=COLUMN. Raises Invalid."""
    found = {}
    for pair in pairs:
        heading, sign, column = pair.rpartition("=")
        if not sign or not heading:
            raise Invalid(_("--column は 見出し=列 の形で指定してください。"))
        found[heading] = column
    return found


def _shown(shown: PlanPage, output: Output) -> int:
    output.say(
        f"{shown.id}  {shown.name}  {wareki_date(shown.effective)}  "
        f"{plans.status_words()[shown.status]}"
    )
    output.say(*(f"  {one}" for one in shown.problems))
    states, matters = wording.state_words(), wording.matter_words(done=shown.done is not None)
    for matter, lines in (shown.changes or {}).items():
        if not shown.done:
            output.say(_("{matter}: {n} 件が変わります", matter=matters[matter], n=len(lines)))
            continue
        output.say(_("{matter}: {n} 件が変わりました", matter=matters[matter], n=len(lines)))
        output.say(*(f"  {one.what}  {one.before} → {one.after}" for one in lines))
    for one in shown.holes:
        proposal = one.target_words or next((label for _key, label in one.choices), "")
        output.say(f"  [{states[one.state]}] {one.id}  {one.what}  {proposal}".rstrip())
    for section in shown.splits:
        names = dict(section.successors)
        for case in section.cases:
            output.say(f"  {section.name}: {case.number}  {case.title}  → {names[case.unit]}")
    output.say(*(f"  {one}" for one in (*shown.left_out, *shown.awaited, *shown.obstacles)))
    output.result(_document(shown))
    return 1 if shown.problems or shown.left else 0


def _document(shown: PlanPage) -> dict[str, Any]:
    return {
        "plan": shown.id,
        "name": shown.name,
        "effective": shown.effective,
        "status": shown.status,
        "problems": [asdict(one) for one in shown.problems],
        "changes": {
            matter: [asdict(one) for one in lines]
            for matter, lines in (shown.changes or {}).items()
        },
        "holes": [asdict(one) for one in shown.holes],
        "splits": [asdict(one) for one in shown.splits],
        "left_out": list(shown.left_out),
        "awaited": list(shown.awaited),
        "left": shown.left,
        "obstacles": list(shown.obstacles),
    }
