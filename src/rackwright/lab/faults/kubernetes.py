"""Faults of Kubernetes: a stopped kubelet, etcd or DRA plugin, an expired certificate, a label set by hand.

They are done on the nodes, or with the administrator's kubeconfig on the first control-plane server.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable

from rackwright.dra.releases import NAMESPACES
from rackwright.errors import UsageError, WorldRefused
from rackwright.lab.faults import expired
from rackwright.lab.faults.kind import Kind, Places, one, server_named
from rackwright.lab.faults.record import Fault
from rackwright.lab.inside import must, run_in
from rackwright.lab.world import World
from rackwright.models.kubernetes_design import KubernetesDesign
from rackwright.render.scheduler.seat import UNIT, seats
from rackwright.render.wiring import Wiring

KUBECTL = ("kubectl", "--kubeconfig=/etc/kubernetes/admin.conf", "--request-timeout=20s")
NOWHERE = "rackwright-lab/nowhere"
"""A label that no node has: a DaemonSet that selects it runs no pod, the usual way to stop one."""
MANIFEST = "/etc/kubernetes/manifests/etcd.yaml"
ASIDE = "/etc/kubernetes/etcd.yaml.aside"
"""Out of the kubelet's sight."""
STOP_SECONDS = 90
WRONG_UNIT = "su99"


def design_of(world: World) -> KubernetesDesign:
    """
    :raises UsageError: the cluster has no Kubernetes.
    """
    made = world.design.kubernetes
    if made is None:
        raise UsageError(f"{world.place.name} has no Kubernetes: its cluster file has no section kubernetes")
    return made


def _control(world: World) -> str:
    return design_of(world).control[0].name


def _node(world: World, places: Places) -> str:
    """A node; the first GPU node where none is named.

    :raises UsageError: it is none.
    """
    made = design_of(world)
    names = [node.name for node in made.nodes]
    default = next((node.name for node in made.nodes if not node.control), names[0])
    name = server_named(world, one(places, default, "SERVER"))
    if name not in names:
        raise UsageError(f"{name} is no node; there are {', '.join(names)}")
    return name


def _kubectl(world: World, *words: str) -> str:
    return must(world.place, _control(world), [*KUBECTL, *words])


def _plan_label(world: World, places: Places) -> Fault:
    name = _node(world, places)
    seat = next(s for s in seats(world.design, Wiring.of(world.design)) if s.server == name)
    if seat.unit is None:
        raise UsageError(f"{name} is on no leaf of the compute plane and has no label {UNIT}")
    return Fault(
        "wrong-label",
        name,
        f"the label {UNIT} of {name} is {WRONG_UNIT}, not {seat.unit}",
        "rackwright lab fault CLUSTER wrong-label --clear; so does rackwright up",
        {"server": name, "value": seat.unit},
    )


def _label(world: World, fault: Fault, value: str) -> None:
    _kubectl(world, "label", "node", fault.data["server"], f"{UNIT}={value}", "--overwrite")


def _plan_plugin(world: World, places: Places) -> Fault:
    made = design_of(world)
    default = {"nvidia": "gpu.nvidia.com", "amd": "gpu.amd.com"}.get(made.gpu_driver, "dra.net")
    name = one(places, default, "DRIVER")
    if name not in NAMESPACES:
        raise UsageError(f"no DRA driver is called {name}; there are {', '.join(NAMESPACES)}")
    return Fault(
        "plugin-stopped",
        name,
        f"the DaemonSet of {name} selects a label that no node has",
        "rackwright lab fault CLUSTER plugin-stopped --clear; so does rackwright up",
        {"namespace": NAMESPACES[name]},
    )


