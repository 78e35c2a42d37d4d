"""Decision documents, their way, and conditions: what can never happen to them."""

import hashlib
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from dxflow.authority.obligations import Obligation, handed_over, may_complete, may_meet, met
from dxflow.authority.papers import (
    PROVISIONAL,
    SETTLES,
    Paper,
    content_digest,
    decided,
    drawn,
    emptied,
    gone_from,
    has_marks,
    is_whole,
    marked,
    may_add,
    may_decide_for_now,
)
from dxflow.authority.route import Consent, Part, Place, goes_on, plan, plan_further
from dxflow.authority.standing_in import Absence
from dxflow.authority.tables import DatedTable, Ruling, ruling_of
from dxflow.errors import NotAllowed
from tests.unit.authority.city import DAY, HOLDINGS, directory

TABLE = DatedTable("authority", date(2020, 4, 1))


def ruling(*review: str, agree: tuple[str, ...] = ()) -> Ruling:
    value = {"row": "第1号", "post_kind": "mayor", "review": list(review), "agree": list(agree)}
    return ruling_of(value, TABLE, None)


# -- the document


def test_a_decided_document_is_decided_once_and_reads_as_it_was_drawn_up():
    paper = decided(drawn({"title": "予約", "amount": 1}), "approve")
    assert paper.locked
    with pytest.raises(NotAllowed, match="新しい決裁"):
        decided(paper, "reject")


OLDER = {
    "number": "R8-1", "amount": 5, "sources": [["a", "b", "c"]],
    "attachments": [{"id": "1", "name": "山田.pdf", "sha256": "ab"}],
    "sections": [
        {"form": "sheet", "title": "個票", "parts": [
            {"heading": "人"}, {"label": "名前", "text": "山田"}, {"label": "内容", "text": "予約"},
            {"label": "住所", "text": ""}, {"label": "窓口・名前", "text": "花子"},
            {"label": "家族", "heads": ["名前", "年齢"], "rows": [["花子", "3"], ["", "4"]]},
            {"label": "連絡先", "heads": ["電話", "時間"], "rows": [["0270", "朝"]]},
        ]},
        {"form": "other", "title": "分析", "parts": [{"label": "名前", "text": "手順"}]},
    ],
}  # fmt: skip
PERSONAL = {"sheet": ["名前", "住所", "連絡先"]}


def test_what_a_disposal_takes_is_what_is_marked_names_of_files_salt_and_sources():
    content = {**marked(OLDER, PERSONAL), "salt": "0f"}
    assert has_marks(content)
    left = emptied(content)
    assert left == {
        "number": "R8-1", "amount": 5,
        "attachments": [{"id": "1", "name": None, "sha256": "ab"}],
        "sections": [
            {"form": "sheet", "title": "個票", "parts": [
                {"heading": "人"}, {"label": "名前", "text": None, "pii": True},
                {"label": "内容", "text": "予約"}, {"label": "住所", "text": "", "pii": True},
                {"label": "窓口・名前", "text": None, "pii": True},
                {"label": "家族", "heads": ["名前", "年齢"], "rows": [[None, "3"], ["", "4"]],
                 "pii": [0]},
                {"label": "連絡先", "heads": ["電話", "時間"], "rows": [[None, None]],
                 "pii": [0, 1]},
            ]},
            {"form": "other", "title": "分析", "parts": [{"label": "名前", "text": "手順"}]},
        ],
    }  # fmt: skip
    assert gone_from(left) == (5, 1)
    assert gone_from(content) == (0, 0)


def test_a_content_of_before_says_nothing_of_what_is_personal_and_loses_its_sources():
    assert not has_marks(OLDER)
    assert emptied(OLDER)["sections"] == OLDER["sections"]
    assert "sources" not in emptied(OLDER)
    assert marked(OLDER, {}) == OLDER
    assert emptied({"number": "R8-1"}) == {"number": "R8-1", "sections": []}


def test_sending_back_settles_nothing():
    assert not decided(drawn({"title": "予約"}), "send_back").locked


