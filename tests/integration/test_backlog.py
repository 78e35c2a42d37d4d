"""優先順位: cases in the order the pack declares, amended by the secretariat with a reason."""

import re
from decimal import Decimal

import orjson
import pytest
from sqlalchemy import delete, select, update

from dxflow.audit import verify_database
from dxflow.db.audit import AuditEvent
from dxflow.db.case import CaseRank
from dxflow.db.process import ProcessInstance
from dxflow.errors import Conflict, Invalid, NotAllowed, NotFound
from dxflow.services.acts import cases, pulling_back, ranking
from dxflow.services.packs import store as packs
from dxflow.services.reading import backlog
from tests.factories import ROOT, City
from tests.statements import counted
from tests.walks import do, to_opinions, to_triage

STANDARD = packs.read_folder(ROOT / "processes" / "standard")


def order(city: City, by: str = "cio") -> list[str]:
    found = backlog.listed(city.site, city.actor(by), "standard")
    return [one.title for one in found.entries]


def rank(
    city: City, case: str, place: int | None, before: int | None = None, by="secretariat"
) -> None:
    ranking.rank(city.site, city.actor(by), case, place, "市長の公約のため", before)


def three(city: City) -> dict[str, str]:
    """Return cases by their titles: they save the same time and differ in what they cost."""
    costs = {"中くらいの費用": 3000000, "高い費用のもの": 9000000, "安い費用のもの": 100000}
    return {
        title: to_opinions(city, {"title": title}, {"title": title, "cost_initial": Decimal(cost)})
        for title, cost in costs.items()
    }


def test_cases_stand_in_the_order_the_pack_declares_and_only_those_of_its_stages(city):
    three(city)
    to_triage(city, title="まだ受付の案件")
    assert order(city) == ["安い費用のもの", "中くらいの費用", "高い費用のもの"]
    found = backlog.listed(city.site, city.actor("cio"), "standard")
    assert found.columns == ("減る時間（時間／年）", "金額（円）")
    assert found.entries[0].answers == ("1,200", "600,000")
    assert (found.entries[0].place, found.entries[0].lead, found.entries[0].set) == (
        1,
        "市民課",
        None,
    )


def test_a_place_that_is_set_holds_and_says_by_whom_and_why(city):
    made = three(city)
    rank(city, made["高い費用のもの"], 1)
    assert order(city) == ["高い費用のもの", "安い費用のもの", "中くらいの費用"]
    one = backlog.listed(city.site, city.actor("cio"), "standard").entries[0]
    assert (one.set.place, one.set.reason, one.set.by) == (1, "市長の公約のため", "secretariat")
    rank(city, made["高い費用のもの"], 2, before=1)
    assert order(city) == ["安い費用のもの", "高い費用のもの", "中くらいの費用"]
    rank(city, made["安い費用のもの"], 99)
    assert order(city) == ["中くらいの費用", "高い費用のもの", "安い費用のもの"]
    rank(city, made["高い費用のもの"], None, before=2)
    assert order(city) == ["中くらいの費用", "高い費用のもの", "安い費用のもの"]


def test_the_log_has_every_place_and_the_process_notices_nothing(city):
    made = three(city)
    case = made["高い費用のもの"]
    do(city, case, "security", "security_opinion", "agree", comment="問題なし", points=[])
    with city.site.database.read() as tx:
        version = select(ProcessInstance.version).where(ProcessInstance.case_id == case)
        before = tx.execute(version).scalar_one()
    rank(city, case, 1)
    rank(city, case, None, before=1)
    with city.site.database.read() as tx:
        assert tx.execute(version).scalar_one() == before
        bodies = tx.execute(
            select(AuditEvent.body).where(AuditEvent.type == "case.ranked").order_by(AuditEvent.id)
        ).scalars()
        told = [
            [(one["field"], one["before"], one["after"]) for one in orjson.loads(body)["changes"]]
            for body in bodies
        ]
        assert verify_database(tx).findings == ()
    reason = ("reason", None, "市長の公約のため")
    assert told == [[("place", None, 1), reason], [("place", 1, None), reason]]
    pulling_back.pull_back(city.site, city.actor("security"), case)


def test_only_the_secretariat_sets_a_place_and_with_a_reason(city):
    case = three(city)["中くらいの費用"]
    for by in ("cio", "mgmt_head", "applicant"):
        with pytest.raises(NotAllowed):
            rank(city, case, 1, by=by)
    for place, reason in ((1, " "), (0, "x"), (10000, "x"), (1, "x" * 1001)):
        with pytest.raises(Invalid):
            ranking.rank(city.site, city.actor("secretariat"), case, place, reason, None)
    rank(city, case, 1)
    with pytest.raises(Conflict, match="先に順位を変えました"):
        rank(city, case, 2)
    with pytest.raises(Conflict, match="変わりません"):
        rank(city, case, 1, before=1)
    with pytest.raises(NotFound):
        rank(city, "0" * 32, 1)


