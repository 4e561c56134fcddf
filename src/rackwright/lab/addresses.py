"""Addresses that are the lab's own to give: the controller's and the depot's here, each BMC's in its
namespace.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from netaddr import IPNetwork

from rackwright.errors import WorldRefused
from rackwright.lab import netns
from rackwright.lab.command import HERE, run
from rackwright.lab.place import Place, known, read_record
from rackwright.lab.wiring import BMC_INTERFACE
from rackwright.models.design import Addr, Design


def refuse_overlap(place: Place, prefix: str) -> None:
    """The management plane must be ours alone on this machine.

    :raises WorldRefused: another lab has it, or this machine already routes (part of) it elsewhere.
    """
    wanted = IPNetwork(prefix)
    hint = "give this cluster another management prefix, or take the other one away"
    for other in known():
        record = read_record(other)
        if other != place and record and _overlap(wanted, record.management):
            found = f"lab {other.name} has {record.management}, which overlaps {prefix}"
            raise WorldRefused(HERE, "reach the management plane", found, hint)
    for route in json.loads(run(["ip", "-json", "-4", "route"], "read the routes") or "[]"):
        target, device = route.get("dst", "default"), route.get("dev", "")
        if target != "default" and device != place.controller_link and _overlap(wanted, target):
            found = f"{target} is routed to {device}, which overlaps {prefix}"
            raise WorldRefused(HERE, "reach the management plane", found, hint)


def _overlap(wanted: IPNetwork, other: str) -> bool:
    found = IPNetwork(other)
    return bool(wanted.first <= found.last and found.first <= wanted.last)


def _give(where: str | None, interface: str, addresses: Iterable[Addr]) -> bool:
    """Bring an interface up with these addresses; False when it had them."""
    link = netns.links(where).get(interface)
    options = ["-n", where] if where else []
    if link is None:
        raise WorldRefused(HERE, "give addresses", f"{interface} is not there", "run rackwright lab up again")
    answer = json.loads(
        run(["ip", *options, "-json", "-4", "address", "show", "dev", interface], "read addresses")
    )
    have = {f"{info['local']}/{info['prefixlen']}" for entry in answer for info in entry.get("addr_info", [])}
    lines = [f"address add {address} dev {interface}" for address in addresses if str(address) not in have]
    flags = link.get("flags", [])
    if isinstance(flags, list) and "UP" not in flags:
        lines.append(f"link set dev {interface} up")
    if lines:
        run(["ip", *options, "-batch", "-"], f"set up {interface}", text="\n".join(lines) + "\n")
    return bool(lines)


def controller(place: Place, design: Design) -> bool:
    """The controller's and the depot's addresses, in the root namespace."""
    # The depot's is a second address of the same port: a host address, so that the controller's stays the
    # source.
    return _give(None, place.controller_link, (design.controller, Addr(design.depot.value, 32)))


def bmcs(place: Place, design: Design) -> list[str]:
    """Every BMC's address in its own namespace; those that had to be given."""
    return [
        server.name
        for server in design.servers
        if _give(place.bmc_netns(server.name), BMC_INTERFACE, (server.bmc.address,))
    ]
