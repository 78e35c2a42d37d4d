"""Readers of English meet no Japanese among the texts of a pack: every text a page can show is there.

What is left out is data rather than a page's words: titles of cases that begin by themselves, names
that are stored as people know them, and what forms compute for the records.
"""

import re
from collections.abc import Iterator

import pytest

from dxflow.forms.definition import every_component
from dxflow.models.model import Element, Process
from dxflow.services.packs.check import Checked, check_files
from dxflow.services.packs.folders import read_folder
from dxflow.texts import language, translated
from tests.process.test_every_pack import PACKS, ROOT

JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
LITERAL = re.compile(r'"([^"]*)"')


@pytest.fixture(scope="module", params=PACKS)
def pack(request: pytest.FixtureRequest) -> Checked:
    return check_files(read_folder(ROOT / "processes" / request.param), ())


def untold(texts: Iterator[str]) -> list[str]:
    """Return the Japanese texts that stay Japanese for a reader of English."""
    before = language.set("en")
    try:
        return sorted({one for one in texts if JAPANESE.search(one) and translated(one) == one})
    finally:
        language.reset(before)


def elements(process: Process) -> Iterator[Element]:
    for one in process.elements.values():
        yield one
        if one.body is not None:
            yield from elements(one.body)


def test_forms_are_asked_in_english(pack: Checked) -> None:
    def texts() -> Iterator[str]:
        for form in pack.forms.values():
            yield form.title
            yield from (one.label for one in form.outcomes)
            for one in every_component(form.components):
                named = dict(one.labels).get("en") or one.label
                yield from (named, one.help, one.unit, one.text, one.add_label)
                yield from (option.label for option in (*one.choices.fixed, *one.columns))
                yield one.rules.pattern_message

    assert untold(texts()) == []


def test_what_forms_put_together_is_put_together_in_english(pack: Checked) -> None:
    rules = [
        one.formula.text
        for form in pack.forms.values()
        for one in every_component(form.components)
        if one.kind == "text" and one.formula is not None
    ]
    said = pack.texts["en"]
    assert [one for one in rules if JAPANESE.search(one) and f"={one}" not in said] == []
    told = [LITERAL.findall(said[f"={one}"]) for one in rules if f"={one}" in said]
    assert told or not rules
    left = {text for literals in told for text in literals if JAPANESE.search(text)}
    assert left <= COMPARED


#: Texts that a formula looks for in what people wrote.
COMPARED = frozenset({"．"})


def test_drawings_are_named_in_english(pack: Checked) -> None:
    def texts() -> Iterator[str]:
        for process in pack.processes.values():
            yield process.name
            yield from process.lanes.values()
            yield from (flow.name for flow in process.flows)
            yield from (name for _id, name in process.names())
            for one in elements(process):
                yield one.lane
                yield from (flow.name for flow in one.body.flows) if one.body else ()

    assert untold(texts()) == []


def test_settings_are_named_in_english(pack: Checked) -> None:
    settings = pack.settings

    def texts() -> Iterator[str]:
        yield settings.title
        yield from (one.label for one in settings.stages)
        yield from (one.label for listed in settings.options.values() for one in listed)
        for body in settings.bodies.values():
            yield body.name
            yield from (one.name for one in body.evaluation.criteria)
        if settings.backlog is not None:
            yield settings.backlog.name
            yield from (one.label for one in settings.backlog.order)

    assert untold(texts()) == []


def test_tables_are_explained_in_english(pack: Checked) -> None:
    def texts() -> Iterator[str]:
        for model in pack.decisions.values():
            for one in model.decisions.values():
                yield one.name
                table = one.table
                if table is not None:
                    yield from (*table.inputs, *table.outputs)
                    yield from (rule.annotation for rule in table.rules)

    assert untold(texts()) == []


def test_notices_are_read_in_english(pack: Checked) -> None:
    sentences = [
        text
        for process in pack.processes.values()
        for one in elements(process)
        for given in one.inputs
        if given.target == "message"
        for text in LITERAL.findall(given.source)
        if JAPANESE.search(text)
    ]
    assert sentences, "every pack tells somebody of something"
    assert [one for one in sentences if one not in pack.texts["en"]] == []
