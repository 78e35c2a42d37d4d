"""Compiled processes. They are frozen: make them once for each pack digest and keep them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dxflow.engine import runtime
from dxflow.engine.step import Environment, Step


@dataclass(frozen=True)
class Definition:
    """One compiled process."""

    id: str
    name: str
    spec: Any


@dataclass(frozen=True)
class Definitions:
    """All compiled processes of a pack.

    `processes` maps process ids to their definitions; `specs` holds every level, the insides of
    embedded sub-processes included, by its name.
    """

    processes: Mapping[str, Definition]
    specs: Mapping[str, Any]

    def start(self, process_id: str, variables: dict[str, Any], env: Environment) -> Step:
        """Start a process of the pack; see `engine.start`."""
        return runtime.start(self, process_id, variables, env)
