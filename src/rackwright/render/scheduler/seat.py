"""Seats: where each server sits in the compute fabric, from the cabling; every form is made of these.

In a rail-optimised fabric a server has a leaf for each rail, so "its leaf" is not one value: the nearest
level is the unit, the servers that share the same set of leaves. Levels, from far to near::

    pod      units below the same spines; one for the whole fabric where it has two tiers
    unit     servers on the same leaves: one hop on every rail; where a unit is larger than a leaf, all of it
             (NVLink domains nest in units, and would straddle leaves)
    domain   servers whose GPUs share NVLink (rack-scale systems only)
    rack     servers that share a rack
    host
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rackwright.models.design import Design, Server, Switch
from rackwright.render.wiring import Wiring

PREFIX = "rackwright.dev"
"""Prefix of our node labels."""
HOSTNAME = "kubernetes.io/hostname"
POD, UNIT, DOMAIN, RACK, GROUP = (
    f"{PREFIX}/{level}" for level in ("pod", "unit", "nvlink-domain", "rack", "group")
)


@dataclass(frozen=True, slots=True)
class Seat:
    """One server. ``pod`` and ``unit`` are None for servers that are not on the compute plane."""

    server: str
    group: str
    pod: str | None
    unit: str | None
    domain: str | None
    rack: str
    gpus: int

    def labels(self) -> dict[str, str]:
        """Its node labels, by key; ``fabric.topograph.run/tier-*`` and ``accelerator.topograph.run/domain``
        are what Topograph writes (NVIDIA/topograph, docs/engines/k8s.md)."""
        found = {GROUP: self.group, RACK: self.rack}
        if self.pod is not None and self.unit is not None:
            found |= {POD: self.pod, UNIT: self.unit}
            found |= {"fabric.topograph.run/tier-0": self.unit, "fabric.topograph.run/tier-1": self.pod}
        if self.domain is not None:
            found |= {DOMAIN: self.domain, "accelerator.topograph.run/domain": self.domain}
        return dict(sorted(found.items()))


def seats(design: Design, wiring: Wiring) -> list[Seat]:
    """Every server, in the design's order."""
    return [
        Seat(
            server.name,
            server.group,
            *_place(_leaves(server, wiring)),
            server.nvlink_domain,
            server.rack,
            server.gpus,
        )
        for server in design.servers
    ]


def compute(found: Iterable[Seat]) -> list[Seat]:
    """The seats of GPU servers that are on the compute plane."""
    return [seat for seat in found if seat.gpus and seat.unit is not None]


def levels(found: Iterable[Seat]) -> list[str]:
    """Label keys from far to near, that every GPU server has; they nest in this order."""
    rack_scale = all(seat.domain is not None for seat in found)
    # a domain is a rack: both would be the same level twice
    return [POD, UNIT, DOMAIN if rack_scale else RACK, HOSTNAME]


def _leaves(server: Server, wiring: Wiring) -> list[Switch]:
    found = []
    for nic in server.on("compute"):
        far = wiring.neighbour(server.name, nic.name)
        if far is not None and far.device in wiring.switches:
            found.append(wiring.switches[far.device])
    return found


def _place(leaves: list[Switch]) -> tuple[str | None, str | None]:
    """(pod, unit) of a server by the leaves it is cabled to."""
    if not leaves:
        return None, None
    first = min(leaves, key=lambda leaf: leaf.name)
    pod = f"pod{first.pod:02d}" if first.pod is not None else first.fabric
    if first.unit is not None:
        return pod, f"su{first.unit:02d}"
    return pod, first.name
