"""What a correction changed, for whoever sent the case back and gets it again."""

from dxflow.services.acts import pulling_back
from dxflow.services.people import organisation
from dxflow.services.people.organisation import HoldingRow, Organisation
from dxflow.services.reading import briefing, case_pages
from dxflow.services.reading.revised import Revised
from tests.factories import ANALYSIS, BEGIN, SHEET, City
from tests.statements import counted
from tests.walks import do, to_sheet


def revised(city: City, by: str, case: str) -> tuple[Revised, ...]:
    return briefing.of_case(city.site, city.actor(by), case).revised


def handed_in(city: City, case: str, sheet=SHEET, analysis=ANALYSIS, by: str = "applicant") -> None:
    city.clock.advance(hours=1)
    do(city, case, by, "project_sheet", "submit", **sheet)
    do(city, case, by, "bpr_analysis", "submit", **analysis)
    city.clock.advance(hours=1)


def send_back(city: City, case: str) -> None:
    do(city, case, "head", "sheet_approval", "send_back", reason="費用を直す", return_to="sheet")


def corrected(city: City, **values) -> str:
    case = to_sheet(city)
    handed_in(city, case)
    assert revised(city, "head", case) == (), "what comes for the first time was not corrected"
    send_back(city, case)
    handed_in(city, case, SHEET | values)
    return case


def as_told(one: Revised) -> list[tuple[str, str, str]]:
    return [(change.label, change.before, change.after) for change in one.changes]


def test_who_sent_a_sheet_back_sees_what_changed_in_the_words_of_the_form(city):
    case = corrected(city, cost_initial=2_400_000, tools=["mynumber"])
    (sheet,) = revised(city, "head", case)
    assert (sheet.title, sheet.person) == ("個票", "applicant")
    told = as_told(sheet)
    assert ("使うツール", "オンライン手続", "マイナンバーカードの活用") in told
    assert ("初期費用", "3,000,000円", "2,400,000円") in told
    assert ("決裁の対象となる額", "3,500,000円", "2,900,000円") in told
    assert len(told) == 3, "with what is computed from them, and nothing else"


def test_a_row_put_in_between_is_told_as_that_row_alone(city):
    first, last = SHEET["milestones"]
    case = corrected(
        city, milestones=[first, {"name": "職員の研修", "due": "2026-08-31"}, last | {"due": "2026-10-30"}]
    )  # fmt: skip
    (sheet,) = revised(city, "head", case)
    assert as_told(sheet) == [
        ("節目 2行目を追加", "", "節目の名前 職員の研修、期日 令和8年8月31日"),
        ("節目 3行目・期日", "令和8年9月30日", "令和8年10月30日"),
    ]
    case = corrected(city, milestones=[{"name": "職員の研修", "due": "2026-08-31"}, first])
    (sheet,) = revised(city, "head", case)
    assert as_told(sheet) == [
        ("節目 1行目を追加", "", "節目の名前 職員の研修、期日 令和8年8月31日"),
        ("節目 2行目を削除", "節目の名前 運用開始、期日 令和8年9月30日", ""),
    ]


def test_it_is_told_from_the_version_each_reader_acted_on_to_the_one_in_force(city):
    case = to_sheet(city)
    handed_in(city, case)
    send_back(city, case)
    handed_in(city, case, SHEET | {"cost_initial": 2_400_000}, by="colleague")
    assert revised(city, "colleague", case) == (), "who wrote it knows"
    assert revised(city, "applicant", case)[0].person == "colleague"
    assert revised(city, "cio", case) == (), "who never acted on the case has seen no version"
    send_back(city, case)
    handed_in(city, case, SHEET | {"cost_initial": 1_000_000})
    (sheet,) = revised(city, "head", case)
    assert ("初期費用", "2,400,000円", "1,000,000円") in as_told(sheet)
    city.clock.advance(hours=1)
    do(city, case, "head", "sheet_approval", "approve")
    assert revised(city, "head", case) == (), "approved is seen"


def test_whoever_holds_the_post_now_reads_what_changed_since_somebody_in_it_acted(city):
    case = corrected(city, cost_initial=2_400_000)
    assert revised(city, "other", case) == ()
    given = HoldingRow(city.person["other"], "head-counter", BEGIN, concurrent=True)
    with city.site.database.write() as tx:
        organisation.write(tx, Organisation(holdings=(given,)), city.site)
    (sheet,) = revised(city, "other", case)
    assert ("初期費用", "3,000,000円", "2,400,000円") in as_told(sheet)


def test_a_correction_that_was_pulled_back_counts_for_nothing(city):
    case = to_sheet(city)
    handed_in(city, case)
    send_back(city, case)
    city.clock.advance(hours=1)
    do(city, case, "applicant", "project_sheet", "submit", **SHEET | {"cost_initial": 1})
    pulling_back.pull_back(city.site, city.actor("applicant"), case)
    handed_in(city, case, SHEET)
    assert revised(city, "head", case) == ()


def test_what_is_asked_of_the_database_does_not_grow_with_the_corrections(city):
    case = corrected(city, cost_initial=2_400_000)
    numbers = []
    for _round in range(2):
        with counted(city.site.database) as count:
            assert revised(city, "head", case)
        numbers.append(count.statements)
        for more in range(4):
            send_back(city, case)
            handed_in(city, case, SHEET | {"cost_initial": 1000 + more})
    assert numbers[0] == numbers[1]


def test_the_history_of_the_case_says_it_in_the_words_of_the_form_too(city):
    first, last = SHEET["milestones"]
    case = corrected(city, cost_initial=2_400_000, milestones=[first, last | {"due": "2026-10-30"}])
    story = case_pages.story(city.site, city.actor("head"), case).page.entries
    entry = next(one for one in story if one.what == "個票を書く")
    told = [(one.label, one.before, one.after) for one in entry.changes]
    assert told == [
        ("初期費用", "3,000,000円", "2,400,000円"),
        ("決裁の対象となる額", "3,500,000円", "2,900,000円"),
        ("節目 2行目・期日", "令和8年9月30日", "令和8年10月30日"),
    ]
    (amount,) = [one for one in entry.consequences if one.label == "金額を変更"]
    assert [(one.before, one.after) for one in amount.changes] == [("3,500,000", "2,900,000")]
