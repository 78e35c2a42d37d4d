"""Decisions in DMN 1.3: read and checked from a file, made with their reasons."""

from dxflow.decisions.errors import DecisionError
from dxflow.decisions.model import Decision, DecisionModel
from dxflow.decisions.outcome import Cell, FiredRule, Outcome, RuleView, TableView
from dxflow.decisions.reading import read

__all__ = [
    "Cell", "Decision", "DecisionError", "DecisionModel", "FiredRule", "Outcome", "RuleView",
    "TableView", "read",
]  # fmt: skip
