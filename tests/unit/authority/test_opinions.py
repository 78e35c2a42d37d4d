"""Who reads what was said of a case on its way."""

from datetime import UTC, datetime

import pytest

from dxflow.authority.opinions import OpinionReader, OpinionReaders, reads_opinion

BEFORE, DECIDED, AFTER = (datetime(2026, 5, day, tzinfo=UTC) for day in (1, 2, 3))


def reader(
    *, near: bool = False, decided: datetime | None = None, ended: bool = False
) -> OpinionReader:
    return OpinionReader(near, decided, ended)


@pytest.mark.parametrize("rule", OpinionReaders)
def test_who_is_on_the_way_reads_at_once(rule):
    assert reads_opinion(rule, reader(near=True), BEFORE)


def test_by_rule_all_readers_read_or_none_of_them_ever():
    assert reads_opinion(OpinionReaders.READERS, reader(), BEFORE)
    done = reader(decided=DECIDED, ended=True)
    assert not reads_opinion(OpinionReaders.ROUTE, done, BEFORE)


def test_after_the_decision_the_opinions_that_led_to_it_are_read():
    rule = OpinionReaders.DECIDED
    assert not reads_opinion(rule, reader(), BEFORE)
    assert reads_opinion(rule, reader(decided=DECIDED), BEFORE)
    assert reads_opinion(rule, reader(decided=DECIDED), DECIDED)
    assert not reads_opinion(rule, reader(decided=DECIDED), AFTER)
    assert reads_opinion(rule, reader(ended=True), AFTER)
