"""Work that is late for too long: somebody above is told by business days, exactly once."""

import pytest
from sqlalchemy import select

from dxflow.db.case import Notice
from dxflow.db.process import Escalation, WorkItem
from dxflow.services.administration import escalating, working
from dxflow.services.packs import store as packs
from dxflow.services.reading import audit_log
from tests.factories import ROOT, City
from tests.sessions import audited
from tests.statements import counted

LATE = "期限（"


def told(city: City) -> list[tuple[str, str]]:
    """Let the worker do all that is due; return (group, message) of what was told of late work."""
    working.make_worker(city.site).run_due()
    working.make_worker(city.site).run_due()
    with city.site.database.read() as tx:
        rows = tx.execute(
            select(Notice.group_key, Notice.message)
            .where(Notice.message.contains(LATE))
            .order_by(Notice.at, Notice.group_key)
        )
        return [(row.group_key, row.message) for row in rows]


def due_day(city: City, case: str):
    with city.site.database.read() as tx:
        return tx.execute(
            select(WorkItem.due_at).where(WorkItem.case_id == case, WorkItem.status == "open")
        ).scalar_one()


def settle(city: City, *changes: tuple[str, str]) -> None:
    files = packs.read_folder(ROOT / "processes" / "standard")
    text = files["pack.toml"]
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    packs.install(city.site, files | {"pack.toml": text}, "system")


def test_the_superior_is_told_once_after_so_many_business_days(city):
    case = city.start().id
    due = due_day(city, case)
    # five business days: a week with its week-end between
    city.clock.at(due.date().fromordinal(due.date().toordinal() + 6), hour=2)
    assert told(city) == []
    city.clock.at(due.date().fromordinal(due.date().toordinal() + 7), hour=2)
    ((group, said),) = told(city)
    assert group == "head:civic"
    assert "所属長の確認" in said or "担当: " in said
    for _day in range(3):
        city.clock.advance(days=1)
        assert len(told(city)) == 1
    assert audited(city.site.database) == ()


def test_work_of_one_person_is_told_by_their_name(city):
    city.start()
    city.complete("head", "head_approval", "send_back", reason="件数を書いてください。")
    city.clock.advance(days=30)
    (said,) = [said for _group, said in told(city) if "提案を手直し" in said]
    assert said.endswith("担当: applicant。")


def test_a_worker_that_is_killed_in_the_middle_tells_nobody_twice(city, monkeypatch):
    monkeypatch.setattr(escalating, "BATCH", 2)
    for _n in range(5):
        city.start()
    city.clock.advance(days=30)
    now, usual = city.clock(), escalating.tell
    batches = []

    def killed(*given):
        """Do one batch whole, and die in the middle of the second."""
        done = usual(*given)
        batches.append(done)
        if len(batches) == 2:
            raise InterruptedError
        return done

    monkeypatch.setattr(escalating, "tell", killed)
    with pytest.raises(InterruptedError):
        escalating.run(city.site, now)
    assert marked(city) == 2, "what was told stays told, the batch it died in is not"
    monkeypatch.setattr(escalating, "tell", usual)
    assert escalating.run(city.site, now) == 3
    assert escalating.run(city.site, now) == 0
    assert len(told(city)) == 5
    assert marked(city) == 5
    assert audited(city.site.database) == ()


def marked(city: City) -> int:
    with city.site.database.read() as tx:
        return len(tx.execute(select(Escalation.at)).all())


def test_nothing_is_written_where_no_pack_tells_of_late_work(city):
    settle(city, ("escalate_days = 5", "escalate_days = 0"))
    city.start()
    city.clock.advance(days=30)
    before = city.site.database.write
    wrote = []
    city.site.database.write = lambda *given: wrote.append(1) or before(*given)
    try:
        assert escalating.run(city.site, city.clock()) == 0
    finally:
        del city.site.database.write
    assert wrote == []


def test_the_secretariat_may_be_told_instead_or_as_well_and_a_pack_may_tell_nobody(city):
    settle(city, ('escalate_to = "superior"', 'escalate_to = "both"'))
    city.start()
    settle(city, ("escalate_days = 5", "escalate_days = 0"))
    city.start()
    city.clock.advance(days=30)
    assert [group for group, _said in told(city)] == ["head:civic", "role:secretariat"]


def test_done_work_is_told_of_to_nobody(city):
    city.start()
    city.complete("head", "head_approval", "approve")
    city.clock.advance(days=400)
    assert all("確認" not in said.split("」")[0] for _group, said in told(city))


def test_the_log_says_who_was_told_of_what(city):
    city.start()
    city.clock.advance(days=30)
    assert told(city)
    found = audit_log.search(
        city.site, city.actor("auditor"), audit_log.Filters(type="task.escalated")
    )
    (entry,) = found.entries
    assert "市民部長" in str(entry)


def test_a_look_costs_the_same_for_one_late_task_and_for_many(city):
    def cost() -> int:
        with counted(city.site.database) as count:
            escalating.run(city.site, city.clock())
        return count.statements

    city.start()
    city.clock.advance(days=30)
    one = cost()
    idle = cost()  # told already
    assert idle < one
    for _n in range(5):
        city.start()
    city.clock.advance(days=30)
    assert cost() - one <= 4 * 5  # only the notices themselves are more
