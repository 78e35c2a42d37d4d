"""What a transfer does to the people themselves: accounts of those who leave, notices for all who move."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from dxflow import audit, texts
from dxflow.authority.filling import LEAVE
from dxflow.calendars.retelling import retold
from dxflow.db.audit import AuditEvent
from dxflow.db.case import Notice
from dxflow.db.identity import ApiToken, Person, WebSession
from dxflow.db.mail import OutgoingMail
from dxflow.errors import Conflict, Invalid, NotLoggedIn
from dxflow.services.acts import tasks
from dxflow.services.administration import working
from dxflow.services.administration.transfers import (
    applying,
    choosing,
    page,
    plans,
    scheduling,
    undoing,
)
from dxflow.services.people import accounts, appointments, mail_choices, registry
from dxflow.services.reading import notices
from tests import smtp_sink
from tests.factories import PASSWORD, City
from tests.integration.transfers import (
    ROUND,
    on_the_day,
    plan,
    rehearse,
    status,
    upload,
)
from tests.statements import counted

WITH_ACCOUNT = "利用者名,区分,新しい職,利用者の扱い"


def apply(city: City, made: str) -> applying.Applied:
    """Fill what can be filled, leave the rest with a reason, and apply the plan now."""
    by = city.actor("admin")
    choosing.accept_all(city.site, by, made)
    left = {one.hole.id: (LEAVE, "後任は来月") for one in rehearse(city, made).open}
    choosing.fill(city.site, by, made, left)
    return applying.apply(city.site, by, made)


def state(city: City, name: str) -> str:
    with city.site.database.read() as tx:
        return str(
            tx.execute(select(Person.status).where(Person.id == city.person[name])).scalar_one()
        )


def logins(city: City, name: str) -> int:
    with city.site.database.read() as tx:
        return sum(
            tx.execute(
                select(func.count()).select_from(one).where(one.person_id == city.person[name])
            ).scalar_one()
            for one in (WebSession, ApiToken)
        )


def told(city: City, name: str) -> list[str]:
    """Return the notices left for a person alone, the oldest first."""
    with city.site.database.read() as tx:
        return list(
            tx.execute(
                select(Notice.message)
                .where(Notice.group_key == f"user:{city.person[name]}")
                .order_by(Notice.at, Notice.id)
            ).scalars()
        )


def events(city: City, *kinds: str) -> list[str]:
    with city.site.database.read() as tx:
        assert audit.verify_database(tx).findings == ()
        return list(
            tx.execute(
                select(AuditEvent.type).where(AuditEvent.type.in_(kinds)).order_by(AuditEvent.id)
            ).scalars()
        )


def change(city: City, made: str, name: str) -> tuple[str, str, str]:
    """Return what the page of a plan says of a person: posts before and after, and a note."""
    changes = page.page(city.site, city.actor("admin"), made).changes
    assert changes is not None
    (line,) = [one for one in changes["person"] if one.what == name]
    return line.before, line.after, line.note


def test_who_retires_cannot_log_in_from_the_day_on_and_can_again_when_it_is_taken_back(city):
    login = accounts.log_in(city.site, "other", PASSWORD, "test")
    accounts.issue_token(city.site, "other", PASSWORD, "test")
    made = plan(city, upload("other,定年退職,,"))
    assert change(city, made, "other") == ("収納課 主事", "なし", "利用者を無効にする")
    left = {one.hole.id: (LEAVE, "公募中") for one in rehearse(city, made).open}
    choosing.fill(city.site, city.actor("admin"), made, left)
    scheduling.schedule(city.site, city.actor("admin"), made)
    assert (state(city, "other"), logins(city, "other")) == ("active", 2)
    on_the_day(city)
    assert (state(city, "other"), logins(city, "other")) == ("disabled", 0)
    with pytest.raises(NotLoggedIn):
        accounts.actor_of_session(city.site, login.reference)
    with pytest.raises(NotLoggedIn):
        accounts.log_in(city.site, "other", PASSWORD, "test")
    shown = page.page(city.site, city.actor("admin"), made)
    assert (shown.done or {})["無効にした利用者"] == "1 人"
    assert change(city, made, "other") == ("収納課 主事", "なし", "利用者を無効にした")
    undoing.undo(city.site, city.actor("admin"), made)
    assert state(city, "other") == "active"
    assert accounts.log_in(city.site, "other", PASSWORD, "test")
    kinds = ("person.deactivated", "person.reactivated")
    assert events(city, *kinds) == list(kinds)


@pytest.mark.parametrize(
    ("kind", "account", "stands"),
    [
        ("退職", "", "disabled"), ("転出", "", "disabled"), ("退職", "残す", "active"),
        ("休職", "", "active"), ("派遣", "", "active"), ("休職", "無効にする", "disabled"),
    ],
)  # fmt: skip
def test_the_sheet_says_which_accounts_stay(sqlite_city, kind, account, stands):
    city = sqlite_city
    made = plan(city, upload(f"other,{kind},,{account}", head=WITH_ACCOUNT), day=city.site.today())
    done = apply(city, made)
    assert state(city, "other") == stands
    assert done.closed == (stands == "disabled")


def test_who_comes_back_leaves_no_hole_and_can_log_in_from_the_day_on(city):
    by = city.actor("admin")
    registry.disable(city.site, by, "tax_head")
    registry.disable(city.site, by, "other")
    made = plan(city, upload("tax_head,復職,収納課長,", "other,異動,市民課 主事,"))
    found = rehearse(city, made)
    assert found.prospect.opening == {city.person["tax_head"]}
    holes = {one.hole.id for one in found.open}
    assert not [one for one in holes if "head-tax" in one or one == "section:tax"]
    assert change(city, made, "tax_head")[2] == "利用者を有効に戻す"
    shown = page.page(city.site, by, made)
    assert (shown.counts or {})["opening"] == 1
    left = {one.hole.id: (LEAVE, "公募中") for one in found.open}
    choosing.fill(city.site, by, made, left)
    scheduling.schedule(city.site, by, made)
    on_the_day(city)
    assert (state(city, "tax_head"), state(city, "other")) == ("active", "disabled")
    assert accounts.log_in(city.site, "tax_head", PASSWORD, "test")
    assert change(city, made, "tax_head")[2] == "利用者を有効に戻した"
    assert (page.page(city.site, by, made).done or {})["有効に戻した利用者"] == "1 人"
    assert told(city, "tax_head")
    undoing.undo(city.site, by, made)
    assert state(city, "tax_head") == "disabled"
    kinds = ("person.deactivated", "person.reactivated")
    assert events(city, *kinds)[-2:] == ["person.reactivated", "person.deactivated"]


@pytest.mark.parametrize(
    ("line", "stands"),
    [
        ("other,復職,収納課 主事,そのまま", "disabled"),
        ("other,採用,収納課 主事,", "active"),
        ("other,異動,収納課 主事,", "disabled"),
        ("other,異動,収納課 主事,有効に戻す", "active"),
    ],
)
def test_the_sheet_says_which_accounts_are_opened_again(sqlite_city, line, stands):
    city = sqlite_city
    registry.disable(city.site, city.actor("admin"), "other")
    appointments.end_post(city.site, city.actor("admin"), "other", "staff-tax")
    made = plan(
        city, upload(line, head="利用者名,区分,新しい職,利用者の扱い"), day=city.site.today()
    )
    done = apply(city, made)
    assert state(city, "other") == stands
    assert done.opened == (stands == "active")


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("other,退職,,たぶん", "利用者の扱い「たぶん」は読めません"),
        ("other,兼務,収納課長,無効", "退職などの行にだけ"),
    ],
)
def test_what_is_said_of_an_account_is_checked(sqlite_city, line, why):
    made = plan(sqlite_city, upload(line, head=WITH_ACCOUNT))
    (problem,) = rehearse(sqlite_city, made).prospect.problems
    assert why in problem.message
    assert (problem.line, problem.element) == (2, "利用者の扱い")


def test_every_fault_of_a_line_is_named_at_once(sqlite_city):
    head = "利用者名,氏名,区分,新しい職,発令日,利用者の扱い"
    lines = ("nobody,だれか,転生,宇宙課長,令和8年4月1日,たぶん", "head,別人,異動,,,")
    problems = rehearse(sqlite_city, plan(sqlite_city, upload(*lines, head=head))).prospect.problems
    named = [(one.line, one.code) for one in problems]
    assert named == [
        (2, "username"), (2, "kind"), (2, "post"), (2, "day"), (2, "account"),
        (3, "name"), (3, "post"),
    ]  # fmt: skip


def test_an_account_that_was_closed_before_stays_closed_when_it_is_taken_back(city):
    registry.disable(city.site, city.actor("admin"), "other")
    made = plan(city, upload("other,退職,,", "finance,退職,,"), day=city.site.today())
    assert apply(city, made).closed == 1
    undoing.undo(city.site, city.actor("admin"), made)
    assert (state(city, "other"), state(city, "finance")) == ("disabled", "active")


def test_the_last_administrator_does_not_retire_and_one_of_two_does(city):
    made = plan(city, upload("admin,退職,,"), day=city.site.today())
    assert any(
        "管理者がいなくなります" in one.message for one in rehearse(city, made).prospect.problems
    )
    appointments.grant_post(city.site, city.actor("admin"), "head", "admin", concurrent=True)
    apply(city, made)
    assert state(city, "admin") == "disabled"
    with pytest.raises(Conflict, match="最後の管理者"):
        registry.disable(city.site, city.actor("head"), "head")


def test_who_administers_today_is_asked_too_when_papers_come_late(city):
    by = city.actor("admin")
    today = city.site.today()
    appointments.grant_post(city.site, by, "head", "admin", concurrent=True)
    city.clock.advance(days=5)
    appointments.end_post(city.site, by, "head", "admin")
    city.clock.advance(days=1)
    made = plan(city, upload("admin,退職,,"), day=today + timedelta(days=2))
    assert rehearse(city, made).prospect.problems == ()
    left = {one.hole.id: (LEAVE, "公募中") for one in rehearse(city, made).open}
    choosing.fill(city.site, by, made, left)
    with pytest.raises(Conflict, match="きょうの管理者"):
        applying.apply(city.site, by, made)
    assert (state(city, "admin"), status(city, made)) == ("active", "draft")


def test_work_that_only_who_left_could_do_does_not_prevent_taking_it_back(city):
    made = plan(
        city, upload("head,退職,,", "colleague,異動,市民課長,"), day=city.site.today()
    )  # fmt: skip
    apply(city, made)
    city.start()
    assert undoing.obstacles(city.site, city.actor("admin"), made) == []
    undoing.undo(city.site, city.actor("admin"), made)
    assert city.open_tasks("head")


def test_nobody_who_leaves_is_chosen_for_a_post_and_a_choice_is_dropped_when_its_person_leaves(
    city,
):
    by, hole = city.actor("admin"), "post:head-counter"
    made = plan(city, upload("head,退職,,", "other,退職,,"))
    with pytest.raises(Invalid, match="other さんは、この異動で退職など"):
        choosing.fill(city.site, by, made, {hole: ("other", "")})
    choosing.fill(city.site, by, made, {hole: ("finance", "")})
    assert hole not in {one.hole.id for one in rehearse(city, made).open}
    choosing.fill(city.site, by, made, {hole: ("finance", "")})
    plans.put_file(city.site, by, made, upload("head,退職,,", "finance,退職,,"))
    found = rehearse(city, made)
    assert found.prospect.problems == ()
    assert hole in {one.hole.id for one in found.open}
    with pytest.raises(Invalid, match="finance さんは"):
        choosing.fill(city.site, by, made, {hole: (f"user:{city.person['finance']}", "")})
    choosing.fill(city.site, by, made, {hole: ("colleague", "")})


def test_a_person_who_fills_a_post_is_said_to_hold_it_beside_their_own(city):
    made = plan(city, upload("head,退職,,"))
    by = city.actor("admin")
    (hole,) = [one for one in page.page(city.site, by, made).holes if one.id == "post:head-counter"]
    assert all(label.endswith("が兼務する") for _target, label in hole.choices)
    choosing.fill(city.site, by, made, {hole.id: ("colleague", "")})
    shown = page.page(city.site, by, made)
    assert (shown.counts or {})["filled"] == 1
    assert change(city, made, "colleague") == (
        "市民課 主事", "市民課 主事、市民課長（兼務）", "穴を埋める兼務",
    )  # fmt: skip
    (post,) = [one for one in (shown.changes or {})["post"] if one.what == "市民課長"]
    assert (post.before, post.after, post.note) == ("head", "colleague", "穴を埋める兼務")


def test_who_moves_is_told_of_posts_and_work_once_and_of_its_taking_back(city):
    case = city.start()
    (task,) = city.open_tasks("head")
    tasks.claim(city.site, city.actor("head"), task.id)
    made = plan(city, upload(*ROUND))
    rehearse(city, made)
    scheduling.schedule(city.site, city.actor("admin"), made)
    assert told(city, "head") == []
    on_the_day(city)
    on_the_day(city)
    (message,) = told(city, "head")
    assert message.split("\n")[:3] == [
        "人事異動により、令和9年4月1日から職が変わりました。",
        "これまでの職: 市民課長。",
        "これからの職: 収納課長。",
    ]
    assert f"渡した作業: 案件 {case.number} の「所属長の確認」（次の人: " in message
    (message,) = told(city, "tax_head")
    assert f"受け取った作業: 案件 {case.number} の「所属長の確認」（前の人: head）。" in message
    assert told(city, "colleague") == []
    city.clock.advance(minutes=1)
    undoing.undo(city.site, city.actor("admin"), made)
    assert told(city, "head")[1:] == [
        "令和9年4月1日からの人事異動は取り消され、職は元に戻りました。\nいまの職: 市民課長。"
    ]
    token = texts.language.set("en")
    try:
        (back, there) = (
            retold(one.message).split("\n")
            for one in notices.for_actor(city.site, city.actor("head")).entries
            if not one.case_id
        )
    finally:
        texts.language.reset(token)
    assert there[:3] == [
        "By a personnel transfer your post has changed from 2027-04-01 on.",
        "Post until now: 市民課長.",
        "Post from now on: 収納課長.",
    ]
    (work,) = there[3:]
    assert work.startswith("Handed over: the task “Section head's check” of case")
    assert back[1] == "Post now: 市民課長."


def test_concurrent_posts_are_told_and_who_cannot_log_in_is_told_nothing(city):
    lines = ("finance,兼務,収納課長,", "tax_head,退職,,", "other,休職,,")
    made = plan(city, upload(*lines), day=city.site.today())
    left = {one.hole.id: (LEAVE, "後任は来月") for one in rehearse(city, made).open}
    choosing.fill(city.site, city.actor("admin"), made, left)
    applying.apply(city.site, city.actor("admin"), made)
    (message,) = told(city, "finance")
    assert "これからの職: 財政課 主査。\nこれからの兼務: 収納課長。" in message
    assert told(city, "tax_head") == []
    (resting,) = told(city, "other")
    assert "これからの職: なし。" in resting


def test_a_long_list_of_work_is_cut_with_its_number(city):
    for _n in range(12):
        city.start()
    apply(city, plan(city, upload(*ROUND), day=city.site.today()))
    (message,) = told(city, "head")
    assert message.count("渡した作業") == 10
    assert message.endswith("渡したものは、ほかに 2 件あります。")


def test_mail_goes_to_those_who_moved_and_want_it(city):
    with smtp_sink.Sink() as sink:
        working.make_worker(city.site).run_due()
        smtp_sink.with_mail(city, sink.port)
        for name in ("head", "tax_head"):
            mail_choices.choose(
                city.site, city.actor(name), "at_once" if name == "head" else "none", weekly=False
            )
        made = plan(city, upload(*ROUND), day=city.site.today())
        apply(city, made)
        with city.site.database.read() as tx:
            rows = tx.execute(select(OutgoingMail.event, OutgoingMail.person_id)).all()
        assert (f"transfer-moved:{made}", city.person["head"]) in {tuple(row) for row in rows}
        assert not [row for row in rows if row.person_id == city.person["tax_head"]]


def test_telling_and_closing_cost_the_same_for_few_and_for_many(city):
    def cost(*lines: str) -> int:
        made = plan(city, upload(*lines), day=city.site.today())
        by = city.actor("admin")
        left = {one.hole.id: (LEAVE, "後任は来月") for one in rehearse(city, made).open}
        choosing.fill(city.site, by, made, left)
        with counted(city.site.database) as count:
            applying.apply(city.site, by, made)
        undoing.undo(city.site, by, made)
        return count.statements

    few = cost("other,退職,,", *ROUND[:2])
    many = cost("other,退職,,", "finance,退職,,", "security,退職,,", *ROUND[:3])
    assert many <= few + 1
