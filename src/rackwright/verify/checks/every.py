"""All checks of one device, in causal order, each guarded: what cannot be had is *not measured*."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from rackwright.locks import LockRow
from rackwright.verify.checks import (
    boot,
    cables,
    certificates,
    containers,
    etcd,
    files,
    gpu_health,
    gpu_sharing,
    kernel_log,
    kubelet,
    ports,
    probing,
    rdma,
    roce,
    routing,
    sessions,
    software,
    storage,
)
from rackwright.verify.expected import Expected
from rackwright.verify.facts import Facts, NotMeasured
from rackwright.verify.model import Layer, Verdict
from rackwright.verify.probes import Probe


@dataclass(frozen=True, slots=True)
class Subject:
    """One device with all that its checks need."""

    want: Expected
    facts: Facts
    lock: Mapping[str, LockRow] = field(default_factory=dict)
    probes: tuple[Probe, ...] = ()
    run: str | None = None
    """This run's name, written in the storage tokens; None when one node is asked live."""


Check = Callable[[Subject], Iterator[Verdict]]

CHECKS: dict[str, tuple[Layer, tuple[str, ...], Check]] = {
    "neighbours": ("cable", ("addr",), lambda s: cables.neighbours(s.facts, s.want)),
    "ports": ("port", ("addr",), lambda s: ports.ports(s.facts, s.want)),
    "rdma": ("port", ("rdma_ports",), lambda s: rdma.rdma(s.facts, s.want, s.lock)),
    "roce": ("port", ("roce",), lambda s: roce.roce(s.facts, s.want)),
    "boot": ("node", ("boot",), lambda s: boot.boot(s.facts, s.want, s.lock)),
    "files": ("switch", (), lambda s: files.files(s.facts, s.want)),
    "running": ("switch", ("frr_drift",), lambda s: files.running(s.facts, s.want)),
    "rules": ("node", ("rules",), lambda s: routing.rules(s.facts, s.want)),
    "routes": ("node", ("routes",), lambda s: routing.routes(s.facts, s.want)),
    "sysctls": ("node", ("sysctl",), lambda s: files.sysctls(s.facts, s.want)),
    "software": ("node", ("packages", "rdma"), lambda s: software.software(s.facts, s.want, s.lock)),
    "counts": ("node", ("gpus", "rdma"), lambda s: software.counts(s.facts, s.want, s.lock)),
    "fabric_manager": (
        "node",
        ("fabric_manager_unit",),
        lambda s: software.fabric_manager(s.facts, s.want, s.lock),
    ),
    "device_nodes": (
        "node",
        ("gpu_nodes",),
        lambda s: gpu_health.device_nodes(s.facts, s.want, s.lock),
    ),
    "gpu_health": ("node", ("gpu_health",), lambda s: gpu_health.health(s.facts, s.want, s.lock)),
    "gpu_sharing": (
        "node",
        ("gpu_sharing", "gpu_instances"),
        lambda s: gpu_sharing.sharing(s.facts, s.want, s.lock),
    ),
    "row_remap": ("node", ("gpu_remap",), lambda s: gpu_health.remapped(s.facts, s.want, s.lock)),
    "nvlinks": ("node", ("nvlinks",), lambda s: gpu_health.nvlinks(s.facts, s.want, s.lock)),
    "fabric_state": ("node", ("gpu_fabric",), lambda s: gpu_health.fabric(s.facts, s.want, s.lock)),
    "kernel_log": ("node", ("kernel_log",), lambda s: kernel_log.kernel_log(s.facts, s.want, s.lock)),
    "nccl_devices": ("node", (f"file:{files.NCCL}",), lambda s: files.nccl_devices(s.facts, s.want)),
    "containerd": ("node", ("containerd_dump",), lambda s: containers.containerd(s.facts, s.want, s.lock)),
    "cdi": ("devices", ("cdi", "gpu_nodes"), lambda s: containers.cdi(s.facts, s.want, s.lock)),
    "node_units": ("node", ("node_units",), lambda s: kubelet.units(s.facts, s.want)),
    "kubelet": ("node", ("kubelet_config",), lambda s: kubelet.configured(s.facts, s.want)),
    "certificates": ("node", ("certificates",), lambda s: certificates.certificates(s.facts, s.want)),
    "etcd": ("node", ("etcd",), lambda s: etcd.etcd(s.facts, s.want)),
    "sessions": ("session", ("bgp",), lambda s: sessions.sessions(s.facts, s.want)),
    "probing": ("rail", ("probes",), lambda s: probing.probing(s.facts, s.want, s.probes)),
    "mount": ("cluster", ("mount",), lambda s: storage.mount(s.facts, s.want)),
    "connections": ("cluster", ("connections",), lambda s: storage.connections(s.facts, s.want)),
    "writable": ("cluster", ("token",), lambda s: storage.writable(s.facts, s.want, s.run)),
}
"""By name: layer (for a check that cannot be made), the questions it leans on, the check."""

SMI = ("gpu", "nodes")
PARTS: dict[str, tuple[str, ...]] = {
    "software": ("gpu",),
    "counts": SMI,
    "fabric_manager": ("gpu",),
    "device_nodes": ("gpu",),
    "gpu_health": SMI,
    "gpu_sharing": SMI,
    "row_remap": SMI,
    "nvlinks": SMI,
    "fabric_state": SMI,
    "nccl_devices": ("nccl",),
    "cdi": ("cdi", *SMI),
    "node_units": ("kubelet", "containerd"),
}
"""The parts of a node that a check looks at: a fault of one of them explains a missing measurement."""


def judged(name: str, subject: Subject) -> list[Verdict]:
    """One check's verdicts; a single *not measured* in place of what could not be had."""
    layer, questions, check = CHECKS[name]
    verdicts: list[Verdict] = []
    try:
        # One by one: what a check found before a fact was missing stays found.
        verdicts.extend(check(subject))
    except NotMeasured as reason:
        parts = tuple(f"{subject.want.device}#{part}" for part in PARTS.get(name, (name,)))
        verdicts.append(
            Verdict(
                name,
                layer,
                subject.want.device,
                None,
                "not measured",
                str(reason),
                "an answer",
                ", ".join(questions),
                needs=parts,
                blames=parts,
            )
        )
    return verdicts


def every(subject: Subject, names: Iterable[str] = CHECKS) -> list[Verdict]:
    """All verdicts on one device."""
    return [verdict for name in names for verdict in judged(name, subject)]
