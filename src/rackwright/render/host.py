"""Host: every network file of a server, and nccl.conf."""

from __future__ import annotations

from dataclasses import dataclass

from rackwright.models.design import Design, Nic, Server
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


def host_routes(nic: Nic, design: Design) -> list[HostRoute]:
    """A default route in the port's own table; storage and business planes also in the main table, so that
    sockets bound to no address leave by the right port. Compute has none there: only RDMA traffic that is
    bound may use it."""
    if nic.gateway is None:
        return []
    own = [HostRoute(None, nic.table)] if nic.table is not None else []
    if nic.plane == "compute":
        return own
    return [*own, HostRoute(design.plane(nic.plane).prefix, None)]


def network_path(nic: Nic) -> str:
    """Where a port's file lies; first boot writes the management port's under the same name."""
    return f"/etc/systemd/network/{_FILE_ORDER[nic.plane]}-{nic.name}.network"


def host_files(server: Server, design: Design) -> dict[str, str]:
    """Absolute path to text."""
    port = template("host/port.network.j2")
    files = {
        network_path(nic): port.render(
            nic=nic,
            routes=_once(server, nic, design),
            priority=RULE_PRIORITY + (nic.table or 0),
        )
        for nic in server.nics
    }
    names = [nic.name for nic in server.nics]
    files["/etc/sysctl.d/90-rackwright-planes.conf"] = template("host/sysctl.conf.j2").render(
        ports=["all", *names]
    )
    files["/etc/lldpd.d/rackwright.conf"] = template("host/lldpd.conf.j2").render(
        server=server, pattern=",".join(names)
    )
    return files | conf_files(server, design)


def _once(server: Server, nic: Nic, design: Design) -> list[HostRoute]:
    """A plane's route in the main table belongs to its first port only."""
    first = server.on(nic.plane)[0].name == nic.name
    return [route for route in host_routes(nic, design) if first or route.table is not None]
