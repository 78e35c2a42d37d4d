"""Work that comes to people by a transfer of others: each is told once, what, from whom and why."""

from sqlalchemy import select

from dxflow import texts
from dxflow.calendars.retelling import retold
from dxflow.db.mail import OutgoingMail
from dxflow.services.acts import tasks
from dxflow.services.administration import working
from dxflow.services.administration.transfers import undoing
from dxflow.services.people import mail_choices
from dxflow.services.reading import notices
from tests import smtp_sink
from tests.factories import City
from tests.integration.test_transferred_people import apply, told
from tests.integration.transfers import plan, upload
from tests.walks import task_of, to_sheet

#: The colleague takes two sheets of the section and then goes.
GOES = "colleague,異動,収納課 主事,"


def two_sheets_taken(city: City) -> list[str]:
    numbers = []
    for _n in range(2):
        case = to_sheet(city)
        task = task_of(city, "colleague", case, "project_sheet")
        tasks.claim(city.site, city.actor("colleague"), task.id)
        numbers.append(task.case_number)
    return numbers


def test_who_stays_is_told_once_what_came_from_whom_and_why(city: City) -> None:
    numbers = two_sheets_taken(city)
    before = len(told(city, "applicant"))
    made = plan(city, upload(GOES), day=city.site.today())
    apply(city, made)
    (message,) = told(city, "applicant")[before:]
    first, why, *came = message.split("\n")
    assert first.endswith(
        "の人事異動により、次のものがあなたの担当になりました。あなたの職は変わりません。"
    )
    assert why == "理由: colleague さんの職が変わりました（市民課 主事→収納課 主事）。"
    assert len(came) == len(numbers)
    for number, line in zip(numbers, sorted(came), strict=True):
        assert line.startswith(f"受け取った作業: 案件 {number} の「")
        assert line.endswith("（前の人: colleague）。")
    token = texts.language.set("en")
    try:
        left = notices.for_actor(city.site, city.actor("applicant")).entries
        (read,) = [retold(one.message) for one in left if one.message == message]
    finally:
        texts.language.reset(token)
    assert not any("぀" <= letter <= "ゟ" for letter in read.replace("個票", ""))
    city.clock.advance(minutes=1)
    undoing.undo(city.site, city.actor("admin"), made)
    assert "あなたの担当になったものは元に戻りました" in told(city, "applicant")[-1]


def test_who_has_left_the_city_is_named_with_the_post_they_held(city: City) -> None:
    two_sheets_taken(city)
    before = len(told(city, "applicant"))
    apply(city, plan(city, upload("colleague,退職,,"), day=city.site.today()))
    (message,) = told(city, "applicant")[before:]
    assert "理由: colleague さんが職（市民課 主事）を離れました。" in message


def test_the_one_who_goes_and_strangers_get_no_such_notice(city: City) -> None:
    two_sheets_taken(city)
    apply(city, plan(city, upload(GOES), day=city.site.today()))
    assert not [one for one in told(city, "colleague") if "担当になりました" in one]
    assert not [one for one in told(city, "tax_head") if "担当になりました" in one]


def test_it_is_mailed_to_whoever_wants_mail_at_once(city: City) -> None:
    two_sheets_taken(city)
    with smtp_sink.Sink() as sink:
        working.make_worker(city.site).run_due()
        smtp_sink.with_mail(city, sink.port)
        mail_choices.choose(city.site, city.actor("applicant"), "at_once", weekly=False)
        made = plan(city, upload(GOES), day=city.site.today())
        apply(city, made)
        with city.site.database.read() as tx:
            rows = tx.execute(select(OutgoingMail.event, OutgoingMail.person_id)).all()
    assert [tuple(row) for row in rows if row.event.startswith("transfer-received")] == [
        (f"transfer-received:{made}", city.person["applicant"])
    ]
