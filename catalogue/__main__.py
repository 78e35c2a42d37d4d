"""`python -m catalogue`: update, list what is missing, fill in, check.

update          collect the texts, rewrite the .po, compile the .mo
missing [N]     print the first N texts without a translation as JSON {text: ""}
fill FILE       take translations from a JSON object {text: translation}, then update
check           print what is wrong; exit status 1 when anything is
"""

import json
import sys
from pathlib import Path

from catalogue import collecting, keeping

ROOT = Path(__file__).parents[1] / "dxflow"
LANGUAGE = "en"
FOLDER = ROOT / "locale" / LANGUAGE / "LC_MESSAGES"
PO, MO = FOLDER / "dxflow.po", FOLDER / "dxflow.mo"


def update(more: dict[str, str] | None = None) -> None:
    """Bring the catalogue in step with the program."""
    texts = collecting.collect(ROOT)
    known = {
        text: translation
        for text, translation in (keeping.read(PO, LANGUAGE) | (more or {})).items()
        if text in texts and translation
    }
    keeping.write(PO, LANGUAGE, texts, known)
    MO.write_bytes(keeping.compiled(LANGUAGE, known))


def missing() -> dict[str, str]:
    """Return the texts without a translation."""
    known = keeping.read(PO, LANGUAGE)
    return {text: "" for text in collecting.collect(ROOT) if not known.get(text)}


def check() -> list[str]:
    """Return what is wrong with the catalogue and its compiled form."""
    known = keeping.read(PO, LANGUAGE)
    found = keeping.faults(collecting.collect(ROOT), known)
    if not MO.is_file() or MO.read_bytes() != keeping.compiled(LANGUAGE, known):
        found.append("the compiled catalogue is not in step: python -m catalogue update")
    return found


def main(arguments: list[str]) -> int:
    """Run one command."""
    command, rest = (arguments or ["check"])[0], arguments[1:]
    if command == "update":
        update()
    elif command == "missing":
        found = missing()
        most = int(rest[0]) if rest else len(found)
        print(json.dumps(dict(list(found.items())[:most]), ensure_ascii=False, indent=1))
    elif command == "fill":
        update(json.loads(Path(rest[0]).read_text(encoding="utf-8")))
    elif command == "check":
        found = check()
        print("\n".join(found) or "complete")
        return 1 if found else 0
    else:
        print(__doc__)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
