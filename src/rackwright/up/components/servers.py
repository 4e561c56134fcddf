"""ScalableUnit: the servers of one shard, each from blank metal to a host that answers SSH."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi

from rackwright.models.design import Server
from rackwright.provider.sdk import Component, Noun


@dataclass(frozen=True)
class MachineArgs:
    """Inputs of a machine."""

    site: Mapping[str, str]
    access: Mapping[str, str]
    name: str
    group: str
    unit: int | None
    serial: str | None
    macs: Mapping[str, str]
    bmc: str
    address: str
    nic: str
    gateway: str | None
    mtu: int
    network: Mapping[str, str]
    image: str
    controller: str


class Machine(Noun):
    """One server that answers SSH with its pinned key."""

    kind = "rackwright:servers:Machine"
    outputs = ("serial", "model", "power", "hostname")
    hostname: pulumi.Output[str]


@dataclass(frozen=True)
class ScalableUnitArgs:
    """The servers of a shard by group, their rendered files, and where their first image comes from."""

    groups: Mapping[str, tuple[Server, ...]]
    files: Mapping[str, Mapping[str, str]]
    image: str
    controller: str
    ways_in: Mapping[str, Any]


class ScalableUnit(Component):
    """All servers of one shard."""

    kind = "rackwright:servers:ScalableUnit"

    def __init__(self, name: str, args: ScalableUnitArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        for members in args.groups.values():
            for server in members:
                Machine(server.name, machine_args(server, args), self.child())
        self.register_outputs({"machines": sum(len(members) for members in args.groups.values())})


def machine_args(server: Server, args: ScalableUnitArgs) -> MachineArgs:
    """Inputs of one server's machine."""
    port = server.management
    path, text = management_file(port.name, args.files[server.name])
    return MachineArgs(
        **args.ways_in,
        name=server.name,
        group=server.group,
        unit=server.unit,
        serial=server.bmc.serial,
        macs={nic.name: nic.mac for nic in server.nics if nic.mac},
        bmc=f"https://{server.bmc.address.ip}",
        address=str(port.address),
        nic=port.name,
        gateway=port.gateway,
        mtu=port.mtu,
        network={"path": path, "text": text},
        image=args.image,
        controller=args.controller,
    )


def management_file(nic: str, files: Mapping[str, str]) -> tuple[str, str]:
    """The rendered file of the management port: the only network file that first boot writes."""
    for path, text in sorted(files.items()):
        if path.endswith(".network") and f"Name={nic}" in text.splitlines():
            return path, text
    raise LookupError(f"no .network file for {nic} was rendered")
