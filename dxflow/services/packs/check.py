"""Check the files of a pack as a whole: what may be published is what will run."""

import posixpath
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from dxflow import decisions, forms
from dxflow.calendars.business_days import BusinessCalendar
from dxflow.calendars.functions import feel_functions
from dxflow.clock import now
from dxflow.decisions import DecisionModel
from dxflow.feel import parse
from dxflow.forms import FormDefinition
from dxflow.kpi.scale import NUMBER, OWN, SCALES, parse_scale
from dxflow.models.check import check_set
from dxflow.models.context import Context
from dxflow.models.model import Model, Process
from dxflow.models.reader import read as read_bpmn
from dxflow.problems import Problem, Refused
from dxflow.services.packs import organised, own_words, planned_starts, translations
from dxflow.services.packs.at_once import check_at_once
from dxflow.services.packs.bodies_asked import check_bodies
from dxflow.services.packs.roles_asked import check_roles
from dxflow.services.packs.settings import (
    FILE,
    PackSettings,
    authority,
    offering,
    ranking,
    read_settings,
    starting,
)
from dxflow.texts import gettext as _

#: The functions that every expression may call beside those of FEEL.
OFFERED = frozenset(feel_functions(BusinessCalendar(), now))
#: Those that the expressions of a process may call.
IN_PROCESSES = OFFERED | organised.NAMES

#: Option lists the program fills in for every form, and those that need a case.
ALWAYS_OPTIONS = frozenset({"units", "fiscal_years", "attachments"})
CASE_OPTIONS = frozenset({"measures", "milestones", "conditions"})