def _plugin(world: World, fault: Fault, value: str | None) -> None:
    """Set or take away the selector, and see the pods gone or ready.

    :raises WorldRefused: the driver is not deployed, or its pods do not follow.
    """
    space = fault.data["namespace"]
    names = _kubectl(world, "-n", space, "get", "daemonsets", "-o", "name").split()
    if not names:
        raise WorldRefused(space, "stop the plugin", "found no DaemonSet", "is the driver deployed?")
    patch = json.dumps({"spec": {"template": {"spec": {"nodeSelector": {NOWHERE: value}}}}})
    for name in names:
        _kubectl(world, "-n", space, "patch", name, "--type=merge", f"--patch={patch}")

    def followed() -> bool:
        text = _kubectl(world, "-n", space, "get", "daemonsets", "-o", "json")
        states = [each["status"] for each in json.loads(text)["items"]]
        pods = _kubectl(world, "-n", space, "get", "pods", "-o", "name").split()
        wanted = sum(state.get("desiredNumberScheduled", 0) for state in states)
        ready = sum(state.get("numberReady", 0) for state in states)
        return not pods if value else 0 < wanted == ready

    _until(followed, space, "stop the plugin" if value else "start the plugin")


def _plan_kubelet(world: World, places: Places) -> Fault:
    name = _node(world, places)
    heals = "rackwright lab fault CLUSTER kubelet-stopped --clear; so does rackwright up"
    return Fault("kubelet-stopped", name, f"the kubelet of {name} is stopped", heals, {"server": name})


def _kubelet(world: World, fault: Fault, verb: str) -> None:
    must(world.place, fault.data["server"], ["systemctl", verb, "kubelet.service"], timeout=STOP_SECONDS)


def _plan_etcd(world: World, places: Places) -> Fault:
    if places:
        raise UsageError("etcd-stopped takes no --place: it is the first control-plane server's")
    name = _control(world)
    heals = "rackwright lab fault CLUSTER etcd-stopped --clear"
    words = f"etcd of {name} is stopped: its static pod's manifest is put aside"
    return Fault("etcd-stopped", name, words, heals, {"server": name})


def _etcd(world: World, fault: Fault, source: str, target: str) -> None:
    """Move the manifest, unless it was moved already, and see etcd's port closed or open."""
    name = fault.data["server"]
    must(world.place, name, ["sh", "-c", f"[ ! -e {source} ] || mv {source} {target}"])
    wanted = target == MANIFEST

    def followed() -> bool:
        probe = "import socket; socket.create_connection(('127.0.0.1', 2379), 2)"
        return (run_in(world.place, name, ["python3", "-c", probe]).code == 0) is wanted

    _until(followed, name, "start etcd" if wanted else "stop etcd")


def _until(done: Callable[[], bool], place: str, what: str) -> None:
    end = time.monotonic() + STOP_SECONDS
    while not done():
        if time.monotonic() > end:
            raise WorldRefused(place, what, f"not done within {STOP_SECONDS} s")
        time.sleep(1)


def _plan_certificate(world: World, places: Places) -> Fault:
    if places:
        raise UsageError("certificate-expired takes no --place: it is the first API server's")
    name = _control(world)
    return Fault(
        "certificate-expired",
        name,
        f"the API server of {name} shows a certificate that has expired",
        "rackwright lab fault CLUSTER certificate-expired --clear (on metal: kubeadm certs renew)",
        {"server": name},
    )


KINDS = (
    Kind(
        "wrong-label",
        f"A node's label {UNIT} is another unit's: --place SERVER.",
        _plan_label,
        lambda world, fault: _label(world, fault, WRONG_UNIT),
        lambda world, fault: _label(world, fault, fault.data["value"]),
    ),
    Kind(
        "plugin-stopped",
        "A DRA driver's plugin is stopped on all nodes: --place DRIVER, e.g. gpu.nvidia.com.",
        _plan_plugin,
        lambda world, fault: _plugin(world, fault, "true"),
        lambda world, fault: _plugin(world, fault, None),
    ),
    Kind(
        "kubelet-stopped",
        "A kubelet is stopped: --place SERVER.",
        _plan_kubelet,
        lambda world, fault: _kubelet(world, fault, "stop"),
        lambda world, fault: _kubelet(world, fault, "start"),
    ),
    Kind(
        "etcd-stopped",
        "etcd of the first control-plane server is stopped.",
        _plan_etcd,
        lambda world, fault: _etcd(world, fault, MANIFEST, ASIDE),
        lambda world, fault: _etcd(world, fault, ASIDE, MANIFEST),
    ),
    Kind(
        "certificate-expired",
        "The API server's certificate has expired.",
        _plan_certificate,
        lambda world, fault: expired.put(world.place, fault.data["server"]),
        lambda world, fault: expired.take_back(world.place, fault.data["server"]),
    ),
)
