"""What is declared in the Kubernetes cluster as a whole; one stack, ``<cluster>.kubernetes``."""

from __future__ import annotations

from typing import Any

import pulumi

from rackwright.design.node_prefixes import NODE_ROLES
from rackwright.dra.releases import from_depot
from rackwright.errors import UsageError
from rackwright.gpu_sharing.classes import classes
from rackwright.kube.device_classes import Devices, manifests
from rackwright.kube.kubeconfig import HINT
from rackwright.locks import load_lock
from rackwright.models.design import Design
from rackwright.pipeline import Planned
from rackwright.render.scheduler import forms
from rackwright.render.scheduler.seat import seats
from rackwright.render.wiring import Wiring
from rackwright.up.components.device_classes import DeviceClasses, DeviceClassesArgs
from rackwright.up.components.gang_scheduling import GangScheduling, GangSchedulingArgs
from rackwright.up.components.kubernetes import Kubernetes, KubernetesArgs
from rackwright.up.settings import Declared
from rackwright.up.shards import shard_of


def declare(now: Declared) -> None:
    """Side by side: a server that has not joined holds back neither classes nor topologies.

    :raises UsageError: the cluster file names no kubeconfig.
    """
    if now.planned.spec.access.kubeconfig is None:
        raise UsageError(f"{now.planned.path}: no Kubernetes is declared; {HINT}")
    name, design, ways_in = now.planned.design.name, now.planned.design, now.ways_in
    section = now.planned.spec.kubernetes
    network = section is None or section.cni == "routed"  # Cilium's chart is the site's to deploy, later
    cluster = Kubernetes(f"kubernetes-{name}", KubernetesArgs(nodes(design), ways_in, network))
    DeviceClasses(f"device-classes-{name}", DeviceClassesArgs(device_classes(now.planned), ways_in))
    GangScheduling(f"gang-scheduling-{name}", GangSchedulingArgs(forms.objects(now.files.site), ways_in))
    pulumi.export("kubeconfig", cluster.kubeconfig)


def nodes(design: Design) -> dict[str, dict[str, dict[str, str]]]:
    """Unit to node to labels: a resource for each unit, as one for each node would be too many."""
    roles = {server.name: server for server in design.servers if server.role in NODE_ROLES}
    found: dict[str, dict[str, dict[str, str]]] = {}
    for seat in seats(design, Wiring.of(design)):
        if server := roles.get(seat.server):
            found.setdefault(shard_of(server.unit), {})[seat.server] = seat.labels()
    return found


def devices(planned: Planned) -> set[Devices]:
    """What there is to ask for: GPUs by vendor, and NICs where the compute fabric has RDMA."""
    skus = {planned.tables.servers[server.sku] for server in planned.design.servers if server.gpus}
    found: set[Devices] = {planned.tables.gpus[sku.gpu].vendor for sku in skus if sku.gpu}
    compute = planned.spec.planes.get("compute")
    if compute and planned.spec.fabrics[compute.fabric].kind in ("roce", "infiniband"):
        found.add("rdma")
    return found


def device_classes(planned: Planned) -> list[dict[str, Any]]:
    """Classes that nobody else makes: each has one owner.

    In a cluster of ours the drivers' charts bring theirs, and what role dra_driver deploys brings the rest.
    """
    made = planned.design.kubernetes
    if made is None:
        return manifests(devices(planned))
    deployed = from_depot(made, load_lock(planned.spec.lock))
    brought = {each["metadata"]["name"] for release, _ in deployed for each in release.beside}
    return [each.manifest() for each in classes(made) if each.ours and each.name not in brought]
