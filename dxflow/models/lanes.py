"""Which lane a flow node lies in: the innermost lane with a name that lists it."""

from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from dxflow.models.vocabulary import children, plain_name, text


@dataclass(frozen=True)
class Lanes:
    """`names`: lane id to lane name. `members`: flow node id to the name of its lane."""

    names: dict[str, str]
    members: dict[str, str]


def read_lanes(level: etree._Element) -> Lanes:
    """Return the lanes of one process level; nested lane sets go on inside their lane."""
    lanes = Lanes({}, {})
    for number, (lane, name) in enumerate(_walk(level, "laneSet", ""), start=1):
        lanes.names[str(lane.get("id") or f"_lane_{number}")] = name
        for tag, found in children(lane):
            if tag == "flowNodeRef" and name:
                lanes.members[text(found)] = name
    return lanes


def _walk(parent: etree._Element, holder: str, outer: str) -> Iterator[tuple[etree._Element, str]]:
    """Yield each lane with its name, outer lanes first; a nameless lane has the outer one's."""
    for tag, lane_set in children(parent):
        if tag != holder:
            continue
        for lane_tag, lane in children(lane_set):
            if lane_tag == "lane":
                name = plain_name(lane.get("name")) or outer
                yield lane, name
                yield from _walk(lane, "childLaneSet", name)
