"""Which server gets which roles, and in which order: the one table that playbooks, stacks and groups follow.

A role's name is also its group: ``ansible-playbook playbooks/site.yml --limit nccl`` means those that get it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from rackwright.design.node_prefixes import NODE_ROLES
from rackwright.inventory.about import About
from rackwright.inventory.roles import dra_driver, nic_firmware
from rackwright.models.spec import MachineRole
from rackwright.render import host_roce

Part = Literal["foundation", "platform"]
"""Foundation: what storage needs (packages' source, planes, file system). Platform: everything after it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A role, the part of the run that it belongs to, and who gets it."""

    role: str
    part: Part
    wanted: Callable[[About], bool]


def everyone(about: About) -> bool:
    """Every server."""
    return True


def stores(about: About) -> bool:
    """Servers and clients of the shared file system, where the site has one."""
    parts: tuple[MachineRole, ...] = ("storage", "gpu")
    return about.design.spec.storage is not None and about.server.role in parts


def rows(*names: str) -> Callable[[About], bool]:
    """Every server whose host lock has the rows."""
    return lambda about: about.has(*names)


def nvidia(*names: str) -> Callable[[About], bool]:
    """Servers with NVIDIA GPUs whose host lock has the rows."""
    return lambda about: about.vendor == "nvidia" and about.has(*names)


def amd(*names: str) -> Callable[[About], bool]:
    """Servers with AMD GPUs whose host lock has the rows."""
    return lambda about: about.vendor == "amd" and about.has(*names)


def rdma(*names: str) -> Callable[[About], bool]:
    """Servers with RDMA devices on the compute plane whose host lock has the rows."""
    return lambda about: bool(about.rdma) and about.has(*names)


def both(one: Callable[[About], bool], other: Callable[[About], bool]) -> Callable[[About], bool]:
    """Servers that are wanted twice over."""
    return lambda about: one(about) and other(about)


def has_nvswitches(about: About) -> bool:
    """Servers with NVSwitches inside; those of an NVL72 are in switch trays, and fabric manager with them."""
    return about.sku.nvswitches > 0 and nvidia("driver", "fabric_manager")(about)


def shares_nvlink(about: About) -> bool:
    """Servers whose NVLink goes on to others."""
    return about.server.nvlink_domain is not None and nvidia("driver", "imex")(about)


def burnt(about: About) -> bool:
    """Servers with RDMA devices on the compute plane, and NICs whose firmware the host lock names."""
    return bool(about.rdma) and bool(nic_firmware.devices(about))


def roce(about: About) -> bool:
    """Servers on a RoCE compute plane whose host lock has an RDMA stack; InfiniBand has no such contract."""
    return about.has("rdma") and host_roce.contract_of(about.server, about.design) is not None


def runs_containers(about: About) -> bool:
    """Servers that pods run on, where the host lock has a container runtime."""
    return about.server.role in NODE_ROLES and about.has("containerd")


def shares_gpus(about: About) -> bool:
    """GPU servers of the site's Kubernetes, whose GPUs are handed out whole or divided."""
    return is_node(about) and (nvidia("driver")(about) or amd("amdgpu", "amd_smi")(about))


def is_node(about: About) -> bool:
    """Servers of the site's Kubernetes, where the host lock has it and a container runtime."""
    return about.design.kubernetes is not None and runs_containers(about) and about.has("kubernetes")


def may_hold_the_api(about: About) -> bool:
    """Control-plane servers of a Kubernetes whose API has a virtual address."""
    made = about.design.kubernetes
    control = about.server.role == "control-plane"
    return made is not None and made.endpoint == "virtual" and control and is_node(about)


def has_dra(about: About) -> bool:
    """Nodes with devices, and the control-plane server that deploys their drivers from the depot."""
    if not (is_node(about) and dra_driver.wanted(about)) or about.design.kubernetes is None:
        return False
    return about.server.role == "gpu" or about.server.name == about.design.kubernetes.control[0].name


def is_placed(about: About) -> bool:
    """Nodes, whose place schedulers are told; and control-plane servers, where Slurm's controller may be."""
    return is_node(about) or about.server.role == "control-plane"


ORDER: tuple[Entry, ...] = (
    Entry("base", "foundation", everyone),
    Entry("host_network", "foundation", everyone),
    Entry("glusterfs", "foundation", stores),
    Entry("host_lock", "platform", everyone),
    Entry("kernel", "platform", rows("kernel")),
    Entry("rdma", "platform", rdma("rdma")),
    Entry("nic_firmware", "platform", burnt),
    Entry("roce_host", "platform", roce),
    Entry("nvidia_driver", "platform", nvidia("driver")),
    Entry("gpu_persistence", "platform", nvidia("driver", "persistence")),
    Entry("fabric_manager", "platform", has_nvswitches),
    Entry("nvidia_imex", "platform", shares_nvlink),
    Entry("nccl", "platform", both(nvidia("nccl"), rdma())),
    Entry("gds", "platform", nvidia("driver", "gds")),
    Entry("dcgm", "platform", nvidia("driver", "dcgm")),
    Entry("dcgm_exporter", "platform", nvidia("dcgm", "dcgm_exporter")),
    Entry("amdgpu", "platform", amd("amdgpu")),
    Entry("gpu_sharing", "platform", shares_gpus),
    Entry("rccl", "platform", both(amd("rccl"), rdma())),
    Entry("containerd", "platform", runs_containers),
    Entry("container_toolkit", "platform", nvidia("container_toolkit", "driver")),
    Entry("cni", "platform", is_node),
    # The address is there before the cluster, whose first server is told to come by it.
    Entry("api_address", "platform", may_hold_the_api),
    Entry("kubernetes", "platform", is_node),
    Entry("dra_driver", "platform", has_dra),
    Entry("topology_labels", "platform", is_placed),
    Entry("node_exporter", "platform", rows("node_exporter")),
    Entry("in_service", "platform", everyone),
)
"""Roles in the order in which they run."""


def roles_of(about: About, part: Part | None = None) -> tuple[str, ...]:
    """Roles of one server, in order; of both parts where none is named."""
    return tuple(entry.role for entry in ORDER if part in (None, entry.part) and entry.wanted(about))
