"""The schema of the catalog and the plane files: one model for each kind of row."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from rackwright.models.spec import Dscp, PlaneName, Priority, Strict

Source = Annotated[str, StringConstraints(pattern=r"^(https?://\S+( \(.+\))?|assumption: .+)$")]
Watts = Annotated[int, Field(ge=1, le=200_000)]
Count = Annotated[int, Field(ge=0, le=1024)]
Speed = Annotated[int, Field(ge=1, le=3200)]


class NicRow(Strict):
    """A NIC model, by port."""

    vendor: str
    speed_gbps: Speed
    source: Source
    port_splits: list[Annotated[int, Field(ge=1, le=8)]] = Field(default=[1])


class NicSlotRow(Strict):
    """One network port of a server."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]{0,14}$")]
    nic: str
    plane: PlaneName | None
    rail: Annotated[int, Field(ge=0, le=15)] | None
    rdma: str | None
    pci: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$")] | None
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
    nics: Annotated[list[NicSlotRow], Field(min_length=1)]


class GpuRow(Strict):
    """A GPU model."""

    vendor: Literal["nvidia", "amd"]
    product: str
    memory_mib: Annotated[int, Field(ge=1)]
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


class CableRow(Strict):
    """A cable or transceiver."""

    part: str
    kind: Literal["dac", "aoc", "optic", "copper"]
    speed_gbps: Speed
    max_length_m: Annotated[int, Field(ge=1, le=100_000)]
    description: str
    source: Source


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
