"""Who besides their author reads drafts: by the rule of the pack, and never more than that."""

import pytest

from dxflow.errors import NotFound
from dxflow.services.acts import drafts, pulling_back
from dxflow.services.commands import COMMANDS
from dxflow.services.packs.check import check_files
from dxflow.services.reading import case_list, shared_drafts
from dxflow.services.reading.case_list import Filters
from tests.factories import City
from tests.settings import changed, settle
from tests.statements import counted

TYPED = {"title": "窓口の椅子", "trouble": "古くて危ない。", "change": "買い替える。"}
EVERYBODY = (
    "colleague", "head", "civic_head", "other", "tax_head", "secretariat", "cio", "mayor",
    "auditor", "admin",
)  # fmt: skip


def begin(city: City, by: str = "applicant") -> str:
    draft = drafts.fresh_id(city.site)
    drafts.save_start(city.site, city.actor(by), "proposal", draft, TYPED)
    return draft


def reads(city: City, name: str, draft: str) -> bool:
    """Return whether somebody reads a draft; what is listed and what is opened are the same."""
    found = [one.id for one in shared_drafts.listed(city.site, city.actor(name))]
    try:
        told = shared_drafts.read(city.site, city.actor(name), draft)
    except NotFound:
        assert draft not in found
        return False
    assert draft in found
    assert "古くて危ない。" in [field.text for field in told.view.fields]
    return True


@pytest.mark.parametrize(
    ("rule", "who"),
    [
        (None, set()),
        ("author", set()),
        ("head", {"head"}),
        ("section", {"head", "colleague"}),
    ],
)
def test_a_draft_is_read_by_whom_the_pack_names(city, rule, who):
    if rule:
        settle(city, "reading", drafts=f'"{rule}"')
    draft = begin(city)
    assert {name for name in EVERYBODY if reads(city, name, draft)} == who
    for name in EVERYBODY:  # a draft is no case: no list and no search finds it
        assert case_list.search(city.site, city.actor(name), Filters(q="椅子")).entries == []


def test_nobody_but_the_author_writes_it_throws_it_away_or_hands_it_in(city):
    settle(city, "reading", drafts='"section"')
    draft = begin(city)
    colleague = city.actor("colleague")
    with pytest.raises(NotFound):
        drafts.save_start(city.site, colleague, "proposal", draft, TYPED | {"title": "別の題"})
    with pytest.raises(NotFound):
        drafts.discard(city.site, colleague, draft)
    city.start("colleague", draft_id=draft)
    assert [one.id for one in drafts.mine(city.site, city.actor("applicant"))] == [draft]


def test_a_proposal_that_was_pulled_back_is_a_draft_again(city):
    settle(city, "reading", drafts='"section"')
    case = city.start(trouble="古くて危ない。").id
    pulling_back.pull_back(city.site, city.actor("applicant"), case)
    assert not city.sees("colleague", case)
    (draft,) = drafts.mine(city.site, city.actor("applicant"))
    assert reads(city, "colleague", draft.id)
    assert not reads(city, "other", draft.id)


def test_a_draft_of_a_personnel_matter_is_its_authors_alone(city):
    settle(city, "reading", drafts='"section"', restricted="'contains(trouble, \"危\")'")
    draft = begin(city)
    assert not any(reads(city, name, draft) for name in EVERYBODY)
    drafts.save_start(
        city.site, city.actor("applicant"), "proposal", draft, TYPED | {"trouble": "古い。"}
    )
    assert [one.id for one in shared_drafts.listed(city.site, city.actor("head"))] == [draft]


def test_the_rule_follows_the_section_of_today_and_costs_nothing_without_it(city):
    begin(city)
    actor = city.actor("colleague")
    shared_drafts.listed(city.site, actor)
    with counted(city.site.database) as before:
        shared_drafts.listed(city.site, actor)
    settle(city, "reading", drafts='"section"')
    shared_drafts.listed(city.site, actor)
    with counted(city.site.database) as after:
        assert len(shared_drafts.listed(city.site, actor)) == 1
    assert after.statements > before.statements


def test_an_unknown_word_is_refused_on_publishing():
    problems = check_files(changed("reading", drafts='"friends"'), COMMANDS).problems
    assert any("drafts は author、head、section" in one.message for one in problems), problems
