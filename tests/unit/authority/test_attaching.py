"""Who may attach, replace and withdraw files, and until when."""

from dxflow.authority.attaching import Attached, Standing, may_attach, may_replace, may_withdraw

DRAFTER = Standing(running=True, drafted=True, at_work=False)
WORKER = Standing(running=True, drafted=False, at_work=True)
READER = Standing(running=True, drafted=False, at_work=False)
FREE = Attached(locked=False, withdrawn=False)
LOCKED = Attached(locked=True, withdrawn=False, own=True)


def test_the_drafter_and_whoever_is_at_work_attach_and_readers_do_not():
    assert may_attach(DRAFTER)
    assert may_attach(WORKER)
    assert "添付できるのは" in may_attach(READER).reason


def test_an_ended_case_takes_nothing_but_beside_its_decision():
    ended = Standing(running=False, drafted=True, at_work=False)
    assert "終わった案件" in may_attach(ended).reason
    assert may_attach(
        Standing(running=False, drafted=False, at_work=False, decided=True, of_document=True)
    )
    stranger = Standing(running=False, drafted=True, at_work=False, decided=True)
    assert not may_attach(stranger)


def test_what_a_decided_document_lists_is_neither_replaced_nor_withdrawn_by_anybody():
    decided = Standing(running=True, drafted=True, at_work=True, decided=True, of_document=True)
    replaced, withdrawn = may_replace(decided, LOCKED), may_withdraw(decided, LOCKED)
    assert not replaced
    assert not withdrawn
    assert "決裁後に添付" in replaced.reason
    assert "取り下げられません" in withdrawn.reason
    assert may_replace(decided, FREE)


def test_only_who_attached_or_drafted_withdraws_and_once():
    assert may_withdraw(WORKER, Attached(locked=False, withdrawn=False, own=True))
    assert may_withdraw(DRAFTER, FREE)
    assert not may_withdraw(WORKER, FREE)
    assert not may_withdraw(DRAFTER, Attached(locked=False, withdrawn=True))
    assert not may_replace(DRAFTER, Attached(locked=False, withdrawn=True))
    ended = Standing(running=False, drafted=True, at_work=False)
    assert not may_withdraw(ended, FREE)
