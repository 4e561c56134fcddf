"""ClusterSpec: what people write in ``cluster.yaml``, validated. Intent only; nothing derived lives here."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,30}[a-z0-9]$|^[a-z]$")]
Ratio = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]?:[1-9][0-9]?$")]
Prefix = Annotated[str, StringConstraints(pattern=r"^[0-9.]+/[0-9]{1,2}$")]
SecretRef = Annotated[str, StringConstraints(pattern=r"^(env:[A-Z][A-Z0-9_]*|file:.+|state:[a-z0-9-]+)$")]

MachineRole = Literal["gpu", "control-plane", "storage"]
FabricKind = Literal["roce", "infiniband", "ethernet"]
Topology = Literal["rail-optimised", "leaf-spine", "tree"]
Nos = Literal["frr", "cumulus", "sonic", "eos", "opensm"]
PlaneName = Literal["compute", "storage", "business", "management"]


class Strict(BaseModel):
    """No unknown keys, no silent coercion, immutable."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class MachineGroup(Strict):
    """A group of identical servers."""

    sku: str
    count: Annotated[int, Field(ge=1, le=200_000)]
    role: MachineRole = "gpu"
    unit_size: Annotated[int, Field(ge=1, le=1024)] | None = None
    """Servers in one scalable unit; only for role gpu. Default: the SKU's (32 for DGX H100)."""
    rails: Annotated[int, Field(ge=1, le=16)] | None = None
    """How many of the SKU's compute NICs are cabled; default: all."""


class Fabric(Strict):
    """A physical network: switches and cables."""

    kind: FabricKind
    switch: str
    nos: Nos
    topology: Topology
    oversubscription: Ratio = "1:1"
    leaves: Annotated[int, Field(ge=1, le=4096)] | None = None
    """Leaf switches (leaf-spine only); default: as many as the ports need, at least 2."""
    spines: Annotated[int, Field(ge=1, le=4096)] | None = None
    """Spine switches; default: as few as keep the oversubscription, at least 2."""
    reserved_ports: Annotated[int, Field(ge=0, le=1024)] = 0
    """Host ports set aside for appliances (UFM); the reference fabrics give up a server's place."""
    hosts_per_leaf: Annotated[int, Field(ge=1, le=1024)] | None = None
    """Host ports that a leaf is laid out for (leaf-spine only); default: what the oversubscription allows."""
    spine_links: Annotated[int, Field(ge=1, le=64)] | None = None
    """Parallel cables from a leaf to each spine; default: as few as keep the oversubscription.

    A site that means to add spines later sets it: then no cable moves, and outgrowing the fabric is an error.
    """


class Plane(Strict):
    """A logical network on one fabric: a promise of isolation, MTU and quality of service."""

    fabric: Name
    prefix: Prefix
    mtu: Annotated[int, Field(ge=1280, le=9216)] | None = None
    """MTU of the hosts' ports; default from ``network-planes/<plane>.yaml``."""


class Access(Strict):
    """How rackwright gets in. Secrets by reference only: ``env:NAME``, ``file:PATH``, ``state:NAME``."""

    ssh_user: Name = "root"
    ssh_key: SecretRef = "state:ssh-key"
    bmc_user: Name = "admin"
    bmc_password: SecretRef = "state:bmc-password"  # noqa: S105 - a reference, not a password
    bmc_ca: SecretRef = "state:bmc-ca"


class StorageTier(Strict):
    """A shared file system served by the storage servers over the storage plane."""

    kind: Literal["glusterfs"] = "glusterfs"
    volume: Name = "scratch"
    mount: Annotated[str, StringConstraints(pattern=r"^/[a-z0-9/_-]+$")] = "/mnt/scratch"
    replica: Annotated[int, Field(ge=1, le=3)] = 2


class Physical(Strict):
    """The room."""

    rack_units: Annotated[int, Field(ge=10, le=60)] = 48
    rack_power_kw: Annotated[int, Field(ge=1, le=300)] = 44
    simulated: bool = False
    """True when the machines behind the addresses are a simulation: every result is then labelled so."""


class Depot(Strict):
    """Where machines fetch packages, binaries and images from."""

    url: str | None = None
    """Default: ``http://`` and the management plane's depot address (``Design.depot``), port 8480."""


class ClusterSpec(Strict):
    """The whole of ``cluster.yaml``."""

    cluster: Name
    machines: Annotated[dict[Name, MachineGroup], Field(min_length=1)]
    fabrics: Annotated[dict[Name, Fabric], Field(min_length=1)]
    planes: dict[PlaneName, Plane]
    lock: str = "h100-debian13"
    """Name of the host lock in ``catalog/locks/``."""
    access: Access = Access()
    storage: StorageTier | None = None
    physical: Physical = Physical()
    depot: Depot = Depot()
