"""Forms whose answers may be read over many cases: those that every reader of a case may read.

Votes and opinions are not among them: who may read which of these is asked case by case, on the
case's own pages.
"""

from dxflow.services.acts.history import SAYING
from dxflow.services.packs import store as packs
from dxflow.services.reading import opinions
from dxflow.services.site import Site
from dxflow.texts import translated

#: What completing a task means whose answer is not for every reader of the case.
_VOTE = "vote"


def offered(site: Site) -> list[tuple[str, str]]:
    """Return the forms whose answers can be had, as (key, title), those of the start first."""
    with site.database.read() as tx:
        found: dict[str, str] = {}
        for pack in packs.current(site, tx):
            for key in _open_forms(pack):
                found.setdefault(key, translated(pack.forms[key].title))
    return list(found.items())


def _open_forms(pack: packs.Pack) -> list[str]:
    """Return the forms that every reader of a case may read, in the order of the process."""
    asked = [element for _process, element in pack.tasks()]
    kept = kept_tasks(pack)
    closed = {element.form_key for element in asked if element.id in kept}
    begun = [start.form for start in pack.settings.offered]
    every = dict.fromkeys([*begun, *(element.form_key for element in asked)])
    return [key for key in every if key in pack.forms and key not in closed]


def kept_tasks(pack: packs.Pack) -> frozenset[str]:
    """Return the tasks whose answers not every reader of the case may read."""
    votes = (
        element.id for process, element in pack.tasks() if pack.act_of(process, element.id) == _VOTE
    )
    return opinions.elements(pack, SAYING).union(votes)
