"""Hand the log of cases out for process mining: XES (IEEE 1849) and OCEL 2.0 (JSON).

Both are for analysis and hold no proof; the hash of each event leads back to the log. An activity is
the name of the task that was done, else what the event is called.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from xml.sax.saxutils import quoteattr

_EXTENSIONS = (
    ("Concept", "concept"), ("Time", "time"), ("Organizational", "org"), ("Lifecycle", "lifecycle"),
)  # fmt: skip
#: What XML 1.0 cannot hold.
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_BORN = "1970-01-01T00:00:00Z"


@dataclass(frozen=True, slots=True)
class Happening:
    """An event of a case. `task` is the id of the task it is about, "" for other events.

    `person` is an id and `resource` the name, both empty for the system; `role` is the post.
    """

    id: int
    case: str
    at: datetime
    type: str
    activity: str
    task: str
    person: str
    resource: str
    role: str
    outcome: str
    hash: str


@dataclass(frozen=True, slots=True)
class Thing:
    """An object that events are about: `type` is case, task or person; attributes are texts."""

    id: str
    type: str
    attributes: tuple[tuple[str, str], ...]


def to_xes(found: Iterable[tuple[Thing, Iterable[Happening]]]) -> Iterator[bytes]:
    """Yield an XES log: a trace for each case, with its events in their order."""
    head = ['<?xml version="1.0" encoding="UTF-8"?>',
            '<log xes.version="1849-2016" xes.features="" xmlns="http://www.xes-standard.org/">']  # fmt: skip
    head += [
        f'<extension name="{name}" prefix="{prefix}"'
        f' uri="http://www.xes-standard.org/{prefix}.xesext"/>'
        for name, prefix in _EXTENSIONS
    ]
    head += ['<global scope="trace"><string key="concept:name" value=""/></global>',
             '<global scope="event"><string key="concept:name" value=""/>'
             f'<date key="time:timestamp" value="{_BORN}"/></global>',
             '<classifier name="Activity" keys="concept:name"/>']  # fmt: skip
    yield "\n".join([*head, ""]).encode()
    for case, happenings in found:
        values = dict(case.attributes)
        name = values.pop("number", "") or case.id
        lines = ["<trace>", _string("concept:name", name), _string("dxflow:case", case.id)]
        lines += [_string(f"dxflow:{key}", value) for key, value in values.items() if value]
        yield "\n".join([*lines, ""]).encode()
        for one in happenings:
            yield _xes_event(one)
        yield b"</trace>\n"
    yield b"</log>\n"


def _xes_event(one: Happening) -> bytes:
    given = (
        ("org:resource", one.resource), ("org:role", one.role), ("dxflow:type", one.type),
        ("dxflow:outcome", one.outcome), ("dxflow:task", one.task), ("dxflow:hash", one.hash),
    )  # fmt: skip
    lines = [
        "<event>", _string("concept:name", one.activity),
        f'<date key="time:timestamp" value="{one.at.isoformat()}"/>',
        _string("lifecycle:transition", "complete"),
        *(_string(key, value) for key, value in given if value), "</event>", "",
    ]  # fmt: skip
    return "\n".join(lines).encode()


def _string(key: str, value: str) -> str:
    text = quoteattr(_NO_XML.sub("\ufffd", value), {"\n": "&#10;", "\t": "&#9;", "\r": "&#13;"})
    return f'<string key="{key}" value={text}/>'


def to_ocel(happenings: Iterable[Happening], things: Iterable[Thing]) -> Iterator[bytes]:
    """Yield an OCEL 2.0 document: events with the case, task and person they are about."""
    activities: set[str] = set()
    yield b'{"events":['
    for number, one in enumerate(happenings):
        activities.add(one.activity)
        about = ((one.case, "case"), (one.task, "task"), (one.person, "person"))
        values = (("type", one.type), ("post", one.role), ("outcome", one.outcome),
                  ("hash", one.hash))  # fmt: skip
        event = {
            "id": f"event:{one.id}", "type": one.activity, "time": one.at.isoformat(),
            "attributes": [{"name": name, "value": value} for name, value in values],
            "relationships": [
                {"objectId": f"{kind}:{key}", "qualifier": kind} for key, kind in about if key
            ],
        }  # fmt: skip
        yield (b",\n" if number else b"\n") + _json(event)
    yield b'],\n"objects":['
    kinds: dict[str, list[str]] = {}
    for number, thing in enumerate(things):
        kinds.setdefault(thing.type, [name for name, _value in thing.attributes])
        written = {
            "id": f"{thing.type}:{thing.id}", "type": thing.type,
            "attributes": [
                {"name": name, "value": value, "time": _BORN} for name, value in thing.attributes
            ],
        }  # fmt: skip
        yield (b",\n" if number else b"\n") + _json(written)
    of_events = [{"name": name, "type": "string"} for name in ("type", "post", "outcome", "hash")]
    types = {
        "eventTypes": [{"name": name, "attributes": of_events} for name in sorted(activities)],
        "objectTypes": [
            {"name": kind, "attributes": [{"name": name, "type": "string"} for name in names]}
            for kind, names in kinds.items()
        ],
    }
    yield b"],\n" + _json(types)[1:] + b"\n"


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
