"""The plays of some roles as a playbook of their own: those of ``playbooks/site.yml``, in its order.

Ansible checks a role's arguments under the tag ``always``. A run of the whole site that is cut down by tags
would read every role and check every role's arguments on every host, for nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from rackwright.errors import UsageError
from rackwright.paths import home

IMPORT = "ansible.builtin.import_playbook"
Play = dict[str, Any]


def site() -> Path:
    """The playbook of the whole site."""
    return home() / "playbooks/site.yml"


def playbook(roles: Collection[str]) -> str:
    """Text of a playbook that runs these roles.

    :raises UsageError: the site has no play for one of them.
    """
    found = [each for play in _plays(site()) if (each := _cut(play, roles))]
    there = {row["role"] for play in found for row in play["roles"]}
    if missing := sorted(set(roles) - there):
        raise UsageError(f"{site()}: no play for {', '.join(missing)}")
    return yaml.safe_dump(found, sort_keys=False, width=200)


def _cut(play: Play, roles: Collection[str]) -> Play:
    """The play with these roles only; empty where it has none of them."""
    kept = [row for row in play["roles"] if row["role"] in roles]
    return {**play, "roles": kept} if kept else {}


@lru_cache(maxsize=4)
def _plays(path: Path) -> tuple[Play, ...]:
    return tuple(_read(path))


def _read(path: Path) -> Iterator[Play]:
    """Every play, in order, imports followed."""
    for row in yaml.safe_load(path.read_text(encoding="utf-8")):
        if IMPORT in row:
            yield from _read(path.parent / row[IMPORT])
        else:
            yield row
