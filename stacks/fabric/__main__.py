"""Declares the switches of one shard."""

from rackwright.up.components.fabric import Fabric, FabricArgs
from rackwright.up.settings import declared
from rackwright.up.shards import switches

now = declared()
Fabric(
    f"fabric-{now.shard}",
    FabricArgs(switches(now.planned.design, now.shard), now.files.devices, now.ways_in),
)
