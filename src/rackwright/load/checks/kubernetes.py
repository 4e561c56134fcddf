"""Kubernetes: servers enough and not too many, a release, an endpoint that this cluster can have."""

from __future__ import annotations

from rackwright.design.oob_layout import FLAT_SERVERS
from rackwright.errors import BadInput
from rackwright.load.draft import Draft
from rackwright.load.plain import Document
from rackwright.locks import load_lock
from rackwright.locks.versions import Version
from rackwright.models.kubernetes import Kubernetes
from rackwright.models.tables import Tables

MOST_NODES = 5000
"""https://kubernetes.io/docs/setup/best-practices/cluster-large/"""
OLDEST_DRA = "1.34"
"""The first release that serves resource.k8s.io/v1, whose form all our objects have."""
_SECTION = ("kubernetes",)


def check_kubernetes(doc: Document, draft: Draft, tables: Tables) -> None:
    """Each mistake at its key, or at the section where a default does not do."""
    section = draft.kubernetes
    if section is None:
        return
    if draft.named.get("machines", frozenset()) == frozenset(draft.machines):  # else a wrong group may be it
        _servers(doc, draft)
        _endpoint(doc, draft, section)
        _alignment(doc, draft, section, tables)
        _driver(doc, draft, section, tables)
    _version(doc, draft, section, tables)


def release(draft: Draft, tables: Tables) -> str | None:
    """The release that the host lock has, e.g. ``1.36.2``; None where it has none, or does not hold."""
    if draft.lock is None or draft.lock not in tables.locks:
        return None
    try:
        row = load_lock(draft.lock).rows.get("kubernetes")
    except BadInput:
        return None  # said at the lock
    return row.reports if row else None


def line_of(draft: Draft, tables: Tables) -> str | None:
    """The minor release: the file's, else the host lock's."""
    if draft.kubernetes is None or draft.kubernetes.version:
        return draft.kubernetes.version if draft.kubernetes else None
    known = release(draft, tables)
    return ".".join(known.split(".")[:2]) if known else None


def _servers(doc: Document, draft: Draft) -> None:
    control = sum(group.count for group in draft.machines.values() if group.role == "control-plane")
    if control == 0:
        doc.say(_SECTION, "a group of machines with role control-plane", found="none", at_key=True)
    elif control % 2 == 0:
        hint = "etcd decides by majority: an even number fails as early as one less"
        doc.say(_SECTION, "an odd number of control-plane servers", hint, found=f"{control}", at_key=True)
    nodes = control + sum(group.count for group in draft.machines.values() if group.role == "gpu")
    if nodes > MOST_NODES:
        hint = "Kubernetes is made for no more; give parts of the machines clusters of their own"
        doc.say(_SECTION, f"at most {MOST_NODES} nodes", hint, found=f"{nodes}", at_key=True)


def _version(doc: Document, draft: Draft, section: Kubernetes, tables: Tables) -> None:
    locked, line = release(draft, tables), line_of(draft, tables)
    path = (*_SECTION, "version")
    if line is None:
        if draft.lock in tables.locks:
            hint = f"host lock {draft.lock} has no row kubernetes"
            doc.say(path, 'a minor release such as "1.36"', hint, found="nothing")
        return
    if section.version and locked and not locked.startswith(f"{section.version}."):
        doc.say(path, f"{'.'.join(locked.split('.')[:2])}", f"host lock {draft.lock} has {locked}")
    drivers = section.dra.gpu != "none" or section.dra.network != "none"
    if drivers and Version(line) < Version(OLDEST_DRA):
        found = None if section.version else f"{locked} of host lock {draft.lock}"
        doc.say(path, f"{OLDEST_DRA} or later", "resource.k8s.io/v1 is served from there on", found=found)


def _endpoint(doc: Document, draft: Draft, section: Kubernetes) -> None:
    path = (*_SECTION, "endpoint")
    control = sum(group.count for group in draft.machines.values() if group.role == "control-plane")
    if section.endpoint == "address" and control > 1:
        hint = f"with {control} control-plane servers, the address of one is lost with that server"
        doc.say(path, "name or virtual", hint)
    plane = draft.planes.get("management")
    fabric = draft.fabrics.get(plane.fabric) if plane else None
    if section.endpoint != "virtual" or fabric is None:
        return
    servers = sum(group.count for group in draft.machines.values())
    if fabric.routed or (fabric.routed is None and servers > FLAT_SERVERS):
        hint = "a virtual address moves by ARP, within one bridged network; name has no such limit"
        doc.say(path, "name, where the management plane is routed", hint)


def _alignment(doc: Document, draft: Draft, section: Kubernetes, tables: Tables) -> None:
    """A pod with all of a server's GPUs needs processors of every NUMA node, and would never start."""
    if section.alignment != "single-numa-node":
        return
    for name, group in draft.machines.items():
        sku = tables.servers.get(group.sku)
        if group.role == "gpu" and sku and sku.host and sku.host.cpu_nodes > 1:
            hint = (
                f"machines.{name} has {sku.host.cpu_nodes} NUMA nodes: a pod with all GPUs would be refused"
            )
            doc.say((*_SECTION, "alignment"), "best-effort or restricted", hint)
            return


def _driver(doc: Document, draft: Draft, section: Kubernetes, tables: Tables) -> None:
    """The driver is of the GPUs' maker."""
    for name, group in draft.machines.items():
        sku = tables.servers.get(group.sku)
        model = tables.gpus.get(sku.gpu) if sku and sku.gpu else None
        if model and section.dra.gpu not in (model.vendor, "none"):
            doc.say((*_SECTION, "dra", "gpu"), f"{model.vendor} or none", f"for {model.product} of {name}")