def test_a_provisional_decision_locks_nothing_and_is_taken_once_with_somebody_asked():
    paper = drawn({"title": "予約"})
    assert not decided(paper, PROVISIONAL).locked
    assert may_decide_for_now(paper, 1, before=False)
    assert not may_decide_for_now(paper, 0, before=False)
    assert not may_decide_for_now(paper, 1, before=True)
    assert "一つ以上" in may_decide_for_now(paper, 0, before=False).reason
    assert "本決裁" in may_decide_for_now(paper, 1, before=True).reason
    assert "決裁済み" in may_decide_for_now(decided(paper, "approve"), 1, before=False).reason
    changed = Paper({"title": "別の内容"}, paper.digest)
    assert "一致しません" in may_decide_for_now(changed, 1, before=False).reason


def test_a_document_that_was_tampered_with_is_not_decided():
    paper = drawn({"title": "予約"})
    with pytest.raises(NotAllowed, match="一致しません"):
        decided(Paper({"title": "別の内容"}, paper.digest), "approve")


def test_a_digest_does_not_depend_on_the_order_of_keys():
    assert content_digest({"a": 1, "b": [1, "二"]}) == content_digest({"b": [1, "二"], "a": 1})


def test_a_digest_that_was_stored_years_ago_is_still_made_the_same_way():
    text = '{"a":[1,2],"題":"予約"}'
    made = hashlib.sha256(text.encode()).hexdigest()
    assert content_digest({"題": "予約", "a": [1, 2]}) == made


def test_additions_come_after_the_decision_from_those_who_had_a_part():
    paper = drawn({"title": "予約"})
    done = decided(paper, "approve")
    assert not may_add(paper, {"section:a"}, {"section:a"}, "追記")
    assert not may_add(done, {"section:b"}, {"section:a"}, "追記")
    assert not may_add(done, {"section:a"}, {"section:a"}, "  ")
    assert may_add(done, {"section:a"}, {"section:a"}, "追記").reason == ""
    assert "決裁のあと" in may_add(paper, {"section:a"}, {"section:a"}, "追記").reason
    assert "関わった人" in may_add(done, {"section:b"}, {"section:a"}, "追記").reason
    assert "書いて" in may_add(done, {"section:a"}, {"section:a"}, "  ").reason


class History(RuleBasedStateMachine):
    """A matter drawn up, decided, sent back and drawn up anew, in any order."""

    @initialize(text=st.text(max_size=5))
    def begin(self, text):
        self.paper = drawn({"text": text})
        self.settled: list[tuple[Paper, str]] = []

    @rule(
        outcome=st.sampled_from(
            ["approve", "conditions", "reject", "send_back", "escalate", "provisional"]
        )
    )
    def decide(self, outcome):
        if self.paper.locked:
            with pytest.raises(NotAllowed):
                decided(self.paper, outcome)
            return
        self.paper = decided(self.paper, outcome)
        if outcome in SETTLES:
            self.settled.append((self.paper, self.paper.content["text"]))

    @rule(text=st.text(max_size=5))
    def draw_anew(self, text):
        self.paper = drawn({"text": text})

    @rule(text=st.text(max_size=5))
    def tamper(self, text):
        changed = Paper({"text": text + "改"}, self.paper.digest, self.paper.locked)
        if changed.content != self.paper.content:
            with pytest.raises(NotAllowed):
                decided(changed, "approve")

    @invariant()
    def what_was_decided_never_changes(self):
        for paper, text in self.settled:
            assert paper.locked
            assert paper.content["text"] == text
            assert is_whole(paper)


TestHistory = History.TestCase


# -- the way


def away(person: str, day: date = DAY) -> Absence:
    return Absence(valid_from=day, valid_to=day + timedelta(1), person=person)


def test_a_reviewer_who_is_away_is_passed_over_only_where_the_pack_says_so():
    who = directory(absences=[away(holder_of("fukushi-head")), away(holder_of("mayor"))])
    asked = ruling("department_head", "deputy_mayor", agree=("post:mayor", "role:security"))
    waits = plan(asked, "mayor", "kaigo", who)
    assert [one.away for one in waits] == [()] * len(waits)
    passes = plan(asked, "mayor", "kaigo", who, pass_over=True)
    assert [(one.part, one.group) for one in passes] == [(one.part, one.group) for one in waits]
    assert [one.away for one in passes if one.part is Part.REVIEW] == [
        (holder_of("fukushi-head"),), (),
    ]  # fmt: skip
    assert all(not one.away for one in passes if one.part is not Part.REVIEW)


