"""StorageTier: the shared file system. The core shard serves it, each unit's shard mounts it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from rackwright.models.design import Server
from rackwright.models.spec import StorageTier as StorageSpec
from rackwright.provider.sdk import Component, Noun

BRICKS = "/srv/gluster"


@dataclass(frozen=True)
class VolumeArgs:
    """Inputs of a volume."""

    site: Mapping[str, str]
    access: Mapping[str, str]
    name: str
    replica: int
    brick: str
    servers: Sequence[Mapping[str, str]]


class Volume(Noun):
    """A GlusterFS volume."""

    kind = "rackwright:storage:Volume"
    outputs = ("status", "online")
    status: pulumi.Output[str]


@dataclass(frozen=True)
class MountArgs:
    """Inputs of a mount on one host."""

    site: Mapping[str, str]
    access: Mapping[str, str]
    name: str
    address: str
    volume: str
    where: str
    servers: Sequence[str]


class Mount(Noun):
    """The volume, mounted on one host over the storage plane."""

    kind = "rackwright:storage:Mount"
    outputs = ("source",)


@dataclass(frozen=True)
class StorageTierArgs:
    """``servers`` serve (all of them, in every shard); ``groups`` are this shard's servers and clients."""

    spec: StorageSpec
    servers: tuple[Server, ...]
    groups: Mapping[str, tuple[Server, ...]]
    ways_in: Mapping[str, Any]


class StorageTier(Component):
    """What one shard does for the shared file system."""

    kind = "rackwright:storage:StorageTier"

    def __init__(self, name: str, args: StorageTierArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        for members in args.groups.values():
            if members[0].role == "gpu":
                for server in members:
                    self._mount(server, args)
        if any(members[0].role == "storage" for members in args.groups.values()):
            self._volume(args)
        self.register_outputs({"volume": args.spec.volume})

    def _volume(self, args: StorageTierArgs) -> Volume:
        servers = [
            {"name": server.name, "address": str(server.management.address), "storage": on_plane(server)}
            for server in args.servers
        ]
        volume = VolumeArgs(
            **args.ways_in,
            name=args.spec.volume,
            replica=args.spec.replica,
            brick=f"{BRICKS}/{args.spec.volume}/brick",
            servers=servers,
        )
        return Volume(args.spec.volume, volume, self.child())

    def _mount(self, server: Server, args: StorageTierArgs) -> Mount:
        mount = MountArgs(
            **args.ways_in,
            name=server.name,
            address=str(server.management.address),
            volume=args.spec.volume,
            where=args.spec.mount,
            servers=[on_plane(each) for each in args.servers],
        )
        return Mount(f"mount-{server.name}", mount, self.child())


def on_plane(server: Server) -> str:
    """The server's first address on the storage plane."""
    return server.on("storage")[0].address.ip
