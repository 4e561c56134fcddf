"""Every noun of the product by its type token. Handlers hold no state: what they need is in the inputs."""

from __future__ import annotations

from rackwright.resources.handler import Handler
from rackwright.resources.machine import MachineHandler
from rackwright.resources.manifest import ManifestHandler
from rackwright.resources.mount import MountHandler
from rackwright.resources.nodes import NodesHandler
from rackwright.resources.playbook import PlaybookHandler
from rackwright.resources.switch import SwitchHandler
from rackwright.resources.volume import VolumeHandler


def handlers() -> dict[str, Handler]:
    """One handler for each type."""
    every: tuple[Handler, ...] = (
        SwitchHandler(),
        MachineHandler(),
        VolumeHandler(),
        MountHandler(),
        PlaybookHandler(),
        ManifestHandler(),
        NodesHandler(),
    )
    return {handler.type: handler for handler in every}
