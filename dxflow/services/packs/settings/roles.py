"""What a pack's `[roles]` names: the roles of its own that posts may carry, and what they are called."""

import re
from collections.abc import Mapping
from typing import Any

from dxflow.services.packs.settings.authority import Complain
from dxflow.services.people import naming
from dxflow.texts import gettext as _

KEY = "roles"
LONGEST = 40
#: Posts hold their roles apart by spaces, groups by colons.
_ROLE = re.compile(r"""[^\s:"',、\\]+""")


def read(raw: Any, complain: Complain) -> Mapping[str, str]:
    """Return the words of each role; what is wrong is told and left out."""
    if not isinstance(raw, dict):
        complain(KEY, _("[{key}] は表として書いてください。", key=KEY))
        return {}
    found = {}
    for role, words in raw.items():
        if not _ROLE.fullmatch(role) or len(role) > LONGEST:
            complain(
                role,
                _("[roles] の「{role}」は、空白や記号のない {n} 字までの名前にしてください。",
                  role=role, n=LONGEST),
            )  # fmt: skip
        elif naming.role_name(role) != role:
            complain(role, _("[roles] の「{role}」は、はじめからある役割です。", role=role))
        elif not isinstance(words, str) or not 0 < len(words.strip()) <= LONGEST:
            complain(
                role,
                _("[roles] の {role} に、画面での呼び名を {n} 字までで書いてください。",
                  role=role, n=LONGEST),
            )  # fmt: skip
        else:
            found[role] = words.strip()
    return found
