"""What the design expects of one device: the typed face of ``expectations/<device>.json`` (written by
render/expectations)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from rackwright.models.design import End


@dataclass(frozen=True, slots=True)
class Port:
    """A cabled port. ``neighbour`` is the far end of its cable."""

    name: str
    plane: str | None
    use: str | None
    rail: int | None
    rdma: str | None
    address: str | None
    """``a.b.c.d/length``; None: unnumbered or bridged."""
    mtu: int
    mac: str | None
    neighbour: End | None
    speaks_lldp: bool
    """Whether the far end says who it is: a BMC and the controller do not."""
    vrf: str | None = None
    """None: the default table."""
    speed_gbps: int | None = None
    link_layer: str | None = None
    """As RDMA ports say it: Ethernet or InfiniBand; None: no RDMA port."""


@dataclass(frozen=True, slots=True)
class Route:
    """``table`` is a number as text or ``main``; ``dst`` a prefix or ``default``."""

    table: str
    dst: str
    via: str | None
    dev: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A policy rule of ours: a source's own table (hosts), or an edge rule by incoming port (switches)."""

    source: str | None = None
    iif: str | None = None
    to: str | None = None
    table: str | None = None
    action: str | None = None
    priority: int | None = None

    def __str__(self) -> str:
        words = [f"from {self.source}" if self.source else "", f"iif {self.iif}" if self.iif else ""]
        words += [f"to {self.to}" if self.to else "", self.action or f"lookup {self.table}"]
        return " ".join(word for word in words if word)


@dataclass(frozen=True, slots=True)
class Session:
    """A BGP session over a port, with the device behind it."""

    port: str
    device: str
    asn: int | None
    peer: str
    """As BGP knows the neighbour: the port, or its address on a numbered link."""


@dataclass(frozen=True, slots=True)
class Storage:
    """The shared file system that the node mounts."""

    volume: str
    mount: str
    servers: tuple[str, ...]
    """The storage servers' addresses on the storage plane."""


@dataclass(frozen=True, slots=True)
class Node:
    """A server as a node of Kubernetes."""

    control: bool
    """Runs the control plane and etcd."""
    kubelet: Mapping[str, Any]
    """Its configuration, by key."""
    nri: bool
    """The runtime must let plugins in: a network driver moves devices into pods by NRI."""


@dataclass(frozen=True, slots=True)
class Expected:
    """One device, as it should be."""

    device: str
    kind: Literal["server", "switch"]
    management: str
    simulated: bool
    files: Mapping[str, str]
    ports: Mapping[str, Port]
    routes: tuple[Route, ...]
    rules: tuple[Rule, ...]
    sessions: tuple[Session, ...]
    asn: int | None
    loopback: str | None
    tier: str | None
    role: str | None
    gpus: int
    gpu_product: str | None
    rdma: tuple[str, ...]
    """RDMA devices on the compute plane."""
    lock: str | None
    storage: Storage | None
    pods: str | None = None
    """Address of the bridge of a node's pods."""
    virtual: str | None = None
    """Address that the server may have, or another: Kubernetes' API."""
    node: Node | None = None
    """None: no node of Kubernetes, or one whose platform was left out."""
    sharing: Mapping[str, Any] | None = None
    """How GPUs are divided (:mod:`rackwright.gpu_sharing.host`); None: they are not handed out here."""


def _port(name: str, data: Mapping[str, Any]) -> Port:
    far = data.get("neighbour")
    return Port(
        name,
        data.get("plane"),
        data.get("use"),
        data.get("rail"),
        data.get("rdma"),
        data.get("address"),
        data["mtu"],
        data.get("mac"),
        End(far["device"], far["port"]) if far else None,
        bool(far and far.get("lldp", True)),
        data.get("vrf"),
        data.get("speed_gbps"),
        data.get("link_layer"),
    )


def parse(data: Mapping[str, Any]) -> Expected:
    """From the JSON of one device."""
    storage, node = data.get("storage"), data.get("kubernetes")
    return Expected(
        device=data["device"],
        kind=data["kind"],
        management=data["management"],
        simulated=bool(data.get("simulated")),
        files=dict(data["files"]),
        ports={name: _port(name, port) for name, port in data["ports"].items()},
        routes=tuple(
            Route(str(r["table"]), r["dst"], r.get("via"), r["dev"]) for r in data.get("routes", ())
        ),
        rules=tuple(_rule(rule) for rule in data.get("rules", ())),
        sessions=tuple(
            Session(s["port"], s["device"], s.get("asn"), s.get("peer") or s["port"])
            for s in data.get("sessions", ())
        ),
        asn=data.get("asn"),
        pods=data.get("pods"),
        virtual=data.get("virtual"),
        sharing=data.get("sharing"),
        loopback=data.get("loopback"),
        tier=data.get("tier"),
        role=data.get("role"),
        gpus=data.get("gpus", 0),
        gpu_product=data.get("gpu_product"),
        rdma=tuple(data.get("rdma", {}).get("compute", ())),
        lock=data.get("lock"),
        storage=Storage(storage["volume"], storage["mount"], tuple(storage["servers"])) if storage else None,
        node=Node(node["control"], node["kubelet"], node["nri"]) if node else None,
    )


def _rule(data: Mapping[str, Any]) -> Rule:
    table = data.get("table")
    return Rule(
        source=data.get("from"),
        iif=data.get("iif"),
        to=data.get("to"),
        table=None if table is None else str(table),
        action=data.get("action"),
        priority=data.get("priority"),
    )
