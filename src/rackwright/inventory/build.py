"""Cluster file -> inventory.

>>> inventory("lab").groups["units"]  # doctest: +SKIP
{'unit_su01': ['gpu-su01-n01', ...]}
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rackwright import hostkeys, secrets
from rackwright.design.build import design as designed
from rackwright.errors import UsageError
from rackwright.inventory.about import About
from rackwright.inventory.groups import groups
from rackwright.inventory.variables import common, of_server
from rackwright.load.cluster import load
from rackwright.locks import load_lock
from rackwright.models.spec import ClusterSpec
from rackwright.paths import state_dir
from rackwright.render.build import render

DEPOT_KEY = "depot-key.asc"
CONNECTION = frozenset({"ansible_user", "ansible_ssh_common_args", "ansible_ssh_private_key_file"})
"""Variables that say how this machine gets in; they are no part of what a run does."""


@dataclass(frozen=True, slots=True)
class Inventory:
    """Root to group to servers; variables of all servers, and of each."""

    groups: Mapping[str, Mapping[str, list[str]]]
    common: Mapping[str, Any]
    host_vars: Mapping[str, Mapping[str, Any]]


def connection(spec: ClusterSpec, cluster_file: Path) -> dict[str, Any]:
    """How Ansible gets in: the user's key by its file, host keys only from the cluster's own known_hosts.

    :raises UsageError: the key is in the environment; Ansible takes a file or an agent.
    """
    state = state_dir(spec.cluster)
    known = hostkeys.known_hosts(state)
    found: dict[str, Any] = {
        "ansible_user": spec.access.ssh_user,
        "ansible_ssh_common_args": (
            f"-o UserKnownHostsFile={known} -o GlobalKnownHostsFile=/dev/null -o StrictHostKeyChecking=yes"
        ),
    }
    path = secrets.path_of(spec.access.ssh_key, cluster_file, state)
    if path is not None:
        found["ansible_ssh_private_key_file"] = str(path)
    return found


def depot_key(spec: ClusterSpec) -> str:
    """The key that signs the depot's packages, pinned on this machine; empty: role base says so and stops."""
    path = state_dir(spec.cluster) / DEPOT_KEY
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as problem:
        raise UsageError(f"{path}: cannot be read: {problem}") from problem


def inventory(cluster: str) -> Inventory:
    """The whole inventory of a cluster, given its name or a path.

    :raises BadInput: every mistake of the cluster file at once.
    """
    path, spec, tables = load(cluster)
    design = designed(spec, tables)
    files = render(design)
    lock = load_lock(spec.lock)
    return Inventory(
        groups=groups(design, tables, lock),
        common={**connection(spec, path), **common(design, lock, depot_key(spec))},
        host_vars={
            server.name: of_server(About(server, design, tables, lock, files)) for server in design.servers
        },
    )
