"""What changed between two versions is told in words a person can check."""

from dxflow.models.diff import Step, diff
from dxflow.models.model import Process
from dxflow.texts import language
from tests.unit.models.factory import (
    boundary,
    end,
    flow,
    gateway,
    line_of,
    model,
    node,
    start,
    timer,
    user,
)


def version(*parts: str) -> Process:
    return model(*parts).processes["p"]


def told(before: Process, after: Process) -> list[tuple[Step, str, str]]:
    return [(c.step, c.element, c.sentence) for c in diff(before, after)]


FIRST = version(start(), user("a", name="確認"), end(), line_of("s", "a", "e"))


def test_the_same_meaning_has_no_changes():
    again = version(
        end(), user("a", name="確認"), start(), flow("a", "e", flow_id="x"), flow("s", "a")
    )
    assert diff(FIRST, again) == []


def test_added_and_removed_elements_and_flows_are_named():
    after = version(
        start(), user("a", name="確認"), user("b", name="決裁"), end(), line_of("s", "a", "b", "e")
    )
    assert told(FIRST, after) == [
        (Step.ADDED, "b", "「決裁」を追加しました。"),
        (Step.REMOVED, "a → e", "「確認」 → 「e」 のフローを削除しました。"),
        (Step.ADDED, "a → b", "「確認」 → 「決裁」 のフローを追加しました。"),
        (Step.ADDED, "b → e", "「決裁」 → 「e」 のフローを追加しました。"),
    ]
    assert {(s, e) for s, e, _t in told(after, FIRST)} == {
        (Step.REMOVED, "b"), (Step.ADDED, "a → e"), (Step.REMOVED, "a → b"), (Step.REMOVED, "b → e"),
    }  # fmt: skip


def test_changed_settings_say_from_what_to_what():
    def with_timer(value: str, name: str) -> Process:
        late = boundary("late", "a", timer("timeDuration", value))
        return version(
            start(), user("a", name=name), late, end(), line_of("s", "a", "e"), flow("late", "e")
        )

    name, deadline = told(with_timer("P7D", "確認"), with_timer("P14D", "点検"))
    assert name == (Step.CHANGED, "a", "「点検」の名前を 確認 から 点検 に変えました。")
    assert '"P7D"' in deadline[2]
    assert '"P14D"' in deadline[2]


def test_a_boundary_timer_is_told_in_words():
    late = boundary("late", "a", timer("timeDuration", "P7D"))
    after = version(
        start(), user("a", name="確認"), late, end(), line_of("s", "a", "e"), flow("late", "e")
    )
    (added,) = [t for _s, e, t in told(FIRST, after) if e == "a"]
    assert '境界イベントを なし から 「late」（timeDuration "P7D"、中断する） に' in added


def test_changed_conditions_and_defaults_are_told():
    def choosing(condition: str, default: str) -> Process:
        other = {"e": "e2", "e2": "e"}[default]
        return version(start(), gateway("x", default=f"f_x_{default}"), end(), end("e2"),
                       flow("s", "x"), flow("x", default), flow("x", other, condition))  # fmt: skip

    assert told(choosing("=n > 1", "e"), choosing("=n > 2", "e")) == [
        (Step.CHANGED, "x → e2", "「x」 → 「e2」 のフローの条件を n > 1 から n > 2 に変えました。")
    ]
    turned = told(choosing("=n > 1", "e"), choosing("=n > 1", "e2"))
    assert {t[1] for t in turned} == {"x → e", "x → e2"}


def test_changes_inside_a_sub_process_are_found():
    def around(name: str) -> Process:
        return version(
            start(),
            node("subProcess", "sub", user("in", name=name)),
            end(),
            line_of("s", "sub", "e"),
        )

    assert [c.element for c in diff(around("確認"), around("点検"))] == ["in"]


def test_readers_of_english_are_told_in_english():
    after = version(start(), user("b", name="決裁"), end(), line_of("s", "b", "e"))
    before = language.set("en")
    try:
        sentences = [sentence for _step, _element, sentence in told(FIRST, after)]
    finally:
        language.reset(before)
    assert sentences[:2] == ["Removed “確認”.", "Added “決裁”."]
    assert not any("ました" in sentence for sentence in sentences)
