"""Which post decides (決裁), and whether a person may decide or act.

The authority table (DMN) says which kind of post decides a matter; the directory turns that kind
into the concrete post on the date. Where that post is vacant or all its holders are the applicant
or drafters, the next higher post on the ladder decides, and the explanation says so.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from dxflow.authority.directory import Directory
from dxflow.authority.organisation import LADDER, Post, Span
from dxflow.authority.segregation import Action, Involvement, conflict
from dxflow.authority.standing_in import StandIn, may_stand_in
from dxflow.authority.verdicts import Verdict, person_key
from dxflow.calendars.wareki import wareki_date
from dxflow.texts import gettext as _


@dataclass(frozen=True)
class AuthorityRow(Span):
    """One row of the authority table (決裁区分): which kind of post decides such matters."""

    key: str
    title: str
    post_kind: str


@dataclass(frozen=True)
class DecidingPost:
    """The post that decides, who may act in it, and how it was found.

    `post` is None when nobody can decide; then `holders` is empty and the explanation says why.
    """

    post: Post | None
    holders: frozenset[str]
    explanation: str

    @property
    def group(self) -> str:
        """Return the group string of the post; empty when there is none."""
        return f"post:{self.post.key}" if self.post else ""


def deciding_post(
    post_kind: str,
    unit: str,
    directory: Directory,
    barred: Collection[str] = (),
    ladder: Sequence[str] = LADDER,
) -> DecidingPost:
    """Return the post of the kind that decides for a unit, or a higher one where it cannot.

    `barred` are the applicant and drafters. A kind that is not on the ladder has no higher post.
    """
    kinds = ladder[ladder.index(post_kind) :] if post_kind in ladder else [post_kind]
    out = frozenset(person_key(person) for person in barred)
    passed: list[str] = []
    for kind in kinds:
        post = directory.post_for(kind, unit)
        if post is None:
            passed.append(_("{kind}の職が一つに定まらない", kind=post_kind_label(kind)))
            continue
        holders = directory.holders(f"post:{post.key}")
        if holders - out:
            return DecidingPost(post, holders - out, _explained(post, passed, directory))
        passed.append(
            _("{title}は申請者または起案者である", title=post.title)
            if holders
            else _("{title}は欠員である", title=post.title)
        )
    reason = _("決裁できる職がありません（{why}）。", why="、".join(passed))
    return DecidingPost(None, frozenset(), reason)


def post_kind_label(kind: str) -> str:
    """Return the Japanese word for a kind of post, the kind itself when it has none."""
    return {
        "staff": _("職員"),
        "member": _("委員"),
        "team_head": _("係長"),
        "section_head": _("課長"),
        "department_head": _("部長"),
        "deputy_mayor": _("副市長"),
        "mayor": _("市長"),
    }.get(kind, kind)


def _explained(post: Post, passed: list[str], directory: Directory) -> str:
    day = wareki_date(directory.date)
    if passed:
        return _(
            "{why}ため、上位の{title}が決裁します（{day}現在）。",
            why="、".join(passed),
            title=post.title,
            day=day,
        )
    return _("{title}が決裁します（{day}現在）。", title=post.title, day=day)


def row_names(
    row: AuthorityRow, post: str, unit: str, directory: Directory, barred: Collection[str] = ()
) -> Verdict:
    """Return whether the authority row is in force and leads to this post for the unit."""
    if not row.valid_on(directory.date):
        return Verdict(
            False,
            _(
                "決裁区分「{row}」は{day}には有効ではありません。",
                row=row.title,
                day=wareki_date(directory.date),
            ),
        )
    deciding = deciding_post(row.post_kind, unit, directory, barred)
    if deciding.post is None or deciding.post.key != post:
        return Verdict(
            False,
            _(
                "決裁区分「{row}」ではこの職は決裁できません。{why}",
                row=row.title,
                why=deciding.explanation,
            ),
        )
    return Verdict(True, _("決裁区分「{row}」による。", row=row.title) + deciding.explanation)


def may_decide(
    person: str,
    post: str,
    applicant: str,
    drafters: Collection[str],
    directory: Directory,
    standing: StandIn | None = None,
) -> Verdict:
    """Return whether a person may decide in a post on the directory's date.

    The person must hold the post then, or stand in for its holder (`standing`), and be neither
    applicant nor drafter.
    """
    deciding = directory.posts.get(post)
    if deciding is None:
        return Verdict(False, _("この職は{day}にはありません。", day=wareki_date(directory.date)))
    stands_in = standing is not None and standing.post == post
    if not stands_in and person_key(person) not in directory.holders(f"post:{post}"):
        return Verdict(
            False,
            _(
                "{day}に{title}の職にないため、決裁できません。",
                day=wareki_date(directory.date),
                title=deciding.title,
            ),
        )
    involved = Involvement(applicant, frozenset(drafters))
    free = conflict(Action.DECIDE, person, involved)
    if not free:
        return free
    if standing is not None and stands_in:
        return may_stand_in(standing, Action.DECIDE, involved)
    return Verdict(True, _("{title}として決裁できます。", title=deciding.title))
