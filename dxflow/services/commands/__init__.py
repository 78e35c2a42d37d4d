"""The commands a process may call.

A command gets the act it is part of, a payload of FEEL values, and the element that calls it. It
writes its rows in the act's transaction and records what it did; it never commits.
"""

from collections.abc import Mapping
from types import MappingProxyType

from dxflow.services.commands import case, committee, decision, document, kpi, notice, work
from dxflow.services.site import Command

COMMANDS: Mapping[str, Command] = MappingProxyType(
    {
        "authority.find": document.find_authority,
        "authority.resolve": decision.resolve_authority,
        "bpr.register": work.register_workload,
        "case.amount": case.amount,
        "case.continue": case.go_on,
        "case.extend": case.extend,
        "case.title": case.title,
        "case.units": case.units,
        "committee.convene": committee.convene,
        "committee.resolve": committee.resolve,
        "committee.tally": committee.tally,
        "committee.vote": committee.vote,
        "decision.record": decision.record,
        "document.draw": document.draw,
        "document.further": document.further,
        "document.route": document.route,
        "document.stamp": document.stamp,
        "draft.read": document.pre_read,
        "duty.impose": work.impose_duties,
        "duty.open": work.count_duties,
        "kpi.assess": kpi.assess,
        "kpi.record": kpi.record,
        "kpi.register": kpi.register,
        "kpi.revise": kpi.revise,
        "milestone.plan": work.plan_milestones,
        "milestone.report": work.report_milestones,
        "notify": notice.notify,
        "opinion.record": decision.record_opinion,
    }
)
