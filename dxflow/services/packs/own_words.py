"""What a version of a pack says in other languages belongs to its own texts and to no others.

Every text of its files that has a translation is made to know it when the files are read, so that
nothing is looked up by the pages. A name that was stored, as that of a task, is given the words of
the version that its case runs on: `Pack.text`, or `text` where no more of the pack is needed.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

import orjson
from sqlalchemy import Connection, select

from dxflow.db.process import PackVersion
from dxflow.forms.formula import Formula
from dxflow.services.packs import translations
from dxflow.services.site import Site
from dxflow.texts import PackText, Words, in_japanese, source, translated

_Whole = TypeVar("_Whole")

#: What is compared and stored rather than shown.
_KEYS = frozenset({"id", "key", "value", "default", "digest", "file"})


def worded(thing: _Whole, words: Words) -> _Whole:
    """Return settings, a form, a process or a table whose texts know their translations.

    The thing itself where no text in it has one.
    """
    known = frozenset[str]().union(*words.values())
    made: _Whole = _worded(thing, words, known) if known else thing
    return made


def _worded(thing: Any, words: Words, known: frozenset[str]) -> Any:
    if isinstance(thing, str):
        return PackText(thing, words) if type(thing) is str and thing in known else thing
    if isinstance(thing, Formula):
        own = f"={thing.text}" in known
        return replace(thing, text=PackText(thing.text, words)) if own else thing
    if isinstance(thing, tuple | list):
        parts = [_worded(one, words, known) for one in thing]
        return type(thing)(parts) if _changed(thing, parts) else thing
    if isinstance(thing, Mapping):
        parts = [_worded(one, words, known) for one in thing.values()]
        changed = _changed(thing.values(), parts)
        return dict(zip(thing, parts, strict=True)) if changed else thing
    if is_dataclass(thing) and not isinstance(thing, type):
        return _dataclass(thing, words, known)
    return thing


def _changed(before: Any, after: list[Any]) -> bool:
    return any(one is not other for one, other in zip(before, after, strict=True))


def _dataclass(thing: Any, words: Words, known: frozenset[str]) -> Any:
    changed = {}
    for one in fields(thing):
        if one.name in _KEYS or not one.init:
            continue
        before = getattr(thing, one.name)
        after = _worded(before, words, known)
        if after is not before:
            changed[one.name] = after
    return replace(thing, **changed) if changed else thing


def text(site: Site, tx: Connection, digest: str, stored: str) -> str:
    """Return a text that was stored of a pack version, such as the name of a task, as its own.

    For readers of Japanese nothing is looked up.
    """
    return stored if in_japanese() else PackText(stored, words_of(site, tx, digest))


def said(site: Site, tx: Connection, digest: str, stored: str) -> str:
    """Return a text that was stored of a pack version in the reader's language."""
    return translated(text(site, tx, digest, stored))


def words_of(site: Site, tx: Connection, digest: str) -> Words:
    """Return the words of a pack version, none of one that is not there; read once."""
    pack = site.packs.get(digest)
    if pack is not None:
        return pack.words  # type: ignore[no-any-return]
    if digest not in site.words:
        files = tx.execute(
            select(PackVersion.files).where(PackVersion.digest == digest)
        ).scalar_one_or_none()
        if files is None:
            return {}
        site.words[digest] = translations.read_all(orjson.loads(files))[0]
    return site.words[digest]


def in_force(site: Site, tx: Connection) -> Words:
    """Return the words of all versions in force, for sentences about cases of any of them.

    The first that has a text says it. For readers of Japanese nothing is looked up.
    """
    if in_japanese():
        return {}
    digests = tx.execute(
        select(PackVersion.digest).where(PackVersion.status == "current").order_by(PackVersion.key)
    ).scalars()
    every: dict[str, dict[str, str]] = {}
    for digest in digests.all():
        for language, words in words_of(site, tx, digest).items():
            every[language] = {**words, **every.get(language, {})}
    return every


def of_either(stored: str, say: Callable[[str], str]) -> str:
    """Return a stored text that is the program's or, where that has none, the pack's own: `say`."""
    known = translated(stored)
    return say(source(known)) if known == stored else known


def of_some(stored: str, packs: Iterable[Any]) -> str:
    """Return a name that tasks of several versions share, as the first that knows it says it."""
    if in_japanese():
        return stored
    return next((said for one in packs if (said := one.said(stored)) != stored), stored)
