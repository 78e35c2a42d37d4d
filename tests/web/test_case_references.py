"""The number of another case in a form: read as a link, refused at its field, found by address."""

from tests import naming
from tests.web.conftest import text_of
from tests.web.test_proposal import IDEA, begin


def test_a_number_that_was_handed_in_leads_to_its_case(browse, sqlite_city):
    naming.publish(sqlite_city)
    known = sqlite_city.start()
    naming_it = sqlite_city.start(like=known.number)
    browser = browse("applicant")
    page = browser.page(f"/cases/{naming_it.id}/forms")
    (link,) = page.xpath(f"//dd/a[normalize-space()='{known.number}']/@href")
    assert browser.get(link).headers["Location"] == f"/cases/{known.id}"


def test_a_wrong_number_is_told_at_its_field_with_everything_kept(browse, sqlite_city):
    naming.publish(sqlite_city)
    browser = browse("applicant")
    sent = {**IDEA, "like": "R8-市民-0099", "_outcome": "submit"}
    answer = browser.post(begin(browser), sent)
    assert answer.status_code == 422
    words = text_of(answer)
    assert "「R8-市民-0099」という案件は見つからないか、見る権限がありません" in words
    assert IDEA["trouble"] in words


def test_a_number_leads_nowhere_for_those_who_may_not_see_its_case(browse, sqlite_city):
    known = sqlite_city.start()
    address = f"/cases/number/{known.number}"
    assert browse("head").get(address).headers["Location"] == f"/cases/{known.id}"
    assert browse("other").get(address).status_code == 404
    assert browse("cio").get("/cases/number/R8-市民-0099").status_code == 404
