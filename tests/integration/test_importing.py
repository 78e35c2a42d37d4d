"""People from a file: checked as a whole, all lines or none, twice is once."""

from datetime import date

import pytest
from sqlalchemy import select

from dxflow.db.case import Notice
from dxflow.errors import Conflict, NotAllowed
from dxflow.problems import Refused
from dxflow.services.administration.imports import importing
from dxflow.services.people import accounts, registry
from dxflow.texts import language
from tests.factories import City

DAY = date(2026, 5, 11)
HEAD = "利用者名,氏名,職,所属,開始日,終了日,兼務\n"


def _apply(city: City, lines: str, digest: str | None = None) -> importing.Applied:
    content = (HEAD + lines).encode("cp932")
    return importing.apply(city.site, city.actor("admin"), content, "f.csv", DAY, digest)


def _posts(city: City) -> dict[str, tuple[str, ...]]:
    return {one.username: one.posts for one in registry.listed(city.site)}


def _told(city: City, role: str) -> list[str]:
    # ids of one moment come in any order
    which = select(Notice.message).where(Notice.group_key == f"role:{role}")
    with city.site.database.read() as tx:
        return sorted(tx.execute(which).scalars())


def test_new_people_log_in_once_and_twice_is_once(city: City) -> None:
    lines = "new1,新人,staff-tax,収納課,令和8年4月1日,,\nother,異動者,staff-tax,,,2026-05-11,\n"
    done = _apply(city, lines)
    assert [one.username for one in done.accounts] == ["new1"]
    login = accounts.log_in(city.site, "new1", done.accounts[0].password, "test")
    assert login.must_change_password
    posts = _posts(city)
    assert (posts["new1"], posts["other"]) == (("staff-tax",), ())
    again = _apply(city, lines)
    assert (again.plan.changes, again.accounts) == (0, ())


def test_every_problem_is_told_and_nothing_is_written(city: City) -> None:
    before = _posts(city)
    with pytest.raises(Refused) as refused:
        _apply(
            city,
            "new1,新人,nothing,,,,\nnew2,新人,staff-tax,財政課,,,\nnew3,新人,staff-tax,,2026-05-02,2026-05-01,\n"
            "new4,新人,staff-tax,,あした,,\nother,other,finance,,,,\nbad name,x,,,,,\n",
        )
    assert sorted((p.line, p.code) for p in refused.value.problems) == [
        (2, "post"), (3, "unit"), (4, "to"), (5, "from"), (6, "post"), (7, "username"),
    ]  # fmt: skip
    assert _posts(city) == before


def test_a_second_post_needs_to_be_concurrent(city: City) -> None:
    _apply(city, "other,other,finance,,,,兼務\n")
    assert set(_posts(city)["other"]) == {"staff-tax", "finance"}


def test_only_what_was_previewed_is_written(city: City) -> None:
    content = (HEAD + "new1,新人,,,,,\n").encode()
    by = city.actor("admin")
    plan = importing.preview(city.site, by, content, "f.csv", DAY)
    with pytest.raises(Conflict):
        _apply(city, "new2,新人,,,,,\n", plan.digest)
    done = importing.apply(city.site, by, content, "f.csv", DAY, plan.digest)
    assert len(done.accounts) == 1


def test_the_last_administrator_stays_and_others_may_not_import(city: City) -> None:
    with pytest.raises(Conflict):
        _apply(city, "admin,admin,admin,,,2026-05-11,\n")
    assert _posts(city)["admin"] == ("admin",)
    with pytest.raises(NotAllowed):
        importing.preview(city.site, city.actor("cio"), b"", "f.csv", DAY)
    with pytest.raises(Conflict):
        _apply(city, "admin,admin,admin,,,2027-03-31,\n")
    assert _posts(city)["admin"] == ("admin",)


def test_the_auditors_are_told_of_a_power_that_a_file_gives_or_ends(city: City) -> None:
    """In Japanese whoever acts, also when administrators give it to themselves."""
    _apply(city, "other,other,finance,,,,兼務\n")
    assert _told(city, "auditor") == []
    before = language.set("en")
    try:
        _apply(city, "admin,admin,auditor,,,,兼務\nauditor,auditor,auditor,,,2026-06-30,\n")
    finally:
        language.reset(before)
    expected = [
        "admin に「監査担当」の役割がつきます（令和8年5月11日 から）。",
        "auditor の「監査担当」の役割が終わります（令和8年6月30日 から）。",
    ]
    assert [sorted(_told(city, role)) for role in ("auditor", "cio")] == [expected, expected]
