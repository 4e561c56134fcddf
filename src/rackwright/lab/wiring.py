"""Which port is plugged into which: the design's cables as pairs of interfaces in namespaces. Pure.

A port that the server model has but the design does not cable is there too, without a carrier, as on metal.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rackwright.lab.place import CONTROLLER, Place
from rackwright.models.design import Cable, Design, End, Server
from rackwright.models.tables import Tables

BMC_PORT = "bmc"
BMC_INTERFACE = "bmc0"


@dataclass(frozen=True, slots=True, order=True)
class Port:
    """One end of a link: an interface in a namespace ("" is the root's)."""

    netns: str
    interface: str
    mac: str


@dataclass(frozen=True, slots=True, order=True)
class Link:
    """A veth pair. ``dark``: its second end is nowhere, and is kept down, so that the first has no
    carrier.
    """

    a: Port
    z: Port
    dark: bool = False


def derived_mac(cluster: str, device: str, port: str) -> str:
    """A locally administered address that is the same each time, for hardware that the asset list does not
    know.
    """
    tail = hashlib.sha256(f"{cluster}/{device}/{port}".encode()).digest()[:5]
    return ":".join(f"{byte:02x}" for byte in (0x02, *tail))


class Wiring:
    """Ports and links of one lab, by the design's names."""

    def __init__(self, place: Place, design: Design, tables: Tables) -> None:
        self.place, self.design, self.tables = place, design, tables
        self._servers = {server.name: server for server in design.servers}
        self._macs = self._shipped()

    def _shipped(self) -> dict[tuple[str, str], str]:
        """MAC by (server, port), as the asset list has it."""
        found: dict[tuple[str, str], str] = {}
        for server in self.design.servers:
            asset = self.tables.assets.get(server.name)
            if asset:
                found |= {(server.name, port): mac for port, mac in asset.nics.items()}
            found |= {(server.name, nic.name): nic.mac for nic in server.nics if nic.mac}
            if server.bmc.mac:
                found[server.name, BMC_PORT] = server.bmc.mac
        return found

    def mac(self, device: str, port: str) -> str:
        known = self._macs.get((device, port))
        return known or derived_mac(self.design.name, device, port)

    def port(self, end: End) -> Port:
        """Where an end of a cable is plugged in."""
        mac = self.mac(end.device, end.port)
        if end.device == CONTROLLER:
            return Port("", self.place.controller_link, mac)
        if end.device in self._servers and end.port == BMC_PORT:
            return Port(self.place.bmc_netns(end.device), BMC_INTERFACE, mac)
        return Port(self.place.netns(end.device), end.port, mac)

    def slots(self, server: Server) -> list[str]:
        """Every network port of the server: those of its model, and those that the design cables."""
        sku = self.tables.servers.get(server.sku)
        names = [slot.name for slot in sku.nics] if sku else []
        return [*names, *(nic.name for nic in server.nics if nic.name not in names)]

    def links(self, cables: Iterable[Cable], pulled: Iterable[End] = ()) -> list[Link]:
        """Every link there should be, given the cables as they are plugged now.

        :param pulled: ends whose cable is out: both are there, without a carrier.
        """
        links, cabled = [], set()
        out = set(pulled)
        for cable in cables:
            cabled |= {cable.a, cable.z}
            if out & {cable.a, cable.z}:
                links += [self.dark(cable.a), self.dark(cable.z)]
            else:
                links.append(Link(self.port(cable.a), self.port(cable.z)))
        for server in self.design.servers:
            spare = (End(server.name, slot) for slot in self.slots(server))
            links += [self.dark(end) for end in spare if end not in cabled]
        return sorted(links)

    def dark(self, end: End) -> Link:
        """A port with nothing at the other end."""
        port = self.port(end)
        name = "x" + hashlib.sha256(f"{end.device}/{end.port}".encode()).hexdigest()[:12]
        far = Port(self.place.dangling, name, derived_mac(self.design.name, "nowhere", name))
        return Link(port, far, dark=True)


def namespaces(place: Place, design: Design) -> list[str]:
    """Every namespace of the lab."""
    names = [place.netns(switch.name) for switch in design.switches]
    for server in design.servers:
        names += [place.netns(server.name), place.bmc_netns(server.name)]
    return [*names, place.dangling]


def missing(links: Iterable[Link], present: Mapping[str, Iterable[str]]) -> list[Link]:
    """The links of which an end is not there. ``present``: interface names by namespace."""
    have = {netns: set(names) for netns, names in present.items()}
    return [
        link
        for link in links
        if link.a.interface not in have.get(link.a.netns, ())
        or link.z.interface not in have.get(link.z.netns, ())
    ]
