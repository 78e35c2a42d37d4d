"""Plans of transfers for tests: files as a personnel section writes them."""

from datetime import date

from dxflow.clock import at_local
from dxflow.services.administration import working
from dxflow.services.administration.transfers import plans, rehearsing
from dxflow.services.administration.transfers.rehearsing import Rehearsed
from tests.factories import City

APRIL = date(2027, 4, 1)


def content(*lines: str, head: str = "利用者名,区分,新しい職,新しい所属") -> bytes:
    return "\r\n".join((head, *lines)).encode("cp932")


def upload(*lines: str, head: str = "利用者名,区分,新しい職,新しい所属") -> plans.Upload:
    return plans.Upload(content(*lines, head=head), "異動.csv")


def units(*lines: str) -> plans.Upload:
    head = "組織コード,組織名,種別,上位の組織,終了日,引継先"
    return plans.Upload(content(*lines, head=head), "組織.csv")


def posts(*lines: str) -> plans.Upload:
    head = "職コード,職名,所属,種別,役割,終了日,引継先"
    return plans.Upload(content(*lines, head=head), "職.csv")


_WITH_ORIGIN = "組織コード,組織名,種別,上位の組織,終了日,引継先,引継元"


def units_with_origin(*lines: str) -> plans.Upload:
    return plans.Upload(content(*lines, head=_WITH_ORIGIN), "組織.csv")


def plan(city: City, *files: plans.Upload, day: date = APRIL) -> str:
    """Make a plan of files."""
    first, *more = files
    made = plans.create(city.site, city.actor("admin"), "", day, first)
    for one in more:
        plans.put_file(city.site, city.actor("admin"), made, one)
    return made


def rehearse(city: City, made: str) -> Rehearsed:
    """Rehearse a plan as it is now."""
    with city.site.database.read() as tx:
        row = plans.row_of(tx, made)
        return rehearsing.rehearsed(
            city.site, tx, plans.sheets_of(tx, made), plans.fills_of(tx, made), row.effective
        )


def status(city: City, made: str) -> str:
    with city.site.database.read() as tx:
        return str(plans.row_of(tx, made).status)


def on_the_day(city: City, day: date = APRIL) -> None:
    """Let the night come in which transfers are applied, with a worker running."""
    city.clock.moment = at_local(day)
    working.make_worker(city.site).run_due()


#: The head of the counter goes to the tax section, whose head becomes head of the department; a
#: member of the committee goes with the post.
ROUND = (
    "head,異動,収納課長,収納課",
    "tax_head,異動,市民課長,市民課",
    "applicant,異動,収納課 主事,",
    "other,異動,市民課 主任,",
)
#: 市民課 goes on; 戸籍課 takes a part of it over, led by the colleague; the applicant goes with it.
PARTED = (
    units_with_origin("register,戸籍課,section,civic,,,counter"),
    posts(
        "head-register,戸籍課長,register,section_head,,,",
        "staff-register,戸籍課 主事,register,staff,,,",
        "staff-counter,,,,,2027-04-01,staff-register", "staff-counter-2,,,,,2027-04-01,",
    ),
    upload("colleague,異動,戸籍課長,", "applicant,異動,戸籍課 主事,"),
)  # fmt: skip
