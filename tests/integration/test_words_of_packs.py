"""The English of a pack is for its own texts: not for another pack, nor for the program."""

import pytest

from dxflow.calendars.retelling import retold
from dxflow.services.operations import versions
from dxflow.services.packs import store
from dxflow.services.reading import case_record, inbox, notices
from dxflow.texts import gettext, language, translated
from tests.factories import ROOT, City
from tests.walks import to_opinions

STANDARD = store.read_folder(ROOT / "processes" / "standard")
HEAD = "所属長の確認"


@pytest.fixture
def english():
    token = language.set("en")
    yield
    language.reset(token)


def said(words: dict[str, str], **changes: tuple[str, str]) -> dict[str, str]:
    """Return the files of the standard pack with other English for some of its texts."""
    lines = [
        line
        for line in STANDARD["texts.en.toml"].splitlines()
        if line.partition(" = ")[0].strip('"') not in words
    ]
    lines += [f'"{text}" = "{meant}"' for text, meant in words.items()]
    files = {**STANDARD, "texts.en.toml": "\n".join(lines) + "\n"}
    for old, new in changes.values():
        files["pack.toml"] = files["pack.toml"].replace(old, new)
    return files


def names(city: City) -> dict[str, str]:
    """Return what waits for the head: the name of the task by its case."""
    found = inbox.waiting(city.site, city.actor("head"), "mine")
    return {one.case_id: one.name for one in found.entries}


def test_a_running_case_keeps_the_words_of_its_version(city: City, english: None) -> None:
    before = city.start().id
    store.install(city.site, said({HEAD: "Boss looks at it"}), "system")
    after = city.start().id
    assert names(city) == {before: "Section head's check", after: "Boss looks at it"}
    for case, name in names(city).items():
        page = case_record.full(city.site, city.actor("head"), case)
        assert [one.name for one in page.head.waiting] == [name]
        assert [one.name for one in page.record.open_tasks] == [name]


def test_an_idle_word_of_a_pack_changes_nothing_of_the_program(city: City, english: None) -> None:
    own = ("保存", "決裁", "受信箱")  # buttons, and words the program stores and tells later
    before = [(gettext(text), translated(text)) for text in own]
    store.install(
        city.site, said({"保存": "Hoard", "決裁": "Fiat", "受信箱": "Tray", HEAD: "Boss"}), "system"
    )
    city.start()
    assert list(names(city).values()) == ["Boss"]  # the pack is in use
    assert [(gettext(text), translated(text)) for text in own] == before


def test_two_packs_say_the_same_word_each_in_its_own_way(city: City, english: None) -> None:
    other = said({HEAD: "Chief's look"}, key=('name = "standard"', 'name = "other"'))
    store.install(city.site, other, "system")
    with city.site.database.read() as tx:
        packs = {one.key: one for one in store.current(city.site, tx)}
    assert len(packs) == 2
    assert packs["standard"].said(HEAD) == "Section head's check"
    assert packs["other"].said(HEAD) == "Chief's look"


def test_the_list_of_versions_is_named_by_each_in_its_own_words(city: City, english: None) -> None:
    store.install(city.site, said({"DX改善提案（標準）": "Second edition"}), "system")
    listed = versions.listed(city.site, city.actor("admin"))
    first = translated(listed[1].title)
    assert [translated(one.title) for one in listed] == ["Second edition", first]
    assert first.isascii()


def test_what_a_timer_told_is_read_in_the_words_of_the_pack(city: City, english: None) -> None:
    case = to_opinions(city)
    city.clock.advance(days=5)
    city.run_jobs()
    told = [
        retold(one.message)
        for name in ("head", "other", "security", "finance")
        if name in city.person
        for one in notices.for_actor(city.site, city.actor(name)).entries
    ]
    assert "Opinions are due soon. Please answer if you have not." in told
    acts = case_record.full(city.site, city.actor("secretariat"), case).timeline.entries
    fired = [one.what for one in acts if one.what.startswith("Timer came due")]
    assert fired
    assert all("Two days before" in one and one.isascii() for one in fired)
