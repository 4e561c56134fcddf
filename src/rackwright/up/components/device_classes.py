"""DeviceClasses: how pods ask for the GPUs and NICs of this cluster (dynamic resource allocation)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from rackwright.provider.sdk import Component
from rackwright.up.components.manifests import declare


@dataclass(frozen=True)
class DeviceClassesArgs:
    """The classes as manifests. ``force`` takes them over from another manager, such as a driver's chart."""

    classes: Sequence[Mapping[str, Any]]
    ways_in: Mapping[str, Any]
    force: bool = False


class DeviceClasses(Component):
    """One Manifest for each class."""

    kind = "rackwright:platform:DeviceClasses"

    def __init__(
        self, name: str, args: DeviceClassesArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(name, opts)
        declare(self, args.classes, args.ways_in, force=args.force)
        self.register_outputs({"classes": [each["metadata"]["name"] for each in args.classes]})
