"""Kubernetes: what its section leaves out: prefixes apart from every plane, the DRA driver, the way in."""

from __future__ import annotations

from ipaddress import IPv4Network

from rackwright.design.node_prefixes import node_slots
from rackwright.errors import BadInput
from rackwright.load.defaults import KUBERNETES_PREFIXES
from rackwright.load.filling import Data, Filled, Filling
from rackwright.load.prefixes import Room, network_of, place_apart
from rackwright.locks import load_lock
from rackwright.models.choice import Choice
from rackwright.models.spec import ClusterSpec
from rackwright.models.tables import Tables

KUBECONFIG = "state:kubeconfig"
"""Where role kubernetes leaves the administrator's kubeconfig."""
_NOBODY = "no plane of this cluster has addresses in {}"


def choose_kubernetes(file: Filling) -> None:
    """Fill the section in, where the file has one. Runs after the planes have their prefixes."""
    raw = file.filled.data.get("kubernetes")
    if not isinstance(raw, dict):
        return
    section = file.filled.data["kubernetes"] = {**raw}
    dra = section.setdefault("dra", {})
    if isinstance(dra, dict) and "gpu" not in dra:
        _driver(file, section, dra)
    _prefixes(file, section)
    _way_in(file)


def _way_in(file: Filling) -> None:
    """The kubeconfig that role kubernetes leaves, where that role runs and the file names no other."""
    access = file.filled.data.get("access", {})
    if not isinstance(access, dict) or "kubeconfig" in access or not _has_nodes(file):
        return
    file.filled.data["access"] = {**access, "kubeconfig": KUBECONFIG}
    file.note(("access", "kubeconfig"), KUBECONFIG, "role kubernetes leaves it there")


def _has_nodes(file: Filling) -> bool:
    """Whether the host lock has what role kubernetes needs; a lock that does not hold is said elsewhere."""
    lock = file.filled.data.get("lock", ClusterSpec.model_fields["lock"].default)
    if not isinstance(lock, str) or lock not in file.tables.locks:
        return False
    try:
        rows = load_lock(lock).rows
    except BadInput:
        return False
    return "kubernetes" in rows and "containerd" in rows


def _driver(file: Filling, section: Data, dra: Data) -> None:
    """The driver of the GPUs' maker; servers of two makers get none, and the check says so."""
    models = [model for sku in file.skus() if (model := file.tables.gpus.get(sku.gpu or ""))]
    makers = sorted({model.vendor for model in models})
    section["dra"] = {**dra, "gpu": makers[0] if makers else "none"}
    because = f"it is the one for {models[0].product}" if models else "there are no GPUs"
    file.note(("kubernetes", "dra", "gpu"), section["dra"]["gpu"], because)


def _prefixes(file: Filling, section: Data) -> None:
    taken = [str(body.get("prefix", "")) for body in file.parts("planes").values()]
    taken += [room.region for room in file.filled.rooms.values()]
    taken += [str(section[key]) for key in ("pods", "services") if key in section]
    for key, rule in KUBERNETES_PREFIXES.items():
        if key in section:
            continue
        kept = [network for text in taken if (network := network_of(text))]
        found = place_apart(IPv4Network(rule.region), IPv4Network(rule.usual), kept)
        if found is None:
            continue  # the key is missing, and load says so
        usual, region = found
        because = _NOBODY.format(region)
        if key == "pods":
            file.filled.pods = Room(str(usual), str(region), because)
        section[key] = str(usual)
        taken.append(str(region))
        file.note(("kubernetes", key), str(usual), because)


def widen_pods(spec: ClusterSpec, tables: Tables, filled: Filled) -> ClusterSpec:
    """The spec with room for every server's pods where load chose their prefix; the choice then changes."""
    room, section = filled.pods, spec.kubernetes
    if room is None or section is None or room.region == room.usual:
        return spec
    if node_slots(spec, tables) <= 1 << (section.node_prefix - IPv4Network(section.pods).prefixlen):
        return spec
    path = ("kubernetes", "pods")
    choice = Choice(path, room.region, f"{room.usual} is too small for it; {room.because}")
    filled.choices = [choice if each.path == path else each for each in filled.choices]
    wider = section.model_copy(update={"pods": room.region})
    return spec.model_copy(update={"kubernetes": wider})
