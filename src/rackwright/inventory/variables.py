"""Variables of the roles, from the design, the rendered files and the host lock."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from rackwright.inventory.groups import gpu_vendor
from rackwright.locks import HostLock
from rackwright.models.design import Design, Server
from rackwright.models.tables import Tables
from rackwright.render.build import Files

NCCL = "/etc/nccl.conf"
DEPOT_PORT = 8480


def depot_url(design: Design) -> str:
    """Where machines fetch packages from."""
    return (design.spec.depot.url or f"http://{design.depot.ip}:{DEPOT_PORT}").rstrip("/")


def common(design: Design, lock: HostLock, depot_key: str) -> dict[str, Any]:
    """Variables of every server."""
    return {
        "rackwright_cluster": design.name,
        "rackwright_lock": lock.name,
        "base_apt_uri": f"{depot_url(design)}/apt",
        "base_apt_suite": lock.apt.suite,
        "base_apt_component": lock.apt.component,
        "base_apt_key": depot_key,
        "base_os_id": lock.os.id,
        "base_os_major": lock.os.major,
        "base_ntp_servers": [design.depot.ip],
    }


def nvidia(lock: HostLock) -> dict[str, Any]:
    """Variables of every server with NVIDIA GPUs; none where the lock is for others."""
    rows = lock.rows
    if "driver" not in rows or "nccl" not in rows:
        return {}
    manager = rows.get("fabric_manager")
    return {
        "nvidia_driver_version": rows["driver"].reports,
        "nvidia_driver_packages": dict(rows["driver"].packages),
        "nvidia_driver_fabric_manager_version": (manager.reports or "") if manager else "",
        "nvidia_driver_fabric_manager_packages": dict(manager.packages) if manager else {},
        "nvidia_driver_kernel_minimum": rows["kernel"].minimum if "kernel" in rows else "0",
        "nccl_packages": lock.packages("nccl", "rdma_core"),
        "nccl_version": rows["nccl"].reports,
    }


def of_server(server: Server, design: Design, tables: Tables, files: Files) -> dict[str, Any]:
    """Variables of one server: how to reach it, its files, and what the kernel must then hold."""
    rendered = files.devices[server.name]
    expected: Mapping[str, Any] = json.loads(files.site[f"expectations/{server.name}.json"])
    found: dict[str, Any] = {
        "ansible_host": server.management.address.ip,
        "rackwright_role": server.role,
        "rackwright_group": server.group,
        "rackwright_unit": server.unit,
        "rackwright_sku": server.sku,
        "rackwright_planes": {
            plane: [nic.name for nic in server.on(plane)]
            for plane in sorted({nic.plane for nic in server.nics})
        },
        "host_network_files": {path: text for path, text in sorted(rendered.items()) if path != NCCL},
        "host_network_management": server.management.name,
        "host_network_ports": {
            nic.name: {"address": str(nic.address), "mtu": nic.mtu} for nic in server.nics
        },
        "host_network_routes": list(expected["routes"]),
        "host_network_rules": list(expected["rules"]),
    }
    if server.gpus and gpu_vendor(server, tables) == "nvidia":
        found["nvidia_driver_gpus"] = server.gpus
        found["nccl_conf"] = rendered[NCCL]
    return found
