import pytest
from hypothesis import given
from hypothesis import strategies as st

from dxflow.committee.seats import Presiding, RecusalRule, Seat, presiding, recusals, suggested

SEATS = [
    Seat("chair", "委員長", frozenset({"p-deputy"})),
    Seat("a", "企画部委員", frozenset({"p-a"}), frozenset({"keiei", "dx"})),
    Seat("b", "福祉部委員", frozenset({"p-b"}), frozenset({"kaigo"})),
    Seat("c", "総務部委員", frozenset({"user:p-c"}), frozenset({"joho"})),
    Seat("d", "欠員", frozenset(), frozenset({"zeimu"})),
]


def split(**changes):
    arguments = {"applicant": "p-x", "applicant_unit": "zeimu"} | changes
    return recusals(SEATS, **arguments)


@pytest.mark.parametrize(
    ("changes", "recused"),
    [
        ({}, {}),
        ({"applicant_unit": "kaigo"}, {"b": ["申請した課に所属しているため"]}),
        ({"applicant": "user:p-c"}, {"c": ["申請者本人であるため"]}),
        ({"drafters": ["user:p-a"]}, {"a": ["起案者であるため"]}),
        ({"related_units": ["joho"]}, {}),
        (
            {"related_units": ["joho"], "rule": RecusalRule(related_sections=True)},
            {"c": ["関係課に所属しているため"]},
        ),
        ({"applicant_unit": "kaigo", "rule": RecusalRule(own_section=False)}, {}),
        (
            {"applicant": "p-b", "applicant_unit": "kaigo", "declared": [("b", "配偶者が受注者")]},
            {"b": ["申請者本人であるため", "申請した課に所属しているため", "配偶者が受注者"]},
        ),
        ({"declared": [("chair", "利害関係")]}, {"chair": ["利害関係"]}),
    ],
)
def test_members_with_an_interest_are_out_with_their_reasons(changes, recused):
    seating = split(**changes)
    assert {r.seat.key: list(r.reasons) for r in seating.recused} == recused
    assert set(seating.recused_keys) == set(recused)
    assert set(seating.keys) == {"chair", "a", "b", "c"} - set(recused)
    assert seating.members == 4


def test_a_vacant_seat_neither_sits_nor_counts():
    seating = split()
    assert [seat.key for seat in seating.vacant] == ["d"]
    assert "d" not in seating.keys


def test_the_applicant_is_out_even_where_sections_are_not():
    seating = split(applicant="p-a", rule=RecusalRule(own_section=False))
    assert seating.recused_keys == ("a",)


def test_a_declaration_for_a_foreign_seat_is_refused():
    with pytest.raises(ValueError, match="会議体の席"):
        split(declared=[("z", "なし")])


def test_a_seat_named_twice_is_refused():
    with pytest.raises(ValueError, match="二度"):
        recusals([SEATS[0], SEATS[0]], "p", "u")


VACANT = "就いていて利用できる人がいないため"
OWN = "就いている人がこの案件の申請者か起案者であるため"
APART = "この議題の表決に加わっていないため"
BOTH = {"chair", "deputy"}


