"""The schema of the catalog and the plane files: one model for each kind of row."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from rackwright.models.spec import Dscp, PlaneName, Priority, Strict

Source = Annotated[str, StringConstraints(pattern=r"^(https?://\S+( \(.+\))?|assumption: .+)$")]
Watts = Annotated[int, Field(ge=1, le=200_000)]
Count = Annotated[int, Field(ge=0, le=1024)]
Speed = Annotated[int, Field(ge=1, le=3200)]
Metres = Annotated[int, Field(ge=1, le=100_000)]
Part = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9./-]+(\{m(:03)?\})?[A-Za-z0-9./-]*$")]
Cage = Literal["rj45", "sfp28", "qsfp28", "qsfp56", "qsfp112", "qsfp-dd", "osfp", "osfp-flat", "osfp-xdr"]
"""Form factors. ``osfp`` is a switch's 8-lane cage (finned modules), ``osfp-flat`` a NIC's or a DGX's (flat
top), ``osfp-xdr`` a switch's with lanes of 200G."""
PciAddress = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$")]
"""Bus, device and function in domain 0000, as lspci prints them."""
Protocols = list[Literal["ethernet", "infiniband"]]


class NicRow(Strict):
    """A NIC model, by port."""

    vendor: str
    speed_gbps: Speed
    source: Source
    port_splits: list[Annotated[int, Field(ge=1, le=8)]] = Field(default=[1])
    cage: Cage
    cage_ports: Annotated[int, Field(ge=1, le=4)] = 1
    pcie_root: Literal["own", "data-direct"] = "own"


class GpuSlotRow(Strict):
    """Where one GPU of a server is, by minor number."""

    pci: PciAddress
    root: Annotated[str, StringConstraints(pattern=r"^pci[0-9a-f]{4}:[0-9a-f]{2}$")] | None
    numa: Count | None


class HostRow(Strict):
    """Processors and memory of a server."""

    sockets: Annotated[int, Field(ge=1, le=8)]
    cores: Annotated[int, Field(ge=1, le=512)]
    threads: Annotated[int, Field(ge=1, le=8)]
    numa_nodes: Annotated[int, Field(ge=1, le=256)]
    cpu_nodes: Annotated[int, Field(ge=1, le=64)]
    memory_gib: Annotated[int, Field(ge=1, le=65_536)]
    cpu_order: Literal["block"] | None
    source: Source


class NicSlotRow(Strict):
    """One network port of a server."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]{0,14}$")]
    nic: str
    plane: PlaneName | None
    rail: Annotated[int, Field(ge=0, le=15)] | None
    rdma: str | None
    pci: PciAddress | None
    numa: Count | None


class ServerRow(Strict):
    """A server model."""

    vendor: str
    gpus: Count
    gpu: str | None
    rack_units: Annotated[int, Field(ge=1, le=48)]
    power_w: Watts | None
    unit_size: Annotated[int, Field(ge=1, le=1024)]
    source: Source
    weight_kg: Annotated[int, Field(ge=1, le=10_000)] | None = None
    cooling: Literal["air", "liquid"] = "air"
    nvlink_servers: Annotated[int, Field(ge=1, le=1024)] = 1
    nvlink_extra_units: Count = 0
    nvlink_extra_power_w: Watts | None = None
    nvswitches: Annotated[int, Field(ge=0, le=16)] = 0
    host: HostRow | None = None
    gpu_nic: Literal["same-root", "same-numa"] | None = None
    gpu_nic_source: Source | None = None
    gpu_slots: list[GpuSlotRow] = Field(default=[])
    gpu_slots_source: Source | None = None
    nics: Annotated[list[NicSlotRow], Field(min_length=1)]


class GpuRow(Strict):
    """A GPU model."""

    vendor: Literal["nvidia", "amd"]
    product: str
    memory_mib: Annotated[int, Field(ge=1)]
    lock: str
    """Host lock of a cluster that names none."""
    source: Source


class SwitchRow(Strict):
    """A switch model."""

    vendor: str
    description: str
    ports: Annotated[int, Field(ge=1, le=1024)]
    speed_gbps: Speed
    splits: list[Annotated[int, Field(ge=2, le=8)]]
    uplinks: Count
    uplink_speed_gbps: Speed | None
    kind: Literal["ethernet", "infiniband"]
    rack_units: Annotated[int, Field(ge=1, le=48)]
    power_w: Watts | None
    source: Source
    weight_kg: Annotated[int, Field(ge=1, le=10_000)] | None = None
    cooling: Literal["air", "liquid"] = "air"
    buffer_bytes: Annotated[int, Field(ge=1)] | None = None
    asic: str | None = None
    adaptive_routing: bool = False
    lanes: Annotated[int, Field(ge=1, le=8)] = 8
    cage: Cage
    uplink_cage: Cage | None = None


class CableRow(Strict):
    """A cable with its plugs."""

    part: Part
    kind: Literal["dac", "aoc", "copper"]
    speed_gbps: Speed
    max_length_m: Metres
    a: Annotated[list[Cage], Field(min_length=1)]
    z: Annotated[list[Cage], Field(min_length=1)]
    ways: Annotated[int, Field(ge=1, le=8)] = 1
    protocols: Protocols = Field(default=["ethernet", "infiniband"])
    lengths_m: list[Metres] = Field(default=[])
    description: str
    source: Source


class ModuleRow(Strict):
    """A transceiver."""

    part: Part
    cages: Annotated[list[Cage], Field(min_length=1)]
    speed_gbps: Speed
    links: Annotated[int, Field(ge=1, le=8)]
    fibres: Annotated[int, Field(ge=1, le=8)]
    medium: str
    max_length_m: Metres
    protocols: Protocols = Field(default=["ethernet", "infiniband"])
    power_w: Watts | None = None
    description: str
    source: Source


class FibreRow(Strict):
    """A fibre cable."""

    part: Part
    media: Annotated[list[str], Field(min_length=1)]
    max_length_m: Metres
    ways: Annotated[int, Field(ge=1, le=8)] = 1
    lengths_m: list[Metres] = Field(default=[])
    description: str
    source: Source


class OpticsFile(Strict):
    """``catalog/optics.yaml``."""

    cables: list[CableRow]
    modules: list[ModuleRow]
    fibres: list[FibreRow]


class RoceRow(Strict):
    """Defaults of the RoCE contract (models/qos.py says what each key means)."""

    dscp: Dscp
    priority: Priority
    cnp_dscp: Dscp
    cnp_priority: Priority
    ecn_min_bytes: Annotated[int, Field(ge=1)]
    ecn_max_bytes: Annotated[int, Field(ge=1)]
    ecn_probability: Annotated[int, Field(ge=1, le=100)]
    bandwidth_percent: Annotated[int, Field(ge=1, le=99)]
    watchdog_ms: Annotated[int, Field(ge=100, le=5000)]
    source: Source


class PlaneFile(Strict):
    """``network-planes/<plane>.yaml``."""

    plane: PlaneName
    promise: str
    mtu: Annotated[int, Field(ge=1280, le=9216)]
    may_reach: list[PlaneName]
    routing_table: Annotated[int, Field(ge=1, le=250)] | None
    roce: RoceRow | None = None
    source: Source
