"""Declares one part of the host software of one shard."""

from rackwright.up.components.platform import Platform, PlatformArgs
from rackwright.up.settings import declared
from rackwright.up.software import software

now = declared()
Platform(f"platform-{now.shard}", PlatformArgs(now.shard, software(now.planned, now.shard), now.ways_in))
