"""What holds of every pack that comes with the program."""

from collections.abc import Iterator

import pytest

from dxflow.models.model import Element, Kind, Process
from tests.process.standard_pack import ROOT, PackFiles, pack_of

PACKS = sorted(file.parent.name for file in (ROOT / "processes").glob("*/pack.toml"))


def asked(pack: PackFiles) -> list[Element]:
    """Return the tasks that people do, also those inside sub-processes."""
    return [one for process in pack.processes.values() for one in within(process)]


def within(process: Process) -> Iterator[Element]:
    for one in process.elements.values():
        if one.kind is Kind.USER_TASK:
            yield one
        if one.body is not None:
            yield from within(one.body)


@pytest.mark.parametrize("name", PACKS)
def test_no_form_lies_idle(name: str) -> None:
    pack = pack_of(name)
    first = {one["form"] for one in pack.starts}
    assert {one.form_key for one in asked(pack)} | first == set(pack.forms)


@pytest.mark.parametrize("name", PACKS)
def test_every_task_has_somebody(name: str) -> None:
    pack = pack_of(name)
    for one in asked(pack):
        assert one.lane in pack.settings["lanes"], one.id


@pytest.mark.parametrize("name", PACKS)
def test_every_task_says_what_is_to_be_done(name: str) -> None:
    assert [one.id for one in asked(pack_of(name)) if not one.documentation] == []
