"""Units and posts from a file: all lines or none, sound on every day, the same file twice is once."""

import csv
import io
from datetime import date

import openpyxl
import pytest
from sqlalchemy import select

from dxflow.audit import verify_database
from dxflow.db.audit import AuditEvent
from dxflow.db.case import Notice
from dxflow.db.identity import Post, Unit
from dxflow.errors import Conflict, Invalid, NotAllowed
from dxflow.problems import Problem, Refused
from dxflow.services.administration.imports import importing
from dxflow.services.administration.imports.structuring import StructurePlan
from dxflow.services.administration.units import tree, unit_acts, unit_page
from dxflow.services.administration.units.unit_acts import UnitText
from tests.factories import BEGIN, City
from tests.statements import counted

DAY, APRIL = date(2026, 5, 11), date(2027, 4, 1)
UNITS = "組織コード,組織名,種別,上位の組織,開始日,終了日\n"
POSTS = "職コード,職名,所属,種別,役割,開始日,終了日\n"


def applied(city: City, text: str, *, reason: str = "", what: str = "") -> StructurePlan:
    done = importing.apply(
        city.site, city.actor("admin"), text.encode("cp932"), "f.csv", DAY,
        reason=reason, what=what,
    )  # fmt: skip
    assert isinstance(done.plan, StructurePlan)
    return done.plan


def problems(city: City, text: str) -> list[tuple[int, int, str]]:
    before = structure(city)
    with pytest.raises(Refused) as refused:
        applied(city, text)
    assert structure(city) == before
    return [(one.line, one.column, one.code) for one in refused.value.problems]


def structure(city: City) -> list[tuple[object, ...]]:
    with city.site.database.read() as tx:
        units = tx.execute(select(Unit.key, Unit.name, Unit.parent, Unit.valid_from, Unit.valid_to))
        posts = tx.execute(select(Post.key, Post.title, Post.unit, Post.valid_from, Post.valid_to))
        return sorted(map(repr, (*units, *posts)))


def said(city: City, text: str) -> Problem:
    with pytest.raises(Refused) as refused:
        applied(city, text)
    return refused.value.problems[0]


def names(city: City, day: date) -> set[str]:
    return {one.name for one in tree.tree(city.site, city.actor("admin"), day).lines}


def test_a_department_with_its_sections_whatever_the_order_of_the_lines(city):
    plan = applied(
        city,
        UNITS + "digital,デジタル課,課,dx,令和9年4月1日,\ndx,DX推進部,部,,2027-04-01,\n"
        "team,係,team,デジタル課,R9.4.1,2028/4/1\n",
    )
    assert [(one.line, one.what) for one in plan.lines] == [(2, "new"), (3, "new"), (4, "new")]
    assert not names(city, DAY) & {"DX推進部", "デジタル課", "係"}
    assert names(city, APRIL) >= {"DX推進部", "デジタル課", "係"}
    page = unit_page.page(city.site, city.actor("admin"), "team", APRIL)
    assert [one.key for one in page.above] == ["dx", "digital"]
    assert "係" not in names(city, date(2028, 4, 1))


def test_known_units_are_renamed_moved_and_ended_by_a_line(city):
    plan = applied(
        city,
        UNITS + "tax,税務収納課,課,企画部,2027-04-01,\nit,情報政策課,課,planning,,\n",
    )
    assert [(one.what, one.words) for one in plan.lines] == [
        (
            "changed",
            "令和9年4月1日 から 組織名「収納課」→「税務収納課」 上位の組織「市民部」→「企画部」",
        ),
        ("same", ""),
    ]
    page = unit_page.page(city.site, city.actor("admin"), "tax", DAY)
    assert [(one.name, one.since, one.until) for one in page.history] == [
        ("税務収納課", APRIL, None), ("収納課", BEGIN, APRIL),
    ]  # fmt: skip


def test_the_same_file_again_changes_nothing_and_what_is_handed_out_is_read_back(city):
    text = UNITS + "dx,DX推進部,部,,2027-04-01,\ntax,税務収納課,課,dx,2027-04-01,\n"
    assert applied(city, text).changes == 2
    before = structure(city)
    assert applied(city, text).changes == 0
    by = city.actor("admin")
    for out in (tree.units_to_csv, tree.posts_to_csv):
        content = b"".join(out(city.site, by))
        done = importing.apply(city.site, by, content, "out.csv", DAY)
        assert isinstance(done.plan, StructurePlan)
        assert (done.plan.changes, done.plan.past) == (0, None)
    assert structure(city) == before


