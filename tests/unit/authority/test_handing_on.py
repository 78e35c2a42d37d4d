"""Later readings that follow the post they come from."""

from dxflow.authority.affairs import Affairs, Duty
from dxflow.authority.handing_on import handed_on
from dxflow.authority.rehearsal import Change, Matter, rehearse
from dxflow.authority.structure import Structure
from tests.unit.authority.change import FULL, about, after, directory, main


def follows(*moves, closed=(), barred=(), owner: str = "user:p0", of: Structure = FULL) -> str:
    """Return who owes what p0 was to read as head-a, where it follows the post."""
    duty = Duty("d", "case", owner, "head-a", frozenset(barred), follows=True)
    affairs = Affairs(duties=(duty,), closed=frozenset(closed))
    (found,) = handed_on(affairs, directory(of), directory(after(of, *moves))).duties
    return found.owner


def test_a_reading_that_follows_the_post_goes_to_its_new_holder():
    successor = (main("p0", "head-b"), main("p3", "head-a", 4))
    assert follows(*successor) == "user:p3"
    assert follows(*successor, owner="section:a") == "section:a"
    assert follows(main("p1", "head-c")) == "user:p0"
    assert follows(main("p0", "head-b")) == "user:p0"
    assert follows(*successor, main("p4", "head-a", 5)) == "user:p0"
    assert follows(*successor, closed={"p3"}) == "user:p0"
    assert follows(*successor, main("p4", "head-a", 5), closed={"p4"}) == "user:p3"
    assert follows(*successor, barred={"p3"}) == "user:p0"
    assert follows(*successor, barred={"p4"}) == "user:p3"
    affairs = Affairs(
        duties=(
            Duty("d", "case", "user:p0", "head-a", follows=True),
            Duty("e", "case", "user:p0", "head-a"),
        )
    )
    will = directory(after(FULL, *successor))
    then = handed_on(affairs, directory(FULL), will)
    assert [one.owner for one in then.duties] == ["user:p3", "user:p0"]
    assert about(Matter.DUTY, rehearse(directory(FULL), will, affairs, then)) == [
        Change(Matter.DUTY, "d", ("p0",), ("p3",), "heir"), Change(Matter.DUTY, "e", ("p0",), ("p0",), "stays"),
    ]  # fmt: skip
