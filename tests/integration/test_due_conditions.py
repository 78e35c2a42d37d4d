"""A condition comes due: its owner is told before and after, somebody above by business days."""

from datetime import date

import pytest
from sqlalchemy import select, update

from dxflow.db.case import Case, Notice
from dxflow.services.acts import duties
from dxflow.services.administration import due_conditions, working
from dxflow.services.operations import case_acts
from dxflow.services.packs import store as packs
from dxflow.services.reading import audit_log, case_view, notices, owed_conditions, portfolio
from tests.factories import NOW, ROOT, City
from tests.sessions import audited
from tests.statements import counted
from tests.walks import do, to_decision, whoever

#: A Friday: five business days later it is the Friday after.
DUE = date(2026, 6, 5)
CONDITION = {"text": "個人情報の影響評価を行う", "due": DUE.isoformat(), "owner": "tax"}
"""What the decider attaches; it is owed by a section that is not the lead."""


def conditional(city: City) -> str:
    case = to_decision(city)
    do(
        city, case, whoever(city, case, "decide"), "decide", "conditions",
        reason="条件付きで認める", conditions=[CONDITION],
    )  # fmt: skip
    return case


def told(city: City) -> list[tuple[str, str]]:
    """Let the worker do what is due; return (group, message) of what was said of conditions."""
    for _again in range(2):
        working.make_worker(city.site).run_due()
    with city.site.database.read() as tx:
        rows = tx.execute(
            select(Notice.group_key, Notice.message)
            .where(Notice.message.contains("に付いた条件"))
            .order_by(Notice.at, Notice.group_key)
        )
        return [(row.group_key, row.message) for row in rows]


def on(city: City, day: date) -> list[tuple[str, str]]:
    city.clock.at(day, hour=1)
    return told(city)


def test_a_section_that_owes_a_condition_of_another_ones_case_is_told_at_once(city):
    conditional(city)
    told(city)
    mine = notices.for_actor(city.site, city.actor("other")).entries
    assert sum("あなたの課が負う条件" in one.message for one in mine) == 1
    lead = notices.for_actor(city.site, city.actor("applicant")).entries
    assert all("あなたの課が負う条件" not in one.message for one in lead)


def test_the_owner_is_told_before_and_after_and_somebody_above_five_business_days_later(city):
    conditional(city)
    assert on(city, date(2026, 6, 2)) == []
    ((group, soon),) = on(city, date(2026, 6, 3))  # two business days before
    assert group == "section:tax"
    assert "「個人情報の影響評価を行う」の期日（令和8年6月5日）が近づいています" in soon
    assert len(on(city, DUE)) == 1
    _soon, (group, late) = on(city, date(2026, 6, 6))
    assert group == "section:tax"
    assert "期日（令和8年6月5日）を過ぎました" in late
    assert len(on(city, date(2026, 6, 11))) == 2
    *_owner, (group, above) = on(city, date(2026, 6, 12))
    assert group == "head:tax"
    assert "「個人情報の影響評価を行う」が、期日" in above
    assert above.endswith("負う課: 収納課。")
    for day in (13, 15, 30):
        assert len(on(city, date(2026, 6, day))) == 3, "each is said once"
    assert len(on(city, date(2026, 12, 1))) == 3, "also when finished jobs are forgotten"
    assert audited(city.site.database) == ()


def test_the_case_and_the_portfolio_say_that_it_is_late_and_since_when(city):
    case = conditional(city)
    city.clock.at(date(2026, 6, 19))
    (duty,) = case_view.page(city.site, city.actor("tax_head"), case).duties
    assert (duty.late, duty.late_days) == (True, 14)
    late = portfolio.page(city.site, city.actor("cio")).late
    (row,) = [one for one in late if one.late.kind == "duty"]
    assert (row.late.name, row.late.since, row.days) == (CONDITION["text"], DUE, 14)
    assert row.unit == "収納課", "who owes it, not who leads the case"
    duties.meet(city.site, city.actor("tax_head"), duty.id, "評価書を公開した")
    (met,) = case_view.page(city.site, city.actor("tax_head"), case).duties
    assert (met.late, met.late_days) == (False, 0)
    assert all(one.late.kind != "duty" for one in portfolio.page(city.site, city.actor("cio")).late)