def test_posts_with_units_by_code_or_name_and_roles_in_words(city):
    plan = applied(
        city,
        POSTS + "tax2,収納課 主任,収納課,職員,監査担当、finance,2027-04-01,\n"
        "mayor2,顧問,,staff,,,\nhead-tax,収納対策課長,tax,課長,committee committee-member,2027-04-01,\n",
    )
    assert [one.what for one in plan.lines] == ["new", "new", "changed"]
    assert [one.words for one in plan.lines] == [
        "令和9年4月1日 から 所属「収納課」 種別「職員」 役割「監査担当、財政担当」",
        "令和8年5月11日 から 所属「なし」 種別「職員」 役割「なし」",
        "令和9年4月1日 から 職名「収納課長」→「収納対策課長」",
    ]
    with city.site.database.read() as tx:
        row = tx.execute(select(Post.unit, Post.kind, Post.roles).where(Post.key == "tax2")).one()
        assert row == ("tax", "staff", "auditor finance")
        assert verify_database(tx).ok
        kinds = tx.execute(select(AuditEvent.type).order_by(AuditEvent.id)).scalars()
        assert sorted(one for one in kinds if one.startswith("post.")) == [
            "post.changed", "post.created", "post.created",
        ]  # fmt: skip


def test_whoever_watches_is_told_of_a_power_that_a_file_gives(city):
    applied(city, POSTS + "staff-tax,収納課 主事,tax,staff,auditor,2027-04-01,\n")
    with city.site.database.read() as tx:
        told = tx.execute(select(Notice.message).where(Notice.group_key == "role:cio")).scalars()
        assert list(told) == ["other に「監査担当」の役割がつきます（令和9年4月1日 から）。"]
    with pytest.raises(Conflict):
        applied(city, POSTS + "admin,システム担当,it,staff,,2027-04-01,\n")


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("a,課,課,nowhere,,\n", (2, 4, "parent")),
        ("a,課,県,,,\n", (2, 3, "kind")),
        ("a,課,,,,\n", (2, 3, "kind")),
        ("だめ,課,課,,,\n", (2, 1, "unit")),
        ("a,,課,,,\n", (2, 2, "name")),
        ("a,課,課,,あした,\n", (2, 5, "from")),
        ("a,課,課,,2027-04-01,2027-04-01\n", (2, 6, "to")),
        ("a,課,課,,2027-04-01,\na,課,課,,2027-04-01,\n", (3, 1, "unit")),
        ("a,課,課,,2027-04-01,\na,新課,課,,2028-04-01,\n", (3, 5, "from")),
        ("a,課,課,b,2027-04-01,\nb,部,部,a,2027-04-01,\n", (2, 4, "parent")),
        ("planning,企画部,部,it,2027-04-01,\n", (2, 4, "parent")),
        ("a,課,課,b,2027-04-01,\nb,部,部,,2028-04-01,\n", (2, 4, "parent")),
        ("civic,市民部,部,,,2027-04-01\n", (2, 6, "to")),
        ("tax,収納課,課,civic,2019-04-01,\n", (2, 5, "from")),
    ],
)
def test_what_is_wrong_is_named_by_line_and_column(city, lines, expected):
    assert problems(city, UNITS + lines)[0] == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("a,職,nowhere,staff,,,\n", (2, 3, "unit")),
        ("a,職,tax,staff,皇帝,,\n", (2, 5, "roles")),
        ("a,,tax,staff,,,\n", (2, 2, "title")),
        ("head-tax,収納課長,tax,課長,committee committee-member,,2027-04-01\n", (2, 7, "to")),
    ],
)
def test_what_is_wrong_with_posts_is_named_too(city, lines, expected):
    assert problems(city, POSTS + lines)[0] == expected


def test_columns_may_stand_in_any_order_and_the_place_is_that_of_the_file(city):
    assert problems(city, "name,parent,unit,kind\n課,nowhere,a,課\n") == [(2, 2, "parent")]
    assert applied(city, "部署名,部署コード,種別,上位\n新課,a,課,civic\n").count("new") == 1
    # Without the column the parent stays; with an empty cell there is none any more.
    assert applied(city, "unit,name\na,新しい課\n").count("changed") == 1
    page = unit_page.page(city.site, city.actor("admin"), "a", DAY)
    assert (page.now.parent, page.now.kind) == ("civic", "section")


def test_a_name_that_two_units_have_asks_for_the_code(city):
    applied(city, UNITS + "tax2,収納課,課,planning,,\n")
    problem = said(city, POSTS + "a,職,収納課,staff,,,\n")
    assert (problem.code, "tax、tax2" in problem.message) == ("unit", True)


