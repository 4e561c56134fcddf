"""Tables: what the catalog, the plane files and the site's asset list say. Facts, each with its source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from rackwright.models.qos import RoceDefaults
from rackwright.models.spec import PlaneName


@dataclass(frozen=True, slots=True)
class NicSlot:
    """One network port of a server SKU, as the kernel sees it."""

    name: str
    """Kernel interface name (15 characters at most)."""
    nic: str
    """NIC model, a row of ``catalog/nics.yaml``."""
    plane: PlaneName | None
    """The plane it serves by default; None: spare."""
    rail: int | None
    rdma: str | None
    pci: str | None
    numa: int | None


@dataclass(frozen=True, slots=True)
class GpuSlot:
    """Where one GPU of a server SKU is on its buses. GPUs stand by minor number (``/dev/nvidia<minor>``)."""

    pci: str
    """Bus, device and function in domain 0000, e.g. ``1b:00.0``."""
    root: str | None
    """PCIe root as sysfs names it, e.g. ``pci0000:15``; None: not known."""
    numa: int | None


@dataclass(frozen=True, slots=True)
class Host:
    """Processors and memory of a server SKU."""

    sockets: int
    cores: int
    """In a socket."""
    threads: int
    """Of a core."""
    numa_nodes: int
    """All that Linux shows; GB200 shows its GPUs' memory as nodes, too."""
    cpu_nodes: int
    """NUMA nodes that have processors; they come first."""
    memory_gib: int
    """Of the processors, together."""
    cpu_order: Literal["block"] | None
    """How Linux numbers them: ``block``, or None: not known."""
    source: str


@dataclass(frozen=True, slots=True)
class ServerSku:
    """A server model: one row of ``catalog/servers.yaml``."""

    name: str
    vendor: str
    gpus: int
    gpu: str | None
    """GPU model, a row of ``catalog/gpus.yaml``."""
    rack_units: int
    power_w: int | None
    """Maximum system power in watts; None where no public figure is known."""
    unit_size: int
    """Servers in one scalable unit of the vendor's reference design."""
    nics: tuple[NicSlot, ...]
    source: str
    weight_kg: int | None = None
    cooling: Literal["air", "liquid"] = "air"
    nvlink_servers: int = 1
    """Servers in one NVLink domain (NVL72: 18 trays); they share a rack."""
    nvlink_extra_units: int = 0
    """Rack units of the domain's own equipment (NVLink switch trays, power shelves)."""
    nvlink_extra_power_w: int | None = None
    """Power of the domain's own equipment, where it is not in the servers' figure."""
    nvswitches: int = 0
    """NVSwitches inside the server; the server's own fabric manager sets them up."""
    host: Host | None = None
    gpu_nic: Literal["same-root", "same-numa"] | None = None
    """What a GPU shares with the compute NIC of its rail; None: not known."""
    gpu_nic_source: str | None = None
    gpu_slots: tuple[GpuSlot, ...] = ()
    """By minor number; empty: not known."""
    gpu_slots_source: str | None = None


@dataclass(frozen=True, slots=True)
class GpuModel:
    """A GPU model: one row of ``catalog/gpus.yaml``."""

    name: str
    vendor: Literal["nvidia", "amd"]
    product: str
    """As the vendor's tool prints it, e.g. ``NVIDIA H100 80GB HBM3``."""
    memory_mib: int
    source: str
    lock: str
    """Host lock of a cluster with such GPUs that names none."""


@dataclass(frozen=True, slots=True)
class NicModel:
    """A NIC model: one row of ``catalog/nics.yaml``."""

    name: str
    vendor: str
    speed_gbps: int
    source: str
    port_splits: tuple[int, ...] = (1,)
    """Ways the NIC's speed may be divided into ports of its own, e.g. (1, 2)."""
    cage: str = ""
    """Form factor of its cage, as in optics.yaml; empty: not known."""
    cage_ports: int = 1
    """NICs behind one cage of the server (DGX H100: two behind each twin-port OSFP)."""
    pcie_root: Literal["own", "data-direct"] = "own"
    """Whose PCIe root a GPU shares: the NIC's own, or its Data Direct interface's (ConnectX-8 and later)."""