def test_the_inbox_of_who_owes_it_has_it_until_it_is_met(city):
    case = conditional(city)

    def owed(by: str) -> list[tuple[str, str, int]]:
        found = owed_conditions.for_actor(city.site, city.actor(by)).entries
        assert owed_conditions.page(city.site, city.actor(by), 1, 50).entries == found
        return [(one.case_id, one.text, one.late_days) for one in found]

    assert owed("other") == [(case, CONDITION["text"], 0)]
    assert owed("applicant") == owed("cio") == []
    city.clock.at(date(2026, 6, 8))
    assert owed("tax_head") == [(case, CONDITION["text"], 3)]
    (duty,) = case_view.page(city.site, city.actor("other"), case).duties
    duties.meet(city.site, city.actor("other"), duty.id, "評価書を公開した")
    assert owed("tax_head") == []


def test_an_inbox_says_how_much_is_owed_beyond_what_it_shows(city, monkeypatch):
    for _case in range(3):
        conditional(city)
    city.clock.at(date(2026, 6, 8))
    by = city.actor("tax_head")
    monkeypatch.setattr(owed_conditions, "MOST", 2)
    with counted(city.site.database) as asked:
        found = owed_conditions.for_actor(city.site, by)
    assert (len(found.entries), found.total, found.late, found.more) == (2, 3, 3, False)
    assert asked.statements == 1
    whole = owed_conditions.page(city.site, by, 1, 50)
    assert (whole.entries[:2], whole.total) == (found.entries, 3)
    monkeypatch.setattr(owed_conditions, "MOST_TOLD", 2)
    cut = owed_conditions.for_actor(city.site, by)
    assert (cut.entries, cut.total, cut.late, cut.more) == (found.entries, 2, 2, True)


def test_nothing_is_said_of_what_is_met_or_stands_still(city):
    met, stopped = conditional(city), conditional(city)
    (duty,) = case_view.page(city.site, city.actor("tax_head"), met).duties
    duties.meet(city.site, city.actor("tax_head"), duty.id, "評価書を公開した")
    case_acts.suspend(city.site, city.actor("admin"), stopped, "調べる")
    assert on(city, date(2026, 7, 1)) == []


def test_the_log_says_who_above_was_told(city):
    conditional(city)
    on(city, date(2026, 6, 12))
    filters = audit_log.Filters(type="task.escalated")
    (entry,) = [
        one
        for one in audit_log.search(city.site, city.actor("auditor"), filters).entries
        if "条件" in str(one)
    ]
    assert "収納課長" in str(entry)


def test_a_condition_that_was_long_past_is_told_above_only(city):
    conditional(city)
    ((group, _said),) = on(city, date(2026, 9, 30))
    assert group == "head:tax"


@pytest.mark.parametrize(("days", "expected"), [(0, 1), (30, 1), (5, 2)])
def test_a_pack_says_after_how_many_business_days_or_never(city, days, expected):
    files = packs.read_folder(ROOT / "processes" / "standard")
    text = files["pack.toml"].replace("escalate_days = 5", f"escalate_days = {days}")
    packs.install(city.site, files | {"pack.toml": text}, "system")
    conditional(city)
    assert len(on(city, date(2026, 6, 15))) == expected


def test_where_reading_is_restricted_the_text_is_not_told(city):
    case = conditional(city)
    with city.site.database.write() as tx:
        tx.execute(update(Case).where(Case.id == case).values(restricted=True))
    for _group, said in on(city, date(2026, 6, 12)):
        assert CONDITION["text"] not in said


def test_a_look_costs_the_same_for_one_condition_and_for_many(city):
    def cost() -> int:
        city.site.kept.clear()
        with city.site.database.write() as tx, counted(city.site.database) as count:
            due_conditions.remind(city.site, tx, city.clock())
        return count.statements

    conditional(city)
    city.clock.at(date(2026, 6, 2))  # nothing is said yet
    cost()  # reads in the pack and its calendar
    one = cost()
    for _n in range(3):
        city.clock.moment = NOW
        conditional(city)
    city.clock.at(date(2026, 6, 2))
    assert cost() == one
