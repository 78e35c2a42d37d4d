"""Opinions that a pack does not show to every reader of a case: the same in every answer."""

from collections.abc import Callable, Iterator

import pytest

from dxflow.services.commands import COMMANDS
from dxflow.services.packs.check import check_files
from dxflow.services.reading import briefing, case_pages, case_record, case_view, decision_papers
from dxflow.services.reading.case_opening import open_case
from tests.factories import City
from tests.integration.test_decision_papers import COSTLY, Ticking
from tests.settings import changed, settle
from tests.statements import counted
from tests.walks import do, to_decision

#: What the test's city says of a case on its way, by recorded opinion and by stamp.
SAID = ("予算に注意", "協力する", "利用の見通しに疑問", "財源は別に要る")
#: Of the people who read the case: on its way or keeping its record, and neither.
NEAR = ("applicant", "finance", "tax_head", "civic_head", "secretariat", "auditor", "mayor")
FAR = ("colleague", "other")


@pytest.fixture(autouse=True)
def _time_goes_on(city: City) -> None:
    city.clock.__class__ = Ticking


def play(city: City) -> str:
    """Take a case to the mayor, with opinions and remarks on the way."""
    case = to_decision(city, sheet=COSTLY)
    do(city, case, "civic_head", "review", "agree", comment="利用の見通しに疑問")
    do(city, case, "cio", "review", "agree")
    do(city, case, "finance", "agree_together", "agree", comment="財源は別に要る")
    return case


def _briefed(city: City, name: str, case: str) -> object:
    with city.site.database.read() as tx:
        return briefing.of_opened(open_case(city.site, tx, city.actor(name), case))


READ: dict[str, Callable[[City, str, str], object]] = {
    "overview": lambda city, name, case: case_view.page(city.site, city.actor(name), case),
    "story": lambda city, name, case: case_pages.story(city.site, city.actor(name), case),
    "forms": lambda city, name, case: case_pages.papers(city.site, city.actor(name), case),
    "printed": lambda city, name, case: case_pages.whole(city.site, city.actor(name), case),
    "decision": lambda city, name, case: decision_papers.page(city.site, city.actor(name), case),
    "program": lambda city, name, case: case_record.full(city.site, city.actor(name), case),
    "briefing": _briefed,
}


def heard(city: City, name: str, case: str) -> Iterator[str]:
    for read in READ.values():
        told = repr(read(city, name, case))
        yield from (one for one in SAID if one in told)


@pytest.mark.parametrize("rule", [None, "readers"])
def test_without_a_rule_every_reader_of_a_case_reads_them(city, rule):
    if rule:
        settle(city, "reading", opinions=f'"{rule}"')
    case = play(city)
    for name in (*NEAR, *FAR):
        assert set(heard(city, name, case)) == set(SAID), name


def test_by_rule_only_those_on_the_way_and_who_keeps_the_record_read_them(city):
    settle(city, "reading", opinions='"route"')
    case = play(city)
    for name in FAR:
        assert city.sees(name, case)
        assert list(heard(city, name, case)) == [], name
    for name in NEAR:
        assert set(heard(city, name, case)) == set(SAID), name
    do(city, case, "mayor", "decide", "approve", reason="決裁")
    assert list(heard(city, "other", case)) == []
    # the lead section carries it out: now its members have work on the case
    assert set(heard(city, "colleague", case)) == set(SAID)


def test_by_rule_all_readers_read_them_once_it_is_decided(city):
    settle(city, "reading", opinions='"decided"')
    case = play(city)
    for name in FAR:
        assert list(heard(city, name, case)) == [], name
    page = case_view.page(city.site, city.actor("colleague"), case)
    assert [one.person for one in page.opinions if one.withheld]
    do(city, case, "mayor", "decide", "approve", reason="決裁")
    for name in (*NEAR, *FAR):
        assert set(heard(city, name, case)) == set(SAID), name


def test_that_an_opinion_was_given_by_whom_and_when_is_told(city):
    settle(city, "reading", opinions='"route"')
    case = play(city)
    actor = city.actor("colleague")
    near, far = (
        case_view.page(city.site, city.actor(name), case).opinions
        for name in ("applicant", "colleague")
    )
    assert [(one.by, one.person, one.at) for one in near] == [
        (one.by, one.person, one.at) for one in far
    ]
    assert {one.outcome for one in far} == {""}
    (document,) = decision_papers.page(city.site, actor, case).documents
    stamps = {one.title: one for one in document.stamps}
    assert (stamps["市民部長"].state, stamps["市民部長"].person) == ("done", "civic_head")
    assert stamps["市民部長"].withheld
    assert stamps["市民課長"].outcome_name == "確認"  # what stood before the document was drawn up


def test_a_pack_without_the_rule_asks_the_database_nothing(city):
    counts = []
    for rule in ("readers", "decided"):
        settle(city, "reading", opinions=f'"{rule}"')
        case = play(city)
        actor = city.actor("colleague")
        case_view.page(city.site, actor, case)
        with counted(city.site.database) as count:
            case_view.page(city.site, actor, case)
        counts.append(count.statements)
    assert counts[1] == counts[0] + 1


def test_an_unknown_word_is_refused_on_publishing():
    problems = check_files(changed("reading", opinions='"friends"'), COMMANDS).problems
    assert any("opinions は readers、route、decided" in one.message for one in problems), problems
