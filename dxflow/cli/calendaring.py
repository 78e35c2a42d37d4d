"""`dxflow calendar …`: the city's closed and open days, from the command line."""

from argparse import ArgumentTypeError, Namespace
from dataclasses import asdict
from datetime import date

from dxflow.calendars.fiscal import fiscal_label, fiscal_year_of, parse_fiscal_year
from dxflow.calendars.wareki import wareki_date
from dxflow.cli.organising import content_of
from dxflow.cli.output import Output
from dxflow.config import Settings
from dxflow.problems import Refused
from dxflow.services.administration.closing_days import changing, days, importing
from dxflow.services.administration.closing_days.changing import Done
from dxflow.services.administration.closing_days.days import Change, Meaning
from dxflow.services.administration.imports.days import day_of, why_no_day
from dxflow.services.installation.bootstrap import operator
from dxflow.services.installation.opening import opened
from dxflow.services.packs.city_days import CLOSED, OPEN
from dxflow.services.reading import office_calendar
from dxflow.texts import gettext as _


def day(text: str) -> date:
    """Read a day as an argument: ISO, with slashes, or in a Japanese era."""
    found = day_of(text)
    if found is None:
        raise ArgumentTypeError(
            why_no_day(
                text, _("「{text}」は 2026-10-01 か 令和8年10月1日 の形ではありません", text=text)
            )
        )
    return found


def year(text: str) -> int:
    """Read a fiscal year as an argument: 2026, R8, 令和8年度."""
    try:
        return parse_fiscal_year(text)
    except ValueError as wrong:
        raise ArgumentTypeError(str(wrong)) from None


def listed(arguments: Namespace, settings: Settings, output: Output) -> int:
    """List the days entered for a fiscal year, this one unless said."""
    with opened(settings) as site:
        shown = arguments.year or fiscal_year_of(site.today())
        found = office_calendar.year_of(site, operator(site), shown)
    kinds = days.kind_words()
    for one in found.entered:
        output.say("\t".join((one.day.isoformat(), kinds[one.kind], one.name)))
    if not found.entered:
        output.say(_("{year}に入力した日はありません", year=fiscal_label(shown)))
    rows = [{"day": one.day, "kind": one.kind, "name": one.name} for one in found.entered]
    output.result(
        {"fiscal_year": shown, "business_days": found.business_days, "days": rows}
    )  # fmt: skip
    return 0


def add(arguments: Namespace, settings: Settings, output: Output) -> int:
    """Enter a day or a span of days."""
    meaning = Meaning(OPEN if arguments.open else CLOSED, arguments.name)
    last = arguments.until or arguments.day
    with opened(settings) as site:
        done = changing.add(
            site, operator(site), arguments.day, last, meaning, arguments.reason
        )  # fmt: skip
    return _done(output, done)


def remove(arguments: Namespace, settings: Settings, output: Output) -> int:
    """Take back a day or a span of days."""
    last = arguments.until or arguments.day
    with opened(settings) as site:
        done = changing.remove(site, operator(site), arguments.day, last, arguments.reason)
    return _done(output, done)


def import_file(arguments: Namespace, settings: Settings, output: Output) -> int:
    """Import days from a file; with --dry-run only say what would change."""
    content, name = content_of(arguments.file)
    with opened(settings) as site:
        by = operator(site)
        if arguments.dry_run:
            plan, done = importing.preview(site, by, content, name), Done(())
            if plan.problems:
                raise Refused(plan.problems)
        else:
            plan, done = importing.apply(site, by, content, name, arguments.reason)
    counts = {
        "changes": len(plan.changes), "unchanged": plan.unchanged,
        "needless": len(plan.needless), "past": plan.past,
    }  # fmt: skip
    output.say(
        *map(_line, plan.changes),
        _(
            "変わる日 {changes}、同じ日 {unchanged}、入れなくてもそのとおりの日 {needless}、過ぎた祝日 {past}",
            **counts,
        ),
    )
    for which, title in plan.doubtful:
        output.say(_("祝日のはずがファイルにない日: {day} {name}", day=which, name=title))
    if arguments.dry_run:
        output.say(_("確かめただけで、何も書いていません。"))
    _say_due(output, done)
    output.result(
        counts
        | {"dry_run": arguments.dry_run, "official": plan.official, "due": done.due}
        | {"days": [asdict(one) for one in plan.changes]}
        | {"doubtful": [{"day": which, "name": title} for which, title in plan.doubtful]}
    )
    return 0


def _done(output: Output, done: Done) -> int:
    output.say(*map(_line, done.changes))
    _say_due(output, done)
    output.result({"days": [asdict(one) for one in done.changes], "due": done.due})
    return 0


def _line(change: Change) -> str:
    kinds, meaning = days.kind_words(), change.after
    what = f"{kinds[meaning.kind]} {meaning.name}" if meaning else _("取消し")
    return f"{wareki_date(change.day)}\t{what}"


def _say_due(output: Output, done: Done) -> None:
    if done.due:
        output.say(
            _(
                "閉庁日にした日が期日の作業や期限が {n} 件あります。これらの期日は変わりません。",
                n=done.due,
            )
        )
