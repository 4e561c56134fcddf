"""Claims: templates that ask for GPUs as a group's profile hands them out, with their NICs beside them.

A pair of a GPU and a NIC is two requests under one constraint. Eight pairs are eight such constraints: a
single one over all sixteen requests would ask for one PCIe root for everything, and no server has that.
"""

from __future__ import annotations

from collections.abc import Sequence

from rackwright.dra.alignment import alignment
from rackwright.dra.device import API, NUMA_NODE, PCI_BUS_ID, Json
from rackwright.dra.dranet import rail_slots
from rackwright.gpu_sharing.classes import gpu_class, network_class
from rackwright.gpu_sharing.mig import expand
from rackwright.gpu_sharing.mig import profiles as mig_profiles
from rackwright.gpu_sharing.opaque import opaque
from rackwright.models.kubernetes_design import GpuGroup, KubernetesDesign


def claims(design: KubernetesDesign, group: GpuGroup) -> dict[str, Json]:
    """Manifests by name, for the servers of a group."""
    if design.gpu_driver == "none":
        return {}
    kind = group.profile.kind
    if kind in ("mig", "mig-dynamic"):
        return _mig(design, group)
    if kind == "partition":
        return _partitions(design, group)
    if kind in ("mps", "time-slicing"):
        request = _request("gpu", gpu_class(design, divided=False))
        return {"gpu-shared": _claim("gpu-shared", [request], [], opaque(group.profile, "gpu"))}
    return _whole(design, group)


def _whole(design: KubernetesDesign, group: GpuGroup) -> dict[str, Json]:
    made = {"gpu": _template("gpu", [_gpu(design, "gpu")])}
    by = alignment(group, design.gpu_driver, design.network_driver).attribute
    if by is None:
        return made
    pair = [_gpu(design, "gpu"), _nic(design, group, "nic", by)]
    made["gpu-nic-pair"] = _template("gpu-nic-pair", pair, [_match(["gpu", "nic"], by)])
    requests, constraints = [], []
    for number in range(group.sku.gpus):
        requests.append(_gpu(design, f"gpu-{number}"))
        if number < group.rails:
            requests.append(_nic(design, group, f"nic-{number}", by))
            constraints.append(_match([f"gpu-{number}", f"nic-{number}"], by))
    made["whole-node"] = _template("whole-node", requests, constraints)
    return made


def _mig(design: KubernetesDesign, group: GpuGroup) -> dict[str, Json]:
    """One of each profile, and two of the smallest that there are two of, on one GPU."""
    dynamic = group.profile.kind == "mig-dynamic"
    known = mig_profiles(group.gpu.name)
    wanted: Sequence[str] = list(known) if dynamic else expand(group.gpu.name, group.profile.layout) or ()
    name_of = gpu_class(design, divided=True)
    made = {
        f"mig-{_word(profile)}": _template(f"mig-{_word(profile)}", [_mig_request("mig", name_of, profile)])
        for profile in sorted(set(wanted))
    }
    twice = [name for name in wanted if (known[name].most if dynamic else list(wanted).count(name)) > 1]
    if twice:
        profile = min(twice, key=lambda name: (known[name].slices, name))
        requests = [_mig_request(request, name_of, profile) for request in ("mig-0", "mig-1")]
        same = _match(["mig-0", "mig-1"], "gpu.nvidia.com/parentUUID")
        made["mig-one-parent"] = _template("mig-one-parent", requests, [same])
    return made


def _partitions(design: KubernetesDesign, group: GpuGroup) -> dict[str, Json]:
    """Parts of one GPU are those with its PCI address: ``deviceID`` is the same for all GPUs of a model."""
    mode = group.profile.modes.replace("-", "_")
    select = f'device.attributes["gpu.amd.com"].partitionProfile == "{mode}"'
    name = gpu_class(design, divided=True)
    requests = [_request(f"part-{number}", name, select) for number in (0, 1)]
    return {
        "partition": _template("partition", [_request("part", name, select)]),
        "partitions-one-parent": _template(
            "partitions-one-parent", requests, [_match(["part-0", "part-1"], PCI_BUS_ID)]
        ),
    }


def _gpu(design: KubernetesDesign, name: str) -> Json:
    """AMD's class is for whole GPUs and partitions alike."""
    select = 'device.attributes["gpu.amd.com"].type == "amdgpu"' if design.gpu_driver == "amd" else None
    return _request(name, gpu_class(design, divided=False), select)


def _nic(design: KubernetesDesign, group: GpuGroup, name: str, by: str) -> Json:
    """A root has one compute NIC; a NUMA node has NICs of other planes, too, which are left out by name."""
    if design.network_driver != "dranet":
        return _request(name, network_class(design))
    select = 'device.attributes["dra.net"].rdma == true'
    if by == NUMA_NODE:
        devices = ", ".join(f'"{slot.rdma}"' for slot in rail_slots(group) if slot.rdma)
        own = 'device.attributes["dra.net"].rdmaDevice'
        select = f"has({own}) && {own} in [{devices}]"
    return _request(name, network_class(design), select)


def _mig_request(name: str, device_class: str, profile: str) -> Json:
    return _request(name, device_class, f"device.attributes['gpu.nvidia.com'].profile == '{profile}'")


def _word(profile: str) -> str:
    return profile.replace(".", "").replace("+", "-")


def _request(name: str, device_class: str, select: str | None = None) -> Json:
    exactly: Json = {"deviceClassName": device_class}
    if select is not None:
        exactly["selectors"] = [{"cel": {"expression": select}}]
    return {"name": name, "exactly": exactly}


def _match(requests: list[str], attribute: str) -> Json:
    return {"requests": requests, "matchAttribute": attribute}


def _devices(requests: list[Json], constraints: Sequence[Json], config: Sequence[Json]) -> Json:
    made: Json = {"requests": requests}
    if constraints:
        made["constraints"] = list(constraints)
    if config:
        made["config"] = list(config)
    return {"devices": made}


def _template(name: str, requests: list[Json], constraints: Sequence[Json] = ()) -> Json:
    spec = {"spec": _devices(requests, constraints, ())}
    return {"apiVersion": API, "kind": "ResourceClaimTemplate", "metadata": {"name": name}, "spec": spec}


def _claim(name: str, requests: list[Json], constraints: Sequence[Json], config: Sequence[Json]) -> Json:
    spec = _devices(requests, constraints, config)
    return {"apiVersion": API, "kind": "ResourceClaim", "metadata": {"name": name}, "spec": spec}
