"""How a hole could be filled: whom or what to put there, the nearest first.

A proposal is a target: `user:<person>`, a group such as `head:<unit>`, `unit:<unit>` for the
successor of an ended unit, `post:<post>` for a place on a list. Nobody is proposed who could not do
it; where nothing fits there is no proposal, and the hole is filled by giving a post to somebody.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from dxflow.authority.affairs import OFFICIAL, Able, Affairs, Duty, Task
from dxflow.authority.directory import Directory
from dxflow.authority.organisation import LADDER, SECTION_KINDS, Post
from dxflow.authority.rehearsal import Hole, Matter

#: Who keeps the cases together, and takes what nobody else can do.
LAST_RESORT = "role:secretariat"
MOST = 4


class Proposals:
    """What is proposed in an organisation as it will be."""

    def __init__(self, before: Directory, after: Directory, affairs: Affairs) -> None:
        self._before, self._after = before, after
        self._able = Able(after, affairs.closed)
        self._tasks = {task.id: task for task in affairs.tasks}
        self._duties = {duty.id: duty for duty in affairs.duties}
        self._seats = frozenset(body.seat_role for body in affairs.bodies)

    def of(self, hole: Hole) -> tuple[str, ...]:
        """Return what could fill a hole, the nearest first; at most MOST targets."""
        found: Iterable[str] = ()
        match hole.matter:
            case Matter.POST:
                post = self._after.posts[hole.key]
                found = self._for_seat(post) if self._is_seat(post) else self._for_post(post)
            case Matter.TASK:
                found = self._for_task(self._tasks[hole.key])
            case Matter.DUTY:
                found = self._for_duty(self._duties[hole.key])
            case Matter.UNIT:
                found = self._for_unit(hole.key)
            case Matter.LIST:
                found = self._above(self._after.posts[hole.key])
        return tuple(dict.fromkeys(found))[:MOST]

    def _is_seat(self, post: Post) -> bool:
        """Return whether a post is a seat of a body and nothing else."""
        return post.kind not in LADDER and not self._seats.isdisjoint(post.roles)

    def _for_seat(self, seat: Post) -> Iterator[str]:
        """Who took over the other posts of its holder, then as for a post; nobody sits twice."""
        seated = {
            one
            for post in self._after.posts.values()
            if post.key != seat.key and not seat.roles.isdisjoint(post.roles & self._seats)
            for one in self._persons(f"post:{post.key}")
        }
        for holder in sorted(self._before.holders(f"post:{seat.key}")):
            for post in self._before.posts_of(holder):
                if post.key in self._after.posts and not self._is_seat(post):
                    yield from (
                        one for one in self._persons(f"post:{post.key}") if one not in seated
                    )
        yield from (one for one in self._for_post(seat) if one not in seated)

    def _for_post(self, post: Post) -> Iterator[str]:
        """The next on the list of substitutes, the unit's head, then those above."""
        for place in self._after.standing.substitutes(post.key):
            yield from self._persons(f"post:{place}")
        unit = post.unit or ""
        for place in (unit, *(above.key for above in self._after.ancestors(unit))):
            yield from self._persons(f"head:{place}")
        yield from self._persons(f"section:{unit}")
        for kind in LADDER:
            same = self._after.post_for(kind, post.unit)
            if same is not None and same.key != post.key:
                yield from self._persons(f"post:{same.key}")

    def _for_task(self, task: Task) -> Iterator[str]:
        """The head of the section the task was offered to and the posts above it, then of the case's.

        At last the secretariat. A task offered to nobody's section begins with that of the case.
        """
        if task.action in OFFICIAL:
            return
        groups: list[str] = []
        for unit in (*sorted(self._before.places(task.groups)), task.unit):
            groups.append(f"head:{unit}")
            for kind in LADDER:
                post = self._after.post_for(kind, unit)
                groups += [f"post:{post.key}"] if post is not None else []
        for group in (*groups, LAST_RESORT):
            if self._able.offered(replace(task, groups=frozenset({group}))):
                yield group

    def _for_duty(self, duty: Duty) -> Iterator[str]:
        """Whoever holds the post now that it comes from, else who stands in for it or leads it."""
        if not duty.owner.startswith("user:"):
            yield from (group for group in (LAST_RESORT,) if self._able.members(group))
            return
        post = self._after.posts.get(duty.post)
        found = list(self._persons(f"post:{duty.post}"))
        if post is not None:
            found += self._for_post(post)
        yield from (one for one in found if one.removeprefix("user:") not in duty.barred)

    def _for_unit(self, unit: str) -> Iterator[str]:
        """The units beside the ended one that do such work and have a head."""
        old = self._before.units.get(unit)
        if old is None:
            return
        kinds = SECTION_KINDS if old.kind in SECTION_KINDS else {old.kind}
        for one in self._after.units.values():
            beside = one.kind in kinds and one.parent == old.parent
            if beside and self._able.members(f"head:{one.key}"):
                yield f"unit:{one.key}"

    def _above(self, post: Post) -> Iterator[str]:
        """The posts above a post that somebody holds."""
        for kind in LADDER:
            found = self._after.post_for(kind, post.unit)
            if found is not None and found.key != post.key and self._able.members(
                f"post:{found.key}"
            ):  # fmt: skip
                yield f"post:{found.key}"

    def _persons(self, group: str) -> Iterator[str]:
        yield from (f"user:{person}" for person in sorted(self._able.members(group)))
