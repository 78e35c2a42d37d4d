"""What a pack's `[retention]` settles: for how many years an ended case is kept."""

from typing import Any

from dxflow.authority.retention import MOST_YEARS, USUAL_YEARS, RetentionRule
from dxflow.services.packs.settings.authority import Complain
from dxflow.services.packs.settings.restricting import ENDINGS
from dxflow.texts import gettext as _

KEY = "retention"
PERMANENT = "permanent"


def read(raw: Any, complain: Complain) -> RetentionRule:
    """Return the rule; what is wrong is told, and the usual years stand in its place."""
    if not isinstance(raw, dict):
        complain(KEY, _("[{key}] は表として書いてください。", key=KEY))
        return RetentionRule()
    for key in sorted(set(raw) - {"years", *ENDINGS}):
        complain(key, _("[{table}] に {key} という項目はありません。", table=KEY, key=key))
    return RetentionRule(
        years=_years("years", raw.get("years", USUAL_YEARS), complain),
        ended={one: _years(one, raw[one], complain) for one in ENDINGS if one in raw},
    )


def words(years: int | None) -> str:
    """Return a number of years as people read it."""
    return _("永年") if years is None else _("{n}年", n=years)


def _years(key: str, value: object, complain: Complain) -> int | None:
    if value == PERMANENT:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST_YEARS:
        said = _(
            "{key} は 1 から {most} の年数か permanent にしてください。", key=key, most=MOST_YEARS
        )
        complain(key, said)
        return USUAL_YEARS
    return value
