"""Host: every network file of a server, and nccl.conf."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rackwright.design.ipv6 import Six
from rackwright.models.design import Design, Nic, Server
from rackwright.models.spec import PlaneName
from rackwright.render import pods
from rackwright.render.host_names import name_files
from rackwright.render.nccl import conf_files
from rackwright.render.templates import template

RULE_PRIORITY = 1000
"""Priority of a port's rule is this plus its table number."""
_FILE_ORDER = {"management": 10, "business": 20, "storage": 30, "compute": 40}


@dataclass(frozen=True, slots=True)
class HostRoute:
    """A route over a port. ``destination`` None: default; ``table`` None: main."""

    destination: str | None
    table: int | None


@dataclass(frozen=True, slots=True)
class SixView:
    """What the template says of IPv6: the same routes and rule as IPv4's."""

    address: str
    ip: str
    gateway: str | None
    routes: tuple[HostRoute, ...]


def host_routes(nic: Nic, design: Design) -> list[HostRoute]:
    """A default route in the port's own table; storage and business planes also in the main table, so that
    sockets bound to no address leave by the right port. Compute has none there: only RDMA traffic that is
    bound may use it."""
    if nic.gateway is None:
        return []
    own = [HostRoute(None, nic.table)] if nic.table is not None else []
    if nic.plane == "compute":
        return own
    to_pods = [HostRoute(destination, None) for destination in pods.destinations(nic, design)]
    return [*own, HostRoute(design.plane(nic.plane).prefix, None), *to_pods]


def network_path(nic: Nic) -> str:
    """Where a port's file lies; first boot writes the management port's under the same name."""
    return f"/etc/systemd/network/{_FILE_ORDER[nic.plane]}-{nic.name}.network"


def host_files(server: Server, design: Design) -> dict[str, str]:
    """Absolute path to text."""
    port = template("host/port.network.j2")
    sixes = {plane.name: six for plane in design.planes if (six := Six.of(plane)) is not None}
    on_top: dict[str, list[Nic]] = {}
    for nic in server.nics:
        if nic.parent is not None:
            on_top.setdefault(nic.parent, []).append(nic)
    files = {}
    for nic in server.nics:
        vlans, routes = on_top.get(nic.name, []), _once(server, nic, design)
        files[network_path(nic)] = port.render(
            nic=nic,
            mtu=max(nic.mtu, *(vlan.mtu for vlan in vlans)) if vlans else nic.mtu,
            vlans=[vlan.name for vlan in vlans],
            routes=routes,
            six=_six(nic, routes, sixes, design),
            priority=RULE_PRIORITY + (nic.table or 0),
            pods=pods.of_nic(nic, design),
            pod_rules=(pods.OWN, pods.OFF),
        )
        if nic.parent is not None:
            path = network_path(nic).replace(".network", ".netdev")
            files[path] = template("host/vlan.netdev.j2").render(nic=nic)
    names = [nic.name for nic in server.nics]
    files["/etc/sysctl.d/90-rackwright-planes.conf"] = template("host/sysctl.conf.j2").render(
        ports=["all", *names]
    )
    cabled = [nic.name for nic in server.nics if nic.parent is None]
    files["/etc/lldpd.d/rackwright.conf"] = template("host/lldpd.conf.j2").render(
        server=server, pattern=",".join(cabled)
    )
    files |= name_files(server)
    return files | conf_files(server, design)


def _once(server: Server, nic: Nic, design: Design) -> list[HostRoute]:
    """A plane's route in the main table belongs to its first port only."""
    first = server.on(nic.plane)[0].name == nic.name
    return [route for route in host_routes(nic, design) if first or route.table is not None]


def _six(nic: Nic, routes: list[HostRoute], sixes: Mapping[PlaneName, Six], design: Design) -> SixView | None:
    """None: the plane has no IPv6."""
    six = sixes.get(nic.plane)
    if six is None:
        return None
    prefix, plane = design.plane(nic.plane).prefix6, design.plane(nic.plane).prefix

    def own(route: HostRoute) -> bool:
        return route.destination in (None, plane)  # pods have IPv4 only

    return SixView(
        six.address(nic.address),
        six.ip(nic.address.value),
        six.of_ip(nic.gateway) if nic.gateway is not None else None,
        tuple(
            HostRoute(prefix if route.destination else None, route.table) for route in routes if own(route)
        ),
    )
