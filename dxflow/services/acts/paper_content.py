"""What a decision document says: the forms of the case in words, as they stand now.

The words are written into the document, so that it reads the same when forms, options or names
have long changed. What comes from a personal field says so, so that the disposal of the case finds
it: a line by `pii`, a table by the numbers of such columns.
"""

import hashlib
import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Row

from dxflow import forms
from dxflow.services import plain
from dxflow.services.acts import task_forms
from dxflow.services.acts.act import Act
from dxflow.services.acts.submissions import InForce
from dxflow.services.packs import store as packs
from dxflow.texts import ABOUT, to_be_stored, translated

_SALT_BYTES = 32


def written(
    act: Act, rows: Sequence[InForce], ruling: Mapping[str, Any], files: Sequence[Row[Any]] = (),
    about: str = "",
) -> dict[str, Any]:  # fmt: skip
    """Return the content: JSON values only.

    `rows` are the submissions in force in their order; `sources` names every one of them by its
    hash, so that the document stands for all that had been handed in. `salt` makes the hash of the
    content tell nothing of it, once the values are gone. `files` are the versions attached to the
    case; a document without any says nothing of them. `about` is the item of the case that is
    decided, which its title says, "" for the case as a whole.
    """
    latest = {row.form_key: row for row in rows}
    with to_be_stored():
        sections = [
            _section(act, latest[key])
            for key in act.pack.settings.authority.document
            if key in latest
        ]
    content = {
        "number": act.case["number"],
        "title": _titled(act.case["title"], about),
        "amount": act.case["amount"],
        "ruling": dict(ruling),
        "sections": sections,
        "salt": secrets.token_hex(_SALT_BYTES),
        "sources": [[row.id, row.form_digest, _digest(row.body)] for row in rows],
    }
    if files:
        content["attachments"] = [
            {
                "id": one.id,
                "name": one.name,
                "version": one.number,
                "size": one.size,
                "sha256": one.sha256,
            }
            for one in files
        ]
    found: dict[str, Any] = plain.loads(plain.dumps(content))
    return found


def _titled(title: str, about: str) -> str:
    return f"{title}{ABOUT[0]}{about}{ABOUT[1]}" if about else title


def _section(act: Act, row: InForce) -> dict[str, Any]:
    pack = packs.load(act.site, act.tx, row.pack_digest)
    definition = pack.form(row.form_key)
    context = task_forms.submitted_context(
        act.site, act.tx, act.actor, pack, act.calendar(), act.case_id
    )
    view = forms.readonly_view(definition, plain.loads(row.body), context)
    return {
        "form": row.form_key,
        "title": translated(definition.title),
        "parts": list(_parts(view.fields)),
    }


def _parts(fields: Iterable[forms.FieldView], *, pii: bool = False) -> Iterable[dict[str, Any]]:
    """Give the fields as lines and tables, those of a group behind its heading.

    `pii`: whatever is in a personal group is personal.
    """
    for field in fields:
        personal = pii or field.pii
        if field.kind == "group":
            if field.label:
                yield {"heading": field.label}
            yield from _parts(field.children, pii=personal)
        elif field.kind in ("list", "table"):
            yield {"label": field.label, **_table(field, pii=personal)}
        elif field.key:
            mark = {"pii": True} if personal else {}
            yield {"label": field.label, "text": field.text, **mark}


def _table(field: forms.FieldView, *, pii: bool) -> dict[str, Any]:
    heads: dict[str, str] = {}
    personal = set()
    for row in field.rows:
        for cell in row:
            heads.setdefault(cell.key, cell.label)
            if pii or cell.pii:
                personal.add(cell.key)
    rows = [
        [next((cell.text for cell in row if cell.key == key), "") for key in heads]
        for row in field.rows
    ]
    columns = [number for number, key in enumerate(heads) if key in personal]
    return {"heads": list(heads.values()), "rows": rows, **({"pii": columns} if columns else {})}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
