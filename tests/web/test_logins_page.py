"""Logins as administrators end them: one, a person's, all but one's own; each one is recorded."""

from collections.abc import Callable

from tests.factories import City
from tests.web.conftest import Browser, text_of


def test_a_login_is_seen_and_ended(browse: Callable[[str], Browser], sqlite_city: City) -> None:
    admin, other, cio = browse("admin"), browse("other"), browse("cio")
    page = admin.page("/admin/sessions")
    assert len(page.xpath("//tbody/tr")) == 3
    row = page.xpath("//tbody/tr[contains(., 'other')]")[0]
    key = row.xpath(".//input[@name='key']/@value")[0]
    answer = admin.post("/admin/sessions/end", {"kind": "session", "key": key})
    assert answer.status_code == 303
    assert other.get("/mine").status_code == 303
    assert "前のログインは終わりました" in other.get("/login?next=/mine").text
    left = browse("applicant")
    left.post("/logout")
    assert "前のログインは終わりました" not in left.get("/login").text
    assert cio.get("/password").status_code == 200
    assert admin.post("/admin/sessions/end", {"kind": "session", "key": key}).status_code == 404
    admin.post("/admin/sessions/end", {"kind": "session", "others": "yes"})
    assert cio.get("/password").status_code != 200
    assert len(admin.page("/admin/sessions").xpath("//tbody/tr")) == 1
    assert "セッションを失効" in text_of(browse("auditor").get("/audit"))


def test_ending_all_of_a_person_is_asked_first(
    browse: Callable[[str], Browser], sqlite_city: City
) -> None:
    admin, other, again = browse("admin"), browse("other"), browse("other")
    page = admin.page("/admin/sessions")
    row = page.xpath("//tbody/tr[contains(., 'other')]")[0]
    assert not row.xpath(".//input[@name='person']")
    (address,) = row.xpath(".//a[contains(@href, 'person=')]/@href")
    asked = admin.page(address)
    assert other.get("/mine").status_code == 200
    said = asked.text_content()
    for words in ("other さん（other）", "2件"):
        assert words in said
    (form,) = asked.xpath("//form[@action='/admin/sessions/end']")
    values = {name: form.fields[name] for name in ("kind", "person", "_csrf")}
    assert admin.post("/admin/sessions/end", values).status_code == 303
    assert "2 件のログイン" in text_of(admin.get("/admin/sessions"))
    assert again.get("/mine").status_code == 303
    assert "終わらせるものはありません" in text_of(admin.get(address))
    assert admin.get("/admin/sessions/end?person=" + "0" * 32).status_code == 404


def test_ending_all_others_is_asked_first(
    browse: Callable[[str], Browser], sqlite_city: City
) -> None:
    admin, other = browse("admin"), browse("other")
    (address,) = admin.page("/admin/sessions").xpath(
        "//a[starts-with(@href, '/admin/sessions/end') and not(contains(@href, 'person='))]/@href"
    )
    asked = admin.page(address).text_content()
    assert "1件" in asked
    assert "このログインは残ります" in asked
    assert other.get("/mine").status_code == 200


def test_nobody_else_may(browse: Callable[[str], Browser]) -> None:
    cio = browse("cio")
    assert cio.get("/admin/sessions").status_code == 403
    assert cio.get("/admin/sessions/end").status_code == 403
    assert cio.post("/admin/sessions/end", {"kind": "session", "others": "yes"}).status_code == 403
    assert browse("admin").page("/admin/sessions?kind=token").xpath("//h1")
