"""An applied transfer says who moved and what went to others, whatever has become of it since."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from dxflow.db.case import Case
from dxflow.db.identity import Post, Unit
from dxflow.db.transfer import TransferPlan
from dxflow.errors import NotAllowed
from dxflow.services import plain
from dxflow.services.acts import tasks
from dxflow.services.administration.transfers import applying, choosing, page, plans, undoing
from dxflow.services.people import organisation, standing
from dxflow.services.people.standing import Span
from tests.factories import City
from tests.integration.test_divided_cases import give
from tests.integration.test_reorganised_transfers import apply
from tests.integration.transfers import APRIL, PARTED, ROUND, plan, units, upload
from tests.statements import counted
from tests.walks import do, to_decision, whoever

Told = dict[str, list[tuple[str, str, str]]]


def told(city: City, made: str) -> Told:
    changes = page.page(city.site, city.actor("admin"), made).changes
    assert changes is not None
    return {
        matter: [(one.what, one.before, one.after) for one in lines]
        for matter, lines in changes.items()
    }


def test_who_moved_and_which_work_went_to_others_is_told_after_the_transfer(city):
    case = city.start()
    (task,) = city.open_tasks("head")
    tasks.claim(city.site, city.actor("head"), task.id)
    made = plan(city, upload(*ROUND))
    apply(city, made)
    found = told(city, made)
    assert set(found["person"]) == {
        ("head", "市民課長", "収納課長"), ("tax_head", "収納課長", "市民課長"),
        ("applicant", "市民課 主任", "収納課 主事"), ("other", "収納課 主事", "市民課 主任"),
    }  # fmt: skip
    ((what, before, after),) = found["task"]
    assert (what.startswith(case.number), before) == (True, "head")
    assert "tax_head" in after
    (line,) = (page.page(city.site, city.actor("admin"), made).changes or {})["task"]
    assert (line.case_id, line.note) == (case.id, "引受けを解いて職に戻す")


def test_it_says_the_same_when_people_and_posts_have_changed_since_and_when_it_is_taken_back(city):
    made = plan(city, upload(*ROUND))
    apply(city, made)
    before = told(city, made)
    undoing.undo(city.site, city.actor("admin"), made)
    assert told(city, made) == before
    with city.site.database.write() as tx:
        later = APRIL + timedelta(days=30)
        old = tx.execute(Post.__table__.select().where(Post.key == "head-tax")).one()
        tx.execute(update(Post).where(Post.key == "head-tax").values(valid_to=later))
        tx.execute(
            Post.__table__.insert().values(
                old._asdict() | {"id": "z", "title": "納税課長", "valid_from": later}
            )
        )
    again = plan(city, upload("head,退職,,"), day=later + timedelta(days=1))
    assert again
    assert told(city, made) == before


def test_posts_and_sections_that_a_transfer_made_keep_their_names_when_it_is_taken_back(city):
    case = city.start(title="窓口の混雑をなくす")
    made = plan(city, *PARTED)
    give(city, made, **{case.id: "register"})
    apply(city, made)
    found = told(city, made)
    assert ("applicant", "市民課 主任", "戸籍課 主事") in found["person"]
    assert found["led"] == [(f"{case.number} 窓口の混雑をなくす", "市民課", "戸籍課")]
    assert found["unit"] == [("戸籍課", "なし", "戸籍課")]
    assert ("市民課 主事", "市民課 主事", "なし") in found["post"]
    undoing.undo(city.site, city.actor("admin"), made)
    assert told(city, made) == found


def test_it_is_told_where_the_organisation_has_since_become_the_opposite(city):
    made = plan(city, units("tax,収納課,section,planning,,"), upload(*ROUND))
    apply(city, made)
    found = told(city, made)
    undoing.undo(city.site, city.actor("admin"), made)
    with city.site.database.write() as tx:
        tx.execute(update(Unit).where(Unit.key == "planning").values(parent="tax"))
        organisation.raise_version(tx, city.site.now())
    assert told(city, made) == found


def test_conditions_deputies_and_lists_that_went_are_told(city):
    case = to_decision(city)
    owed = [{"text": "評価書を出す", "due": "2027-06-30"}]
    do(
        city, case, whoever(city, case, "decide"), "decide", "conditions",
        reason="条件付きで認める", conditions=owed,
    )  # fmt: skip
    span = Span(city.site.today(), APRIL + timedelta(days=20))
    standing.delegate(city.site, city.actor("tax_head"), "civic_head", span)
    standing.set_substitutes(city.site, city.actor("admin"), "head-counter", ["staff-counter"])
    made = plan(city, *PARTED[:2], upload(
        "colleague,異動,戸籍課長,", "applicant,異動,戸籍課 主事,", "tax_head,退職,,", "other,異動,収納課長,",
    ))  # fmt: skip
    give(city, made, **{case: "register"})
    choosing.accept_all(city.site, city.actor("admin"), made)
    apply(city, made)
    found = told(city, made)
    number = found["led"][0][0].split()[0]
    ((what, before, after),) = found["duty"]
    assert what == f"{number} 評価書を出す"
    assert set(before.split("、")) == {"applicant", "colleague", "head"}
    assert set(after.split("、")) == {"applicant", "colleague"}
    assert ("tax_head", "収納課長", "なし") in found["person"]
    assert found["deputy"] == [("tax_head さんの代理（すべての職）", "civic_head", "なし")]
    assert found["list"][0][:2] == ("市民課長", "市民課 主任")
    with city.site.database.write() as tx:
        tx.execute(update(Case).where(Case.id == case).values(restricted=True))
    hidden = told(city, made)
    assert [what for what, _before, _after in hidden["duty"] + hidden["led"]] == [number, number]


def test_the_file_that_is_taken_away_says_what_was_done(city):
    made = plan(city, upload(*ROUND))
    apply(city, made)
    heading, *rows = page.table(city.site, city.actor("admin"), made)
    assert heading[2:4] == ["異動前", "異動後"]
    assert ["異動した人", "head", "市民課長", "収納課長", ""] in rows
    with pytest.raises(NotAllowed):
        page.table(city.site, city.actor("cio"), made)


def test_a_plan_that_an_older_version_applied_says_what_was_kept_of_it(city):
    case = city.start()
    (task,) = city.open_tasks("head")
    tasks.claim(city.site, city.actor("head"), task.id)
    made = plan(city, upload(*ROUND))
    apply(city, made)
    with city.site.database.write() as tx:
        kept = plain.loads(plans.row_of(tx, made).before)
        del kept["hands"]
        tx.execute(update(TransferPlan).values(before=plain.dumps(kept)))
    found = told(city, made)
    assert len(found["person"]) == 4
    ((what, before, after),) = found["task"]
    assert (what.startswith(case.number), before) == (True, "head")
    assert "市民課の長" in after


def test_reading_it_costs_the_same_for_one_case_and_for_many(city):
    def cost(made: str) -> int:
        told(city, made)  # who was who on the days concerned is kept from then on
        with counted(city.site.database) as count:
            told(city, made)
        return count.statements

    city.start()
    made = plan(city, upload(*ROUND))
    apply(city, made)
    few = cost(made)
    undoing.undo(city.site, city.actor("admin"), made)
    for _n in range(5):
        city.start()
    again = plan(city, upload(*ROUND), day=city.site.today())
    applying.apply(city.site, city.actor("admin"), again)
    assert cost(again) == few