@dataclass(frozen=True)
class Checked:
    """Everything read from a pack's files, with every problem found."""

    settings: PackSettings
    processes: Mapping[str, Process] = field(default_factory=dict)
    diagrams: Mapping[str, str] = field(default_factory=dict)
    decisions: Mapping[str, DecisionModel] = field(default_factory=dict)
    forms: Mapping[str, FormDefinition] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    texts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Language to text to translation."""


def check_files(files: Mapping[str, str], commands: Collection[str]) -> Checked:
    """Read and check every file of a pack; `files` maps names to texts."""
    settings, problems = read_settings(files.get(FILE, ""))
    models: list[Model] = []
    tables: dict[str, DecisionModel] = {}
    form_definitions: dict[str, FormDefinition] = {}
    for name, text in files.items():
        try:
            _read(name, text, models, tables, form_definitions, problems)
        except Refused as refused:
            problems += [problem.located(name) for problem in refused.problems]
    processes = {
        key: process
        for model in models
        for key, process in model.processes.items()
        if process.executable
    }
    problems += check_set(
        models,
        Context(
            forms=frozenset(form_definitions),
            decisions=frozenset(tables),
            processes=frozenset(processes),
            commands=frozenset(commands),
            lanes=settings.lanes,
            functions=IN_PROCESSES,
        ),
    )
    problems += _check_shared(settings, files)
    problems += _check_settings(settings, processes, form_definitions)
    authority.check(
        settings.authority, tables, form_definitions,
        lambda key, message: problems.append(_setting(key, message)),
    )  # fmt: skip
    problems += authority.check_use(settings.authority, models)
    problems += authority.check_outcomes(models, form_definitions)
    problems += check_at_once(settings.authority.document, models)
    problems += check_roles(settings, models)
    problems += check_bodies(settings, models)
    diagrams = {key: model.file for model in models for key in model.processes}
    words, found = translations.read_all(files)
    problems += found
    whole = Checked(settings, processes, diagrams, tables, form_definitions, problems)
    return replace(own_words.worded(whole, words), problems=problems, texts=words)


def _read(
    name: str,
    text: str,
    models: list[Model],
    tables: dict[str, DecisionModel],
    form_definitions: dict[str, FormDefinition],
    problems: list[Problem],
) -> None:
    suffix = posixpath.splitext(name)[1]
    if suffix == ".bpmn":
        reading = read_bpmn(text.encode(), name)
        problems += reading.problems
        if reading.model is not None:
            models.append(reading.model)
    elif suffix == ".dmn":
        table = decisions.read(text.encode(), name)
        for key in table.decisions:
            if key in tables:
                problems.append(
                    Problem("duplicate-decision", _("判定「{key}」が二つあります。", key=key), name)
                )
            tables[key] = table
    elif suffix == ".form":
        form = forms.read(text, name)
        if form.key in form_definitions:
            problems.append(
                Problem("duplicate-form", _("様式「{key}」が二つあります。", key=form.key), name)
            )
        form_definitions[form.key] = form


def _check_shared(settings: PackSettings, files: Mapping[str, str]) -> list[Problem]:
    """Return which shared files have not come along, as when a folder is packed by hand."""
    return [
        Problem(
            "shared-missing",
            _("共有するファイル {name} が入っていません。", name=name),
            FILE,
            element="files",
            hint=_(
                "隣のフォルダー {pack} から写すか、フォルダーのまま dxflow pack install で"
                "公開してください。",
                pack=settings.shared.pack,
            ),
        )
        for name in settings.shared.names
        if name not in files
    ]


def _check_settings(
    settings: PackSettings,
    processes: Mapping[str, Process],
    form_definitions: Mapping[str, FormDefinition],
) -> list[Problem]:
    found = list(offering.check(settings.offered, processes, form_definitions, OFFERED))
    begun = [processes[key] for key in settings.begun if key in processes]
    elements = {key for process in begun for key in process.elements}
    found += [
        _setting("stages", _("段階「{key}」は始めるプロセスの図にありません。", key=stage.key))
        for stage in settings.stages
        if stage.key not in elements
    ]
    unfit = list(starting.check(settings.starts, processes, OFFERED))
    found += unfit or planned_starts.try_out(settings, processes)
    stages = {stage.key for stage in settings.stages}
    until = settings.rules.withdraw_until
    if until and until not in stages:
        found.append(_setting("withdraw_until", _("段階「{key}」はありません。", key=until)))
    found += ranking.check(settings.backlog, frozenset(stages), form_definitions, _setting)
    found += _check_summaries(settings, form_definitions)
    found += _check_reading(settings, form_definitions)
    found += _check_scales(settings)
    first = {one.form for one in settings.offered}
    for form in form_definitions.values():
        lists = ALWAYS_OPTIONS | settings.options.keys()
        if form.key not in first:
            lists |= CASE_OPTIONS
        found += forms.unknown_references(form, functions=OFFERED, options=lists)
    return found


def _check_reading(
    settings: PackSettings, form_definitions: Mapping[str, FormDefinition]
) -> list[Problem]:
    """Return what is wrong when no form asks for everything that restricts the reading."""
    if not settings.reading.restricted:
        return []
    asked = parse(settings.reading.restricted).free_names
    if any(asked <= {fact.path for fact in form.fields()} for form in form_definitions.values()):
        return []
    return [
        _setting(
            "restricted",
            _(
                "閲覧を限る条件の項目（{names}）をすべてたずねる様式がありません。",
                names=_("、").join(sorted(asked)),
            ),
        )
    ]


def _check_scales(settings: PackSettings) -> list[Problem]:
    """Return what is wrong with the steps that measures in words may go through."""
    found = []
    for option in settings.options.get(SCALES, ()):
        if option.value in (NUMBER, OWN):
            continue
        try:
            parse_scale(option.label)
        except ValueError as wrong:
            found.append(_setting(SCALES, str(wrong)))
    return found


def _check_summaries(
    settings: PackSettings, form_definitions: Mapping[str, FormDefinition]
) -> list[Problem]:
    found = []
    for summary in settings.summaries:
        form = form_definitions.get(summary.form)
        if form is None:
            found.append(
                _setting("summary", _("あらましの様式「{key}」がありません。", key=summary.form))
            )
            continue
        known = {fact.path for fact in form.fields()}
        found += [
            _setting(
                "summary",
                _(
                    "あらましの項目「{field}」は様式「{key}」にありません。",
                    field=name,
                    key=form.key,
                ),
            )
            for name in summary.fields
            if name not in known
        ]
    return found


def _setting(element: str, message: str) -> Problem:
    return Problem("pack-setting", message, file=FILE, element=element)
