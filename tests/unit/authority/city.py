"""A small made-up city for the tests of this room."""

from collections.abc import Sequence
from datetime import date

from dxflow.authority.directory import Directory
from dxflow.authority.organisation import Holding, Post, RoleGrant, Unit
from dxflow.authority.standing_in import Absence

DAY = date(2026, 6, 1)
CHANGE = date(2027, 4, 1)

UNITS = [
    Unit("shi", "市", kind="city"),
    Unit("kikaku", "企画部", parent="shi", kind="department"),
    Unit("keiei", "経営企画課", parent="kikaku"),
    Unit("dx", "DX推進係", parent="keiei", kind="team"),
    Unit("joho", "情報政策課", parent="kikaku", valid_to=CHANGE),
    Unit("joho", "デジタル推進課", parent="kikaku", valid_from=CHANGE),
    Unit("fukushi", "福祉部", parent="shi", kind="department"),
    Unit("kaigo", "介護保険課", parent="fukushi"),
    Unit("kyu", "旧課", parent="fukushi", valid_to=DAY),
]

POSTS = [
    Post("mayor", "市長", None, "mayor"),
    Post("deputy", "副市長", None, "deputy_mayor", frozenset({"cio"})),
    Post("kikaku-head", "企画部長", "kikaku", "department_head"),
    Post("keiei-head", "経営企画課長", "keiei", "section_head", frozenset({"secretariat"})),
    Post("keiei-staff", "経営企画課主任", "keiei", "staff"),
    Post("dx-staff", "DX推進係主事", "dx", "staff"),
    Post("joho-head", "情報政策課長", "joho", "section_head", frozenset({"security"})),
    Post("fukushi-head", "福祉部長", "fukushi", "department_head"),
    Post("kaigo-head", "介護保険課長", "kaigo", "section_head"),
    Post("kaigo-staff", "介護保険課主事", "kaigo", "staff"),
    Post("kyu-head", "旧課長", "kyu", "section_head"),
]

HOLDINGS = [
    Holding("p-mayor", "mayor"),
    Holding("p-deputy", "deputy"),
    Holding("p-kikaku", "kikaku-head"),
    Holding("p-keiei", "keiei-head"),
    Holding("p-keiei", "joho-head", concurrent=True),
    Holding("p-dx", "dx-staff", valid_to=CHANGE),
    Holding("p-dx", "kaigo-staff", valid_from=CHANGE),
    Holding("p-fukushi", "fukushi-head"),
    Holding("p-kaigo", "kaigo-head", valid_to=CHANGE),
    Holding("p-staff", "kaigo-staff"),
    Holding("p-staff2", "keiei-staff"),
    Holding("p-kyu", "kyu-head"),
]

GRANTS = [
    RoleGrant("p-audit", "auditor"),
    RoleGrant("p-staff", "committee", valid_from=CHANGE),
]


def directory(day: date = DAY, absences: Sequence[Absence] = ()) -> Directory:
    return Directory(UNITS, POSTS, HOLDINGS, day, GRANTS, absences=absences)
