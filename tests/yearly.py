"""A pack with a process that begins by itself, beside those of the standard pack.

The heads of sections name somebody each 1 April, as cities appoint their contacts for DX.
"""

from pathlib import Path

from dxflow.services.packs import store as packs
from tests.factories import City

STANDARD = Path(__file__).parents[1] / "processes" / "standard"
BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
ZEEBE = "http://camunda.org/schema/zeebe/1.0"
EVERY_APRIL = "<bpmn:timeCycle>R/2020-04-01/P1Y</bpmn:timeCycle>"
NOMINATE = """
    <bpmn:userTask id="nominate" name="担当者の推薦">
      <bpmn:extensionElements>
        <zeebe:formDefinition formId="nomination"/>
        <zeebe:assignmentDefinition candidateGroups="=&quot;head:&quot; + section"/>
      </bpmn:extensionElements>
    </bpmn:userTask>"""
#: Every section of the city names somebody; those that are new by then are asked afterwards.
EVERY_SECTION = """
    <bpmn:scriptTask id="nobody_yet"><bpmn:extensionElements>
      <zeebe:script expression="=[]" resultVariable="answered"/></bpmn:extensionElements>
    </bpmn:scriptTask>
    <bpmn:scriptTask id="who_is_left"><bpmn:extensionElements>
      <zeebe:script expression="=all_sections()[not(list contains(answered, item))]" resultVariable="asked"/>
      </bpmn:extensionElements></bpmn:scriptTask>
    <bpmn:exclusiveGateway id="left" default="f8"/>
    <bpmn:userTask id="nominate" name="担当者の推薦">
      <bpmn:extensionElements>
        <zeebe:formDefinition formId="nomination"/>
        <zeebe:assignmentDefinition candidateGroups="=&quot;head:&quot; + unit"/>
      </bpmn:extensionElements>
      <bpmn:multiInstanceLoopCharacteristics><bpmn:extensionElements>
        <zeebe:loopCharacteristics inputCollection="=asked" inputElement="unit"/>
      </bpmn:extensionElements></bpmn:multiInstanceLoopCharacteristics>
    </bpmn:userTask>
    <bpmn:scriptTask id="note"><bpmn:extensionElements>
      <zeebe:script expression="=concatenate(answered, asked)" resultVariable="answered"/>
      </bpmn:extensionElements></bpmn:scriptTask>"""
SECTION_FLOWS = """
    <bpmn:sequenceFlow id="f1" sourceRef="april" targetRef="nobody_yet"/>
    <bpmn:sequenceFlow id="f3" sourceRef="nobody_yet" targetRef="who_is_left"/>
    <bpmn:sequenceFlow id="f4" sourceRef="who_is_left" targetRef="left"/>
    <bpmn:sequenceFlow id="f5" sourceRef="left" targetRef="nominate">
      <bpmn:conditionExpression>=count(asked) &gt; 0</bpmn:conditionExpression></bpmn:sequenceFlow>
    <bpmn:sequenceFlow id="f6" sourceRef="nominate" targetRef="note"/>
    <bpmn:sequenceFlow id="f7" sourceRef="note" targetRef="who_is_left"/>
    <bpmn:sequenceFlow id="f8" sourceRef="left" targetRef="done"/>"""
FLOWS = """
    <bpmn:sequenceFlow id="f1" sourceRef="april" targetRef="nominate"/>
    <bpmn:sequenceFlow id="f2" sourceRef="nominate" targetRef="done"/>"""
FORM = """{
  "id": "nomination", "type": "default", "schemaVersion": 19,
  "components": [
    {"type": "textfield", "id": "F1", "key": "nominee", "label": "推薦する人",
     "validate": {"required": true}},
    {"type": "button", "id": "F2", "key": "submit", "label": "推薦する", "action": "submit"}
  ]
}"""
STARTS = """
[starts.appointment]
owner = '"post:head-management"'
title = '"DX推進担当者の任命（" + period_label(period_of(started_on, "year")) + "）"'
"""


def diagram(
    timer: str = EVERY_APRIL, extra: str = "", task: str = NOMINATE, flows: str = FLOWS
) -> str:
    """Return the process `appointment`; `extra` are further elements of it."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="{BPMN}" xmlns:zeebe="{ZEEBE}" id="d" targetNamespace="t">
  <bpmn:process id="appointment" name="担当者の任命" isExecutable="true">
    <bpmn:startEvent id="april" name="4月1日">
      <bpmn:timerEventDefinition id="t">{timer}</bpmn:timerEventDefinition>
    </bpmn:startEvent>{task}{extra}
    <bpmn:endEvent id="done" name="終わり"/>{flows}
  </bpmn:process>
</bpmn:definitions>"""


def files(
    timer: str = EVERY_APRIL,
    starts: str = STARTS,
    extra: str = "",
    task: str = NOMINATE,
    flows: str = FLOWS,
) -> dict[str, str]:
    """Return the files of the standard pack with that process in it."""
    found = packs.read_folder(STANDARD)
    settings = found["pack.toml"]
    found["pack.toml"] = settings + starts
    found["appointment.bpmn"] = diagram(timer, extra, task, flows)
    found["forms/nomination.form"] = FORM
    return found


def publish(city: City, **changed: str) -> packs.PackRow:
    """Publish it as the version in force."""
    return packs.install(city.site, files(**changed), "system")
