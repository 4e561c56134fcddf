"""Declares one part of the host software of one shard, or what the Kubernetes cluster holds as a whole."""

from rackwright.up.components.platform import Platform, PlatformArgs
from rackwright.up.kubernetes import declare
from rackwright.up.settings import declared
from rackwright.up.shards import KUBERNETES
from rackwright.up.software import software

now = declared()
if now.shard == KUBERNETES:
    declare(now)
else:
    Platform(f"platform-{now.shard}", PlatformArgs(now.shard, software(now.planned, now.shard), now.ways_in))
