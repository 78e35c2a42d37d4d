"""A form that names another case: only one that exists and that the person may see is taken."""

import pytest
from sqlalchemy import delete, func, select, update

from dxflow.db.case import Case, CaseUnit
from dxflow.forms import FormInvalid
from tests import naming
from tests.factories import ANALYSIS, SHEET, City
from tests.statements import counted
from tests.walks import do, to_sheet


@pytest.fixture(autouse=True)
def _forms_that_name(city: City) -> None:
    naming.publish(city)


def cases_kept(city: City) -> int:
    with city.site.database.read() as tx:
        return tx.execute(select(func.count()).select_from(Case)).scalar_one()


def refusal(city: City, number: str, by: str = "applicant") -> str:
    """Hand an idea in that names a case, and return what is said of its field."""
    before = cases_kept(city)
    with pytest.raises(FormInvalid) as refused:
        city.start(by, like=number)
    assert cases_kept(city) == before
    assert [one.id for one in refused.value.errors] == ["f-like"]
    return " ".join(refused.value.fields["like"])


def test_a_case_that_one_may_see_is_named_by_its_number(city):
    first = city.start()
    naming_it = city.start(like=first.number, likes=[{"like": first.number}])
    assert naming_it.number != first.number


def test_a_number_that_is_no_case_s_is_refused_at_its_field_and_nothing_is_kept(city):
    said = refusal(city, "R8-市民-0099")
    assert "「R8-市民-0099」という案件は見つからないか" in said
    assert city.start().number == "R8-市民-0001"  # the refused one has used no number up


def test_a_case_out_of_sight_is_refused_in_the_same_words_as_one_that_is_none(city):
    hidden = city.start("other")
    assert not city.sees("applicant", hidden.id)
    said = refusal(city, hidden.number)
    assert said.replace(hidden.number, "N") == refusal(city, "R8-収納-0099").replace(
        "R8-収納-0099", "N"
    )


def test_what_a_task_names_is_checked_where_it_is_done(city):
    case, known = to_sheet(city), city.start()
    with pytest.raises(FormInvalid, match="1か所"):
        do(city, case, "colleague", "project_sheet", "submit", **SHEET, like="R8-市民-0099")
    do(city, case, "colleague", "project_sheet", "submit", **SHEET, like=known.number)


def test_a_number_that_stood_there_before_may_stay_when_its_case_is_out_of_sight(city):
    case, named = to_sheet(city), city.start()
    do(city, case, "colleague", "project_sheet", "submit", **SHEET, like=named.number)
    do(city, case, "colleague", "bpr_analysis", "submit", **ANALYSIS)
    do(city, case, "head", "sheet_approval", "send_back", reason="書き直す", return_to="sheet")
    given_away(city, named.id)
    do(city, case, "colleague", "project_sheet", "submit", **SHEET, like=named.number)
    assert named.number in refusal(city, named.number, "colleague")


def test_any_number_of_named_cases_is_one_question(city):
    known = city.start()
    others = [{"like": city.start().number} for _case in range(3)]
    with counted(city.site.database) as naming_one:
        city.start(like=known.number)
    with counted(city.site.database) as naming_four:
        city.start(like=known.number, likes=others)
    assert naming_four.statements == naming_one.statements


def given_away(city: City, case: str) -> None:
    """Leave a case to somebody in another section, as if it had never been of this one."""
    with city.site.database.write() as tx:
        tx.execute(delete(CaseUnit).where(CaseUnit.case_id == case))
        tx.execute(update(Case).where(Case.id == case).values(applicant_id=city.person["other"]))
    assert not city.sees("colleague", case)
