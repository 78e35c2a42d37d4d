"""The page that offers a form's answers, and the workbook it leads to."""

from tests.web.conftest import text_of


def test_a_form_is_chosen_and_its_answers_are_kept_as_a_workbook(browse, sqlite_city):
    sqlite_city.start()
    browser = browse("applicant")
    page = browser.page("/cases?unit=counter")
    (link,) = page.xpath("//a[contains(., '様式の回答')]/@href")
    chosen = browser.page(link)
    assert chosen.xpath("//select[@name='unit']/option[@selected]/@value") == ["counter"]
    titles = chosen.xpath("//select[@name='form']/option/text()")
    assert titles[:2] == ["選んでください", "改善の提案"]
    (action,) = chosen.xpath("//form[.//select[@name='form']]/@action")
    answer = browser.get(f"{action}?form=idea&unit=counter")
    assert answer.data.startswith(b"PK")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="answers.xlsx"'


def test_without_a_form_the_page_says_so_and_keeps_what_was_chosen(browse, sqlite_city):
    answer = browse("applicant").get("/answers.xlsx?q=予約")
    assert answer.status_code == 422
    assert "様式を一覧から選んでください" in text_of(answer)
    assert 'value="予約"' in answer.text


def test_a_vote_cannot_be_asked_for_by_its_name(browse, sqlite_city):
    assert browse("cio").get("/answers.xlsx?form=verdict").status_code == 422


def test_whoever_is_not_logged_in_gets_nothing(anybody):
    assert anybody.get("/answers").status_code == 303
    assert anybody.get("/answers.xlsx?form=idea").status_code == 303
