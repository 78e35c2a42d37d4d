"""`dxflow case …` and `dxflow incident …`: running cases and failures, from the command line."""

from argparse import Namespace
from collections.abc import Callable
from dataclasses import asdict

from dxflow.calendars.retelling import retold
from dxflow.calendars.wareki import wareki_datetime
from dxflow.cli.changing import changing
from dxflow.cli.output import Output
from dxflow.config import Settings
from dxflow.services.installation.bootstrap import operator
from dxflow.services.installation.opening import opened
from dxflow.services.operations import (
    case_acts,
    case_sheet,
    incident_acts,
    incident_list,
    reassigning,
)
from dxflow.services.operations import incident_groups as groups
from dxflow.services.operations.case_sheet import CaseSheet
from dxflow.services.operations.incident_list import IncidentRow
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _

#: What is done to a case for a reason; returns the case's id.
Act = Callable[[Site, Actor, str, str], str]


def show(arguments: Namespace, settings: Settings, output: Output) -> int:
    """Say where a case stands and what is open."""
    with opened(settings) as site:
        sheet = case_sheet.sheet(site, operator(site), arguments.case)
    output.say(*_lines(sheet))
    output.result(asdict(sheet))
    return 0


def suspend(arguments: Namespace, settings: Settings, output: Output) -> int:
    """Stop a case for a while."""
    return _acted(case_acts.suspend, _("一時停止しました。"), arguments, settings, output)


def resume(arguments: Namespace, settings: Settings, output: Output) -> int:
    """Let a suspended case go on."""
    return _acted(case_acts.resume, _("再開しました。"), arguments, settings, output)


def cancel(arguments: Namespace, settings: Settings, output: Output) -> int:
    """End a case for good."""
    return _acted(case_acts.cancel, _("案件を取り消しました。"), arguments, settings, output)


def reassign(arguments: Namespace, settings: Settings, output: Output) -> int:
    """Give an open task to somebody else."""
    with changing(arguments, settings) as (site, actor):
        case = reassigning.reassign(site, actor, arguments.task, arguments.to, arguments.reason)
    return _done(output, case, _("担当を変えました。"))


def incidents(arguments: Namespace, settings: Settings, output: Output) -> int:
    """List incidents; open ones unless `--all`."""
    status = "" if arguments.all else "open"
    with opened(settings) as site:
        found = incident_list.listed(site, operator(site), status, arguments.page)
    for row in found.entries:
        output.say("\t".join((row.id, row.status_name, row.case_number or "-", row.element_name,
                              str(row.occurrences), wareki_datetime(row.last_at), retold(row.cause))))  # fmt: skip
    if not found.entries:
        output.say(_("障害はありません。"))
    output.result({"items": [asdict(row) for row in found.entries], "total": found.total})
    return 0


def incident_groups(arguments: Namespace, settings: Settings, output: Output) -> int:
    """List incidents by cause and place; open ones unless `--all`."""
    status = "" if arguments.all else "open"
    with opened(settings) as site:
        found = groups.listed(site, operator(site), status, arguments.page)
    for group in found.entries:
        row = group.first
        place = row.element_name + (
            _("（第{n}版）", n=row.pack_version) if row.pack_version else ""
        )
        output.say("\t".join((row.id, row.status_name, _("案件 {n}件", n=group.cases), place,
                              str(group.occurrences), wareki_datetime(group.last_at), retold(row.cause))))  # fmt: skip
    if not found.entries:
        output.say(_("障害はありません。"))
    output.result({"items": [groups.plain(one) for one in found.entries], "total": found.total})
    return 0


def incident(arguments: Namespace, settings: Settings, output: Output) -> int:
    """Say what an incident is about."""
    with opened(settings) as site:
        row = incident_list.one(site, operator(site), arguments.incident)
    output.say(*_incident_lines(row))
    output.result(asdict(row))
    return 0


def retry(arguments: Namespace, settings: Settings, output: Output) -> int:
    """Try an incident again, or its whole group; 1 when a step would not go through."""
    if arguments.group:
        return _retry_group(arguments, settings, output)
    with opened(settings) as site:
        tried = incident_acts.retry(site, operator(site), arguments.incident)
    output.say(tried.message)
    output.result(asdict(tried))
    return 1 if tried.works is False else 0


def _retry_group(arguments: Namespace, settings: Settings, output: Output) -> int:
    with opened(settings) as site:
        together = groups.retry(site, operator(site), arguments.incident)
    for one in together.tried:
        output.say(f"{one.case_number or one.incident}\t{one.message}")
    good, bad = together.count("queued", "works"), together.count("fails", "refused")
    output.say(
        _("待ち行列に戻した、または成功する {good}件、失敗または断られた {bad}件、"
          "試せない {unknown}件、残り {left}件",
          good=good, bad=bad, unknown=together.count("unknown"), left=together.left)
    )  # fmt: skip
    output.result(asdict(together))
    return 1 if bad else 0


def close(arguments: Namespace, settings: Settings, output: Output) -> int:
    """Resolve an incident, or its whole group, with a note."""
    with opened(settings) as site:
        if arguments.group:
            done = groups.close(site, operator(site), arguments.incident, arguments.note)
        else:
            incident_acts.close(site, operator(site), arguments.incident, arguments.note)
    if arguments.group:
        output.say(_("{n}件の障害を解消済みにしました。", n=done))
        output.result({"incident": arguments.incident, "status": "resolved", "resolved": done})
        return 0
    output.say(_("解消済みにしました。"))
    output.result({"incident": arguments.incident, "status": "resolved"})
    return 0


def _acted(act: Act, said: str, arguments: Namespace, settings: Settings, output: Output) -> int:
    with changing(arguments, settings) as (site, actor):
        case = act(site, actor, arguments.case, arguments.reason)
    return _done(output, case, said)


def _done(output: Output, case: str, said: str) -> int:
    output.say(said)
    output.result({"case": case})
    return 0


def _lines(sheet: CaseSheet) -> list[str]:
    lines = [
        f"{sheet.number}  {sheet.title}",
        _("状態: {status}、段階: {stage}、{procedure}", status=sheet.status_name,
          stage=sheet.stage_name, procedure=sheet.procedure),
    ]  # fmt: skip
    if sheet.suspension:
        lines.append(sheet.suspension.sentence(sheet.number))
    lines += [
        _("作業 {id}: {name}（{holder}）", id=task.id, name=task.name, holder=task.holder)
        for task in sheet.tasks
    ]
    lines += [
        _("期限: {name} {at}", name=timer.name, at=wareki_datetime(timer.due_at))
        for timer in sheet.timers
    ]
    lines += [
        _("障害 {id}: {cause}", id=row.id, cause=retold(row.cause)) for row in sheet.incidents
    ]
    return lines


def _incident_lines(row: IncidentRow) -> list[str]:
    return [
        _("障害番号: {id}（{status}）", id=row.id, status=row.status_name),
        _("原因: {cause}", cause=retold(row.cause)),
        _("場所: {element}（{process}）", element=row.element_name, process=row.process_name),
        _("案件: {number}", number=row.case_number or "-"),
        _("出会った人: {name}、回数: {n}", name=row.person, n=row.occurrences),
        _("最初: {first}、最後: {last}", first=wareki_datetime(row.at),
          last=wareki_datetime(row.last_at)),
        *([row.waiting] if row.waiting else []),
    ]  # fmt: skip