def holder_of(post: str) -> str:
    (person,) = directory().holders(f"post:{post}")
    return person


def test_after_a_provisional_decision_others_are_asked_and_the_same_post_decides():
    stops = plan_further(
        ["role:security", "post:mayor", "role:security", "role:nobody"], "mayor", directory()
    )
    assert [(one.part, one.group) for one in stops] == [
        (Part.AGREE, "role:security"),
        (Part.DECIDE, "post:mayor"),
    ]


AGREED, REFUSED, WAITING = (Place(Part.AGREE, one) for one in (True, False, None))
FOR_NOW = Place(Part.PROVISIONAL, True)


@pytest.mark.parametrize(
    ("places", "needed", "goes"),
    [
        ([], 0, True),
        ([Place(Part.REVIEW, True), Place(Part.DECIDE)], 0, True),
        ([Place(Part.REVIEW, False), AGREED], 0, False),
        ([Place(Part.REVIEW), AGREED], 0, True),
        ([AGREED, WAITING], 0, False),
        ([AGREED, REFUSED], 1, True),
        ([AGREED, FOR_NOW, REFUSED], 0, False),
        ([AGREED, AGREED, FOR_NOW, REFUSED], 1, False),
        ([AGREED, FOR_NOW, AGREED, REFUSED], 1, True),
        ([REFUSED, AGREED, FOR_NOW, AGREED], 0, False),
    ],
)
def test_each_round_of_agreement_counts_by_itself(places, needed, goes):
    assert goes_on(places, Consent(needed)) is goes


def test_the_way_follows_posts_from_the_lowest_up_and_ends_with_the_decider():
    stops = plan(
        ruling("deputy_mayor", "department_head", agree=("role:security",)),
        "mayor", "kaigo", directory(),
    )  # fmt: skip
    assert [(one.part, one.group) for one in stops] == [
        (Part.REVIEW, "post:fukushi-head"),
        (Part.REVIEW, "post:deputy"),
        (Part.AGREE, "role:security"),
        (Part.DECIDE, "post:mayor"),
    ]


def test_a_post_without_an_uninvolved_holder_is_passed_over():
    stops = plan(ruling("department_head"), "mayor", "kaigo", directory(), {"p-fukushi"})
    assert [one.part for one in stops] == [Part.DECIDE]


def test_straight_back_means_the_decider_at_once():
    stops = plan(ruling("department_head"), "mayor", "kaigo", directory(), straight=True)
    assert [one.post for one in stops] == ["mayor"]


def test_a_place_that_is_asked_by_its_post_names_it_and_one_by_a_role_does_not():
    stops = plan(
        ruling(agree=("role:security", "post:kikaku-head", "post:mayor", "role:security")),
        "mayor", "kaigo", directory(),
    )  # fmt: skip
    assert [(one.part, one.post) for one in stops] == [
        (Part.AGREE, ""),
        (Part.AGREE, "kikaku-head"),
        (Part.DECIDE, "mayor"),
    ]


def test_the_way_goes_up_past_what_is_not_there_and_past_who_decides():
    stops = plan(
        ruling("deputy_mayor", "section_head", "department_head", "treasurer", "staff"),
        "kaigo-head", "kaigo", directory(),
    )  # fmt: skip
    assert [(one.part, one.group, one.post) for one in stops] == [
        (Part.REVIEW, "post:kaigo-staff", "kaigo-staff"),
        (Part.REVIEW, "post:fukushi-head", "fukushi-head"),
        (Part.REVIEW, "post:deputy", "deputy"),
        (Part.DECIDE, "post:kaigo-head", "kaigo-head"),
    ]
    lower = plan(ruling("department_head", "section_head", "staff"), "mayor", "kaigo", directory())
    assert [one.post for one in lower] == ["kaigo-staff", "kaigo-head", "fukushi-head", "mayor"]


