"""Plans for moving running cases to another version of their pack.

A plan is a TOML text: `to`, the number of the version, `pack` where several packs are installed,
and a table `map` of `"process/element"` in the old drawing to `"process/element"` in the new one.
Elements that keep their id need no line.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from dxflow import toml
from dxflow.db.process import PackVersion
from dxflow.engine import Place
from dxflow.errors import Invalid
from dxflow.models.model import Process
from dxflow.problems import Refused
from dxflow.services import plain
from dxflow.services.operations.case_choice import OPERATORS
from dxflow.services.packs import store as packs
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import translated

_KEYS = frozenset({"pack", "to", "map"})
BOUNDARY = "boundaryEvent"


@dataclass(frozen=True)
class Choice:
    """A step of the old versions and what it may be mapped to: `process/element` and names."""

    place: str
    name: str
    chosen: str
    offered: list[tuple[str, str]]


@dataclass(frozen=True)
class Plan:
    """A plan that fits the installed versions. `mapping` is old place to new place."""

    pack: str
    version: int
    digest: str
    mapping: Mapping[Place, Place]

    @property
    def mapping_text(self) -> str:
        """Return the mapping as it is stored and hashed."""
        return plain.dumps(
            {"/".join(old): "/".join(new) for old, new in sorted(self.mapping.items())}
        )

    @property
    def mapping_digest(self) -> str:
        """Return the SHA-256 (hex) of the mapping."""
        return hashlib.sha256(self.mapping_text.encode()).hexdigest()


def read(site: Site, actor: Actor, text: str) -> Plan:
    """Return the plan a TOML text describes.

    Raises NotAllowed, and Invalid with every mistake and how to mend it.
    """
    try:
        written = toml.parse(text)
    except Refused as broken:
        (wrong,) = broken.problems
        said = _("計画のファイル: {what} {hint}", what=wrong.message, hint=wrong.hint)
        raise Invalid(said) from None
    unknown = sorted(set(written) - _KEYS)
    if unknown:
        raise Invalid(
            _(
                "計画に知らない項目があります: {names}。使えるのは pack、to、[map] です。",
                names=", ".join(unknown),
            )
        )
    return check(site, actor, written.get("pack", ""), written.get("to"), written.get("map", {}))


def check(site: Site, actor: Actor, pack: object, to: object, mapping: object) -> Plan:
    """Return the plan made of these values. Raises NotAllowed, Invalid with every mistake."""
    actor.require_role(*OPERATORS)
    with site.database.read() as tx:
        return _checked(site, tx, pack, to, mapping)


def _checked(site: Site, tx: Connection, pack: object, to: object, mapping: object) -> Plan:
    key = _pack_key(tx, pack)
    rows = [row for row in packs.versions(site, tx) if row.key == key]
    target = next((row for row in rows if row.version == to and not isinstance(to, bool)), None)
    if target is None:
        message = _(
            "計画の to には、入っている版の番号を書いてください（{key}: {versions}）。",
            key=key,
            versions=", ".join(str(row.version) for row in rows),
        )
        raise Invalid(message, {"to": [message]})
    new = packs.load(site, tx, target.digest)
    others = [packs.load(site, tx, row.digest) for row in rows if row.digest != target.digest]
    places, problems = _places(mapping)
    problems += [why for pair in places.items() for why in _mistakes(*pair, others, new)]
    if problems:
        raise Invalid("\n".join(problems), {"map": problems})
    return Plan(key, new.version, new.digest, places)


def _pack_key(tx: Connection, given: object) -> str:
    keys = sorted(set(tx.execute(select(PackVersion.key)).scalars()))
    if given in keys:
        return str(given)
    if not given and len(keys) == 1:
        return keys[0]
    message = _(
        "計画の pack には、入っているパックの名前を書いてください（{keys}）。", keys=", ".join(keys)
    )
    raise Invalid(message, {"pack": [message]})


def _places(mapping: object) -> tuple[dict[Place, Place], list[str]]:
    """Return the pairs that are written as they should be, and sentences about the others."""
    places: dict[Place, Place] = {}
    problems: list[str] = []
    if not isinstance(mapping, dict):
        return {}, [_('[map] には "プロセス/要素" = "プロセス/要素" を書いてください。')]
    for old, new in mapping.items():
        pair = (_place(old), _place(new))
        if pair[0] is None or pair[1] is None:
            problems.append(
                _('対応付け「{old} = {new}」は "プロセス/要素" = "プロセス/要素" と書いてください。',
                  old=str(old), new=str(new))
            )  # fmt: skip
        else:
            places[pair[0]] = pair[1]
    return places, problems


def _place(text: Any) -> Place | None:
    if not isinstance(text, str):
        return None
    process, slash, element = text.strip().partition("/")
    return (process, element) if slash and process and element else None


def _mistakes(
    old: Place, new: Place, others: list[packs.Pack], target: packs.Pack
) -> Iterator[str]:
    kinds = {kind for pack in others if (kind := kind_of(pack, old))}
    there = kind_of(target, new)
    if not kinds:
        yield _("対応付けの「{place}」は、ほかのどの版にもありません。", place="/".join(old))
    if not there:
        yield _(
            "対応付けの先「{place}」が版 {version} にありません。",
            place="/".join(new),
            version=target.version,
        )
    elif kinds and there not in kinds:
        yield _(
            "「{old}」と「{new}」は種類が違います。同じ種類の要素に対応付けてください。",
            old="/".join(old),
            new="/".join(new),
        )


def kind_of(pack: packs.Pack, place: Place) -> str:
    """Return the kind of an element or of a timer on a boundary; "" when it is not there."""
    process = pack.processes.get(place[0])
    found = _elements(process) if process else iter(())
    return next((kind for element, _name, kind in found if element == place[1]), "")


def places(pack: packs.Pack, kind: str) -> list[tuple[str, str]]:
    """Return what a version has of one kind, as `process/element` and name, in drawing order."""
    return [
        (f"{key}/{place}", translated(name))
        for key, process in pack.processes.items()
        for place, name, its in _elements(process)
        if its == kind
    ]


def _elements(process: Process) -> Iterator[tuple[str, str, str]]:
    for one in process.elements.values():
        yield one.id, one.name or one.id, str(one.kind)
        for boundary in one.boundaries:
            yield boundary.id, boundary.name or boundary.id, BOUNDARY
        if one.body is not None:
            yield from _elements(one.body)


def choices(site: Site, actor: Actor, plan: Plan, unmapped: Mapping[str, str]) -> list[Choice]:
    """Return what can be chosen for unmapped steps (place to name) and for those mapped so far."""
    actor.require_role(*OPERATORS)
    with site.database.read() as tx:
        rows = [row for row in packs.versions(site, tx) if row.key == plan.pack]
        loaded = [packs.load(site, tx, row.digest) for row in rows if row.digest != plan.digest]
        new = packs.load(site, tx, plan.digest)
    chosen = {"/".join(old): "/".join(there) for old, there in plan.mapping.items()}
    found = []
    for place in sorted({*unmapped, *chosen}):
        where = _place(place)
        kind = next((k for pack in loaded if where and (k := kind_of(pack, where))), "")
        names = (name for pack in loaded for one, name in places(pack, kind) if one == place)
        name = unmapped.get(place) or next(names, place)
        found.append(Choice(place, name, chosen.get(place, ""), places(new, kind)))
    return found
