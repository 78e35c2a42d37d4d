"""Points 3 to 7 of the main job, clicked: triage, sheet, analysis, opinions, committee, decision."""

from playwright.sync_api import Page

from tests import factories, walks
from tests.e2e.acts import add_row, complete, fill, on_case, open_task, press, said
from tests.e2e.conftest import Opened
from tests.e2e.town import LATER, Town
from tests.walks import TRIAGE, do, whoever

SHEET = {
    "classification": "life", "lead": "counter", "related": ["tax"], "as_is": "窓口に並んで待つ。",
    "problems": "繁忙期は一時間待つ。", "content": "予約システムを入れる。", "effect": "待ち時間が短くなる。",
    "tools": ["online"], "cost_initial": "3000000", "cost_running": "500,000",
    "schedule[0].year": "2027", "schedule[0].action": "prepare",
    "milestones[0].name": "業者の決定", "milestones[0].due": "2027-07-30",
}  # fmt: skip
MEASURE = {
    "name": "予約の割合", "unit": "%", "direction": "increase", "aggregation": "level",
    "target": "50", "target_year": "2028", "frequency": "year",
}  # fmt: skip


def rows(page: Page, name: str) -> int:
    return page.locator(f'#f-{name} tbody tr:has([name^="{name}["])').count()


def remove_row(page: Page, name: str, number: int) -> None:
    with page.expect_navigation():
        page.locator(f'button[name="_row"][value="remove:{name}:{number}"]').click()


def fill_sheet(page: Page) -> None:
    """Fill the project sheet; of three rows of measures the middle one goes again."""
    while rows(page, "kpis") < 3:
        add_row(page, "kpis")
    for name in ("schedule", "milestones"):
        if not rows(page, name):
            add_row(page, name)
    names = ("予約の割合", "消える指標", "待ち時間の満足度")
    for number, name in enumerate(names):
        measure = MEASURE | {"name": name}
        fill(page, {f"kpis[{number}].{key}": value for key, value in measure.items()})
    remove_row(page, "kpis", 1)
    fill(page, SHEET)


def test_triage_shows_which_rule_of_the_route_fired(town: Town, window: Opened) -> None:
    case = walks.to_triage(town.city, title="道筋を決める提案")
    page = window("secretariat")
    values = {
        key: value for key, value in TRIAGE.items() if key not in ("personal_data", "importance")
    }
    complete(town, page, case, "triage", "secretariat", "受け付ける", **values)
    assert "済ませました" in said(page)
    on_case(page, case, "/progress")
    ruling = page.locator(".ruling").first
    assert "当てはまった行" in ruling.locator(".rule-fired").inner_text()
    assert ruling.locator(".rule-fired").count() == 1
    assert "3,000,000" in ruling.inner_text()


def test_the_sheet_grows_and_loses_rows_and_is_handed_in_with_the_analysis(
    town: Town, window: Opened
) -> None:
    case = walks.to_sheet(town.city, {"title": "個票を書く提案"})
    page = window("applicant")
    open_task(town, page, case, "project_sheet", "applicant")
    fill_sheet(page)
    assert rows(page, "kpis") == 2
    press(page, "個票を出す")
    assert "続けて「業務を分析」があなたに届いています。" in said(page)
    for name in ("as_is", "to_be"):
        if not rows(page, name):
            add_row(page, name)
    step = {"name": "受付", "actor": "窓口職員", "yearly_count": "12000"}
    fill(
        page,
        {
            f"as_is[0].{key}": value
            for key, value in (step | {"minutes": "10", "ecrs": "simplify"}).items()
        },
    )
    fill(page, {f"to_be[0].{key}": value for key, value in (step | {"minutes": "4"}).items()})
    press(page, "分析を出す")
    text = on_case(page, case)
    assert "待ち時間の満足度" in text
    assert "消える指標" not in text
    assert "1,200" in text, "saved hours: 12000 times 6 minutes"
    assert "3,600,000円" in text, "and at 3,000 yen an hour"


def test_a_refused_sheet_keeps_everything_typed_and_links_to_the_fields(
    town: Town, window: Opened
) -> None:
    case = walks.to_sheet(town.city, {"title": "誤りのある個票"})
    page = window("applicant")
    open_task(town, page, case, "project_sheet", "applicant")
    fill(page, {"as_is": "ここまで書いた。", "cost_initial": "三百万"})
    press(page, "個票を出す")
    assert page.locator('[name="as_is"]').input_value() == "ここまで書いた。"
    assert page.locator('[name="cost_initial"]').input_value() == "三百万"
    page.locator('.error-summary a[href="#f-cost_initial"]').click()
    assert page.evaluate("document.activeElement.name") == "cost_initial"