def test_a_plan_made_on_the_page_is_not_undone_by_a_line_in_passing(city):
    by = city.actor("admin")
    seen = unit_page.page(city.site, by, "tax", DAY).seen
    unit_acts.change(city.site, by, "tax", UnitText("税務課", "section", "civic"), APRIL, seen=seen)
    problem = said(city, UNITS + "tax,納税課,課,civic,,\n")
    assert (problem.code, "2027-04-01" in problem.hint) == ("to", True)
    plan = applied(
        city, UNITS + "tax,納税課,課,civic,,2027-04-01\ntax,税務課,課,civic,2027-04-01,\n"
    )
    assert [one.what for one in plan.lines] == ["changed", "same"]


def test_a_day_gone_by_needs_a_reason(city):
    text = UNITS + "old,古い課,課,civic,2024-04-01,\n"
    with pytest.raises(Invalid) as refused:
        applied(city, text)
    assert set(refused.value.fields) == {"reason"}
    plan = applied(city, text, reason="初期の登録")
    assert plan.past == date(2024, 4, 1)


def test_only_what_was_previewed_is_written(city):
    by, content = city.actor("admin"), (UNITS + "a,課,課,civic,,\n").encode()
    plan = importing.preview(city.site, by, content, "f.csv", DAY)
    unit_acts.create(city.site, by, "a", UnitText("別の課", "section", "civic"), None)
    with pytest.raises(Conflict):
        importing.apply(city.site, by, content, "f.csv", DAY, plan.digest)
    with pytest.raises(NotAllowed):
        importing.preview(city.site, city.actor("cio"), content, "f.csv", DAY)


def test_what_a_file_is_can_be_said_instead_of_recognised(city):
    with pytest.raises(Refused):
        applied(city, UNITS + "a,課,課,civic,,\n", what="posts")
    assert applied(city, UNITS + "a,課,課,civic,,\n", what="units").count("new") == 1


def test_people_name_their_posts_by_code_or_title(city):
    by, head = city.actor("admin"), "利用者名,氏名,職,所属,兼務\n"
    text = head + "other,other,情報政策課長,,兼務\nother,other,財政課 主査,財政課,兼務\n"
    done = importing.apply(city.site, by, text.encode(), "f.csv", DAY)
    assert not isinstance(done.plan, StructurePlan)
    assert sorted(span.post for _key, span in done.plan.given) == ["finance", "head-it"]
    for line, code in (
        ("other,other,ない職,,\n", "post"), ("other,other,財政課 主査,収納課,\n", "post"),
        ("other,other,finance,ない課,\n", "unit"),
    ):  # fmt: skip
        with pytest.raises(Refused) as refused:
            importing.apply(city.site, by, (head + line).encode(), "f.csv", DAY)
        assert [one.code for one in refused.value.problems] == [code]
        assert "組織と職" in refused.value.problems[0].hint
    # A title that two posts have is settled by the unit.
    applied(city, POSTS + "extra,財政課 主査,tax,staff,,,\n")
    twice = (head + "head,head,財政課 主査,,兼務\n").encode()
    with pytest.raises(Refused):
        importing.apply(city.site, by, twice, "f.csv", DAY)
    once = (head + "head,head,財政課 主査,収納課,兼務\n").encode()
    importing.apply(city.site, by, once, "f.csv", DAY)


def _thousand(number: int) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["組織コード", "組織名", "種別", "上位の組織"])
    writer.writerows(
        [f"u{n}", f"課{n}", "課" if n % 10 else "部", "" if n % 10 == 0 else f"u{n - n % 10}"]
        for n in range(number)
    )
    return out.getvalue().encode()


def test_a_thousand_lines_cost_no_statement_each(city):
    by = city.actor("admin")
    with counted(city.site.database) as few:
        importing.apply(city.site, by, _thousand(10), "f.csv", DAY)
    with counted(city.site.database) as many:
        importing.apply(city.site, by, _thousand(1000), "f.csv", DAY)
    # Many rows are asked for and written in portions of some hundred.
    assert many.statements <= few.statements + 8
    posts = ["post,title,unit,kind", *(f"p{n},職{n},u{n},staff" for n in range(1000))]
    with counted(city.site.database) as also:
        importing.apply(city.site, by, "\n".join(posts).encode(), "f.csv", DAY)
    assert also.statements <= few.statements + 8
    assert len(tree.tree(city.site, by, DAY).lines) == 1007


def test_a_workbook_is_read_as_well(city):
    book = openpyxl.Workbook()
    book.active.append(["組織コード", "組織名", "種別", "上位の組織", "開始日"])
    book.active.append(["dx", "DX推進課", "課", "企画部", APRIL])
    out = io.BytesIO()
    book.save(out)
    done = importing.apply(city.site, city.actor("admin"), out.getvalue(), "f.xlsx", DAY)
    assert isinstance(done.plan, StructurePlan)
    assert "DX推進課" in names(city, APRIL)
