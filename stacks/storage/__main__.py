"""Declares one shard's part in the shared file system."""

from rackwright.up.components.storage import StorageTier, StorageTierArgs
from rackwright.up.settings import declared
from rackwright.up.shards import groups

now = declared()
design = now.planned.design
if design.spec.storage is not None:
    StorageTier(
        f"storage-{now.shard}",
        StorageTierArgs(
            spec=design.spec.storage,
            servers=tuple(server for server in design.servers if server.role == "storage"),
            groups=groups(design, now.shard),
            ways_in=now.ways_in,
        ),
    )
