"""Kubernetes: nodes by position, the endpoint, and the gates that profiles and features ask for."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network

from rackwright.design.node_prefixes import NODE_ROLES, node_prefix
from rackwright.design.places import Place, group_rails
from rackwright.design.pools import FlatPool, Pool
from rackwright.gpu_sharing.gates import gates
from rackwright.gpu_sharing.profile import WHOLE, parse
from rackwright.gpu_sharing.rules import gates_of
from rackwright.kubernetes.features import served, to_set
from rackwright.models.design import Server
from rackwright.models.kubernetes import Kubernetes
from rackwright.models.kubernetes_design import GpuGroup, KubernetesDesign, KubernetesNode
from rackwright.models.spec import ClusterSpec
from rackwright.models.tables import Tables

_DNS = 10
"""Which of the services' addresses the cluster's DNS has: kubeadm's own rule."""


def kubernetes_design(
    spec: ClusterSpec, tables: Tables, stand: Iterable[Place], servers: Iterable[Server]
) -> KubernetesDesign | None:
    """None where the cluster file has no such section."""
    section = spec.kubernetes
    if section is None:
        return None
    pods, services = IPv4Network(section.pods), IPv4Network(section.services)
    nodes = tuple(
        KubernetesNode(
            server.name,
            server.group,
            server.role == "control-plane",
            node_address(server),
            str(node_prefix(place, pods, section.node_prefix)),
        )
        for place, server in zip(stand, servers, strict=True)
        if server.role in NODE_ROLES
    )
    groups = tuple(_groups(spec, section, tables))
    kinds = {group.profile.kind for group in groups}
    driver = tuple(name for name in gates_of(kinds, set(section.dra.features)) if not gates()[name].default)
    line = section.version or ".".join(tables.versions["kubernetes"].split(".")[:2])
    asked = {*section.features, *(base for name in driver if (base := gates()[name].kubernetes))}
    domain = spec.site.domain or f"{spec.cluster}.internal"
    return KubernetesDesign(
        line,
        tables.versions.get("kubernetes"),
        domain,
        section.pods,
        section.services,
        str(services[_DNS]),
        section.node_prefix,
        section.endpoint,
        _host(section, spec, domain, nodes),
        nodes,
        section.dra.gpu,
        section.dra.network,
        groups,
        to_set(asked, line),
        served(asked, line),
        driver,
        tables.versions,
        {node.address: node for node in nodes},
    )


def node_address(server: Server) -> str:
    """The business plane's first address: jobs and users are there; else the management port's."""
    business = server.on("business")
    return (business[0] if business else server.management).address.ip


def _host(section: Kubernetes, spec: ClusterSpec, domain: str, nodes: tuple[KubernetesNode, ...]) -> str:
    """A virtual address stands next to the depot's, which no other machine takes."""
    if section.endpoint == "name":
        return f"api.{domain}"
    if section.endpoint == "virtual":
        return FlatPool(Pool.of(spec.planes["management"].prefix)).virtual().ip
    return next(node.address for node in nodes if node.control)


def _groups(spec: ClusterSpec, section: Kubernetes, tables: Tables) -> Iterable[GpuGroup]:
    for name in sorted(spec.machines):
        group = spec.machines[name]
        sku = tables.servers[group.sku]
        if group.role != "gpu" or sku.gpu is None:
            continue
        rails = group_rails(group, tables)
        compute = [slot for slot in sku.nics if slot.rail is not None and slot.rail < rails]
        yield GpuGroup(
            name,
            sku,
            tables.gpus[sku.gpu],
            parse(section.sharing.get(name, "whole")) or WHOLE,
            rails,
            any(tables.nics[slot.nic].pcie_root == "data-direct" for slot in compute),
        )
