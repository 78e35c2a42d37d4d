"""A pack that would convene a body it does not have is not published."""

import pytest

from dxflow.services.commands import COMMANDS
from dxflow.services.packs import store
from dxflow.services.packs.check import check_files
from tests.factories import ROOT

STANDARD = store.read_folder(ROOT / "processes" / "standard")
TOYAMA = store.read_folder(ROOT / "processes" / "toyama")
HANDED = """<zeebe:input source='="dx_committee"' target="body" />"""


def changed(files, name, before, after):
    assert before in files[name]
    return files | {name: files[name].replace(before, after, 1)}


def found(files):
    """Return file, element and code of every problem."""
    problems = check_files(files, COMMANDS).problems
    assert all(one.message and (one.hint or one.code == "pack-setting") for one in problems)
    return [(one.file, one.element, one.code) for one in problems]


@pytest.mark.parametrize(
    ("source", "unknown"),
    [
        ('="dx_comittee"', ["dx_comittee"]),
        ('=if amount &gt; 0 then "dx_committee" else "board"', ["board"]),
        ('=if amount &gt; 0 then "one" else if amount = 0 then "dx_committee" else "two"', ["one", "two"]),
        ("=lead", []),
    ],
)  # fmt: skip
def test_a_body_that_the_caller_names_must_be_one_of_the_packs(source, unknown):
    files = changed(STANDARD, "proposal.bpmn", '"dx_committee"', source.removeprefix("="))
    problems = check_files(files, COMMANDS).problems
    assert [(one.file, one.element, one.code) for one in problems] == [
        ("proposal.bpmn", "committee", "pack-body-unknown") for _ in unknown
    ]
    assert all(f"「{key}」" in one.message for key, one in zip(unknown, problems, strict=True))


def test_a_body_drawn_where_it_is_convened_is_looked_up_too():
    files = changed(STANDARD, "committee.bpmn", 'source="=body"', "source='=\"board\"'")
    assert found(files) == [("committee.bpmn", "convene", "pack-body-unknown")]


def test_a_call_that_hands_over_no_body_is_refused():
    blind = changed(STANDARD, "proposal.bpmn", HANDED, "")
    assert found(blind) == [("proposal.bpmn", "committee", "pack-body-missing")]
    lead = '<zeebe:input source="=lead" target="lead" />'
    open_call = changed(blind, "proposal.bpmn", lead, "")
    assert found(open_call) == [("proposal.bpmn", "committee", "pack-body-missing")]
    without = changed(
        STANDARD, "committee.bpmn", '<zeebe:input source="=body" target="body" />', ""
    )
    assert found(without) == [("committee.bpmn", "convene", "pack-body-missing")]


def test_a_call_that_sees_everything_may_have_its_body_set_before_it():
    handed = changed(STANDARD, "proposal.bpmn", HANDED, "")
    lead = '<zeebe:input source="=lead" target="lead" />'
    seeing = changed(handed, "proposal.bpmn", lead, "")
    before = '<zeebe:output source=\'=""\' target="return_to" />'
    assert (
        found(changed(seeing, "proposal.bpmn", before, before + HANDED.replace("input", "output")))
        == []
    )


def test_bodies_that_are_gone_through_one_by_one_are_all_looked_up():
    files = changed(TOYAMA, "plan.bpmn", '"soshiki", "dx"]', '"soshiki", "dxx"]')
    assert found(files) == [("plan.bpmn", "divisions", "pack-body-unknown")]


def test_a_body_is_called_as_its_pack_says_and_otherwise_as_ever():
    words = check_files(TOYAMA, COMMANDS).settings.bodies
    honbu, usual = (
        words["honbu"].words,
        check_files(STANDARD, COMMANDS).settings.bodies["dx_committee"].words,
    )
    assert (honbu.body, honbu.member, honbu.chair, honbu.deputy) == (
        "推進本部",
        "本部員",
        "本部長",
        "副本部長",
    )
    assert (usual.body, usual.member, usual.chair, usual.deputy) == (
        "委員会",
        "委員",
        "委員長",
        "副委員長",
    )


@pytest.mark.parametrize(
    "wrong", ['memer = "本部員"', 'member = ""', "member = 3", f'member = "{"員" * 21}"']
)
def test_words_that_are_none_are_refused(wrong):
    line = "[bodies.dx_committee.rules]"
    files = changed(STANDARD, "pack.toml", line, f"[bodies.dx_committee.words]\n{wrong}\n\n{line}")
    assert found(files) == [("pack.toml", "words", "pack-setting")]


def started(*starts):
    """Return the standard pack whose deliberation sees what its case began with, begun by these."""
    lead = '<zeebe:input source="=lead" target="lead" />'
    files = changed(changed(STANDARD, "proposal.bpmn", HANDED, ""), "proposal.bpmn", lead, "")
    plain = '[start]\nprocess = "proposal"\nform = "idea"'
    return changed(files, "pack.toml", plain, "\n".join(starts))


def start(process, more="", key=""):
    return (
        f'[[start]]\nprocess = "{process}"\nkey = "{key or process}"\nform = "idea"\n'
        f'title = "始める"\nwho = ["staff"]\n{more}'
    )


@pytest.mark.parametrize(
    "gives",
    ['values = { body = "dx_committee" }', "outputs = { body = '\"dx_committee\"' }"],
)
def test_a_start_may_say_which_body_it_is(gives):
    assert found(started(start("proposal", gives))) == []


def test_what_any_start_begins_must_have_its_body():
    blind = started(start("kpi"), start("proposal"))
    assert ("proposal.bpmn", "committee", "pack-body-missing") in found(blind)
