"""What changed between two versions of a pack's texts in another language, in words."""

from collections.abc import Iterator, Mapping

from dxflow.services.packs.wording import Told, facets, quoted
from dxflow.texts import gettext as _

_FACETS = {"translation": _("訳")}


def translation_changes(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Told]:
    """Tell each text whose translation came, went or changed, in the order of the files."""
    for text in {**before, **after}:
        old, new = ({"translation": part.get(text)} for part in (before, after))
        yield from facets("", _("文{name}", name=quoted(text)), _FACETS, old, new)
