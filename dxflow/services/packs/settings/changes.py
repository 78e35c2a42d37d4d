"""What changed between two versions of `pack.toml`, in words."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

from dxflow.authority.decision import post_kind_label
from dxflow.authority.retention import RetentionRule
from dxflow.calendars.business_days import BusinessCalendar
from dxflow.committee.evaluation import Criterion
from dxflow.committee.quorum import QuorumKind, QuorumRule
from dxflow.services.packs.settings import retaining
from dxflow.services.packs.settings.attaching import AttachmentSettings
from dxflow.services.packs.settings.authority import AuthoritySettings
from dxflow.services.packs.settings.offering import Start
from dxflow.services.packs.settings.ranking import Backlog
from dxflow.services.packs.settings.settled import Body, PackSettings
from dxflow.services.packs.settings.starting import TimedStart
from dxflow.services.packs.wording import Told, came_and_went, facets, named, quoted, written
from dxflow.texts import gettext as _

_PACK = {
    "key": _("キー"), "title": _("題"), "label": _("版の名前"),
    "numbering": _("番号の書式"),
}  # fmt: skip
_OFFERED = {
    "process": _("始めるプロセス"), "form": _("最初の様式"), "about": _("説明"),
    "who": _("始められる人"), "values": _("値"), "outputs": _("様式から求める変数"),
}  # fmt: skip
_RULES = {
    "withdraw_until": _("取下げができる最後の段階"), "pull_back": _("引戻し"),
    "grace_days": _("期限超過とするまでの日数"), "reminder_days": _("期限間近とする日数"),
    "unit_cost": _("1時間あたりの費用"), "stand_in_forbidden": _("代わりの人が決裁できない案件"),
    "later_reading": _("後閲を求める代わり方"),
    "later_reading_follows": _("異動のあと後閲する人"),
    "escalate_days": _("期限超過を上に知らせるまでの日数"),
    "escalate_to": _("期限超過を知らせる先"),
}  # fmt: skip
_READING = {
    "restricted": _("閲覧を限る案件"), "ended": _("閲覧を限る終わり方"),
    "opinions": _("意見を読める人"), "drafts": _("下書きを読める人"),
    "log_views": _("添付の閲覧の記録"),
}  # fmt: skip
_BACKLOG = {"name": _("名前"), "stages": _("段階"), "order": _("並べる順")}
_START = {"owner": _("担当"), "title": _("件名"), "values": _("値")}
_AUTHORITY = {
    "tables": _("決裁区分の表と有効になる日"), "head": _("最上位の職"),
    "goes_up": _("上位の職に上げる案件"), "document": _("起案の文書に載せる様式"),
    "order": _("合議の順"), "absent": _("回議の職が不在のとき"), "needed": _("合議に要る同意の数"),
    "back": _("遡及できる日数"), "ahead": _("先付けできる日数"),
}  # fmt: skip
_ATTACHMENTS = {
    "file_mb": _("添付ファイル1つの上限（MB）"), "case_mb": _("案件の添付の合計の上限（MB）"),
    "kinds": _("添付できる種類"),
}  # fmt: skip
_OPEN_DATA = {"licence": _("オープンデータの利用条件"), "attribution": _("出典に示す名前")}
_RETENTION = {
    "years": _("年数"), "completed": _("完了した案件の年数"),
    "rejected": _("不採択の案件の年数"), "withdrawn": _("取り下げた案件の年数"),
    "stopped": _("中止した案件の年数"), "cancelled": _("取り消した案件の年数"),
}  # fmt: skip
_BODY = {
    "name": _("名前"), "seat_role": _("席に就く人の役割"), "chair_roles": _("議事を預かる役割"),
    "deadline_days": _("期限までの日数"), "reminder_days": _("催促する日数"),
    "quorum": _("定足数"),
    "quorum.base": _("定足数の数え方"), "quorum.strictly_more": _("定足数を超えることの要求"),
    "quorum.recusal_proviso": _("除斥のただし書"), "vote.majority": _("議決の要件"),
    "vote.abstain_counts": _("棄権を数えること"), "vote.chair_votes": _("議長の表決"),
    "vote.tie": _("可否同数のとき"), "vote.binding": _("議決への拘束"),
    "recusal.own_section": _("自分の課の案件の除斥"),
    "recusal.related_sections": _("関係課の除斥"), "consent": _("持ち回り審議に要る同意"),
    "parent": _("上の会議体"), "disclosure": _("判断・評価の見え方"),
    "entered": _("事務局が入れる票"), "referral": _("上の会議体への付議"), "evaluation": _("評価の観点"),
    "required": _("判断の前の評価"), "from_paper": _("紙の評価を事務局が入れること"),
    "words": _("呼び名"),
}  # fmt: skip
_CALENDAR = {
    "closed": _("毎年の閉庁日"), "holidays": _("閉庁日"), "open_days": _("開庁日"),
    "closed_weekdays": _("閉庁の曜日"),
}  # fmt: skip


def setting_changes(before: PackSettings, after: PackSettings) -> Iterator[Told]:
    """Tell what changed, in the order of the file."""
    yield from facets("", _("パック"), _PACK, vars(before), vars(after))
    yield from _offered(before.offered, after.offered)
    stages = [{one.key: one.label for one in part.stages} for part in (before, after)]
    yield from named(_("段階"), stages[0], stages[1])
    yield from _starts(before.starts, after.starts)
    yield from _lanes(before.lanes, after.lanes)
    yield from named(_("役割"), before.roles, after.roles)
    yield from _bodies(before.bodies, after.bodies)
    days = [_calendar(part.calendar) for part in (before, after)]
    yield from facets("calendar", _("暦"), _CALENDAR, days[0], days[1])
    yield from facets("rules", _("決めごと"), _RULES, vars(before.rules), vars(after.rules))
    yield from facets("reading", _("閲覧"), _READING, vars(before.reading), vars(after.reading))
    said = [_authority(part.authority) for part in (before, after)]
    yield from facets("authority", _("決裁区分"), _AUTHORITY, said[0], said[1])
    files = [_attachments(part.attachments) for part in (before, after)]
    yield from facets("attachments", _("添付"), _ATTACHMENTS, files[0], files[1])
    yield from facets(
        "backlog", _("優先順位の一覧"), _BACKLOG, _backlog(before.backlog), _backlog(after.backlog)
    )
    published = [vars(part.open_data) for part in (before, after)]
    yield from facets("open_data", _("オープンデータ"), _OPEN_DATA, published[0], published[1])
    kept = [_retention(part.retention) for part in (before, after)]
    yield from facets("retention", _("保存期間"), _RETENTION, kept[0], kept[1])
    yield from _options(before, after)
    yield from _summaries(before, after)


def _offered(before: Sequence[Start], after: Sequence[Start]) -> Iterator[Told]:
    """Tell what people may begin otherwise; one way that stays the only one is the same way."""
    old, new = ({one.key: one for one in part} for part in (before, after))
    if len(old) == len(new) == 1:
        ((key, one),) = new.items()
        old = {key: next(iter(old.values()))}
    titles = [{key: one.title or key for key, one in part.items()} for part in (old, new)]
    yield from named(_("始め方"), titles[0], titles[1])
    for key, one in new.items():
        if key in old:
            facts = [
                {**vars(each), "values": _pairs(each.values), "outputs": _pairs(each.outputs)}
                for each in (old[key], one)
            ]
            what = _("始め方{name}", name=quoted(titles[1][key])) if one.title else _("パック")
            yield from facets(key, what, _OFFERED, facts[0], facts[1])


def _pairs(values: Mapping[str, Any]) -> list[str]:
    return [f"{name} = {each}" for name, each in values.items()]


def _starts(old: Mapping[str, TimedStart], new: Mapping[str, TimedStart]) -> Iterator[Told]:
    names = [{key: key for key in part} for part in (old, new)]
    yield from came_and_went(_("決まった時期の開始"), names[0], names[1])
    for key, start in new.items():
        if key in old:
            facts = [{**vars(one), "values": _pairs(one.values)} for one in (old[key], start)]
            what = _("決まった時期の開始{name}", name=quoted(key))
            yield from facets(key, what, _START, facts[0], facts[1])


def _lanes(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Told]:
    yield from came_and_went(_("レーン"), {key: key for key in old}, {key: key for key in new})
    for name, expression in new.items():
        if name in old:
            yield from facets(
                name, _("レーン{name}", name=quoted(name)), {"who": _("担い手")},
                {"who": old[name]}, {"who": expression},
            )  # fmt: skip


def _bodies(old: Mapping[str, Body], new: Mapping[str, Body]) -> Iterator[Told]:
    names = [{key: one.name for key, one in part.items()} for part in (old, new)]
    yield from came_and_went(_("会議体"), names[0], names[1])
    for key, body in new.items():
        if key in old:
            what = _("会議体{name}", name=quoted(body.name))
            facts = [
                {
                    **vars(one),
                    **_leaves(one.rules, ""),
                    "quorum": _quorum(one.rules.quorum),
                    "evaluation": [_criterion(each) for each in one.evaluation.criteria],
                    "required": one.evaluation.required,
                    "from_paper": one.evaluation.from_paper,
                    "words": list(vars(one.words).values()),
                }
                for one in (old[key], body)
            ]
            yield from facets(key, what, _BODY, facts[0], facts[1])


def _quorum(rule: QuorumRule) -> str:
    """Return how many must be there: a number of members or a share of them."""
    if rule.kind is QuorumKind.NUMBER:
        return _("{n}人", n=rule.number)
    return f"{rule.numerator}/{rule.denominator}"


def _criterion(one: Criterion) -> str:
    """Return a criterion as one words it: name, scale, weight."""
    return f"{one.name}（{one.lowest}–{one.highest} ×{one.weight}）"


def _leaves(value: Any, prefix: str) -> dict[str, Any]:
    """Return the values inside nested rules by dotted name."""
    found: dict[str, Any] = {}
    for one in fields(value):
        inner = getattr(value, one.name)
        if is_dataclass(inner):
            found |= _leaves(inner, f"{prefix}{one.name}.")
        else:
            found[prefix + one.name] = inner.value if isinstance(inner, Enum) else inner
    return found


def _attachments(one: AttachmentSettings) -> dict[str, Any]:
    site = _("導入の設定どおり")
    return {
        "file_mb": one.file_mb or site,
        "case_mb": one.case_mb or site,
        "kinds": site if one.kinds is None else written(one.kinds),
    }


def _retention(one: RetentionRule) -> dict[str, Any]:
    named = {ending: retaining.words(one.ended[ending]) for ending in one.ended}
    return {"years": retaining.words(one.years), **named}


def _authority(one: AuthoritySettings) -> dict[str, Any]:
    return {
        "tables": [f"{table.decision} {table.valid_from.isoformat()}" for table in one.tables],
        "head": post_kind_label(one.head),
        "goes_up": one.goes_up,
        "document": written(one.document),
        "order": _("順に") if one.in_turn else _("同時に"),
        "absent": _("飛ばして後閲") if one.pass_over else _("待つ（代決・代理）"),
        "needed": one.consent.needed or _("すべて"),
        "back": one.dating.back,
        "ahead": one.dating.ahead,
    }


def _backlog(one: Backlog | None) -> dict[str, Any]:
    if one is None:
        return {}
    order = [
        f"{each.label or each.value or each.field}"
        f"{'（' + written(each.values) + '）' if each.values else ' ↓' if each.descending else ' ↑'}"
        for each in one.order
    ]
    return {"name": one.name, "stages": written(one.stages), "order": order}


def _calendar(calendar: BusinessCalendar) -> dict[str, Any]:
    ranges = [
        "..".join(f"{month:02}-{day:02}" for month, day in dict.fromkeys((one.first, one.last)))
        for one in calendar.closed
    ]
    return {
        "closed": ranges,
        "holidays": sorted(calendar.holidays),
        "open_days": sorted(calendar.open_days),
        "closed_weekdays": sorted(calendar.closed_weekdays),
    }


def _options(before: PackSettings, after: PackSettings) -> Iterator[Told]:
    old, new = before.options, after.options
    yield from came_and_went(
        _("選択肢の一覧"), {key: key for key in old}, {key: key for key in new}
    )
    for key, options in new.items():
        if key in old:
            names = [{one.value: one.label for one in part} for part in (old[key], options)]
            what = _("一覧{name}の選択肢", name=quoted(key))
            yield from named(what, names[0], names[1], key)


def _summaries(before: PackSettings, after: PackSettings) -> Iterator[Told]:
    old, new = ({one.form: one for one in part.summaries} for part in (before, after))
    names = [{key: key for key in part} for part in (old, new)]
    yield from named(_("あらまし"), names[0], names[1])
    for form, summary in new.items():
        if form in old:
            yield from facets(
                form, _("あらまし{name}", name=quoted(form)), {"fields": _("項目")},
                {"fields": written(old[form].fields)}, {"fields": written(summary.fields)},
            )  # fmt: skip
