"""Names and addresses of every interface that has one: what DNS and the hosts file say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address

from rackwright.design.ipv6 import Six
from rackwright.models.design import Design, Nic, Server
from rackwright.models.spec import PlaneName


@dataclass(frozen=True, slots=True)
class Named:
    """One name with its address; ``value`` is the IPv4 address as an integer."""

    name: str
    """Below the site's domain."""
    value: int
    plane: PlaneName
    """Whose IPv6 prefix the address takes."""


def domain_of(design: Design) -> str:
    """The site's, or the cluster's below ``internal`` (reserved for private use, ICANN 2024)."""
    return design.spec.site.domain or f"{design.name}.internal"


def port_label(server: Server, nic: Nic) -> str:
    """Of a port that is not the management port's: ``gpu-su01-n01-r0``, ``gpu-su01-n01-storage``.

    Rails have their number, with ``p1`` where a NIC has several ports; other planes their name, and from the
    second port on a number.
    """
    if nic.rail is not None:
        several = any(other.port for other in server.nics if other.plane == nic.plane)
        return f"{server.name}-r{nic.rail}" + (f"p{nic.port}" if several else "")
    place = [other.name for other in server.on(nic.plane)].index(nic.name)
    return f"{server.name}-{nic.plane}" + (f"{place + 1}" if place else "")


def named(design: Design) -> Iterator[Named]:
    """Controller and depot, then servers (management, BMC, other planes), then switches (management port,
    loopback, gateway). Nothing has two names but where two are the same machine's."""
    yield Named("controller", design.controller.value, "management")
    yield Named("depot", design.depot.value, "management")
    for server in design.servers:
        management = server.management
        yield Named(server.name, management.address.value, "management")
        yield Named(f"{server.name}-bmc", server.bmc.address.value, "management")
        for nic in server.nics:
            if nic is not management:
                yield Named(port_label(server, nic), nic.address.value, nic.plane)
    first: dict[str, PlaneName] = {}
    for plane in design.planes:
        first.setdefault(plane.fabric, plane.name)
    for switch in design.switches:
        yield Named(switch.name, switch.management.value, "management")
        if switch.loopback is not None and switch.loopback.value != switch.management.value:
            yield Named(f"{switch.name}-lo", switch.loopback.value, first[switch.fabric])
        for port in switch.ports:
            if port.use == "gateway" and port.address is not None:
                yield Named(f"{switch.name}-gw", port.address.value, "management")
    yield from _api(design)


def _api(design: Design) -> Iterator[Named]:
    """``api``, where kubelets find the control plane by its name: each of its servers has it."""
    made = design.kubernetes
    if made is None or made.endpoint != "name":
        return
    servers = {server.name: server for server in design.servers}
    for node in made.control:
        plane: PlaneName = "business" if servers[node.name].on("business") else "management"
        yield Named("api", int(IPv4Address(node.address)), plane)


def sixes(design: Design) -> dict[PlaneName, Six]:
    """Planes that have IPv6."""
    return {plane.name: six for plane in design.planes if (six := Six.of(plane)) is not None}


def dotted(value: int) -> str:
    return str(IPv4Address(value))
