"""Plugins: each DRA driver's pod is ready on every GPU node, and its DeviceClasses are there."""

from __future__ import annotations

from collections.abc import Iterator

from rackwright.gpu_sharing.classes import classes as designed
from rackwright.models.kubernetes_design import KubernetesDesign
from rackwright.verify.kubernetes.drivers import Driver, drivers, gpu_nodes
from rackwright.verify.kubernetes.marks import Marks
from rackwright.verify.kubernetes.nodes import READY, is_ready
from rackwright.verify.kubernetes.seen import Json, Seen
from rackwright.verify.model import Outcome, Verdict


def part(driver: str) -> str:
    """The part of a node that a driver's plugin is."""
    return f"plugin-{driver}"


def running(seen: Seen, driver: Driver, node: str) -> tuple[bool, str]:
    """Whether the plugin serves on a node, and what is to be said of it."""
    own = [
        pod
        for pod in seen.pods
        if pod["metadata"]["namespace"] == driver.namespace
        and pod["spec"].get("nodeName") == node
        and any(owner["kind"] == "DaemonSet" for owner in pod["metadata"].get("ownerReferences") or ())
    ]
    if not own:
        return False, f"no pod in namespace {driver.namespace}"
    waiting = [text for pod in own if (text := _not_ready(pod))]
    return not waiting, "; ".join(waiting) or f"{len(own)} ready"


def plugins(design: KubernetesDesign, seen: Seen, marks: Marks) -> Iterator[Verdict]:
    """A verdict for each driver and node. One that runs nowhere is one fault, not one for each node."""
    names = [name for name, _ in gpu_nodes(design)]
    for driver in drivers(design):
        source = f"GET /api/v1/namespaces/{driver.namespace}/pods"
        found = {name: running(seen, driver, name) for name in names}
        nowhere = len(names) > 1 and not any(good for good, _ in found.values())
        also = (f"{marks.control}#{part(driver.name)}",) if nowhere else ()
        for name, (good, said) in found.items():
            outcome: Outcome = "pass" if good else "fail"
            if not good and not is_ready(seen, name):
                outcome, said = "not measured", f"the node is not ready ({said})"
            if not good and not _sets(seen, driver):
                said = f"no DaemonSet in namespace {driver.namespace}"
            elif not good and (short := _short(seen, driver)):
                said = f"{said}; {short}"
            yield marks.verdict(
                f"DRA plugin {driver.name}", "kubernetes", name, outcome, said, "a pod that is ready", source,
                part(driver.name), needs=(*marks.node(name), f"{name}#{READY}"), also=also,
            )  # fmt: skip


def classes(design: KubernetesDesign, seen: Seen, marks: Marks) -> Iterator[Verdict]:
    """Every class that claims use, with the selector that is meant."""
    for wanted in designed(design):
        live = seen.classes.get(wanted.name)
        found = "no such class" if live is None else _selector(live)
        # A chart's own words may differ; ours may not.
        good = live is not None and (not wanted.ours or found == _words(wanted.selector))
        expected = _words(wanted.selector)
        outcome: Outcome = "pass" if good else "fail"
        yield marks.verdict(
            f"DeviceClass {wanted.name}", "kubernetes", marks.control, outcome, found, expected,
            "GET /apis/resource.k8s.io/v1/deviceclasses", "device-classes",
        )  # fmt: skip


def _sets(seen: Seen, driver: Driver) -> list[Json]:
    return [each for each in seen.sets if each["metadata"]["namespace"] == driver.namespace]


def _short(seen: Seen, driver: Driver) -> str:
    """DaemonSets that want fewer pods than nodes, which is how one is stopped."""
    told = []
    for each in _sets(seen, driver):
        status = each.get("status") or {}
        wanted, ready = status.get("desiredNumberScheduled", 0), status.get("numberReady", 0)
        told.append(f"DaemonSet {each['metadata']['name']} wants {wanted} pods, {ready} ready")
    return "; ".join(told)


def _not_ready(pod: Json) -> str:
    """Why a pod is not ready; empty when it is."""
    status = pod.get("status") or {}
    if pod["metadata"].get("deletionTimestamp"):
        return f"{pod['metadata']['name']} is going away"
    if any(each["type"] == "Ready" and each["status"] == "True" for each in status.get("conditions") or ()):
        return ""
    for each in status.get("containerStatuses") or ():
        for state in (each.get("state") or {}).values():
            if state.get("reason"):
                return f"{pod['metadata']['name']}: {each['name']} {state['reason']}"
    return f"{pod['metadata']['name']} is {status.get('phase', 'unknown')} and not ready"


def _selector(live: Json) -> str:
    found = [each["cel"]["expression"] for each in live["spec"].get("selectors") or () if "cel" in each]
    return _words(" && ".join(found)) or "no selector"


def _words(text: str) -> str:
    return " ".join(text.split())
