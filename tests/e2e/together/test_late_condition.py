"""A condition whose day has passed: in the inbox, on the case, in the portfolio, then met."""

from datetime import date

from dxflow.services.administration import working
from tests import walks
from tests.e2e.acts import follow, on_case, press, said
from tests.e2e.conftest import Opened, fits
from tests.e2e.town import LATER, Town
from tests.walks import do, whoever

TITLE = "条件の付いた提案"
CONDITION = "個人情報の影響評価を行う"


def test_a_late_condition_is_seen_by_everybody_it_concerns_until_it_is_met(
    town: Town, window: Opened
) -> None:
    city = town.city
    case = walks.to_decision(city, idea={"title": TITLE}, sheet=LATER | {"title": TITLE})
    owed = {"text": CONDITION, "due": "2027-04-30", "owner": "tax"}
    do(
        city, case, whoever(city, case, "decide"), "decide", "conditions",
        reason="条件を付けて認める。", conditions=[owed],
    )  # fmt: skip
    city.clock.at(date(2027, 5, 14))
    for _again in range(2):
        working.make_worker(city.site).run_due()

    owner = window("other")
    owner.goto("/")
    assert "期日を過ぎた条件が 1 件あります" in owner.locator("main").inner_text()
    fits(owner, "late-condition-inbox")
    cio = window("cio")
    cio.goto("/portfolio")
    row = cio.locator("section:has(#late) tr", has_text=CONDITION)
    assert [word in row.inner_text() for word in ("収納課", "R9.4.30", "14日")] == [True] * 3
    head = window("tax_head")
    head.goto("/notices")
    assert "期日（令和9年4月30日）を過ぎても履行されていません" in head.locator("main").inner_text()
    fits(head, "late-condition-notices")
    head.goto("/language/en?next=/notices")
    assert "has not been met. Owed by: 収納課." in head.locator("main").inner_text()

    follow(owner, CONDITION)
    duty = owner.locator(".duty", has_text=CONDITION)
    assert "14日超過" in duty.inner_text()
    duty.get_by_text("履行を報告する").click()
    press(owner, "報告する")
    assert "どこで確かめられるか" in owner.locator(".field__error").inner_text()
    fits(owner, "late-condition-report")
    owner.locator("[name=evidence]").fill("評価書を公開した。庁内の共有フォルダーにある。")
    press(owner, "報告する")
    assert "履行を報告しました" in said(owner)
    assert "評価書を公開した。" in on_case(cio, case)
    owner.goto("/")
    assert CONDITION not in owner.locator("main").inner_text()
