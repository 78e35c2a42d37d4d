"""Running cases moved to another version of their pack: looked at first, in batches, and back."""

from collections.abc import Iterable
from dataclasses import asdict, replace
from typing import Any

from dxflow.api import answers, present, requests
from dxflow.api.call import Call
from dxflow.api.operation import Answer, Operation
from dxflow.errors import Invalid
from dxflow.services.operations import (
    migration_list,
    migration_plans,
    migration_preview,
    migrations,
)
from dxflow.services.operations.migration_list import Batch
from dxflow.services.operations.migration_plans import Choice, Plan
from dxflow.services.operations.migration_preview import Preview
from dxflow.texts import gettext as _

CHANGES = "For administrators. Each case is moved by itself; `GET` says how far it has come."


def preview(call: Call) -> Answer:
    """Say what a plan would do, case by case."""
    plan, query = _plan(call), call.query
    page = migration_preview.preview_page(
        call.site, call.actor, plan, query["page"], query["per_page"]
    )
    choices = migration_plans.choices(
        call.site, call.actor, plan, migration_preview.unmapped(page.entries)
    )
    shown = present.page(page, map(_preview, page.entries))
    return Answer(shown | {"choices": [_choice(one) for one in choices]})


def begin(call: Call) -> Answer:
    """Begin a batch, once for every key."""
    plan, cases = _plan(call), call.body["cases"]
    if bool(cases) == call.body["all"]:
        message = _("移す案件を cases に並べるか、すべて移すなら all を true にしてください。")
        raise Invalid(message, {"cases": [message]})
    batch = migrations.begin(
        call.site, call.actor, plan, cases,
        keyed=call.keyed,
    )  # fmt: skip
    return replace(_batch(call, batch), location=f"/migrations/{batch}")


def listed(call: Call) -> Answer:
    """List batches."""
    query = call.query
    found = migration_list.listed(call.site, call.actor, query["page"], query["per_page"])
    return Answer(present.page(found, map(_migration, found.entries)))


def one(call: Call) -> Answer:
    """Give a batch."""
    return _batch(call, call.path["migration"])


def results(call: Call) -> Answer:
    """List what came of the cases of a batch."""
    query = call.query
    _found, page = migration_list.one(
        call.site, call.actor, call.path["migration"], query["page"], query["per_page"]
    )
    return Answer(present.page(page, map(asdict, page.entries)))


def stop(call: Call) -> Answer:
    """Leave the cases that wait as they are."""
    migrations.stop(call.site, call.actor, call.path["migration"])
    return _batch(call, call.path["migration"])


def revert(call: Call) -> Answer:
    """Put moved cases back."""
    batch = call.path["migration"]
    migrations.revert(call.site, call.actor, batch, call.body["cases"])
    return _batch(call, batch)


def _plan(call: Call) -> Plan:
    given = call.body
    return migration_plans.check(call.site, call.actor, given["pack"], given["to"], given["map"])


def _batch(call: Call, batch: str) -> Answer:
    found, _page = migration_list.one(call.site, call.actor, batch, per_page=1)
    return Answer(_migration(found))


def _migration(batch: Batch) -> dict[str, Any]:
    return asdict(batch) | {"to": batch.version, "map": batch.mapping, "person": batch.person_id}


def _preview(one: Preview) -> dict[str, Any]:
    return asdict(one) | {
        "movable": not one.blockers,
        "blockers": [
            {"place": why.place, "name": why.name, "message": why.sentence} for why in one.blockers
        ],
    }


def _choice(one: Choice) -> dict[str, Any]:
    return asdict(one) | {"offered": _counterparts(one.offered)}


def _counterparts(offered: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"place": place, "name": name} for place, name in offered]


OPERATIONS = (
    Operation(
        "POST", "/migrations/preview", "previewMigration",
        "What a plan would do to each running case (admin)", preview,
        answer=answers.MovePreviewPage, query=requests.Paging, body=requests.MigrationPlan,
        description="Changes nothing. `choices` says what `map` may hold for the cases shown.",
    ),
    Operation(
        "POST", "/migrations", "startMigration",
        "Move running cases to another version of their pack (admin)", begin,
        answer=answers.Migration, status=201, body=requests.NewMigration, idempotent=True,
        refusals=(404, 409), description=CHANGES,
    ),
    Operation(
        "GET", "/migrations", "listMigrations", "Batches of moved cases, the newest first (admin)",
        listed, answer=answers.MigrationPage, query=requests.Paging,
    ),
    Operation(
        "GET", "/migrations/{migration}", "getMigration", "A batch and its plan (admin)", one,
        answer=answers.Migration,
    ),
    Operation(
        "GET", "/migrations/{migration}/cases", "listMigrationCases",
        "What came of the cases of a batch, by number (admin)", results,
        answer=answers.MigrationResultPage, query=requests.Paging,
    ),
    Operation(
        "POST", "/migrations/{migration}/stop", "stopMigration",
        "Leave the cases of a batch that still wait as they are (admin)", stop,
        answer=answers.Migration,
        description="Safe to repeat; changes nothing when no case waits any more.",
    ),
    Operation(
        "POST", "/migrations/{migration}/revert", "revertMigration",
        "Put moved cases back to where they stood (admin)", revert,
        answer=answers.Migration, body=requests.MigrationCases,
        description=CHANGES + " Safe to repeat. Cases that have gone on since stay, and say why.",
    ),
)  # fmt: skip
