"""Defaults: the switch, NOS, topology and prefix that a cluster file gets where it leaves them out.

Tables only; :mod:`rackwright.load.intent` applies them. A row is a recommendation, not a fact: facts about
the switches stand in ``catalog/switches.yaml`` with their sources.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rackwright.models.spec import FabricKind, Nos, PlaneName, Topology

Use = Literal["compute", "shared", "management"]
"""What a fabric is for: GPU to GPU traffic; storage and business (and whatever else meets there);
management, out of band."""


@dataclass(frozen=True, slots=True)
class SwitchRule:
    """The switch for a fabric whose NIC ports run at ``up_to_gbps`` or less; the first row that fits is
    taken, the last row of a kind also beyond its speed."""

    use: Use
    kind: FabricKind
    up_to_gbps: int
    switch: str
    words: str


SWITCHES = (
    SwitchRule("compute", "infiniband", 400, "qm9700", "64 ports of 400G take NDR NICs unsplit"),
    SwitchRule("compute", "infiniband", 800, "q3400", "144 ports of 800G take XDR NICs unsplit"),
    SwitchRule("compute", "roce", 800, "sn5600", "64 cages of 800G, each of which splits into two of 400G"),
    SwitchRule("shared", "roce", 800, "sn5600", "64 cages of 800G, each of which splits into two of 400G"),
    SwitchRule("shared", "infiniband", 400, "qm9700", "64 ports of 400G take NDR NICs unsplit"),
    SwitchRule("shared", "infiniband", 800, "q3400", "144 ports of 800G take XDR NICs unsplit"),
    SwitchRule("shared", "ethernet", 800, "sn4600c", "64 ports of 100G are enough for storage and business"),
    SwitchRule("management", "ethernet", 800, "sn2201", "48 ports of 1G, one for each BMC and each eth0"),
)

VENDOR_NOS: dict[str, Nos] = {"NVIDIA": "cumulus", "Arista": "eos"}
"""NOS of an Ethernet switch by its maker; of others (white boxes): SONiC. InfiniBand: opensm."""
WHITE_BOX_NOS: Nos = "sonic"

TOPOLOGIES: dict[Use, tuple[Topology, str]] = {
    "compute": ("rail-optimised", "a NIC of each rail meets its peers of the unit on one leaf"),
    "shared": ("leaf-spine", "several planes meet on it"),
    "management": ("tree", "out-of-band ports need reach, not bandwidth"),
}

KINDS: dict[Use, tuple[FabricKind, str]] = {
    "compute": ("roce", "every NIC of the catalog speaks Ethernet; write infiniband where it is wanted"),
    "shared": ("ethernet", "storage and business need no lossless network"),
    "management": ("ethernet", "BMCs speak nothing else"),
}

PARALLEL_GBPS = 800
"""From this speed on, a RoCE backend gets two fabric planes if its NICs can be divided: NVIDIA's B300 design
has two of 400G for each GPU (NVIDIA/k8s-launch-kit, Spectrum-X guide: B300 2 planes, H100 to GB200 one)."""

NAMES: dict[Use, str] = {"compute": "backend", "shared": "frontend", "management": "oob"}
"""What a fabric is called that the file leaves out altogether; a fabric of this name has this use."""

USES: dict[PlaneName, Use] = {
    "compute": "compute",
    "storage": "shared",
    "business": "shared",
    "management": "management",
}


@dataclass(frozen=True, slots=True)
class PrefixRule:
    """A plane's prefix: ``usual`` where it is large enough, else ``region``, which begins with it and which
    no other plane's touches. So there is one step at most in a cluster's life, and it is said."""

    usual: str
    region: str


PREFIXES: dict[PlaneName, PrefixRule] = {
    "compute": PrefixRule("10.64.0.0/12", "10.64.0.0/10"),
    "storage": PrefixRule("10.16.0.0/14", "10.16.0.0/12"),
    "business": PrefixRule("10.32.0.0/14", "10.32.0.0/12"),
    "management": PrefixRule("10.48.0.0/16", "10.48.0.0/12"),
}
PRIVATE = "10.0.0.0/8"
"""RFC 1918: where another place is sought when a prefix of the file stands in the way."""

KUBERNETES_PREFIXES: dict[str, PrefixRule] = {
    "pods": PrefixRule("10.128.0.0/14", "10.128.0.0/10"),
    "services": PrefixRule("10.192.0.0/16", "10.192.0.0/16"),
}
"""Apart from the planes' regions above. kubeadm's own default for services, 10.96.0.0/12, lies inside the
compute plane's, and where a file puts business at 10.96.0.0/14 it would take its addresses."""
