"""Whatever is handed in, reading and checking answer with problems and never fail."""

from hypothesis import given, settings
from hypothesis import strategies as st

from dxflow.models.check import check_executable, check_set
from dxflow.models.context import Context
from dxflow.models.reader import read
from dxflow.problems import Problem
from tests.unit.models.factory import bpmn
from tests.unit.models.test_check import GOOD

VALID = bpmn(*GOOD)
WORDS = [
    b"bpmn:", b"zeebe:", b"subProcess", b"userTask", b"endEvent", b"id=", b'"', b"<", b">", b"/",
    b"parallelGateway", b"boundaryEvent", b"attachedToRef", b"=", b"&", b"\x00", b"\xff", b"p", b"",
    b"timerEventDefinition", b"<!DOCTYPE x>", b"&#0;", b"sourceRef", b"s2", b" ", b"\n",
]  # fmt: skip
EDITS = st.lists(
    st.tuples(st.integers(0, len(VALID)), st.integers(0, 12), st.sampled_from(WORDS) | st.binary(max_size=3)),
    min_size=1, max_size=6,
)  # fmt: skip
EMPTY = Context(frozenset(), frozenset(), frozenset(), frozenset(), {}, frozenset())


def answer(data: bytes) -> list[Problem]:
    reading = read(data, "x.bpmn")
    if reading.model is None:
        assert reading.problems
        return list(reading.problems)
    assert len(reading.model.digest) == 64
    return check_executable(reading.model, EMPTY) + check_set([reading.model])


@settings(max_examples=400, deadline=None)
@given(EDITS)
def test_damaged_files_give_problems_with_their_file_and_never_an_error(edits):
    data = VALID
    for position, removed, inserted in edits:
        data = data[:position] + inserted + data[position + removed :]
    for problem in answer(data):
        assert problem.file == "x.bpmn"
        assert problem.message


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.sampled_from(sorted(set(VALID.decode().split('"')[1::2]))), min_size=2, max_size=2)
)
def test_exchanged_attribute_values_never_fail(pair):
    one, other = (f'"{value}"' for value in pair)
    answer(VALID.decode().replace(one, "\0").replace(other, one).replace("\0", other).encode())


@given(st.binary(max_size=200))
def test_any_bytes_are_answered(data):
    assert answer(data)
