"""Declares one part of the host software of one shard."""

from rackwright.up.components.platform import Platform, PlatformArgs
from rackwright.up.settings import declared
from rackwright.up.shards import groups

now = declared()
design = now.planned.design
Platform(
    f"platform-{now.shard}",
    PlatformArgs(now.shard, groups(design, now.shard), now.ways_in, storage=design.spec.storage is not None),
)
