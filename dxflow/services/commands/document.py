"""Commands of the way to a decision: its authority row, the document, the stamps before it."""

from typing import Any

from dxflow import audit
from dxflow.authority.decision import deciding_post
from dxflow.authority.route import plan
from dxflow.errors import NotAllowed
from dxflow.services.acts import papers, provisional, rulings
from dxflow.services.acts.act import Act
from dxflow.services.acts.writing import write_decision
from dxflow.services.commands import payload as read
from dxflow.services.commands.decision import record_deciding_post
from dxflow.texts import gettext as _
from dxflow.texts import mark, to_be_stored


def find_authority(act: Act, payload: dict[str, Any], element: str) -> dict[str, Any]:
    """Ask the authority table that holds today, and return the post that decides by it."""
    matter = read.context(payload, "matter")
    unit = read.text(payload, "unit") or act.case["lead_unit"]
    asked = rulings.ask(act, matter, act.actor.on)
    if asked is None:
        raise NotAllowed(_("きょう有効な決裁区分の表がありません。"))
    write_decision(act, element, act.branch, asked.outcome)
    ruling, involved = asked.ruling, act.involved()
    with to_be_stored():
        found = deciding_post(ruling.row.post_kind, unit, act.directory(), barred=involved.persons)
    record_deciding_post(act, found, row=ruling.row.title)
    return {
        "post": found.group.removeprefix("post:"),
        "group": found.group,
        "title": found.post.title if found.post else "",
        "ruling": {
            "row": ruling.row.title,
            "post_kind": ruling.row.post_kind,
            "own_right": ruling.own_right,
            "goes_up": ruling.goes_up,
            "review": list(ruling.review),
            "agree": list(ruling.agree),
            "consult": list(ruling.told),
            "table": ruling.table,
            "valid_from": ruling.row.valid_from,
            "explanation": found.explanation,
        },
    }


def pre_read(act: Act, payload: dict[str, Any], _element: str) -> dict[str, Any]:
    """Record that somebody read a draft before its circulation (根回し), and which version."""
    form, comment = read.text(payload, "form", required=True), read.text(payload, "comment")
    version, digest = papers.version_of(act, form)
    act.record(
        "draft.read",
        audit.Change("version", mark("読んだ版"), None, version),
        audit.Change("content", mark("見た内容のハッシュ"), None, digest),
        audit.Change("remark", mark("意見"), None, comment or None),
    )
    return {"version": version, "content": digest}


def draw(act: Act, payload: dict[str, Any], _element: str) -> dict[str, Any]:
    """Draw the document up and return its way: who sees it, who is asked, how many must agree.

    `about` says which item of the case it is for, where it has several; its title says so.
    """
    ruling = read.context(payload, "ruling")
    unit = read.text(payload, "unit") or act.case["lead_unit"]
    asked = rulings.ask(act, read.context(payload, "matter"), act.actor.on)
    if asked is None:
        raise NotAllowed(_("きょう有効な決裁区分の表がありません。"))
    stops = plan(
        asked.ruling,
        read.text(payload, "decider", required=True),
        unit,
        act.directory(),
        barred=act.involved().persons,
        straight=payload.get("straight") is True,
        pass_over=act.pack.settings.authority.pass_over,
    )
    return papers.draw(
        act, ruling, stops, act.pack.settings.authority.consent, read.text(payload, "about")
    )


def stamp(act: Act, payload: dict[str, Any], _element: str) -> dict[str, Any]:
    """Put a stamp of 回議 or 合議 on the document."""
    document, place = read.text(payload, "document", required=True), read.whole(payload, "place")
    outcome, remark = read.text(payload, "outcome", required=True), read.text(payload, "comment")
    whole = papers.require_whole(act, document)
    papers.stamp(act, whole, place, outcome, remark)
    act.record(
        "document.stamped",
        audit.Change("place", mark("決裁欄"), None, whole.at(place).title),
        audit.Change("outcome", mark("結果"), None, outcome),
        audit.Change("remark", mark("所見"), None, remark or None),
        audit.Change("content", mark("見た内容のハッシュ"), None, whole.digest),
        subject=audit.Subject("document", document, act.case_id),
        form=act.form,
    )
    return {}


def further(act: Act, payload: dict[str, Any], _element: str) -> dict[str, Any]:
    """Return the way that is left after a provisional decision, in the form of `draw`."""
    document = read.text(payload, "document", required=True)
    return provisional.way(act, document, act.pack.settings.authority.consent)


def route(act: Act, payload: dict[str, Any], _element: str) -> dict[str, Any]:
    """Return whether the document may go on to its decision as `passed`."""
    document = read.text(payload, "document", required=True)
    return {"passed": papers.passed(act, document, act.pack.settings.authority.consent)}
