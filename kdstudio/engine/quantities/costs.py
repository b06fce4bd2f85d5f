"""Quantities of what a network costs: weights, work, time."""

from __future__ import annotations

from typing import ClassVar, Literal

from kdstudio.engine.quantities.declaration import Evidence, Quantity, quantities
from kdstudio.errors import KDStudioError


@quantities.register
class Parameters(Quantity):
    """Parameters: how many weights the network has."""

    title: ClassVar = "parameters"
    unit: ClassVar = "parameters"
    digits: ClassVar = 0

    name: Literal["parameters"] = "parameters"

    def value(self, network: str, evidence: Evidence) -> float:
        """A whole number."""
        return evidence.row(network).parameters


@quantities.register
class MultiplyAdds(Quantity):
    """Multiply-adds: operations that one image takes."""

    title: ClassVar = "multiply-adds"
    unit: ClassVar = "multiply-adds"
    digits: ClassVar = 0

    name: Literal["multiply-adds"] = "multiply-adds"

    def value(self, network: str, evidence: Evidence) -> float:
        """A whole number, where they can be counted."""
        found = evidence.row(network).multiply_adds
        if found is None:
            raise KDStudioError(f"the multiply-adds of '{network}' cannot be counted")
        return found


@quantities.register
class Latency(Quantity):
    """Latency: median time for one image on one thread of this machine, in seconds."""

    title: ClassVar = "latency"
    unit: ClassVar = "ms"
    scale: ClassVar = 1e3

    name: Literal["latency"] = "latency"

    def value(self, network: str, evidence: Evidence) -> float:
        """In seconds."""
        return evidence.seconds(network)
