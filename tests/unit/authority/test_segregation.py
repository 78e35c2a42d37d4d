import pytest
from hypothesis import given
from hypothesis import strategies as st

from dxflow.authority.segregation import Action, Involvement, Part, conflict

PEOPLE = st.sampled_from(["a", "b", "c", "d"])


@pytest.mark.parametrize("action", list(Action))
@pytest.mark.parametrize(
    ("person", "free"),
    [("p-applicant", False), ("p-drafter", False), ("p-other", True), ("user:p-drafter", False)],
)
def test_applicant_and_drafters_are_barred_from_every_guarded_act(action, person, free):
    verdict = conflict(action, person, Involvement("user:p-applicant", frozenset({"p-drafter"})))
    assert bool(verdict) is free
    assert verdict.reason.endswith("。")


def test_the_reason_names_the_part_and_the_act():
    verdict = conflict(Action.VOTE, "a", Involvement("a"))
    assert verdict.reason == "この案件の申請者は表決を行えません。"
    verdict = conflict(Action.DECIDE, "b", Involvement("a", frozenset({"user:b"})))
    assert verdict.reason == "この案件の起案者は決裁を行えません。"


def test_a_former_applicant_stays_barred_after_handing_over():
    case = Involvement.of_history(
        [("a", Part.APPLICANT), ("b", Part.DRAFTER), ("c", Part.APPLICANT)]
    )
    assert case.applicant == "c"
    assert case.persons == {"a", "b", "c"}
    assert not conflict(Action.DECIDE, "a", case)


def test_a_history_without_applicant_is_refused():
    with pytest.raises(ValueError, match="申請者"):
        Involvement.of_history([("b", Part.DRAFTER)])


@given(
    st.lists(st.tuples(PEOPLE, st.sampled_from(list(Part))), max_size=8),
    PEOPLE,
    PEOPLE,
    st.sampled_from(list(Action)),
)
def test_whoever_ever_took_part_is_barred_for_good(history, applicant, person, action):
    case = Involvement.of_history([*history, (applicant, Part.APPLICANT)])
    took_part = person in {p for p, _part in history} | {applicant}
    assert conflict(action, person, case).allowed is not took_part
