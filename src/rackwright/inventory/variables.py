"""Variables that concern no role alone: of every server, and who a server is."""

from __future__ import annotations

from typing import Any

from rackwright.inventory.about import About
from rackwright.inventory.order import roles_of
from rackwright.inventory.roles import VARIABLES
from rackwright.locks import HostLock
from rackwright.models.design import Design
from rackwright.up.depot import url


def common(design: Design, lock: HostLock, depot_key: str) -> dict[str, Any]:
    """Variables of every server."""
    return {
        "rackwright_cluster": design.name,
        "rackwright_lock": lock.name,
        "base_apt_uri": f"{url(design)}/apt",
        "base_apt_suite": lock.apt.suite if lock.apt else "",
        "base_apt_component": lock.apt.component if lock.apt else "",
        "base_apt_key": depot_key,
        "base_os_id": lock.os.id,
        "base_os_major": lock.os.major,
        "base_ntp_servers": [design.depot.ip],
        "host_lock_repository": {
            "uri": f"{url(design)}/apt",
            "suite": lock.apt.suite if lock.apt else "",
            "component": lock.apt.component if lock.apt else "",
            "key": depot_key,
        },
    }


def of_server(about: About) -> dict[str, Any]:
    """Variables of one server: how to reach it, who it is, and those of each of its roles."""
    server = about.server
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
    }
    for role in roles_of(about):
        if role in VARIABLES:
            found.update(VARIABLES[role](about))
    return found
