"""Declares the servers of one shard."""

from rackwright.up import depot
from rackwright.up.components.servers import ScalableUnit, ScalableUnitArgs
from rackwright.up.settings import declared
from rackwright.up.shards import groups

now = declared()
design = now.planned.design
ScalableUnit(
    f"servers-{now.shard}",
    ScalableUnitArgs(
        groups=groups(design, now.shard),
        files=now.files.devices,
        image=depot.image_url(design),
        controller=design.controller.ip,
        ways_in=now.ways_in,
    ),
)
