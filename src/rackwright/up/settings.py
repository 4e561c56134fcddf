"""What a stack program declares: cluster and shard, from Pulumi's configuration or the stack's name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi

from rackwright import pipeline
from rackwright.render.build import Files
from rackwright.resources import site
from rackwright.up.shards import CORE


@dataclass(frozen=True, slots=True)
class Declared:
    """The cluster, and the part of it that this stack declares."""

    planned: pipeline.Planned
    files: Files
    shard: str

    @property
    def ways_in(self) -> dict[str, Any]:
        """The inputs ``site`` and ``access`` of every resource."""
        return site.of(self.planned.spec, self.planned.path)


def declared() -> Declared:
    """Read ``rackwright:cluster`` and ``rackwright:shard``; without them the stack's name says both.

    A stack ``lab.su01`` declares unit 1 of the cluster ``lab``; ``lab`` alone is ``lab.core``.
    """
    config = pulumi.Config("rackwright")
    name, _, shard = pulumi.get_stack().partition(".")
    planned = pipeline.plan(config.get("cluster") or name)
    return Declared(planned, pipeline.files(planned), config.get("shard") or shard or CORE)
