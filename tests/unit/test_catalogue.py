"""The English catalogue: whole, with the places of the originals, and compiled as it stands."""

from catalogue import __main__ as catalogue
from catalogue import collecting, keeping


def test_every_text_has_a_translation_with_the_same_places():
    assert catalogue.check() == []


def test_texts_are_found_where_they_are_written(tmp_path):
    (tmp_path / "one.py").write_text(
        'WORDS = {"a": "言葉"}\ndef f(n):\n    return _("{n}件", n=n), mark("印"), "訳さない"\n',
        encoding="utf-8",
    )
    (tmp_path / "refusal_texts.py").write_text(
        '"""説明."""\n_HINT = "直し方"\nTABLE = {"a": ("何か", _HINT)}\n', encoding="utf-8"
    )
    (tmp_path / "two.html").write_text('{{ _("画面") }}{{ _("{n}枚", n=3) }}', encoding="utf-8")
    texts = {"言葉", "{n}件", "印", "画面", "{n}枚", "直し方", "何か"}
    assert set(collecting.collect(tmp_path)) == texts


def test_what_is_wrong_with_a_translation_is_said():
    texts = {"{n}件": ["a"], "はい": ["a"], "いいえ": ["a"]}
    known = {"{n}件": "{m} cases", "はい": "Yes", "古い": "old"}
    assert keeping.faults(texts, known) == [
        "missing: いいえ",
        "of no text: 古い",
        "other places: {n}件 -> {m} cases",
    ]
