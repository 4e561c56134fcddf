"""Host: what a profile asks of a server itself, before a DRA driver's plugin looks at its GPUs.

Only what is fixed: MIG instances and AMD's partitions. MPS and time slicing are the plugin's; dynamic MIG,
too, but for the mode of GPUs before Hopper, which the program on the machine sees to.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from rackwright.gpu_sharing.mig import Partition, expand, place
from rackwright.gpu_sharing.partitions import modes
from rackwright.models.kubernetes_design import GpuGroup

Json = dict[str, Any]
Mode = Literal["on", "off", "dynamic"]
WHOLE_MODES = "spx-nps1"
EXCLUSIVE = "Exclusive_Process"
"""Compute mode that NVIDIA's DRA driver gives a GPU while a claim with MPS has it
(kubernetes-sigs/dra-driver-nvidia-gpu, cmd/gpu-kubelet-plugin/sharing.go)."""


@dataclass(frozen=True, slots=True)
class Host:
    """What each GPU of a server is to be."""

    vendor: str
    mode: Mode
    """MIG."""
    partitions: tuple[Partition, ...]
    """MIG instances of each GPU, by memory slice; with ``on`` only."""
    compute: str
    """AMD's modes, as amd-smi writes them."""
    memory: str
    parts: int
    """Partitions that these make of a GPU."""
    compute_modes: tuple[str, ...]
    """NVIDIA's, that a GPU may be found in."""

    def plain(self) -> Json:
        """As data for roles and checks; only what concerns the vendor."""
        if self.vendor == "amd":
            return {"compute": self.compute, "memory": self.memory, "parts": self.parts}
        rows = [
            {"profile": part.profile, "id": part.id, "start": part.start, "size": part.slices}
            for part in self.partitions
        ]
        return {"mode": self.mode, "partitions": rows, "compute_modes": list(self.compute_modes)}


def host(group: GpuGroup) -> Host:
    """What a group's profile asks of its servers.

    :raises ValueError: a layout that the rules should have refused.
    """
    profile, gpu = group.profile, group.gpu.name
    found: tuple[Partition, ...] = ()
    if profile.kind == "mig":
        wanted = expand(gpu, profile.layout)
        placed = place(gpu, wanted) if wanted else None
        if placed is None:
            raise ValueError(f"{','.join(profile.layout)} does not fit into {gpu}")
        found = placed
    kinds: dict[str, Mode] = {"mig": "on", "mig-dynamic": "dynamic"}
    named = profile.modes or WHOLE_MODES
    compute, _, memory = named.upper().partition("-")
    parts = modes(gpu).get(named, 1)
    allowed = ("Default", EXCLUSIVE) if profile.kind == "mps" else ("Default",)
    return Host(group.gpu.vendor, kinds.get(profile.kind, "off"), found, compute, memory, parts, allowed)
