"""Who sits on a matter: the members of a body without those recused (除斥).

Local Autonomy Act article 117 for assemblies, taken over by committees of the administration: a
member with an interest in a matter takes no part in it. The applicant and the drafters are always
out; members of the applying section by default; further conflicts are declared, with a reason.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from dxflow.texts import gettext as _


@dataclass(frozen=True)
class Seat:
    """A member's place. `units` are all units its holders belong to on that date."""

    key: str
    title: str
    persons: frozenset[str] = field(default=frozenset())
    units: frozenset[str] = field(default=frozenset())


@dataclass(frozen=True)
class RecusalRule:
    """Which sections' members are out; applicant and drafters are out under every rule."""

    own_section: bool = True
    related_sections: bool = False


@dataclass(frozen=True)
class Recusal:
    """A seat that takes no part, and why."""

    seat: Seat
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Seating:
    """A body's seats for one matter. Vacant seats neither sit nor count as members."""

    sitting: tuple[Seat, ...]
    recused: tuple[Recusal, ...]
    vacant: tuple[Seat, ...]

    @property
    def members(self) -> int:
        """Return the number of members in office, the recused included."""
        return len(self.sitting) + len(self.recused)

    @property
    def keys(self) -> tuple[str, ...]:
        """Return the keys of the seats that take part."""
        return tuple(seat.key for seat in self.sitting)

    @property
    def recused_keys(self) -> tuple[str, ...]:
        """Return the keys of the recused seats."""
        return tuple(recusal.seat.key for recusal in self.recused)


def recusals(
    seats: Sequence[Seat],
    applicant: str,
    applicant_unit: str,
    *,
    drafters: Iterable[str] = (),
    related_units: Iterable[str] = (),
    declared: Iterable[tuple[str, str]] = (),
    rule: RecusalRule | None = None,
) -> Seating:
    """Split a body's seats into those that sit, those recused with reasons, and vacant ones.

    `declared` are pairs of seat key and reason. Persons may be given as `user:<id>`. Raises
    ValueError when a declared seat does not belong to the body or a seat stands twice.
    """
    known = {seat.key for seat in seats}
    if len(known) != len(seats):
        raise ValueError(_("同じ席が二度挙げられています。"))
    interests: dict[str, list[str]] = {}
    for key, reason in declared:
        if key not in known:
            raise ValueError(_("「{seat}」はこの会議体の席ではありません。", seat=key))
        interests.setdefault(key, []).append(reason)
    interest = _Interest(
        _bare(applicant),
        applicant_unit,
        frozenset(_bare(person) for person in drafters),
        frozenset(related_units),
        rule or RecusalRule(),
    )
    sitting, recused, vacant = [], [], []
    for seat in seats:
        reasons = (*interest.reasons(seat), *interests.get(seat.key, ()))
        if not seat.persons:
            vacant.append(seat)
        elif reasons:
            recused.append(Recusal(seat, reasons))
        else:
            sitting.append(seat)
    return Seating(tuple(sitting), tuple(recused), tuple(vacant))


def suggested(
    seats: Sequence[Seat],
    taking_part: Iterable[str],
    applicant: str,
    applicant_unit: str,
    *,
    drafters: Iterable[str] = (),
    related_units: Iterable[str] = (),
) -> tuple[Recusal, ...]:
    """Return the seats that take part although something speaks for recusing them, and what.

    The body's rule left them in; whether they declare an interest is for the members to say.
    """
    strictest = RecusalRule(own_section=True, related_sections=True)
    seating = recusals(
        seats, applicant, applicant_unit, drafters=drafters, related_units=related_units,
        rule=strictest,
    )  # fmt: skip
    still = set(taking_part)
    return tuple(one for one in seating.recused if one.seat.key in still)


@dataclass(frozen=True)
class Presiding:
    """The seat that presides, None when none can, and why those that come before it step back."""

    seat: str | None
    stepped_back: tuple[tuple[str, str], ...] = ()

    def instead_of(self, seat: str) -> str:
        """Return why it is not this seat any more that presides."""
        return dict(self.stepped_back).get(seat, _("順が先の席が議長を務められるようになったため"))


def presiding(
    order: Sequence[str],
    there: Collection[str],
    holders: Mapping[str, frozenset[str]],
    barred: frozenset[str],
    before: str | None = None,
) -> Presiding:
    """Return who presides: the first of the order (chair, then deputies) that may.

    A seat may when it takes part (`there`) and somebody holds it who is not `barred`: applicant and
    drafters neither chair their own matter nor conclude it, whenever they came to it. `holders` are
    those who can act, without closed accounts. `before` is the chair a round that was voted on
    began with: where no other may, it keeps the chair, and vacant, it waits for its next holder.
    """
    stepped_back: list[tuple[str, str]] = []
    for seat in dict.fromkeys(order):
        reason = _why_not(seat, there, holders, barred)
        if not reason:
            return Presiding(seat, tuple(stepped_back))
        stepped_back.append((seat, reason))
    if before is None or ((held := holders.get(before)) and held <= barred):
        return Presiding(None, tuple(stepped_back))
    return Presiding(before, tuple(one for one in stepped_back if one[0] != before))


def _why_not(
    seat: str, there: Collection[str], holders: Mapping[str, frozenset[str]], barred: frozenset[str]
) -> str:
    """Return why a seat does not preside, nothing when it may."""
    held = holders.get(seat)
    if not held:
        return _("就いていて利用できる人がいないため")
    if held <= barred:
        return _("就いている人がこの案件の申請者か起案者であるため")
    return "" if seat in there else _("この議題の表決に加わっていないため")


@dataclass(frozen=True)
class _Interest:
    applicant: str
    unit: str
    drafters: frozenset[str]
    related_units: frozenset[str]
    rule: RecusalRule

    def reasons(self, seat: Seat) -> tuple[str, ...]:
        persons = {_bare(person) for person in seat.persons}
        found = []
        if self.applicant in persons:
            found.append(_("申請者本人であるため"))
        if persons & self.drafters:
            found.append(_("起案者であるため"))
        if self.rule.own_section and self.unit in seat.units:
            found.append(_("申請した課に所属しているため"))
        if self.rule.related_sections and seat.units & self.related_units:
            found.append(_("関係課に所属しているため"))
        return tuple(found)


def _bare(person: str) -> str:
    return person.removeprefix("user:")
