"""Which parts of the cluster are marked in the pictures: what a finding blames."""

from __future__ import annotations

from dataclasses import dataclass

from rackwright.models.design import Cable
from rackwright.verify.model import Result

RAILS = ("#3f76b5", "#d9822b", "#4f9d5d", "#9a6bb3", "#2e9c9c", "#b89a1f", "#d06a8f", "#8a6a55")
"""Colours of rails 0 to 7, told apart with the common colour blindnesses; red is kept for faults."""
PLANES = {"compute": "#3f76b5", "storage": "#2e9c9c", "business": "#b07d2b", "management": "#7b8794"}
PLAIN = "var(--line-strong)"


@dataclass(frozen=True, slots=True)
class Marks:
    """Elements (devices, ``device:port``) that a finding blames."""

    elements: frozenset[str]

    def device(self, name: str) -> bool:
        return name in self.elements

    def cable(self, cable: Cable) -> bool:
        """Whether either end, or a whole device at an end, is blamed."""
        ends = (f"{cable.a.device}:{cable.a.port}", f"{cable.z.device}:{cable.z.port}")
        return any(end in self.elements for end in (*ends, cable.a.device, cable.z.device))


def marks(result: Result | None) -> Marks:
    """None: nothing was measured, nothing is marked."""
    if result is None:
        return Marks(frozenset())
    return Marks(frozenset(element for finding in result.findings for element in finding.blames))


def rail_colour(rail: int | None) -> str:
    """Colour of a rail; plain where there is none."""
    return PLAIN if rail is None else RAILS[rail % len(RAILS)]


def plane_colour(plane: str | None) -> str:
    return PLANES.get(plane or "", PLAIN)


def about(cable: Cable) -> str:
    """A cable in words."""
    length = f", {cable.length_m} m" if cable.length_m is not None else ""
    part = f", {cable.part}" if cable.part else ""
    ends = f"{cable.a.device}:{cable.a.port} to {cable.z.device}:{cable.z.port}"
    return f"{ends} ({cable.speed_gbps}G{length}{part})"
