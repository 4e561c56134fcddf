"""The hardware record of a simulated server: what its GPUs and NICs would say of themselves.

It lies at ``/run/host-hardware/record.json`` inside the machine, as if it were the PCI bus. Only the twins
of vendors' tools read it; product code never does. It says that it is simulated.
"""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

from rackwright.atomic import write
from rackwright.gpu_sharing.mig import profiles
from rackwright.gpu_sharing.partitions import modes
from rackwright.lab import bus
from rackwright.lab.place import Place
from rackwright.lab.wiring import Wiring
from rackwright.locks import load_lock
from rackwright.models.design import Server
from rackwright.models.tables import GpuModel
from rackwright.verify.limits import limit_of

INSIDE = "/run/host-hardware"
VBIOS = "simulated"
PCIE_GEN, PCIE_WIDTH = 5, 16
"""Of an H100 SXM, and of all GPUs here (https://www.nvidia.com/en-us/data-center/h100/)."""
ARCHITECTURES = {
    "b200": ("Blackwell", "10.0"),
    "b300": ("Blackwell", "10.3"),
    "gb200": ("Blackwell", "10.0"),
    "h100": ("Hopper", "9.0"),
    "h200": ("Hopper", "9.0"),
}
"""Architecture and compute capability by model (https://developer.nvidia.com/cuda-gpus)."""


def folder(place: Place, server: str) -> Path:
    """The host's directory that the machine sees at :data:`INSIDE`."""
    return place.machine(server) / "hardware"


def _identity(cluster: str, server: str, what: str) -> uuid.UUID:
    return uuid.uuid5(uuid.NAMESPACE_DNS, f"{what}.{server}.{cluster}.lab.rackwright")


def _firmware(lock: str) -> str | None:
    """NIC firmware as the host lock wants it: the servers were shipped with it."""
    rows = load_lock(lock).rows
    return next((row.reports for name, row in sorted(rows.items()) if name.endswith("_firmware")), None)


def _nvlinks(product: str) -> dict[str, Any] | None:
    """NVLinks as a sound GPU shows them; None where no public page says."""
    count, speed = limit_of("NVLink count", product), limit_of("NVLink speed", product)
    if count is None or speed is None:
        return None
    return {"count": count.equal, "gbps": speed.at_least}


def _kind(model: GpuModel | None) -> dict[str, Any]:
    """What the driver says of a model; null where this table does not know. GPUs are whole."""
    name = model.name if model else ""
    architecture, capability = ARCHITECTURES.get(name.partition("-")[0], (None, None))
    mode = next(iter(modes(name)), None)
    return {
        "architecture": architecture,
        "compute_capability": capability,
        "partition": mode.replace("-", "_") if mode else None,
        "mig": [],
    }


def _mig(gpu: str) -> list[dict[str, Any]]:
    """MIG profiles as the driver knows them; none for a GPU that has no MIG."""
    return [
        {
            "name": name,
            "id": of.id,
            "slices": of.slices,
            "compute": of.compute,
            "starts": of.starts,
            "most": of.most,
        }
        for name, of in profiles(gpu).items()
    ]


def record(wiring: Wiring, server: Server) -> dict[str, Any]:
    """The record of one server without faults."""
    cluster, tables = wiring.design.name, wiring.tables
    firmware = _firmware(wiring.design.spec.lock)
    sku = tables.servers.get(server.sku)
    model = tables.gpus.get(sku.gpu) if sku and sku.gpu else None
    gpus = []
    for index in range(server.gpus):
        identity = _identity(cluster, server.name, f"gpu{index}")
        gpus.append(
            {
                "index": index,
                "uuid": f"GPU-{identity}",
                "name": model.product if model else "unknown",
                **bus.gpu(tables, sku, index),
                **_kind(model),
                "memory_mib": model.memory_mib if model else 0,
                "serial": str(identity.int % 10**13).zfill(13),
                "vbios": VBIOS,
                "pcie": {"gen": PCIE_GEN, "width": PCIE_WIDTH},
                "nvlinks": _nvlinks(model.product) if model else None,
                "mig_profiles": _mig(model.name) if model else [],
            }
        )
    slots = {slot.name: slot for slot in sku.nics} if sku else {}
    cabled = {nic.name: nic for nic in server.nics}
    nics = []
    for position, name in enumerate(wiring.slots(server)):
        slot, nic = slots.get(name), cabled.get(name)
        port = tables.nics.get(slot.nic) if slot else None
        nics.append(
            {
                "name": name,
                "rdma": nic.rdma if nic else slot.rdma if slot else None,
                **bus.nic(tables, sku, slot, nic, position),
                "mac": wiring.mac(server.name, name),
                "fw_version": firmware if slot and slot.rdma else None,
                "plane": nic.plane if nic else None,
                "model": slot.nic if slot else None,
                "vendor": port.vendor if port else nic.vendor if nic else None,
                "speed_gbps": nic.speed_gbps if nic else port.speed_gbps if port else None,
            }
        )
    return {
        "simulated": True,
        "server": server.name,
        "sku": server.sku,
        "gpus": gpus,
        "nics": nics,
        "faults": {},
    }


def place_record(place: Place, wiring: Wiring, server: Server, faults: dict[str, Any]) -> None:
    """Write the record; the same directory stays bound, so a running machine sees the change at once."""
    path = folder(place, server.name) / "record.json"
    text = json.dumps({**record(wiring, server), "faults": faults}, indent=1, sort_keys=True) + "\n"
    if not path.exists() or path.read_text() != text:
        write(path, text)
