"""A pack with several ways to begin, beside what the standard pack does.

Everybody hands an idea in; a purchase is asked for by the heads of two sections, in a hurry by the
secretariat alone. Both begin one process, which asks the secretariat and knows how it began.
"""

import json

from dxflow.services.packs import store as packs
from tests.factories import ROOT, City

STANDARD = ROOT / "processes" / "standard"
STARTS = """[[start]]
process = "proposal"
form = "idea"
key = "thought"
title = "思いつきを出す"
about = "二分で書けます。"
who = ["staff"]

[[start]]
process = "purchase"
form = "purchase"
title = "購入の協議"
about = "機器やソフトウェアを買う前に、情報部門と協議します。"
who = ["head:counter", "post:head-tax"]
[start.values]
hurry = false

[[start]]
process = "purchase"
form = "purchase"
key = "purchase_now"
title = "急ぎの購入の協議"
who = ["role:secretariat"]
[start.values]
hurry = true
[start.outputs]
wanted = 'values.title + "（" + section + "）"'
"""
PLAIN = """[start]
process = "proposal"
form = "idea"
"""
PURCHASE = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="D_purchase" targetNamespace="urn:test">
  <bpmn:process id="purchase" name="購入の協議" isExecutable="true">
    <bpmn:startEvent id="asked"/>
    <bpmn:exclusiveGateway id="hurried" default="f3"/>
    <bpmn:userTask id="look" name="購入の点検"><bpmn:extensionElements>
      <zeebe:formDefinition formId="look"/>
      <zeebe:assignmentDefinition candidateGroups="role:secretariat"/>
    </bpmn:extensionElements></bpmn:userTask>
    <bpmn:userTask id="look_now" name="急ぎの購入の点検"><bpmn:extensionElements>
      <zeebe:formDefinition formId="look"/>
      <zeebe:assignmentDefinition candidateGroups="role:cio"/>
      <zeebe:properties><zeebe:property name="about" value="=wanted"/></zeebe:properties>
    </bpmn:extensionElements></bpmn:userTask>
    <bpmn:endEvent id="done"/>
    <bpmn:endEvent id="done_now"/>
    <bpmn:sequenceFlow id="f1" sourceRef="asked" targetRef="hurried"/>
    <bpmn:sequenceFlow id="f2" sourceRef="hurried" targetRef="look_now">
      <bpmn:conditionExpression>=hurry</bpmn:conditionExpression></bpmn:sequenceFlow>
    <bpmn:sequenceFlow id="f3" sourceRef="hurried" targetRef="look"/>
    <bpmn:sequenceFlow id="f4" sourceRef="look" targetRef="done"/>
    <bpmn:sequenceFlow id="f5" sourceRef="look_now" targetRef="done_now"/>
  </bpmn:process>
</bpmn:definitions>
"""
ENGLISH = {
    "思いつきを出す": "Share an idea",
    "二分で書けます。": "Takes two minutes.",
    "購入の協議": "Ask about a purchase",
}


def files(starts: str = STARTS) -> dict[str, str]:
    """Return the pack's files."""
    found = packs.read_folder(STANDARD)
    settings = found["pack.toml"]
    assert PLAIN in settings
    words = "".join(f'"{text}" = "{said}"\n' for text, said in ENGLISH.items())
    return found | {
        "pack.toml": settings.replace(PLAIN, starts),
        "texts.en.toml": found["texts.en.toml"] + "\n" + words,
        "purchase.bpmn": PURCHASE,
        "forms/purchase.form": _form("purchase", "買うもの", "title", "協議する"),
        "forms/look.form": _form("look", "点検の結果", "result", "済ませる"),
    }


def _form(key: str, title: str, asked: str, button: str) -> str:
    return json.dumps(
        {
            "id": key, "type": "default", "schemaVersion": 19, "properties": {"title": title},
            "components": [
                {"type": "textfield", "id": "F1", "key": asked, "label": title,
                 "validate": {"required": True}},
                {"type": "button", "id": "F2", "key": "submit", "label": button,
                 "action": "submit", "properties": {"outcome": "submit"}},
            ],
        },
        ensure_ascii=False,
    )  # fmt: skip


def publish(city: City, starts: str = STARTS) -> None:
    """Make the pack with several starts the current one."""
    packs.install(city.site, files(starts), "system")
