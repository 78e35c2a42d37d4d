"""Where in a running process something happened, so that what lies side by side is told apart.

A branch is a text: the elements that lead to a place, the call activities and sub-processes first,
separated by "/". An element that is one of several instances says which: `matters#1f0c….2` is the
third entry of the round `1f0c…` of that multi-instance.
"""

from dxflow.engine.tree import Token

_ROUND = 8
"""Characters of a token's id that tell the rounds of a multi-instance apart within a case."""


def branch_of(token: Token) -> str:
    """Return the branch in which a token stands."""
    steps, at = [], token
    while True:
        spec = at.task_spec
        if spec.instance_of is None:
            steps.append(str(spec.bpmn_id))
        else:
            begun = str(at._parent)[:_ROUND]
            steps.append(f"{spec.bpmn_id}#{begun}.{at.internal_data['index']}")
        level = at.workflow
        if level is level.top_workflow:
            return "/".join(reversed(steps))
        at = level.caller


def done_again(earlier: str, later: str) -> bool:
    """Return whether what was done in a branch was done again in the later one.

    In the same place it was, unless they are two entries of one round of a multi-instance: those
    stand side by side.
    """
    before, after = (
        [step.partition("#")[::2] for step in branch.split("/")] for branch in (earlier, later)
    )
    if [element for element, _entry in before] != [element for element, _entry in after]:
        return False
    for (_element, one), (_same, other) in zip(before, after, strict=True):
        if one != other:
            return one.partition(".")[0] != other.partition(".")[0]
    return True
