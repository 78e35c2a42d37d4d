"""引き受け: what having taken a task gives, and when it counts no longer."""

import pytest

from dxflow.authority import claims
from tests.unit.authority.city import directory


@pytest.mark.parametrize(
    ("offered", "assignee", "taken_by"),
    [
        (["section:kaigo"], None, None),
        (["section:kaigo"], "p-kaigo", "p-kaigo"),
        (["section:keiei"], "p-kaigo", None),
        (["section:keiei", "post:kaigo-head"], "p-kaigo", "p-kaigo"),
        (["user:p-kaigo"], "p-kaigo", "p-kaigo"),
        (["user:p-nobody"], "p-nobody", None),
        ([], "p-nobody", "p-nobody"),
        ([], None, None),
    ],
)
def test_a_claim_lasts_as_long_as_the_right_that_it_rests_on(offered, assignee, taken_by):
    assert claims.in_force(directory(), offered, assignee) == taken_by


@pytest.mark.parametrize(
    ("groups", "offered", "taken_by", "own"),
    [
        (["section:kaigo"], ["section:kaigo", "role:cio"], None, True),
        (["section:kaigo"], ["section:kaigo"], "p", True),
        (["section:kaigo"], ["section:kaigo"], "q", False),
        (["section:keiei"], ["section:kaigo"], None, False),
        (["section:keiei"], ["section:kaigo"], "p", False),
        (["user:p"], ["user:p"], None, True),
        (["section:kaigo"], [], "p", True),
        (["section:kaigo"], [], "q", False),
        (["section:kaigo"], [], None, False),
    ],
)
def test_a_task_is_open_to_its_groups_and_closed_once_taken(groups, offered, taken_by, own):
    assert claims.is_own("p", groups, offered, taken_by) is own