def test_the_only_one_away_is_passed_over():
    who = directory(absences=[away(holder_of("fukushi-head"))])
    first, _last = plan(ruling("department_head"), "mayor", "kaigo", who, pass_over=True)
    assert first.away == (holder_of("fukushi-head"),)


def test_nobody_barred_is_asked_after_a_provisional_decision():
    groups = ["role:security", "post:kaigo-head"]
    stops = plan_further(groups, "mayor", directory(), {"user:p-kaigo"})
    assert [(one.group, one.post) for one in stops] == [
        ("role:security", ""), ("post:mayor", "mayor"),
    ]  # fmt: skip


@pytest.mark.parametrize(("needed", "enough"), [(0, 3), (1, 1), (2, 2), (3, 3), (5, 3)])
def test_all_agree_unless_a_number_is_enough(needed, enough):
    assert Consent(needed).of(3) == enough


@given(
    barred=st.frozensets(st.sampled_from(sorted({one.person for one in HOLDINGS})), max_size=4),
    review=st.lists(st.sampled_from(["section_head", "department_head", "deputy_mayor"])),
)
def test_every_place_on_the_way_has_somebody_uninvolved_and_no_post_twice(barred, review):
    city = directory()
    stops = plan(ruling(*review), "mayor", "kaigo", city, barred)
    assert len({one.group for one in stops}) == len(stops)
    for one in stops[:-1]:
        assert city.holders(one.group) - barred


@given(st.integers(0, 6), st.lists(st.booleans(), max_size=6), st.integers(0, 6))
def test_consent_is_passed_or_lost_as_soon_as_it_is_certain(needed, answers, more):
    asked, rule = len(answers) + more, Consent(needed)
    found = rule.passed(asked, answers)
    ends = {rule.passed(asked, [*answers, *[vote] * more]) for vote in (True, False)}
    assert None not in ends
    assert found is (ends.pop() if len(ends) == 1 else None)


# -- conditions


def test_a_condition_ends_by_its_owner_alone():
    duty = Obligation("section:a", date(2026, 6, 1))
    assert duty.late(date(2026, 6, 2))
    assert not duty.late(date(2026, 6, 1))
    assert not may_meet(duty, {"section:b", "role:secretariat"})
    assert met(duty, {"section:a"}) == Obligation("section:a", date(2026, 6, 1), open=False)


def test_a_case_completes_once_no_condition_is_left():
    assert may_complete(0).reason == ""
    assert "条件が2件残っている" in may_complete(2).reason
    assert may_complete(0)
    assert not may_complete(1)


class Duties(RuleBasedStateMachine):
    """A condition under any acts of anybody: it ends by who owes it, and moves with a reason."""

    groups = st.frozensets(
        st.sampled_from(["section:a", "section:b", "section:c", "role:secretariat"]), max_size=3
    )

    @initialize()
    def begin(self):
        self.duty = Obligation("section:a")
        self.owner = "section:a"

    @rule(groups=groups)
    def meet(self, groups):
        before = self.duty
        if before.open and self.owner in groups:
            self.duty = met(before, groups)
            return
        with pytest.raises(NotAllowed):
            met(before, groups)

    @rule(
        groups=groups,
        to=st.sampled_from(["section:a", "section:b"]),
        reason=st.sampled_from(["", " ", "所管替え"]),
    )
    def hand_over(self, groups, to, reason):
        allowed = self.duty.open and groups & {self.owner, "role:secretariat"} and reason.strip()
        if allowed and to != self.owner:
            self.duty = handed_over(self.duty, groups, to, reason, {"role:secretariat"})
            self.owner = to
            return
        with pytest.raises(NotAllowed):
            handed_over(self.duty, groups, to, reason, {"role:secretariat"})

    @invariant()
    def while_it_is_open_its_owner_can_end_it_and_no_case_completes(self):
        if self.duty.open:
            assert may_meet(self.duty, {self.duty.owner})
            assert not may_complete(1)
        assert self.duty.owner == self.owner


TestDuties = Duties.TestCase
