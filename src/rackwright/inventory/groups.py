"""Groups: what a person limits a run to."""

from __future__ import annotations

from collections.abc import Mapping

from rackwright.inventory.about import About
from rackwright.inventory.order import roles_of
from rackwright.locks import HostLock
from rackwright.models.design import Design, Server
from rackwright.models.spec import MachineRole
from rackwright.models.tables import Tables

ROOTS = ("servers", "units", "roles", "machines", "planes", "gpus", "storage", "software")
"""``servers`` holds every server; the others one child for each unit, role, plane, ... that there is.
``software`` has a group for each Ansible role, under the role's own name."""

PARTS: Mapping[MachineRole, str] = {"storage": "storage_server", "gpu": "storage_client"}
"""Who serves and who mounts the shared file system, where the site has one."""


def word(text: str) -> str:
    """A name that Ansible takes for a group.

    >>> word("control-plane")
    'control_plane'
    """
    return text.replace("-", "_")


def gpu_vendor(server: Server, tables: Tables) -> str | None:
    """Who makes the server's GPUs; None where it has none."""
    gpu = tables.servers[server.sku].gpu
    return tables.gpus[gpu].vendor if gpu and server.gpus else None


def memberships(server: Server, tables: Tables) -> list[tuple[str, str]]:
    """(root, group) of one server, apart from ``servers``."""
    found = [("roles", f"role_{word(server.role)}"), ("machines", f"group_{word(server.group)}")]
    if server.unit is not None:
        found.append(("units", f"unit_su{server.unit:02d}"))
    vendor = gpu_vendor(server, tables)
    if vendor:
        found.append(("gpus", f"gpu_{vendor}"))
    found += [("planes", f"plane_{plane}") for plane in sorted({nic.plane for nic in server.nics})]
    return found


def groups(design: Design, tables: Tables, lock: HostLock) -> Mapping[str, Mapping[str, list[str]]]:
    """Root to group to its servers, in the design's order; ``servers`` has all of them under its own name."""
    tree: dict[str, dict[str, list[str]]] = {root: {} for root in ROOTS}
    tree["servers"]["servers"] = [server.name for server in design.servers]
    for server in design.servers:
        for root, group in memberships(server, tables):
            tree[root].setdefault(group, []).append(server.name)
        part = PARTS.get(server.role) if design.spec.storage else None
        if part:
            tree["storage"].setdefault(part, []).append(server.name)
        for role in roles_of(About(server, design, tables, lock)):
            tree["software"].setdefault(role, []).append(server.name)
    return tree