@pytest.mark.parametrize(
    ("there", "before", "holders", "seat", "stepped_back"),
    [
        (BOTH, "chair", {"chair": {"p-c"}, "deputy": {"p-d"}}, "chair", {}),
        (BOTH, "chair", {"chair": {"p-x"}, "deputy": {"p-d"}}, "deputy", {"chair": OWN}),
        (BOTH, "deputy", {"chair": {"p-x", "p-c"}, "deputy": {"p-d"}}, "chair", {}),
        ({"deputy"}, "chair", {"chair": {"p-c"}, "deputy": {"p-d"}}, "deputy", {"chair": APART}),
        (set(), "chair", {"chair": {"p-c"}, "deputy": {"p-d"}}, "chair", {"deputy": APART}),
        (set(), "chair", {"chair": {"p-x"}, "deputy": {"p-d"}}, None,
         {"chair": OWN, "deputy": APART}),
        ({"chair"}, "chair", {"chair": {"p-x"}, "deputy": {"p-d"}}, None,
         {"chair": OWN, "deputy": APART}),
        (BOTH, "chair", {"chair": {"p-x", "p-y"}, "deputy": {"p-d"}}, "deputy", {"chair": OWN}),
        (set(), "chair", {"chair": {"p-x", "p-y"}, "deputy": {"p-d"}}, None,
         {"chair": OWN, "deputy": APART}),
        (BOTH, "chair", {"chair": set(), "deputy": {"p-d"}}, "deputy", {"chair": VACANT}),
        (BOTH, "chair", {"deputy": {"p-d"}}, "deputy", {"chair": VACANT}),
        ({"chair"}, "chair", {"chair": set(), "deputy": {"p-x"}}, "chair", {"deputy": OWN}),
        ({"chair"}, "chair", {"deputy": {"p-x"}}, "chair", {"deputy": OWN}),
        (BOTH, None, {"chair": {"p-x"}, "deputy": {"p-y"}}, None, {"chair": OWN, "deputy": OWN}),
        (BOTH, None, {"chair": set(), "deputy": set()}, None, {"chair": VACANT, "deputy": VACANT}),
        ({"chair"}, None, {"chair": {"p-c"}, "deputy": {"p-d"}}, "chair", {}),
    ],
)  # fmt: skip
def test_nobody_presides_over_their_own_matter_and_the_next_in_order_takes_the_chair(
    there, before, holders, seat, stepped_back
):
    held = {key: frozenset(persons) for key, persons in holders.items()}
    found = presiding(["chair", "deputy", "chair"], there, held, frozenset({"p-x", "p-y"}), before)
    assert found == Presiding(seat, tuple(stepped_back.items()))


def test_it_is_told_why_another_presides_than_before():
    found = Presiding("c", (("a", VACANT), ("b", OWN)))
    assert (found.instead_of("a"), found.instead_of("b")) == (VACANT, OWN)
    assert found.instead_of("d") == "順が先の席が議長を務められるようになったため"


def test_without_a_word_about_it_no_chair_went_before():
    held = {"chair": frozenset({"p-x"})}
    assert presiding(["chair"], {"chair"}, held, frozenset({"p-x"})).seat is None
    assert presiding([], set(), {"": frozenset()}, frozenset()) == Presiding(None)


PERSONS = st.sampled_from(["p1", "p2", "p3", "p4", "p5"])
UNITS = st.sampled_from(["u1", "u2", "u3"])
BODIES = st.lists(
    st.tuples(st.frozensets(PERSONS, max_size=2), st.frozensets(UNITS, max_size=2)), max_size=6
).map(lambda rows: [Seat(f"s{n}", "委員", p, u) for n, (p, u) in enumerate(rows)])


@given(BODIES, PERSONS, UNITS, st.frozensets(PERSONS, max_size=2), st.booleans())
def test_nobody_sits_on_their_own_matter(seats, applicant, unit, drafters, own_section):
    rule = RecusalRule(own_section=own_section)
    seating = recusals(seats, applicant, unit, drafters=drafters, rule=rule)
    for seat in seating.sitting:
        assert seat.persons.isdisjoint({applicant, *drafters})
        assert not (own_section and unit in seat.units)
    for recusal in seating.recused:
        assert recusal.reasons
    count = len(seating.sitting) + len(seating.recused) + len(seating.vacant)
    assert count == len(seats)


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"applicant_unit": "kaigo"}, {"b": ("申請した課に所属しているため",)}),
        ({"drafters": ["p-a"]}, {"a": ("起案者であるため",)}),
        ({"related_units": ["joho"]}, {"c": ("関係課に所属しているため",)}),
        ({"applicant": "p-c"}, {"c": ("申請者本人であるため",)}),
        ({}, {}),
    ],
)
def test_whatever_speaks_for_recusing_a_seat_that_takes_part_is_suggested(changes, found):
    arguments = {"applicant": "p-x", "applicant_unit": "zeimu"} | changes
    seats = suggested(SEATS, ["a", "b", "c"], **arguments)
    assert {one.seat.key: one.reasons for one in seats} == found
    assert suggested(SEATS, [], **arguments) == ()
