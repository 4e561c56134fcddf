"""Software: the roles that the servers of a shard get, by group (see :mod:`rackwright.inventory.order`)."""

from __future__ import annotations

from rackwright.inventory.about import About
from rackwright.inventory.order import Part, roles_of
from rackwright.locks import load_lock
from rackwright.models.design import Server
from rackwright.pipeline import Planned
from rackwright.up import left_out
from rackwright.up.shards import FOUNDATION, groups


def software(planned: Planned, shard: str) -> dict[str, tuple[tuple[Server, ...], tuple[str, ...]]]:
    """Machine group to its servers and their roles: groups that have some in this part, and no roles of a
    Kubernetes that is left out.

    The servers of a group are of one SKU and one role, so that the first speaks for all.
    """
    part: Part = "foundation" if shard.startswith(FOUNDATION) else "platform"
    lock, design = load_lock(planned.spec.lock), left_out.brought_up(planned)
    found = {}
    for group, members in groups(design, shard).items():
        wanted = roles_of(About(members[0], design, planned.tables, lock), part)
        if wanted:
            found[group] = (members, wanted)
    return found