@dataclass(frozen=True, slots=True)
class SwitchModel:
    """A switch model: one row of ``catalog/switches.yaml``."""

    name: str
    vendor: str
    ports: int
    """Front-panel data ports (cages), unsplit."""
    speed_gbps: int
    """Of one cage."""
    splits: tuple[int, ...]
    """Ways a cage may be split, e.g. (2, 4) for 800G to 2x400G or 4x200G."""
    uplinks: int
    """Extra uplink cages (SN2201: 4 x 100G); 0 on a uniform switch."""
    uplink_speed_gbps: int | None
    kind: Literal["ethernet", "infiniband"]
    rack_units: int
    power_w: int | None
    source: str
    description: str = ""
    weight_kg: int | None = None
    cooling: Literal["air", "liquid"] = "air"
    buffer_bytes: int | None = None
    """Shared packet buffer; None where no public figure is known."""
    asic: str | None = None
    adaptive_routing: bool = False
    """The hardware has it (the NOS must offer it, too)."""
    lanes: int = 8
    """Serdes lanes in a cage: SONiC numbers its ports by them."""
    cage: str = ""
    """Form factor of a cage, as in optics.yaml; empty: not known."""
    uplink_cage: str = ""


@dataclass(frozen=True, slots=True)
class CableModel:
    """A cable with its plugs: one row under ``cables`` in ``catalog/optics.yaml``."""

    part: str
    """Order number; ``{m}`` stands for the length in metres where there is a number for each."""
    kind: Literal["dac", "aoc", "copper"]
    speed_gbps: int
    """Of a link."""
    max_length_m: int
    description: str
    source: str
    ends: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    """Cages that the a end and the z end (the legs of a breakout cable) fit."""
    ways: int = 1
    """Legs, which is links, of a breakout cable."""
    protocols: tuple[str, ...] = ("ethernet", "infiniband")
    lengths_m: tuple[int, ...] = ()
    """On sale; empty: made to measure."""


@dataclass(frozen=True, slots=True)
class ModuleModel:
    """A transceiver: one row under ``modules`` in ``catalog/optics.yaml``."""

    part: str
    cages: tuple[str, ...]
    speed_gbps: int
    """Of a link."""
    links: int
    """Links that one module carries (a twin-port one: 2)."""
    fibres: int
    """Connectors, which is fibre cables plugged into it."""
    medium: str
    """What speaks to what, e.g. ``400g-sr4``."""
    max_length_m: int
    description: str
    source: str
    protocols: tuple[str, ...] = ("ethernet", "infiniband")
    power_w: int | None = None


@dataclass(frozen=True, slots=True)
class FibreModel:
    """A fibre cable: one row under ``fibres`` in ``catalog/optics.yaml``."""

    part: str
    media: tuple[str, ...]
    max_length_m: int
    description: str
    source: str
    ways: int = 1
    """Links that a splitter carries."""
    lengths_m: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class PlaneTable:
    """``network-planes/<plane>.yaml``: what a plane promises by default."""

    name: PlaneName
    mtu: int
    may_reach: tuple[PlaneName, ...]
    routing_table: int | None
    """First routing table on the host (compute: 101, plus the rail); None: main."""
    roce: RoceDefaults | None = None
    """Quality of service where the plane is on a RoCE fabric; the compute plane has it."""


@dataclass(frozen=True, slots=True)
class Asset:
    """What the vendor says was shipped, for one server."""

    serial: str | None
    bmc_mac: str | None
    nics: Mapping[str, str] = field(default_factory=dict)
    """MAC address by interface name."""
    guids: Mapping[str, str] = field(default_factory=dict)
    """InfiniBand port GUID by RDMA device (an appliance: by port); a switch's own under ``switch``."""


@dataclass(frozen=True, slots=True)
class Tables:
    """All facts that design needs beside the spec."""

    servers: Mapping[str, ServerSku]
    gpus: Mapping[str, GpuModel]
    nics: Mapping[str, NicModel]
    switches: Mapping[str, SwitchModel]
    cables: tuple[CableModel, ...]
    planes: Mapping[PlaneName, PlaneTable]
    locks: tuple[str, ...]
    """Names of the host locks in ``catalog/locks/``."""
    assets: Mapping[str, Asset] = field(default_factory=dict)
    """By server name; empty where the site has no asset list."""
    modules: tuple[ModuleModel, ...] = ()
    fibres: tuple[FibreModel, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    """What the rows of the cluster's host lock report; filled in by load."""