def test_an_ended_case_is_in_no_list_and_gets_no_place(city):
    made = three(city)
    cases.withdraw(city.site, city.actor("applicant"), made["安い費用のもの"], "やめる")
    assert order(city) == ["中くらいの費用", "高い費用のもの"]
    with pytest.raises(Conflict):
        rank(city, made["安い費用のもの"], 1)


@pytest.mark.parametrize("by", ["cio", "secretariat", "auditor", "mgmt_head"])
def test_who_reads_every_case_sees_the_list_and_nobody_else_does(city, by):
    three(city)
    assert order(city, by) == ["安い費用のもの", "中くらいの費用", "高い費用のもの"]
    assert backlog.names(city.site, city.actor(by)) == [("standard", "優先順位")]
    for other in ("applicant", "head", "admin"):
        with pytest.raises(NotAllowed):
            order(city, other)


def test_the_number_of_statements_is_that_of_one_case(city):
    def asked() -> int:
        with counted(city.site.database) as count:
            order(city)
        return count.statements

    to_opinions(city)
    order(city)
    few = asked()
    three(city)
    assert asked() == few


def test_answers_of_a_form_put_cases_in_order_by_the_words_of_their_options(city):
    settings = STANDARD["pack.toml"].replace(
        '[[backlog.order]]\nvalue = "saved_hours"\norder = "descending"',
        '[[backlog.order]]\nform = "project_sheet"\nfield = "classification"\nvalues = ["office", "life"]',
    )
    for title, kind in (("暮らしの案件", "life"), ("市役所の案件", "office")):
        to_opinions(city, {"title": title}, {"title": title, "classification": kind})
    packs.install(city.site, {**STANDARD, "pack.toml": settings}, "system")
    assert order(city) == ["市役所の案件", "暮らしの案件"]
    found = backlog.listed(city.site, city.actor("cio"), "standard")
    assert [one.answers[0] for one in found.entries] == ["市役所のDX", "暮らしのDX"]


def test_a_case_that_runs_by_a_version_without_the_list_gets_a_place_as_well(city):
    settings = re.sub(r"(?s)\[backlog\].*?(?=\[\[summary)", "", STANDARD["pack.toml"])
    packs.install(city.site, {**STANDARD, "pack.toml": settings}, "system")
    made = three(city)
    packs.install(city.site, STANDARD, "system")
    rank(city, made["高い費用のもの"], 1)
    assert order(city) == ["高い費用のもの", "安い費用のもの", "中くらいの費用"]


def test_of_two_at_one_place_the_one_that_was_put_there_last_has_it(city):
    made = three(city)
    rank(city, made["安い費用のもの"], 1)
    city.clock.advance(days=1)
    rank(city, made["高い費用のもの"], 1)
    assert order(city) == ["高い費用のもの", "安い費用のもの", "中くらいの費用"]
    city.clock.advance(days=1)
    rank(city, made["安い費用のもの"], 2, before=1)
    city.clock.advance(days=1)
    rank(city, made["安い費用のもの"], 1, before=2)
    assert order(city) == ["安い費用のもの", "高い費用のもの", "中くらいの費用"]


def test_a_place_that_the_log_does_not_tell_of_so_is_found(city):
    made = three(city)
    rank(city, made["高い費用のもの"], 1)
    rank(city, made["中くらいの費用"], 3)
    rank(city, made["中くらいの費用"], None, before=3)

    def found(statement) -> list[str]:
        with city.site.database.write() as tx:
            tx.execute(statement)
        with city.site.database.read() as tx:
            return [one.text for one in verify_database(tx).findings]

    assert found(update(CaseRank).values(place=1)) == []
    (text,) = found(update(CaseRank).values(place=2))
    assert "優先順位の順位が「2」になっていますが、記録では「1」です" in text
    (text,) = found(update(CaseRank).values(place=1, reason="べつの理由"))
    assert "記録では「市長の公約のため」です" in text
    (text,) = found(
        update(CaseRank).values(case_id=made["安い費用のもの"], reason="市長の公約のため")
    )[:1]
    assert "優先順位が、記録にありません" in text
    (text,) = found(delete(CaseRank))
    assert "記録にある優先順位がありません" in text


def test_a_pack_without_a_list_has_none(city):
    settings = re.sub(r"(?s)\[backlog\].*?(?=\[\[summary)", "", STANDARD["pack.toml"])
    packs.install(city.site, {**STANDARD, "pack.toml": settings}, "system")
    assert backlog.names(city.site, city.actor("cio")) == []
    with pytest.raises(NotFound):
        order(city)
