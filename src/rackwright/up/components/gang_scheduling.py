"""GangScheduling: the fabric's topology for the schedulers that place jobs as a whole: Kueue, KAI, Volcano.

Which of them a cluster runs is its own choice: objects of one that is not installed are not applied, and that
is said; the next ``up`` after its installation applies them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from rackwright.provider.sdk import Component
from rackwright.up.components.manifests import declare


@dataclass(frozen=True)
class GangSchedulingArgs:
    """Objects by scheduler."""

    objects: Mapping[str, Sequence[Mapping[str, Any]]]
    ways_in: Mapping[str, Any]


class GangScheduling(Component):
    """The objects of all schedulers. Their names are this cluster's own, so they are held by force."""

    kind = "rackwright:platform:GangScheduling"

    def __init__(
        self, name: str, args: GangSchedulingArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(name, opts)
        applied = {}
        for scheduler, objects in args.objects.items():
            made = declare(self, objects, args.ways_in, prefix=f"{scheduler}-", optional=True, force=True)
            applied[scheduler] = pulumi.Output.all(*[each.applied for each in made]).apply(all)
        self.register_outputs({"applied": applied})
