"""ClusterSpec: what people write in ``cluster.yaml``, validated. Intent only; nothing derived lives here."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from rackwright.models.kubernetes import Kubernetes
from rackwright.models.strict import Name as Name
from rackwright.models.strict import Prefix as Prefix
from rackwright.models.strict import SecretRef as SecretRef
from rackwright.models.strict import Strict as Strict

Ratio = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]?:[1-9][0-9]?$")]

MachineRole = Literal["gpu", "control-plane", "storage"]
FabricKind = Literal["roce", "infiniband", "ethernet"]
Topology = Literal["rail-optimised", "leaf-spine", "tree"]
Nos = Literal["frr", "cumulus", "sonic", "eos", "opensm"]
PlaneName = Literal["compute", "storage", "business", "management"]
Homing = Literal["single", "dual-tor", "parallel"]
Vlan = Annotated[int, Field(ge=2, le=4094)]
Vni = Annotated[int, Field(ge=1, le=16_777_214)]


class MachineGroup(Strict):
    """A group of identical servers."""

    sku: str
    count: Annotated[int, Field(ge=1, le=200_000)] = 1
    """Servers. In a file either this or ``gpus`` stands; load turns the other into this one."""
    gpus: Annotated[int, Field(ge=1, le=2_000_000)] | None = None
    """GPUs wanted; as many servers as carry them."""
    role: MachineRole = "gpu"
    unit_size: Annotated[int, Field(ge=1, le=1024)] | None = None
    """Servers in one scalable unit; only for role gpu. Default: the SKU's (32 for DGX H100)."""
    rails: Annotated[int, Field(ge=1, le=16)] | None = None
    """How many of the SKU's compute NICs are cabled; default: all."""


class SubnetManager(Strict):
    """Who manages an InfiniBand fabric. The stock opensm has no adaptive routing, SHARP or SHIELD options."""

    flavour: Literal["stock", "vendor"] = "stock"
    """``stock``: linux-rdma's opensm; ``vendor``: NVIDIA's (MLNX_SM, DOCA, UFM)."""
    engine: Literal["ftree", "updn", "ar_ftree", "ar_updn", "minhop", "dfsssp"] | None = None
    """Routing engine; default: ftree (stock), ar_updn (vendor). It is always named, with no fallback."""


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
    tiers: Annotated[int, Field(ge=2, le=3)] | None = None
    """Default: two while they carry the fabric, else three. Pinned, growth never re-designs the fabric."""
    homing: Homing = "single"
    """What the ports of one NIC attach to: one leaf; two leaves of one fabric without a peer link
    (``dual-tor``, Alibaba HPN); or a fabric plane each, with its own leaves and spines (``parallel``)."""
    nic_ports: Annotated[int, Field(ge=1, le=8)] = 1
    """Ports into which a compute NIC's speed is divided; 2 or more with ``dual-tor`` and ``parallel``."""
    split: Annotated[int, Field(ge=1, le=8)] | None = None
    """Ways a host cage of a leaf is split; default: as many as still run at the NIC port's speed."""
    uplink_split: Annotated[int, Field(ge=1, le=8)] | None = None
    """Ways an uplink cage is split; default: as the hosts' cages on roce and infiniband, so that links run at
    the hosts' speed; on ethernet as few as wire the fabric."""
    spine_groups: Literal["shared", "rail"] = "shared"
    """``rail``: a spine-leaf group for each rail (rack-scale systems); rails meet in the core or nowhere."""
    pod_units: Annotated[int, Field(ge=1, le=1024)] | None = None
    """Scalable units in a pod (three tiers), or leaves of a leaf-spine fabric; default: as many as the
    spines' ports take."""
    cores: Annotated[int, Field(ge=1, le=16_384)] | None = None
    """Core switches (three tiers); default: as few as keep ``core_oversubscription``."""
    core_links: Annotated[int, Field(ge=1, le=64)] | None = None
    """Parallel cables from a spine to each of its cores; default: as few as do. Pinned as ``spine_links``."""
    core_oversubscription: Ratio = "1:1"
    """Of the spines towards the core (Meta's aggregation layer has 7:1)."""
    ports: Literal["per-plane", "shared"] = "per-plane"
    """``shared``: every port of a server on this fabric carries all its planes, the first untagged, others
    in VLANs (converged frontend: two uplinks, several planes)."""
    isolation: Literal["rules", "vrf"] | None = None
    """How planes stay apart where they share the fabric: policy rules at the edge, or a VRF for each plane
    over EVPN. Default: rules on ``frr``, vrf on the others."""
    underlay: Literal["unnumbered", "numbered"] = "unnumbered"
    """Links between switches: BGP unnumbered (RFC 5549), or a /31 each."""
    adaptive_routing: bool | None = None
    """Default: on where kind is roce or infiniband and the switch and its NOS have it."""
    bfd: bool | None = None
    """Watch the switches' BGP sessions by BFD (RFC 5880). Default: on, except on ``frr``: a switch built on
    Linux may lack bfdd, and its answer can be late because it shares its processors with everything else."""
    subnet_manager: SubnetManager | None = None
    """InfiniBand only."""
    routed: bool | None = None
    """Tree only: each access switch a subnet with the gateway on it and eBGP up (true), or one bridged
    network (false). Default: routed above 400 servers. Pinned, growth never re-designs the network."""
    aggregation: str | None = None
    """Tree only: switch above the access switches of a routed one, a row of ``catalog/switches.yaml``;
    default: the slowest of the same maker that takes their uplinks."""


