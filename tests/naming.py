"""The standard pack with forms that name another case."""

import json

from dxflow.services.packs import store as packs
from tests.factories import ROOT, City

LINE = {
    "type": "textfield", "id": "field_like", "key": "like", "label": "似た案件",
    "properties": {"refers": "case"},
}  # fmt: skip
ROWS = {
    "type": "dynamiclist", "id": "list_likes", "path": "likes", "label": "ほかの似た案件",
    "isRepeating": True, "allowAddRemove": True, "defaultRepetitions": 0, "components": [LINE],
}  # fmt: skip


def publish(city: City) -> None:
    """Publish a version whose idea and project sheet may name a similar case."""
    files = packs.read_folder(ROOT / "processes" / "standard")
    for name in ("forms/idea.form", "forms/project_sheet.form"):
        form = json.loads(files[name])
        form["components"] += [LINE, ROWS]
        files[name] = json.dumps(form, ensure_ascii=False)
    packs.install(city.site, files, "system")
