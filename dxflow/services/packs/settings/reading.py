"""Reading `pack.toml`: every key that is wrong is named; nothing in it is a program, lanes are FEEL."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

from dxflow import toml
from dxflow.authority.escalation import EscalateTo
from dxflow.authority.obligations import Follows
from dxflow.authority.opinions import OpinionReaders
from dxflow.authority.standing_in import Way
from dxflow.authority.visibility import DraftReaders, LoggedViews
from dxflow.calendars.business_days import BusinessCalendar
from dxflow.calendars.given import OutOfRange, given_day
from dxflow.committee.evaluation import EvaluationRule, evaluation_rule
from dxflow.committee.rules import BodyRules, body_rules
from dxflow.committee.words import BodyWords, body_words
from dxflow.feel import FeelSyntaxError, parse
from dxflow.forms import Option
from dxflow.problems import Problem, Refused
from dxflow.services.packs.settings import (
    attaching,
    authority,
    offering,
    publishing,
    ranking,
    retaining,
    roles,
    sharing,
    starting,
)
from dxflow.services.packs.settings.restricting import ENDINGS, Reading
from dxflow.services.packs.settings.settled import Body, PackSettings, Rules, Stage, Summary
from dxflow.texts import gettext as _

FILE = "pack.toml"
#: The keys of `[reading]`.
READING = frozenset({"restricted", "restricted_when_ended", "opinions", "drafts", "log_views"})
Chosen = TypeVar("Chosen", bound=StrEnum)


def read_settings(text: str) -> tuple[PackSettings, list[Problem]]:
    """Return the settings and every problem found in them."""
    try:
        raw = toml.parse(text, FILE)
    except Refused as broken:
        return PackSettings(), list(broken.problems)
    reader = _Reader(text, raw)
    settings = reader.settings()
    return settings, reader.problems


class _Reader:
    def __init__(self, text: str, raw: Mapping[str, Any]) -> None:
        self.lines = text.splitlines()
        self.raw = raw
        self.problems: list[Problem] = []

    def settings(self) -> PackSettings:
        numbering = self.text(self.table(self.raw, "numbering"), "pattern", PackSettings.numbering)
        self.check_numbering(numbering)
        return PackSettings(
            key=self.text(self.raw, "name"),
            title=self.text(self.raw, "title"),
            label=self.text(self.raw, "version", "1"),
            offered=offering.read(self.raw.get(offering.KEY, {}), self.problem),
            stages=tuple(
                Stage(self.text(one, "id"), self.text(one, "label"))
                for one in self.tables(self.raw, "stages")
            ),
            shared=sharing.read(self.raw.get(sharing.KEY, {}), self.problem),
            starts=starting.read(self.raw.get(starting.KEY, {}), self.problem),
            backlog=ranking.read(self.raw.get(ranking.KEY), self.problem),
            lanes=self.lanes(),
            roles=roles.read(self.raw.get(roles.KEY, {}), self.problem),
            bodies={
                key: self.body(key, self.table(self.table(self.raw, "bodies"), key))
                for key in self.table(self.raw, "bodies")
            },
            calendar=self.calendar(self.table(self.raw, "calendar")),
            numbering=numbering,
            rules=self.rules(self.table(self.raw, "rules")),
            reading=self.reading(self.table(self.raw, "reading")),
            authority=authority.read(self.raw.get(authority.KEY, {}), self.problem),
            attachments=attaching.read(self.raw.get(attaching.KEY, {}), self.problem),
            open_data=publishing.read(self.raw.get(publishing.KEY, {}), self.problem),
            retention=retaining.read(self.raw.get(retaining.KEY, {}), self.problem),
            options={
                key: tuple(
                    Option(self.text(one, "value"), self.text(one, "label"))
                    for one in self.tables(self.table(self.raw, "options"), key)
                )
                for key in self.table(self.raw, "options")
            },
            summaries=tuple(
                Summary(self.text(one, "form"), self.names(one, "fields"))
                for one in self.tables(self.raw, "summary")
            ),
        )

    def lanes(self) -> dict[str, str]:
        found = {}
        for name, expression in self.table(self.raw, "lanes").items():
            if not isinstance(expression, str):
                self.problem(
                    name, _("レーン「{name}」の担い手は FEEL の文字列で書いてください。", name=name)
                )
                continue
            try:
                parse(expression)
            except FeelSyntaxError as exc:
                self.problem(name, _("レーン「{name}」の式が読めません: {why}", name=name, why=exc))
            found[name] = expression
        return found

    def body(self, key: str, raw: Mapping[str, Any]) -> Body:
        chairs = [self.text(raw, "chair_role", "committee-chair")]
        if deputy := self.text(raw, "deputy_role", ""):
            chairs.append(deputy)
        try:
            rules = body_rules(self.table(raw, "rules"))
        except ValueError as exc:
            self.problem(f"bodies.{key}", str(exc))
            rules = BodyRules()
        try:
            evaluation = evaluation_rule(self.table(raw, "evaluation"))
        except ValueError as exc:
            self.problem("evaluation", _("会議体「{body}」: {why}", body=key, why=exc))
            evaluation = EvaluationRule()
        try:
            words = body_words(self.table(raw, "words"))
        except ValueError as exc:
            self.problem("words", _("会議体「{body}」: {why}", body=key, why=exc))
            words = BodyWords()
        return Body(
            key=key,
            name=self.text(raw, "name"),
            seat_role=self.text(raw, "member_role", "committee-member"),
            chair_roles=tuple(chairs),
            deadline_days=self.days(raw, "deadline_days", 10),
            reminder_days=self.days(raw, "reminder_days", 3),
            rules=rules,
            parent=self.parent(key, raw),
            evaluation=evaluation,
            words=words,
        )

    def parent(self, key: str, raw: Mapping[str, Any]) -> str:
        known = self.table(self.raw, "bodies")
        above = self.text(raw, "parent", "")
        line = [key]
        step = above
        while step:
            if step not in known:
                self.problem(f"bodies.{key}", _("会議体「{body}」がありません。", body=step))
                return ""
            if step in line:
                self.problem(
                    f"bodies.{key}", _("会議体「{body}」の上位をたどると元に戻ります。", body=key)
                )
                return ""
            line.append(step)
            step = self.text(self.table(known, step), "parent", "")
        return above

    def calendar(self, raw: Mapping[str, Any]) -> BusinessCalendar:
        try:
            return BusinessCalendar.of(
                tuple(raw.get("closed", ("12-29..01-03",))),
                self.dates(raw, "closed_dates"),
                self.dates(raw, "open_dates"),
            )
        except (ValueError, TypeError) as exc:
            self.problem("calendar", str(exc))
            return BusinessCalendar()

    def dates(self, raw: Mapping[str, Any], key: str) -> list[date]:
        found = []
        for one in raw.get(key, ()):
            try:
                found.append(given_day(str(one)))
            except OutOfRange as exc:
                self.problem(f"calendar.{key}", str(exc))
            except ValueError:
                self.problem(f"calendar.{key}", _("「{text}」は日付として読めません。", text=one))
        return found

    def rules(self, raw: Mapping[str, Any]) -> Rules:
        cost = raw.get("unit_cost_per_hour", 3000)
        if isinstance(cost, bool) or not isinstance(cost, int | float) or cost < 0:
            self.problem(
                "unit_cost_per_hour", _("unit_cost_per_hour は 0 以上の数にしてください。")
            )
            cost = 3000
        pull_back = raw.get("pull_back", True)
        if not isinstance(pull_back, bool):
            self.problem("pull_back", _("pull_back は true か false で指定してください。"))
        return Rules(
            withdraw_until=self.text(raw, "withdraw_until", ""),
            pull_back=pull_back is True,
            grace_days=self.days(raw, "grace_days", 0),
            reminder_days=self.days(raw, "reminder_days", 2),
            unit_cost=Decimal(str(cost)),
            stand_in_forbidden=self.condition(raw, "stand_in_forbidden"),
            later_reading=self.ways(raw, "later_reading"),
            later_reading_follows=self.choice(raw, "later_reading_follows", Follows.PERSON),
            escalate_days=self.days(raw, "escalate_days", 0),
            escalate_to=self.choice(raw, "escalate_to", EscalateTo.SUPERIOR),
        )

    def choice(self, raw: Mapping[str, Any], key: str, usual: Chosen) -> Chosen:
        """Return one of the words of an enumeration, the usual one without any."""
        words, value = type(usual), raw.get(key, usual.value)
        if value in set(words):
            return words(value)
        self.problem(
            key, _("{key} は {choices} のいずれかです。", key=key, choices="、".join(words))
        )
        return usual

    def reading(self, raw: Mapping[str, Any]) -> Reading:
        for key in sorted(set(raw) - READING):
            self.problem(key, _("[reading] に {key} という項目はありません。", key=key))
        ended = self.names(raw, "restricted_when_ended")
        for one in ended:
            if one not in ENDINGS:
                self.problem(
                    "restricted_when_ended",
                    _("{key} には {ways} だけを書けます。",
                      key="restricted_when_ended", ways=_("、").join(ENDINGS)),
                )  # fmt: skip
        return Reading(
            self.condition(raw, "restricted"),
            ended,
            self.choice(raw, "opinions", OpinionReaders.READERS),
            self.choice(raw, "drafts", DraftReaders.AUTHOR),
            self.choice(raw, "log_views", LoggedViews.RESTRICTED),
        )

    def condition(self, raw: Mapping[str, Any], key: str) -> str:
        expression = self.text(raw, key, "")
        if expression:
            try:
                parse(expression)
            except FeelSyntaxError as exc:
                self.problem(key, _("{key} の式が読めません: {why}", key=key, why=exc))
                return ""
        return expression

    def ways(self, raw: Mapping[str, Any], key: str) -> tuple[str, ...]:
        named = self.names(raw, key) if key in raw else Rules.later_reading
        known = tuple(one for one in named if one in set(Way))
        if known != named:
            self.problem(
                key, _("{key} には {ways} だけを書けます。", key=key, ways=_("、").join(Way))
            )
        return known

    def check_numbering(self, pattern: str) -> None:
        try:
            pattern.format(year="R8", section="A", serial=1)
        except (KeyError, ValueError, IndexError):
            self.problem(
                "pattern",
                _("番号の書式「{pattern}」が読めません。", pattern=pattern),
                _("{places} が使えます。", places="{year}、{section}、{serial:04}"),
            )
        if "{serial" not in pattern:
            self.problem("pattern", _("番号の書式に {place} がありません。", place="{serial}"))

    # -- reading one value -------------------------------------------------------------

    def text(self, raw: Mapping[str, Any], key: str, default: str | None = None) -> str:
        value = raw.get(key, default)
        if value is None or not isinstance(value, str) or (default is None and not value):
            self.problem(key, _("{key} に文字列を書いてください。", key=key))
            return default or ""
        return value

    def days(self, raw: Mapping[str, Any], key: str, default: int) -> int:
        value = raw.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 1000:
            self.problem(key, _("{key} は 0 から 1000 の日数にしてください。", key=key))
            return default
        return value

    def names(self, raw: Mapping[str, Any], key: str) -> tuple[str, ...]:
        value = raw.get(key, [])
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            self.problem(key, _("{key} に文字列の並びを書いてください。", key=key))
            return ()
        return tuple(value)

    def table(self, raw: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        value = raw.get(key, {})
        if not isinstance(value, dict):
            self.problem(key, _("[{key}] は表として書いてください。", key=key))
            return {}
        return value

    def tables(self, raw: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
        value = raw.get(key, [])
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            self.problem(key, _("[[{key}]] は表の並びとして書いてください。", key=key))
            return []
        return value

    def problem(self, key: str, message: str, hint: str = "") -> None:
        name = key.rpartition(".")[2]
        line = next(
            (
                number
                for number, text in enumerate(self.lines, 1)
                if name in text and "#" not in text
            ),
            0,
        )
        self.problems.append(Problem("pack-setting", message, FILE, line, element=key, hint=hint))