Priority = Annotated[int, Field(ge=0, le=7)]
Dscp = Annotated[int, Field(ge=0, le=63)]


class RoceSettings(Strict):
    """What a site changes in the RoCE contract; every key left out keeps the plane file's value."""

    dscp: Dscp | None = None
    priority: Priority | None = None
    cnp_dscp: Dscp | None = None
    cnp_priority: Priority | None = None
    ecn_min_bytes: Annotated[int, Field(ge=1)] | None = None
    ecn_max_bytes: Annotated[int, Field(ge=1)] | None = None
    ecn_probability: Annotated[int, Field(ge=1, le=100)] | None = None
    bandwidth_percent: Annotated[int, Field(ge=1, le=99)] | None = None
    """ETS share of the lossless class."""
    watchdog_ms: Annotated[int, Field(ge=100, le=5000)] | None = None


class Plane(Strict):
    """A logical network on one fabric: a promise of isolation, MTU and quality of service."""

    fabric: Name
    prefix: Prefix
    mtu: Annotated[int, Field(ge=1280, le=9216)] | None = None
    """MTU of the hosts' ports; default from ``network-planes/<plane>.yaml``."""
    prefix6: Annotated[str, StringConstraints(pattern=r"^[0-9a-f:]+/[0-9]{1,3}$")] | None = None
    """IPv6 prefix, /96 or shorter: every IPv4 address gets the IPv6 address at the same offset."""
    vlan: Vlan | None = None
    """VLAN where ports are shared by planes; default by plane."""
    vni: Vni | None = None
    """VNI of the plane's VRF where the fabric is shared; default by plane."""
    growth_reserve: Annotated[int, Field(ge=0, le=90)] = 0
    """Percentage of the plane's addresses that must stay free; a plan that eats into it is refused."""
    roce: RoceSettings | None = None
    """Quality of service of a RoCE compute plane; default from ``network-planes/compute.yaml``."""


class Access(Strict):
    """How rackwright gets in. Secrets by reference only: ``env:NAME``, ``file:PATH``, ``state:NAME``."""

    ssh_user: Name = "root"
    ssh_key: SecretRef = "state:ssh-key"
    bmc_user: Name = "admin"
    bmc_password: SecretRef = "state:bmc-password"  # noqa: S105 - a reference, not a password
    bmc_ca: SecretRef = "state:bmc-ca"
    kubeconfig: SecretRef | None = None
    """Of the Kubernetes cluster on these machines; without it nothing is declared there. In a file with a
    section ``kubernetes`` it may be left out, and is then the one that role ``kubernetes`` leaves."""


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
    rack_weight_kg: Annotated[int, Field(ge=100, le=5000)] | None = None
    """What a rack with its content may weigh; default: no limit."""
    cooling: Literal["air", "liquid"] = "liquid"
    """What the room offers; ``air`` refuses SKUs that need liquid."""
    racks_per_row: Annotated[int, Field(ge=1, le=200)] | None = None
    """Default: a row for each scalable unit."""
    row_power_kw: Annotated[int, Field(ge=1)] | None = None
    site_power_kw: Annotated[int, Field(ge=1)] | None = None
    spares_percent: Annotated[int, Field(ge=0, le=100)] = 2
    """Spare cables, transceivers and switches in the bill of materials, rounded up."""
    simulated: bool = False
    """True when the machines behind the addresses are a simulation: every result is then labelled so."""


class Tenant(Strict):
    """Somebody whose machines are kept apart on every plane: VRF and VNI, or an InfiniBand partition."""

    id: Annotated[int, Field(ge=1, le=4000)]
    """Its VNI, VLAN and PKey derive from this number, so that another tenant moves nothing."""
    machines: Annotated[list[Name], Field(min_length=1)]
    """Groups of machines; a group belongs to one tenant at most."""


class Site(Strict):
    """What surrounds the cluster."""

    domain: Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$")] | None = None
    """DNS domain; default: ``<cluster>.internal``."""
    dns: list[str] = Field(default=[])
    """Resolvers, as IP addresses."""
    ntp: list[str] = Field(default=[])
    """Time servers; default: the controller."""


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
    tenants: dict[Name, Tenant] = Field(default={})
    site: Site = Site()
    kubernetes: Kubernetes | None = None
