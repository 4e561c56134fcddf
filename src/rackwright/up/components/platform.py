"""Platform: host software of one shard, group by group, in two parts (see :mod:`rackwright.up.shards`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi

from rackwright.models.design import Server
from rackwright.models.spec import MachineRole
from rackwright.provider.sdk import Component
from rackwright.up.components.playbook import Play, Playbook
from rackwright.up.shards import FOUNDATION

_ON_PLANES = ("base", "host_network")
ROLES: Mapping[str, Mapping[MachineRole, tuple[str, ...]]] = {
    "foundation": {
        "gpu": (*_ON_PLANES, "glusterfs"),
        "storage": (*_ON_PLANES, "glusterfs"),
        "control-plane": _ON_PLANES,
    },
    "platform": {"gpu": ("nvidia_driver", "nccl")},
}
"""What a group gets in each part, by its role."""


@dataclass(frozen=True)
class PlatformArgs:
    """The servers of a shard by group. ``shard`` says which part: ``foundation-su01`` or ``su01``."""

    shard: str
    groups: Mapping[str, tuple[Server, ...]]
    ways_in: Mapping[str, Any]
    storage: bool
    """Whether the cluster has a shared file system at all."""


def roles(part: str, role: MachineRole, storage: bool) -> tuple[str, ...]:
    """
    >>> roles("foundation", "gpu", storage=False)
    ('base', 'host_network')
    """
    return tuple(name for name in ROLES[part].get(role, ()) if storage or name != "glusterfs")


class Platform(Component):
    """One part of the host software of one shard."""

    kind = "rackwright:platform:Platform"

    def __init__(self, name: str, args: PlatformArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        part = "foundation" if args.shard.startswith(FOUNDATION) else "platform"
        play = Play(args.shard.removeprefix(FOUNDATION), args.ways_in)
        made = []
        for group, members in args.groups.items():
            if wanted := roles(part, members[0].role, args.storage):
                Playbook.of(part, group, members, wanted, play, self.child())
                made.append(group)
        self.register_outputs({"groups": made})
