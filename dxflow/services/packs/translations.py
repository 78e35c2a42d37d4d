"""The texts of a pack in other languages: `texts.<language>.toml`, a text and its translation.

Those that come with shared files stand beside them, as `texts.<pack>.<language>.toml`; the pack's
own words go before theirs.

The file is flat: the key is the text exactly as it stands in a diagram, form, table or
`pack.toml`, the value what readers of that language see instead. What it leaves out is shown as
it is written. A text that is a formula, with its leading =, has a formula as its translation.
"""

import re
from collections.abc import Mapping

from dxflow import toml
from dxflow.feel import FeelSyntaxError, parse, unknown_functions
from dxflow.problems import Problem, Refused
from dxflow.texts import JAPANESE, LANGUAGES
from dxflow.texts import gettext as _

_NAME = re.compile(r"texts\.(?:[A-Za-z0-9_-]+\.)?([a-z]+)\.toml")


def read_all(files: Mapping[str, str]) -> tuple[dict[str, dict[str, str]], list[Problem]]:
    """Return the translations of a pack by language, and every problem found in their files."""
    found: dict[str, dict[str, str]] = {}
    problems: list[Problem] = []
    # the pack's own, which have the shortest name, come last and stay
    for name, text in sorted(files.items(), key=lambda file: -len(file[0])):
        lang = language_of(name)
        if not lang:
            continue
        if lang not in LANGUAGES or lang == JAPANESE:
            problems.append(
                Problem("texts-language", _("言語「{lang}」の画面はありません。", lang=lang), name)
            )
            continue
        words, faults = read(text, name)
        found[lang] = found.get(lang, {}) | words
        problems += faults
    return found, problems


def language_of(name: str) -> str:
    """Return the language of a file of texts, empty for other files."""
    match = _NAME.fullmatch(name)
    return match.group(1) if match else ""


def read(text: str, name: str) -> tuple[dict[str, str], list[Problem]]:
    """Return the translations of one file, and its problems."""
    try:
        raw = toml.parse(text, name)
    except Refused as broken:
        return {}, list(broken.problems)
    faults = [
        Problem(
            "texts-value",
            _("「{key}」の訳は文字列で書いてください。", key=key),
            name,
            hint=_("元の文を引用符で囲んで左に、訳を右に書きます。"),
        )
        for key, value in raw.items()
        if not isinstance(value, str) or not value.strip()
    ]
    found = {key: value for key, value in raw.items() if isinstance(value, str)}
    for key in [key for key in found if key.startswith("=")]:
        trouble = _trouble(key, found[key])
        if trouble:
            faults.append(
                Problem(
                    "texts-formula",
                    trouble,
                    name,
                    hint=_("元の式と同じ名前だけを使い、引用符の中の言葉を訳します。"),
                )
            )
            del found[key]
    return found, faults


def _trouble(key: str, value: str) -> str:
    """Return why a formula cannot stand for another one, "" when it can."""
    if not value.startswith("="):
        return _("「{key}」は式なので、訳も = で始まる式で書いてください。", key=key)
    try:
        asked, given = parse(key.removeprefix("=")), parse(value.removeprefix("="))
    except FeelSyntaxError as broken:
        return _("「{key}」の訳が式として読めません: {why}", key=key, why=broken.reason)
    more = sorted(given.free_names - asked.free_names | unknown_functions(given, set(asked.called)))
    if more:
        return _(
            "「{key}」の訳が、元の式にない {names} を使っています。",
            key=key,
            names=_("、").join(more),
        )
    return ""
