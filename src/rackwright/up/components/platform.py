"""Platform: host software of one shard, group by group, in two parts (see :mod:`rackwright.up.shards`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi

from rackwright.models.design import Server
from rackwright.provider.sdk import Component
from rackwright.up.components.playbook import Play, Playbook
from rackwright.up.shards import FOUNDATION

Group = tuple[tuple[Server, ...], tuple[str, ...]]
"""Servers of one kind, and the roles that they get in this part."""


@dataclass(frozen=True)
class PlatformArgs:
    """The servers of a shard by group, with their roles. ``shard`` says which part: ``foundation-su01`` or
    ``su01``."""

    shard: str
    groups: Mapping[str, Group]
    ways_in: Mapping[str, Any]


class Platform(Component):
    """One part of the host software of one shard."""

    kind = "rackwright:platform:Platform"

    def __init__(self, name: str, args: PlatformArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        part = "foundation" if args.shard.startswith(FOUNDATION) else "platform"
        play = Play(args.shard.removeprefix(FOUNDATION), args.ways_in)
        made = []
        for group, (members, wanted) in args.groups.items():
            Playbook.of(part, group, members, wanted, play, self.child())
            made.append(group)
        self.register_outputs({"groups": made})
