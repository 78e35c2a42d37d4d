"""What the roles are called that packs bring along, in each language: `[roles]` of `pack.toml`.

They belong to the city, as the posts do that carry them, and so they are kept with the
organisation: whoever reads who is who knows their names, and asks nothing more for them.
"""

from collections.abc import Mapping
from datetime import datetime

import orjson
from sqlalchemy import Connection, insert, select, update

from dxflow.db.identity import Setting
from dxflow.services.people import organisation
from dxflow.texts import JAPANESE

KEY = organisation.ROLES_KEY


def keep(
    tx: Connection, roles: Mapping[str, str], texts: Mapping[str, Mapping[str, str]], now: datetime
) -> None:
    """Keep what roles are called, with the translations of a pack's texts by language.

    What other packs call theirs stays; of one that several name, the last word counts.
    """
    found = {
        role: {JAPANESE: words}
        | {lang: known[words] for lang, known in texts.items() if words in known}
        for role, words in roles.items()
    }
    before = organisation.read_role_words(tx)
    after = {**before, **found}
    if after == before:
        return
    text = orjson.dumps(after, option=orjson.OPT_SORT_KEYS).decode()
    there = tx.execute(select(Setting.key).where(Setting.key == KEY)).first()
    if there:
        tx.execute(update(Setting).where(Setting.key == KEY).values(value=text))
    else:
        tx.execute(insert(Setting).values(key=KEY, value=text))
    organisation.raise_version(tx, now)
