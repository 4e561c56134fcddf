"""DHCP: Kea's configuration for the management plane (https://kea.readthedocs.io/en/latest/arm/dhcp4-srv.html).

Each BMC, management NIC and eth0 has its address reserved: by MAC address where assets.yaml knows it, and by
the access switch's port (option 82) where the network is routed and the switch's relay says it. What is
known by neither is listed in ``dhcp/not-reserved.txt``: it gets one of the last addresses of its
subnet.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

from rackwright.design.oob_pool import NEWCOMERS
from rackwright.design.pools import Pool
from rackwright.models.design import Addr, Design, End, Switch
from rackwright.models.spec import Nos
from rackwright.render.nos.peers import relays
from rackwright.render.site.names import domain_of
from rackwright.render.wiring import Wiring
from rackwright.render.ztp import boot_url

Json = dict[str, Any]
CUMULUS_URL = 239
"""DHCP option in which Cumulus Linux looks for its first-boot script."""
PORT_KNOWN: tuple[Nos, ...] = ("cumulus",)
"""NOS whose relay writes the physical port into option 82 (dhcrelay --use-pif-circuit-id)."""
LEASE_S = 86_400


@dataclass(frozen=True, slots=True)
class Client:
    """What asks for an address on the management plane."""

    name: str
    end: End
    value: int
    mac: str | None
    switch: Switch | None = None
    """Set where it is a switch: it gets its first-boot file named."""


def files(design: Design, wiring: Wiring) -> dict[str, str]:
    """The configuration, and what it cannot reserve."""
    clients = list(_clients(design))
    subnets, open_ = _subnets(design, wiring, clients)
    config = {"Dhcp4": _frame(design) | {"subnet4": subnets}}
    return {
        "dhcp/kea-dhcp4.json": json.dumps(config, indent=1) + "\n",
        "dhcp/not-reserved.txt": "".join(f"{row.name} {_dotted(row.value)}\n" for row in open_),
    }


def _clients(design: Design) -> Iterator[Client]:
    for server in design.servers:
        nic = server.management
        yield Client(f"{server.name}-bmc", End(server.name, "bmc"), server.bmc.address.value, server.bmc.mac)
        yield Client(server.name, End(server.name, nic.name), nic.address.value, nic.mac)
    for switch in design.switches:
        if any(port.use == "management" for port in switch.ports):
            yield Client(switch.name, End(switch.name, "eth0"), switch.management.value, switch.mac, switch)


def _frame(design: Design) -> Json:
    site = design.spec.site
    clocks = [server for server in site.ntp if _is_ip(server)] or [design.controller.ip]
    data = [{"name": "domain-name", "data": domain_of(design)}]
    data += [{"name": "ntp-servers", "data": ", ".join(clocks)}]
    if site.dns:
        data.append({"name": "domain-name-servers", "data": ", ".join(site.dns)})
    return {
        "interfaces-config": {"interfaces": ["*"]},
        "lease-database": {"type": "memfile", "persist": True},
        "valid-lifetime": LEASE_S,
        "host-reservation-identifiers": ["circuit-id", "hw-address"],
        "reservations-global": False,
        "reservations-in-subnet": True,
        "option-def": [
            {"name": "cumulus-provision-url", "code": CUMULUS_URL, "type": "string", "space": "dhcp4"}
        ],
        "option-data": data,
    }


def _subnets(design: Design, wiring: Wiring, clients: list[Client]) -> tuple[list[Json], list[Client]]:
    """(subnets, what is reserved in none of them)."""
    ports = {
        port.address.network: (switch, port.address)
        for switch in design.switches
        for port in switch.ports
        if port.use == "gateway" and port.address is not None
    }
    open_: list[Client] = []
    if not ports:  # one bridged network: its last quarter is kept for growth, the end of it for newcomers
        pool = Pool.of(design.plane("management").prefix)
        end = pool.base + pool.size - 2
        row: Json = {"id": 1, "subnet": design.plane("management").prefix}
        row["pools"] = [{"pool": f"{_dotted(end - max(1, pool.size // 64))} - {_dotted(end)}"}]
        row["reservations"] = [_reservation(client, None, design) for client in clients if client.mac]
        return [row], [client for client in clients if not client.mac]
    found: dict[str, list[Json]] = {network: [] for network in ports}
    by_switch = {switch.name: network for network, (switch, _) in ports.items()}
    for client in clients:
        near = wiring.far[client.end]
        network = by_switch[near.device]
        switch = ports[network][0]
        circuit = near.port if switch.nos in PORT_KNOWN and relays(switch, design) else None
        if client.mac or circuit:
            found[network].append(_reservation(client, None if client.mac else circuit, design))
        else:
            open_.append(client)
    subnets = [
        {
            "id": number + 1,
            "subnet": network,
            "relay": {"ip-addresses": [address.ip]},
            "option-data": [{"name": "routers", "data": address.ip}],
            "pools": [{"pool": _last(address)}],
            "reservations": found[network],
        }
        for number, (network, (_, address)) in enumerate(ports.items())
    ]
    return subnets, open_


def _reservation(client: Client, circuit: str | None, design: Design) -> Json:
    row: Json = {"circuit-id": f"'{circuit}'"} if circuit else {"hw-address": client.mac}
    row |= {"ip-address": _dotted(client.value), "hostname": client.name}
    url = boot_url(client.switch, design) if client.switch is not None else None
    if url is None or client.switch is None:
        return row
    if client.switch.nos == "cumulus":
        return row | {"option-data": [{"name": "cumulus-provision-url", "data": url}]}
    return row | {"option-data": [{"name": "boot-file-name", "data": url}]}


def _last(gateway: Addr) -> str:
    """Where newcomers of a subnet are."""
    size = 1 << (32 - gateway.length)
    end = (gateway.value & -size) + size - 2
    return f"{_dotted(end - NEWCOMERS + 1)} - {_dotted(end)}"


def _is_ip(text: str) -> bool:
    try:
        return ip_address(text).version == 4
    except ValueError:
        return False


def _dotted(value: int) -> str:
    return f"{value >> 24}.{value >> 16 & 255}.{value >> 8 & 255}.{value & 255}"
