"""One model has one digest, whichever tool wrote it; another meaning has another."""

import re

import pytest
from lxml import etree

from dxflow.models.reader import read
from tests.unit.models.factory import (
    boundary,
    bpmn,
    end,
    flow,
    gateway,
    io,
    lanes,
    line_of,
    node,
    script,
    service,
    start,
    timer,
    user,
)

PARTS = (
    lanes({"課": ("t",), "部": ("u",)}),
    start(), user("t", extensions=io(outputs={"a": "=values.a", "b": "=values.b"})), user("u"), script("c", "={ x: 1 }"),
    service("n", "notify", io({"groups": "=[ \"a  b\" ]", "message": "text"})),
    gateway("x", default="f_x_e"), end(), end("e2"),
    boundary("late", "t", timer("timeDuration", "P7D")),
    line_of("s", "t", "u", "c", "n", "x", "e"), flow("x", "t", "=n > 1"), flow("x", "u", "=n > 0"), flow("late", "e2"),
)  # fmt: skip
DATA = bpmn(*PARTS)
MODEL = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"


def digest(data: bytes) -> str:
    reading = read(data, "any name.bpmn")
    assert reading.model is not None, reading.problems
    return reading.model.digest


def rewritten(change) -> bytes:
    root = etree.fromstring(DATA)
    change(root)
    return etree.tostring(root, encoding="utf-16", xml_declaration=True)


def other_prefix(root):
    text = (
        etree.tostring(root)
        .replace(b"bpmn:", b"semantic:")
        .replace(b"xmlns:bpmn=", b"xmlns:semantic=")
    )
    root[:] = etree.fromstring(text)[:]


def attributes_backwards(root):
    for element in root.iter():
        written = sorted(element.attrib.items(), reverse=True)
        element.attrib.clear()
        for key, value in written:
            element.set(key, value)


def nodes_backwards(root):
    process = root.find(MODEL + "process")
    process[:] = sorted(process, key=lambda e: (e.tag == MODEL + "sequenceFlow", e.get("id", "")))


def flow_ids(root):
    names = {f.get("id"): f"Flow_{n}" for n, f in enumerate(root.iter(MODEL + "sequenceFlow"))}
    for element in root.iter():
        for attribute in ("id", "default"):
            if element.get(attribute) in names:
                element.set(attribute, names[element.get(attribute)])


def lane_ids_and_exporter(root):
    root.set("exporter", "Another Modeler")
    root.set("exporterVersion", "9")
    root.set("id", "Elsewhere")
    for n, lane in enumerate(root.iter(MODEL + "lane")):
        lane.set("id", f"Lane_{n}x")


def incoming_and_outgoing(root):
    process = root.find(MODEL + "process")
    nodes = {e.get("id"): e for e in process}
    for sequence in process.findall(MODEL + "sequenceFlow"):
        etree.SubElement(nodes[sequence.get("sourceRef")], MODEL + "outgoing").text = sequence.get(
            "id"
        )
        etree.SubElement(nodes[sequence.get("targetRef")], MODEL + "incoming").text = sequence.get(
            "id"
        )


def diagram_and_note(root):
    di = "{http://www.omg.org/spec/BPMN/20100524/DI}"
    diagram = etree.SubElement(root, di + "BPMNDiagram", id="DI")
    etree.SubElement(diagram, di + "BPMNPlane", bpmnElement="p")
    note = etree.SubElement(root.find(MODEL + "process"), MODEL + "textAnnotation", id="note")
    etree.SubElement(note, MODEL + "text").text = "覚え書き"


def white_space(root):
    for element in root.iter():
        if not len(element) and element.text:
            element.text = f"\n   {element.text}\n "
        element.tail = "\n\n\t"
        if element.get("expression"):
            element.set("expression", "=  {\n  x:   1 }")


@pytest.mark.parametrize(
    "change",
    [
        other_prefix, attributes_backwards, nodes_backwards, flow_ids, lane_ids_and_exporter,
        incoming_and_outgoing, diagram_and_note, white_space,
    ],
    ids=lambda change: change.__name__,
)  # fmt: skip
def test_how_a_tool_writes_a_model_does_not_change_its_digest(change):
    data = rewritten(change)
    assert data != DATA
    assert digest(data) == digest(DATA)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('name="手続"', 'name="別の手続"'),
        ("=n &gt; 1", "=n &gt; 2"),
        ("values.a", "values.c"),
        ("P7D", "P8D"),
        ("form-t", "form-v"),
        ('"notify"', '"case.title"'),
        ('name="課"', 'name="係"'),
        ('default="f_x_e"', 'default="f_x_u"'),
        ('isExecutable="true"', 'isExecutable="false"'),
        ('cancelActivity="true"', 'cancelActivity="false"'),
        ("a  b", "a b"),
        ('targetRef="e2"', 'targetRef="e"'),
    ],
)
def test_another_meaning_has_another_digest(before, after):
    changed = DATA.decode().replace(before, after)
    assert changed != DATA.decode()
    assert digest(changed.encode()) != digest(DATA)


def test_the_order_of_conditions_and_of_mappings_has_a_meaning():
    text = DATA.decode()
    first, second = re.findall(r'<bpmn:sequenceFlow id="f_x_[tu]".*?</bpmn:sequenceFlow>', text)
    swapped = text.replace(first, "#").replace(second, first).replace("#", second)
    assert digest(swapped.encode()) != digest(DATA)
    outputs = re.findall(r"<zeebe:output .*?</zeebe:output>", text)[:2]
    assert digest(text.replace("".join(outputs), "".join(reversed(outputs))).encode()) != digest(
        DATA
    )


def test_a_digest_is_64_hex_digits_and_the_same_every_time():
    assert re.fullmatch(r"[0-9a-f]{64}", digest(DATA))
    assert digest(DATA) == digest(bpmn(*PARTS))


def test_a_name_wrapped_by_the_drawing_tool_stays_the_same_name():
    wrapped = bpmn(start(), node("userTask", "t", name="部長の&#10;決裁".replace("&#10;", "\n")))
    assert digest(wrapped) == digest(bpmn(start(), node("userTask", "t", name="部長の決裁")))
    assert digest(bpmn(node("task", "t", name="Data\nStore"))) == digest(
        bpmn(node("task", "t", name="Data Store"))
    )
