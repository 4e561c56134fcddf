"""What the API said in one reading, and what came of the claims that were made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

Json: TypeAlias = Any


@dataclass(frozen=True, slots=True)
class Tried:
    """A claim on one node. ``outcome`` is that of the verdict."""

    outcome: str
    found: str
    due: bool = True
    """False: could not be made here by its nature, e.g. since all GPUs are in use."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One reading. With ``wrong`` nothing else was read."""

    wrong: str | None = None
    """Why the API could not be read; None when it was."""
    fault: bool = True
    """Whether ``wrong`` is the cluster's: false where nothing was asked, as without a kubeconfig."""
    nodes: Mapping[str, Json] = field(default_factory=dict)
    slices: tuple[Json, ...] = ()
    classes: Mapping[str, Json] = field(default_factory=dict)
    claims: tuple[Json, ...] = ()
    """ResourceClaims of all namespaces."""
    sets: tuple[Json, ...] = ()
    """DaemonSets of the drivers' namespaces."""
    pods: tuple[Json, ...] = ()
    """Their pods."""
    kubelets: Mapping[str, Json] = field(default_factory=dict)
    """The configuration in force, by node; text where the kubelet did not tell: why not."""

    def devices(self, node: str, driver: str) -> dict[str, Json]:
        """Devices that a driver offers on a node, by name: of its pool's newest generation."""
        own = [each["spec"] for each in self.slices if _of(each, node, driver)]
        newest = max((spec["pool"]["generation"] for spec in own), default=0)
        return {
            device["name"]: device
            for spec in own
            if spec["pool"]["generation"] == newest
            for device in spec.get("devices") or ()
        }

    def missing_slices(self, node: str, driver: str) -> int:
        """Slices of the newest generation that are announced and not there."""
        own = [each["spec"]["pool"] for each in self.slices if _of(each, node, driver)]
        newest = max((pool["generation"] for pool in own), default=0)
        last = [pool for pool in own if pool["generation"] == newest]
        return max((pool["resourceSliceCount"] for pool in last), default=0) - len(last)

    def used(self, node: str, driver: str) -> set[str]:
        """Devices of a node that claims hold."""
        return {
            result["device"]
            for claim in self.claims
            for result in _results(claim)
            if (result["pool"], result["driver"]) == (node, driver)
        }


def _of(part: Json, node: str, driver: str) -> bool:
    spec = part["spec"]
    return bool(spec.get("nodeName") == node and spec["driver"] == driver)


def _results(claim: Json) -> list[Json]:
    allocation = (claim.get("status") or {}).get("allocation") or {}
    return list((allocation.get("devices") or {}).get("results") or ())
