"""A decision that cannot be made, although its file is in order."""

from dxflow.errors import DxflowError


class DecisionError(DxflowError):
    """No rule fits, several rules fit, or a cell fails.

    `decision` is the id of the decision; `rule` names the rule, `element` the cell or clause,
    both empty when the failure is not in one of them.
    """

    kind = "invalid"

    def __init__(self, message: str, decision: str, rule: str = "", element: str = "") -> None:
        self.decision = decision
        self.rule = rule
        self.element = element
        super().__init__(message)
