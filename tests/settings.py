"""The standard pack with some of its settings written otherwise."""

import re

from dxflow.services.packs import store as packs
from tests.factories import ROOT, City


def changed(section: str, **lines: str) -> dict[str, str]:
    """Return the files of the standard pack with keys of a section of `pack.toml` set (TOML)."""
    files = packs.read_folder(ROOT / "processes" / "standard")
    head, found, rest = files["pack.toml"].partition(f"\n[{section}]\n")
    if not found:
        head, found, rest = f"{head}\n[{section}]\n", "", ""
    for key, value in lines.items():
        rest, _number = re.subn(rf"^{key} = .*\n", "", rest, count=1, flags=re.MULTILINE)
        rest = f"{key} = {value}\n{rest}"
    return files | {"pack.toml": head + found + rest}


def settle(city: City, section: str, **lines: str) -> None:
    """Publish the standard pack so changed."""
    packs.install(city.site, changed(section, **lines), "system")