def test_security_finance_and_a_related_section_give_their_opinions_side_by_side(
    town: Town, window: Opened
) -> None:
    case = walks.to_opinions(town.city, {"title": "意見を聞く提案"}, LATER)
    finance, related, security = window("finance"), window("tax_head"), window("security")
    complete(
        town, finance, case, "finance_opinion", "finance", "意見ありで出す",
        comment="来年度の予算に載せること。", funding_outlook="planned",
    )  # fmt: skip
    complete(
        town,
        related,
        case,
        "related_opinion",
        "tax_head",
        "意見なし",
        comment="協力する。",
        impact="some",
    )
    complete(
        town, security, case, "security_opinion", "security", "懸念ありで出す",
        comment="預ける先を確かめること。", points=["personal", "cloud"],
    )  # fmt: skip
    text = on_case(security, case)
    assert "来年度の予算に載せること。" in text
    assert "預ける先を確かめること。" in text
    assert "委員の判断" in text, "the committee is called once all three have spoken"


def test_a_member_votes_and_sees_the_others_only_afterwards(town: Town, window: Opened) -> None:
    case = walks.to_committee(town.city, {"title": "審議する提案"}, LATER)
    do(town.city, case, "it_head", "verdict", "reject", reason="先に基盤を整えるべき。")
    page = window("mgmt_head")
    open_task(town, page, case, "verdict", "mgmt_head")
    assert "先に基盤を整えるべき。" not in page.content()
    fill(page, {"reason": "効果が見込める。", "conditions_wanted": "半年後に報告を。"})
    press(page, "条件付き承認")
    assert "先に基盤を整えるべき。" in on_case(page, case)


def test_the_chair_attaches_conditions_the_decider_decides_and_duties_remain(
    town: Town, window: Opened
) -> None:
    case = walks.to_committee(town.city, {"title": "条件の付く提案"}, LATER)
    walks.vote(town.city, case, "conditions")
    chair = window("cio")
    open_task(town, chair, case, "conclude", "cio")
    if not rows(chair, "conditions"):
        add_row(chair, "conditions")
    fill(
        chair,
        {
            "reason": "委員の意見は一致した。",
            "conditions[0].text": "個人情報の影響評価を行う",
            "conditions[0].due": "2027-12-24",
        },
    )
    press(chair, "条件付き承認")
    decider = whoever(town.city, case, "decide")
    page = window(decider)
    complete(town, page, case, "decide", decider, "承認する", reason="妥当と認める。")
    text = on_case(page, case)
    assert "妥当と認める。" in text
    assert "個人情報の影響評価を行う" in text
    applicant = window("applicant")
    on_case(applicant, case)
    assert "個人情報の影響評価を行う" in applicant.locator("section:has(#duties)").inner_text()


def test_a_member_of_the_applying_section_is_recused_and_everybody_sees_it(
    town: Town, window: Opened
) -> None:
    case = town.city.start(by="other", title="収納課の提案").id
    own = {"title": "収納課の提案", "lead": "tax", "related": ["counter"]}
    for by, element, outcome, values in (
        ("tax_head", "head_approval", "approve", {}),
        ("secretariat", "triage", "proceed", TRIAGE | {"lead": "tax"}),
        ("other", "project_sheet", "submit", factories.SHEET | LATER | own),
        ("other", "bpr_analysis", "submit", factories.ANALYSIS),
        ("tax_head", "sheet_approval", "approve", {}),
        ("security", "security_opinion", "agree", {"points": []}),
        ("finance", "finance_opinion", "agree", {"funding_outlook": "planned"}),
        ("head", "related_opinion", "agree", {"impact": "none"}),
    ):
        do(town.city, case, by, element, outcome, **values)
    member = window("mgmt_head")
    open_task(town, member, case, "verdict", "mgmt_head")
    recused = member.locator("dt", has_text="除斥された席").locator(
        "xpath=following-sibling::dd[1]"
    )
    assert recused.inner_text() == "収納課長"
    page = window("tax_head")
    page.goto("/")
    assert page.locator("main", has_text="収納課の提案").count() == 0
