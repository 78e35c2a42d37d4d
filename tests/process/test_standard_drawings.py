"""The drawings of every pack can be read: everything is drawn, and nothing covers it."""

from itertools import combinations

import pytest
from lxml import etree

from dxflow.safe_xml import parse
from tests.process.standard_pack import PROCESSES

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
DI = "{http://www.omg.org/spec/BPMN/20100524/DI}"
DC = "{http://www.omg.org/spec/DD/20100524/DC}"
WAYPOINT = "{http://www.omg.org/spec/DD/20100524/DI}waypoint"
Box = tuple[float, float, float, float]

PACKS = PROCESSES.parent
DRAWINGS = sorted(str(file.relative_to(PACKS)) for file in PACKS.glob("*/*.bpmn"))


def tree(name: str) -> etree._Element:
    return parse((PACKS / name).read_bytes(), name)


def bounds(shape: etree._Element) -> Box:
    found = shape.find(f"{DC}Bounds")
    assert found is not None
    x, y, width, height = (float(found.get(key)) for key in ("x", "y", "width", "height"))
    return x, y, x + width, y + height


def nodes(root: etree._Element) -> dict[str, str]:
    """Flow node id to its BPMN term."""
    process = root.find(f"{BPMN}process")
    assert process is not None
    flows = (f"{BPMN}sequenceFlow", f"{BPMN}laneSet", f"{BPMN}documentation")
    return {el.get("id"): etree.QName(el).localname for el in process if el.tag not in flows}


def shapes(root: etree._Element) -> dict[str, etree._Element]:
    return {shape.get("bpmnElement"): shape for shape in root.iter(f"{DI}BPMNShape")}


def overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


@pytest.mark.parametrize("name", DRAWINGS)
def test_everything_that_runs_is_drawn(name: str) -> None:
    root = tree(name)
    flows = {el.get("id") for el in root.iter(f"{BPMN}sequenceFlow")}
    lines = {el.get("bpmnElement"): len(el.findall(WAYPOINT)) for el in root.iter(f"{DI}BPMNEdge")}
    assert set(nodes(root)) <= set(shapes(root))
    assert flows == set(lines)
    assert all(count >= 2 for count in lines.values())


@pytest.mark.parametrize("name", DRAWINGS)
def test_no_symbol_covers_another(name: str) -> None:
    root, drawn = tree(name), shapes(tree(name))
    boxes = {
        key: bounds(drawn[key]) for key, kind in nodes(root).items() if kind != "boundaryEvent"
    }
    for one, other in combinations(boxes, 2):
        assert not overlap(boxes[one], boxes[other]), (one, other)


@pytest.mark.parametrize("name", DRAWINGS)
def test_every_symbol_lies_in_the_lane_that_lists_it(name: str) -> None:
    root = tree(name)
    drawn = shapes(root)
    for lane in root.iter(f"{BPMN}lane"):
        left, top, right, bottom = bounds(drawn[lane.get("id")])
        for ref in lane.iter(f"{BPMN}flowNodeRef"):
            box = bounds(drawn[str(ref.text)])
            assert left < box[0], ref.text
            assert box[2] < right, ref.text
            assert top < box[1], ref.text
            assert box[3] < bottom, ref.text


@pytest.mark.parametrize("name", DRAWINGS)
def test_every_branching_gateway_asks_a_question_and_every_way_out_is_labelled(name: str) -> None:
    root = tree(name)
    for gateway in root.iter(f"{BPMN}exclusiveGateway"):
        ways = [
            el
            for el in root.iter(f"{BPMN}sequenceFlow")
            if el.get("sourceRef") == gateway.get("id")
        ]
        if len(ways) > 1:
            assert str(gateway.get("name")).endswith("？"), gateway.get("id")
            assert all(way.get("name") for way in ways), gateway.get("id")


@pytest.mark.parametrize("name", DRAWINGS)
def test_no_label_lies_on_a_task_or_on_another_label(name: str) -> None:
    root = tree(name)
    drawn = shapes(root)
    tasks = [
        bounds(drawn[key])
        for key, kind in nodes(root).items()
        if kind.endswith("Task") or kind == "callActivity"
    ]
    labels = {
        str(label.getparent().get("bpmnElement")): bounds(label)
        for label in root.iter(f"{DI}BPMNLabel")
    }
    for key, box in labels.items():
        assert not any(overlap(box, task) for task in tasks), key
    for one, other in combinations(labels, 2):
        assert not overlap(labels[one], labels[other]), (one, other)
