"""Fabric: the switches of one shard, the out-of-band ones first: the others are reached through them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi

from rackwright.models.design import Switch as SwitchDesign
from rackwright.provider.sdk import Component, Noun
from rackwright.resources.switch import IN_BAND

_NEAR = ("oob", IN_BAND)
"""Switches over which the others are reached."""


@dataclass(frozen=True)
class SwitchArgs:
    """Inputs of a switch. ``after`` only orders: the health of the switches that it is reached through."""

    site: Mapping[str, str]
    access: Mapping[str, str]
    name: str
    address: str
    nos: str
    tier: str
    files: Mapping[str, str]
    ports: Mapping[str, int]


class Switch(Noun):
    """One switch; ``bgpUp`` of ``bgpExpected`` sessions when it was last looked at."""

    kind = "rackwright:fabric:Switch"
    outputs = ("bgpUp", "bgpExpected", "neighbours")
    bgpUp: pulumi.Output[int]
    bgpExpected: pulumi.Output[int]


@dataclass(frozen=True)
class FabricArgs:
    """The switches of a shard with their rendered files."""

    switches: tuple[SwitchDesign, ...]
    files: Mapping[str, Mapping[str, str]]
    ways_in: Mapping[str, Any]


class Fabric(Component):
    """All switches of one shard."""

    kind = "rackwright:fabric:Fabric"

    def __init__(self, name: str, args: FabricArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        first = [self._switch(switch, args, []) for switch in args.switches if _tier(switch) in _NEAR]
        rest = [self._switch(switch, args, first) for switch in args.switches if _tier(switch) not in _NEAR]
        self.register_outputs({"switches": len(first) + len(rest)})

    def _switch(self, switch: SwitchDesign, args: FabricArgs, after: list[Switch]) -> Switch:
        return Switch(
            switch.name,
            SwitchArgs(
                **args.ways_in,
                name=switch.name,
                address=str(switch.management),
                nos=switch.nos,
                tier=_tier(switch),
                files=args.files[switch.name],
                ports={port.name: port.mtu for port in switch.ports},
            ),
            self.child(depends_on=after),
        )


def _tier(switch: SwitchDesign) -> str:
    """The tier, or that the switch is managed by its loopback: then the way to it leads over itself."""
    return IN_BAND if switch.management == switch.loopback else switch.tier
