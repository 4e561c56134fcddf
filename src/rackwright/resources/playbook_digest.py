"""What a playbook run depends on, as one digest: roles, plays, own modules, and the hosts' variables.

The inventory is computed from the cluster file, so its data is taken, not its text: a comment in the
cluster file changes no digest, an address does. How Ansible gets in (``ansible_*``) is left out: it says
nothing about a host.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from rackwright.inventory.build import Inventory, inventory
from rackwright.paths import home

_NOT_SOURCES = {".md", ".pyc"}


@functools.lru_cache(maxsize=4)
def _inventory(file: str) -> Inventory:
    """Once per process: it costs a design and a render."""
    return inventory(file)


def digest(file: str, hosts: Sequence[str], roles: Sequence[str]) -> str:
    """``sha256:`` and 64 digits, for these roles on these hosts of the cluster in ``file``."""
    total = hashlib.sha256()
    for top, paths in ((home(), _sources(home(), roles)), (Path(file).parent, _beside(Path(file).parent))):
        for path in paths:
            total.update(str(path.relative_to(top)).encode() + b"\0")
            total.update(hashlib.sha256(path.read_bytes()).digest())
    found = _inventory(file)
    data = {
        "common": {key: value for key, value in found.common.items() if not key.startswith("ansible_")},
        "hosts": {host: found.host_vars[host] for host in sorted(hosts)},
    }
    total.update(json.dumps(data, sort_keys=True, default=str).encode())
    return f"sha256:{total.hexdigest()}"


def _beside(folder: Path) -> Iterator[Path]:
    """What the site gives its hosts and groups beside the cluster file; Ansible reads it by itself."""
    for name in ("group_vars", "host_vars"):
        yield from sorted(path for path in (folder / name).rglob("*") if path.is_file())


def _sources(top: Path, roles: Sequence[str]) -> Iterator[Path]:
    """Every file that can change what runs, in a fixed order."""
    for role in roles:
        if not (top / "roles" / role).is_dir():
            raise FileNotFoundError(f"no role {role} in {top / 'roles'}")
    for folder in (*(top / "roles" / role for role in sorted(roles)), top / "playbooks", top / "collections"):
        yield from sorted(
            path for path in folder.rglob("*") if path.is_file() and path.suffix not in _NOT_SOURCES
        )
