"""Members score a case, read one another's scores, and the secretariat enters a paper ballot."""

import pytest

from tests.e2e.acts import press, said
from tests.e2e.conftest import NARROW, WIDE, breaches, overflow, shoot
from tests.e2e.town import LATER
from tests.walks import to_committee


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
def test_scores_side_by_side_and_a_ballot_on_paper(town, window, viewport):
    size = viewport["width"]
    title = f"評価する案件{size}"
    case = to_committee(town.city, {"title": title}, LATER | {"title": title})
    way = f"/cases/{case}/evaluation"
    for name, effect in (("it_head", 5), ("cio", 1)):
        page = window(name, viewport=viewport)
        page.goto(way)
        press(page, "評価を出す")
        assert "整数で付けてください" in page.get_by_role("alert").inner_text()
        for criterion, points in (("effect", effect), ("feasibility", 3), ("cost", 3)):
            page.locator(f'[name="score.{criterion}"][value="{points}"]').check()
        page.get_by_label("所見").fill("窓口の職員が助かる。")
        assert (overflow(page), breaches(page)) == ([], [])
        press(page, "評価を出す")
        assert "評価を出しました" in said(page)
    assert "「効果」で意見が分かれています" in page.locator("main").inner_text()
    assert (overflow(page), breaches(page)) == ([], [])
    shoot(page, f"evaluation-{size}")
    page.locator("[name=note]").fill("ここは譲れない")
    press(page, "メモを保存")
    assert page.locator("[name=note]").input_value() == "ここは譲れない"

    secretariat = window("secretariat", viewport=viewport)
    secretariat.goto(f"/cases/{case}")
    assert "譲れない" not in secretariat.content()
    secretariat.get_by_role("link", name="票を入れる").first.click()
    assert (overflow(secretariat), breaches(secretariat)) == ([], [])
    secretariat.locator("[name=_source]").fill("5月11日 持参")
    secretariat.locator("[name=reason]").fill("書面のとおり")
    press(secretariat, "承認")
    assert "票を入れました" in said(secretariat)
    shoot(secretariat, f"entered-ballot-{size}")
