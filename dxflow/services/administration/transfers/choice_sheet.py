"""The cases to divide as a sheet: given out with a column to fill, taken back in whole or not at all.

Whoever has hundreds of cases fills 引き継ぐ課 in a spreadsheet. A line counts by its case number; a
case without a line keeps its choice, an empty cell takes the choice back.
"""

import io
from collections.abc import Iterator, Mapping

from dxflow.problems import Problem, Refused
from dxflow.services.administration.csv_lines import MARK, csv_line
from dxflow.services.administration.imports import reading
from dxflow.services.administration.imports.layouts import Layout
from dxflow.services.administration.imports.reading import Row, Sheet
from dxflow.services.administration.transfers import dividing, page, plans
from dxflow.services.administration.transfers.dividing import SplitCase, SplitSection
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import mark

#: Only the number and the choice are read back; the rest is there to choose by.
LAYOUT = Layout(
    "cases",
    {
        "number": "案件番号", "title": "件名", "state": "状態", "applicant": "提案した人",
        "beside": "提案した人の移る課", "holders": "いまの担当", "lead": "いまの課",
        "among": "選べる課", "to": "引き継ぐ課",
    },
    ("number", "to"),
    mark("見出しの下に一案件一行で書く"),
    {"番号": "number", "案件の番号": "number", "引継先": "to", "引継ぐ課": "to"},
    frozenset({"備考", "メモ", "no", "no.", "連番"}),
)  # fmt: skip
#: What Excel takes as a list of choices written out; with a longer one the file is broken for it.
_LONGEST_LIST = 250
_WIDTHS = (20, 44, 16, 14, 18, 24, 18, 32, 20)


def as_csv(site: Site, by: Actor, plan: str) -> bytes:
    """Return the open cases of a plan's sections with their choices, as CSV with headings.

    Raises NotAllowed, NotFound, Refused when the plan's files cannot be rehearsed.
    """
    lines = (cells for _section, cells in _lines(site, by, plan))
    return MARK + b"".join(map(csv_line, [list(LAYOUT.headings.values()), *lines]))


def as_workbook(site: Site, by: Actor, plan: str) -> bytes:
    """Return the same as an Excel workbook that offers the sections to choose from."""
    # here: Excel's library is slow to read in
    from openpyxl import Workbook
    from openpyxl.worksheet.datavalidation import DataValidation

    from dxflow.services.reading.workbook_sheet import WorkbookSheet

    lines = list(
        _lines(site, by, plan)
    )  # a book that is begun and left lets Excel's library complain
    book = Workbook(write_only=True)
    widths = zip(LAYOUT.headings.values(), _WIDTHS, strict=True)
    sheet = WorkbookSheet(book, _("案件の引継先"), list(widths))
    offered: dict[str, DataValidation] = {}
    for number, (section, cells) in enumerate(lines, start=2):
        sheet.add(cells)
        if section.unit not in offered:
            names = ",".join(name for _key, name in section.successors)
            if len(names) > _LONGEST_LIST or '"' in names:
                continue
            offered[section.unit] = DataValidation("list", formula1=f'"{names}"', allow_blank=True)
        offered[section.unit].add(f"I{number}")
    sheet.finish(*offered.values())
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def take(
    site: Site, by: Actor, plan: str, content: bytes, name: str, version: int | None = None
) -> int:
    """Take the choices of a sheet over, all or none; return how many changed.

    Raises Refused with every line that cannot be, NotAllowed, Conflict.
    """
    plans.require_administrator(by)
    sheet = reading.read(content, name, [LAYOUT])
    with site.database.write() as tx:
        found = dividing.rehearsed_plan(site, tx, plan, plans.changing(tx, plan, version))
        chosen, problems = _chosen(sheet, dividing.sections(site, tx, found))
        if problems:
            raise Refused(problems)
        return dividing.write(site, tx, by, plan, found, chosen)


def _lines(site: Site, by: Actor, plan: str) -> Iterator[tuple[SplitSection, list[str]]]:
    shown = page.page(site, by, plan)
    if shown.problems:
        raise Refused(list(shown.problems))
    for section in shown.splits:
        names = dict(section.successors)
        among = _("、").join(names.values())
        for one in section.cases:
            cells = [
                one.number, one.title, one.state, one.applicant, names.get(one.beside, ""),
                one.holders, section.name, among, names[one.unit] if one.chosen else "",
            ]  # fmt: skip
            yield section, cells


def _chosen(
    sheet: Sheet, sections: tuple[SplitSection, ...]
) -> tuple[dict[str, str], list[Problem]]:
    """Return the section chosen for each case, "" for none, and what is wrong with lines."""
    cases = {one.number: (section, one) for section in sections for one in section.cases}
    chosen: dict[str, str] = {}
    lines: dict[str, int] = {}
    problems = []
    for row in sheet.rows:
        number = row.text("number")
        if not number and not row.text("to"):
            continue
        wrong = _wrong(row, cases, lines)
        if wrong is not None:
            problems.append(sheet.problem(wrong[0], wrong[1], row, wrong[2]))
            continue
        section, one = cases[number]
        lines[number] = row.line
        chosen[one.id] = _unit(section, row.text("to")) or ""
    return chosen, problems


def _wrong(
    row: Row, cases: Mapping[str, tuple[SplitSection, SplitCase]], lines: Mapping[str, int]
) -> tuple[str, str, str] | None:
    """Return what is wrong with a line: its column, the sentence and how to mend it."""
    number, text = row.text("number"), row.text("to")
    if not number:
        return "number", _("案件番号が空です。"), _("案件番号を書くか、行を消す")
    if number not in cases:
        return (
            "number",
            _("案件 {number} は、分ける課の開いている案件ではありません。終わったか、ほかの課に移っています。",
              number=number),
            _("番号を確かめるか、行を消す"),
        )  # fmt: skip
    if number in lines:
        return (
            "number",
            _("案件 {number} は {line} 行目にもあります。", number=number, line=lines[number]),
            _("一つの行だけを残す"),
        )
    section, _one = cases[number]
    if text and _unit(section, text) is None:
        names = _("、").join(name for _key, name in section.successors)
        return (
            "to",
            _("「{unit}」は「{old}」の引継先ではありません。{names} から選んでください。",
              unit=text, old=section.name, names=names),
            _("課の名前かコードを書く。選ばないなら空にする"),
        )  # fmt: skip
    return None


def _unit(section: SplitSection, text: str) -> str | None:
    """Return the section that a cell names by its code or its name; None for another."""
    if not text:
        return ""
    return next((key for key, name in section.successors if text in (key, name)), None)
