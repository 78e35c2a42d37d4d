import pytest

from dxflow.committee import minutes
from dxflow.committee.minutes import Stage
from dxflow.errors import Conflict, NotAllowed


def test_the_chain_of_corrections_holds_only_whole_and_in_order():
    sealed = minutes.digest("本文")
    first = minutes.correction_digest(sealed, "一", "誤記")
    second = minutes.correction_digest(first, "二", "誤記")
    whole = [("一", "誤記", first), ("二", "誤記", second)]
    assert minutes.unbroken(sealed, "本文", [])
    assert minutes.unbroken(sealed, "本文", whole)
    assert not minutes.unbroken(sealed, "本文。", whole)
    assert not minutes.unbroken(sealed, "本文", whole[1:])
    assert not minutes.unbroken(sealed, "本文", whole[::-1])
    assert not minutes.unbroken(sealed, "本文", [("一", "理由", first), whole[1]])


def test_each_stage_allows_what_comes_next():
    minutes.rewrite(Stage.DRAFT)
    minutes.approve(Stage.DRAFT, "d", "d", presided=True)
    minutes.seal(Stage.APPROVED)
    minutes.correct(Stage.SEALED)
    for refused in (
        lambda: minutes.rewrite(Stage.APPROVED),
        lambda: minutes.rewrite(Stage.SEALED),
        lambda: minutes.approve(Stage.APPROVED, "d", "d", presided=True),
        lambda: minutes.approve(Stage.DRAFT, "d", "e", presided=True),
        lambda: minutes.seal(Stage.DRAFT),
        lambda: minutes.seal(Stage.SEALED),
        lambda: minutes.correct(Stage.DRAFT),
    ):
        with pytest.raises(Conflict):
            refused()
    with pytest.raises(NotAllowed):
        minutes.approve(Stage.DRAFT, "d", "d", presided=False)
