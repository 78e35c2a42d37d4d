"""A small city with cases at every stage, served on a loopback port to real browsers."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import update
from waitress.server import create_server

from dxflow.cli.application import build
from dxflow.db.engine import Database
from dxflow.db.identity import Person
from tests import walks
from tests.factories import City, TestClock, found_city
from tests.walks import do, task_of, whoever

#: The day in the city: late enough that the first measurements are due.
TODAY = date(2027, 4, 20)
NAMES = {
    "applicant": "市川 遥", "colleague": "小林 直樹", "head": "佐藤 久美子", "civic_head": "長谷川 誠",
    "other": "森 由紀", "tax_head": "岡田 浩二", "secretariat": "高橋 みなみ", "mgmt_head": "中村 恵",
    "security": "山口 健太", "it_head": "石井 隆", "finance": "渡辺 さくら", "planning_head": "藤田 昭",
    "cio": "松本 和彦", "mayor": "三浦 洋子", "auditor": "原田 純", "admin": "井上 大輔",
}  # fmt: skip
#: For proposals made on TODAY: the factory's own lie in the past by then.
LATER: dict[str, Any] = {
    "schedule": [{"year": "2027", "action": "prepare", "text": "導入"}],
    "milestones": [{"name": "業者の決定", "due": "2027-07-30"}, {"name": "運用開始", "due": "2027-09-30"}],
}  # fmt: skip
TITLES = {
    "measuring": "転入手続のオンライン予約",
    "reviewing": "窓口アンケートの電子化",
    "to_measure": "図書の予約通知の電子化",
    "to_review": "保育の利用申請の電子化",
    "to_extend": "番号札の呼出し通知",
    "sheet": "住民票の写しのコンビニ交付案内",
    "opinions": "庁内会議のペーパーレス化",
    "vote": "おくやみ窓口の一本化",
    "conclude": "税証明の手数料キャッシュレス化",
    "decide": "健康診断の予約サイト統合",
    "execution": "道路損傷のスマートフォン通報",
    "returned": "公用車の予約台帳の電子化",
    "rejected": "庁内放送の自動読み上げ",
}


class Ticking(TestClock):
    """A clock that goes on a little whenever it is read, so that acts have an order."""

    __test__ = False

    def __call__(self) -> datetime:
        self.advance(milliseconds=5)
        return self.moment


@dataclass
class Town:
    """The city, where it is served, and one case for every stage, by the names of TITLES.

    Tests only look at these cases, so that their order does not matter; only those named to_…
    belong to the one test that goes on with them. Other tests play cases of their own.
    """

    city: City
    url: str = ""
    cases: dict[str, str] = field(default_factory=dict)

    def task(self, case: str, element: str) -> str:
        """Return the address of the open task of an element, whoever it waits for."""
        by = whoever(self.city, case, element)
        return f"/tasks/{task_of(self.city, by, case, element).id}"


def found_empty_town(database: Database, home: Path) -> Town:
    """Make the city with its people and no case yet."""
    city = found_city(database, home)
    city.clock = Ticking()
    city.site = replace(city.site, clock=city.clock)
    with database.write() as tx:
        for key, name in NAMES.items():
            tx.execute(update(Person).where(Person.id == city.person[key]).values(name=name))
    return Town(city)


def found_town(database: Database, home: Path) -> Town:
    """Make the city and play its cases; afterwards the day is TODAY."""
    town = found_empty_town(database, home)
    city, cases = town.city, town.cases
    for name in ("measuring", "reviewing", "to_measure", "to_review", "to_extend"):
        cases[name] = walks.to_kpi(
            city, idea={"title": TITLES[name]}, sheet={"title": TITLES[name]}
        )
    city.clock.at(TODAY)
    city.run_jobs()
    for name in ("reviewing", "to_review", "to_extend"):
        _measure(city, cases[name])
    for name, walk in (
        ("opinions", walks.to_opinions), ("vote", walks.to_committee), ("conclude", walks.to_committee),
        ("decide", walks.to_decision), ("execution", walks.to_execution),
    ):  # fmt: skip
        title = {"title": TITLES[name]}
        cases[name] = walk(city, idea=title, sheet=title | LATER)
    do(city, cases["vote"], "tax_head", "verdict", "approve", reason="収納課でも手間が減る。")
    walks.vote(city, cases["conclude"])
    cases["sheet"] = walks.to_sheet(city, {"title": TITLES["sheet"]})
    for name, outcome, reason in (
        ("returned", "send_back", "件数を書いてください。"), ("rejected", "reject", "別の事業と重なる。"),
    ):  # fmt: skip
        cases[name] = city.start(title=TITLES[name]).id
        do(city, cases[name], "head", "head_approval", outcome, reason=reason)
    return town


def _measure(city: City, case: str) -> None:
    task = task_of(city, "applicant", case, "kpi_measure")
    (row,) = city.form("applicant", task.id).values["actuals"]
    actuals = [{"measure": row["measure"], "value": 28, "note": "秋から増えた"}]
    city.complete_id("applicant", task.id, "submit", actuals=actuals)


@contextmanager
def served(town: Town) -> Iterator[Town]:
    """Serve a town on a free loopback port, as `dxflow serve` does, but without its worker."""
    town.city.site.settings.make_secret_key()
    server = create_server(build(town.city.site), host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=server.run, name="e2e-server", daemon=True)
    thread.start()
    town.url = f"http://127.0.0.1:{server.effective_port}"
    try:
        yield town
    finally:
        server.close()
        thread.join(5)
