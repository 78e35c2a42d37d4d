"""Keep a catalogue (`.po`) in step with the program, and compile it (`.mo`)."""

import io
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

HEADER = b'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'
SOME_DAY = datetime(2026, 1, 1, tzinfo=UTC)
_PLACE = re.compile(r"\{(\w*)[^{}]*\}")


def read(path: Path, language: str) -> dict[str, str]:
    """Return the translations of a catalogue, empty when there is no file."""
    if not path.is_file():
        return {}
    with path.open("rb") as file:
        catalogue = read_po(file, locale=language)
    return {str(one.id): str(one.string) for one in catalogue if one.id and one.string}


def write(
    path: Path, language: str, texts: Mapping[str, list[str]], known: Mapping[str, str]
) -> None:
    """Write the catalogue: every text of the program, translated where it is known."""
    catalogue = _catalogue(language)
    for text in sorted(texts, key=lambda one: (texts[one][0], one)):
        catalogue.add(text, known.get(text, ""), locations=[(name, 0) for name in texts[text][:3]])
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(HEADER)
        write_po(file, catalogue, omit_header=True, include_lineno=False, width=0)


def compiled(language: str, known: Mapping[str, str]) -> bytes:
    """Return the catalogue as gettext reads it."""
    catalogue = _catalogue(language)
    for text in sorted(known):
        catalogue.add(text, known[text])
    buffer = io.BytesIO()
    write_mo(buffer, catalogue)
    return buffer.getvalue()


def faults(texts: Mapping[str, list[str]], known: Mapping[str, str]) -> list[str]:
    """Return what is wrong with the translations: missing, of no text, with other places."""
    found = [f"missing: {text}" for text in texts if not known.get(text)]
    found += [f"of no text: {text}" for text in known if text not in texts]
    found += [
        f"other places: {text} -> {known[text]}"
        for text in texts
        if known.get(text) and places(text) != places(known[text])
    ]
    return found


def places(text: str) -> set[str]:
    """Return the names of the places that are filled in."""
    return set(_PLACE.findall(text))


def _catalogue(language: str) -> Catalog:
    # Nothing in the files may change with the day they are written on.
    return Catalog(
        locale=language,
        project="dxflow",
        version="1",
        creation_date=SOME_DAY,
        revision_date=SOME_DAY,
        fuzzy=False,
    )
