"""A fence around a lab's servers: they reach the depot and their own planes, and every other try is counted.

The rules lie in each server's network namespace, put there from outside, and no role knows of them. Allowed
on the management plane: the depot, and answers to whoever connects from the controller. Allowed on the other
planes: their own traffic. Everything else is refused at once and counted, so that "offline" is a figure.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_network

from rackwright.errors import WorldRefused
from rackwright.lab import netns
from rackwright.lab.command import run
from rackwright.lab.filters import FENCE
from rackwright.lab.place import Place
from rackwright.lab.world import World
from rackwright.models.design import Design, Server

TABLE = FENCE
COUNTERS = ("depot", "planes", "controller", "denied")


@dataclass(frozen=True, slots=True)
class Count:
    """Packets of one server since its fence was put up."""

    server: str
    depot: int
    planes: int
    controller: int
    denied: int
    last: tuple[str, ...] = ()
    """Where the denied ones wanted to go, ``address:port``, as far as the kernel remembers."""


def rules(design: Design, server: Server) -> str:
    """The rules of one server, as nft reads them. Pure."""
    own = str(ip_network(str(design.plane("management").prefix)))
    planes = sorted({str(design.plane(nic.plane).prefix) for nic in server.nics} - {own})
    among = [f"    ip daddr {{ {', '.join(planes)} }} counter name planes accept"] if planes else []
    lines = [
        f"table inet {TABLE} {{",
        *(f"  counter {name} {{ }}" for name in COUNTERS),
        "  set last { type ipv4_addr . inet_service; size 64; flags dynamic,timeout; timeout 1d; }",
        "  chain out {",
        "    type filter hook output priority filter; policy accept;",
        '    oifname "lo" accept',
        f"    ip daddr {design.depot.ip} counter name depot accept",
        # Whoever logs in comes from the controller: answers are no connection of its own making. One that is
        # older than the fence is told by its port, as the kernel did not see it begin.
        "    ct direction reply counter name controller accept",
        f"    ip daddr {design.controller.ip} tcp sport 22 counter name controller accept",
        "    ct state related counter name controller accept",
        *among,
        # Neighbour discovery, router solicitation and multicast listening are the link's own.
        "    meta l4proto icmpv6 ip6 daddr ff00::/8 accept",
        "    icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-solicit } accept",
        "    ip protocol igmp accept",
        "    ip protocol { tcp, udp } update @last { ip daddr . th dport }",
        "    counter name denied reject",
        "  }",
        "}",
    ]
    return "\n".join(lines) + "\n"


def put_up(world: World) -> list[str]:
    """Fence every server in, with counters at zero; their names.

    :raises WorldRefused: the lab is not up, or nft refuses.
    """
    for server in world.design.servers:
        text = f"table inet {TABLE}\ndelete table inet {TABLE}\n{rules(world.design, server)}"
        _nft(world.place, server.name, ["-f", "-"], "put up the fence", text)
    return [server.name for server in world.design.servers]


def take_down(world: World) -> list[str]:
    """Take the fence away; the servers that had one.

    :raises WorldRefused: the lab is not up, or nft refuses.
    """
    fenced = [server.name for server in world.design.servers if _there(world.place, server.name)]
    for name in fenced:
        _nft(world.place, name, ["delete", "table", "inet", TABLE], "take the fence down")
    return fenced


def counts(world: World) -> list[Count]:
    """What the fences have counted; a server without one is left out.

    :raises WorldRefused: the lab is not up.
    """
    found = []
    for server in world.design.servers:
        if _there(world.place, server.name):
            text = _nft(world.place, server.name, ["-j", "list", "table", "inet", TABLE], "read the fence")
            found.append(counted(server.name, json.loads(text)["nftables"]))
    return found


def counted(server: str, listing: Iterable[dict[str, object]]) -> Count:
    """The counters in nft's own listing. Pure."""
    packets, last = dict.fromkeys(COUNTERS, 0), []
    for entry in listing:
        match entry:
            case {"counter": {"name": str(name), "packets": int(number)}} if name in packets:
                packets[name] = number
            case {"set": {"name": "last", "elem": list(elements)}}:
                last = [_place(element) for element in elements]
    return Count(server, **packets, last=tuple(sorted(last)))


def _place(element: object) -> str:
    """``address:port`` of an element of the set; with a time limit it is wrapped."""
    match element:
        case {"elem": {"val": inner}}:
            return _place(inner)
        case {"concat": [address, port]}:
            return f"{address}:{port}"
    return str(element)


def _there(place: Place, server: str) -> bool:
    tables = json.loads(_nft(place, server, ["-j", "list", "tables"], "look for the fence"))["nftables"]
    return any(entry.get("table", {}).get("name") == TABLE for entry in tables)


def _nft(place: Place, server: str, words: list[str], step: str, text: str | None = None) -> str:
    name = place.netns(server)
    if not netns.usable(name):
        raise WorldRefused(server, step, f"lab {place.name} is not up", f"run rackwright lab up {place.name}")
    return run(["ip", "netns", "exec", name, "nft", *words], step, text=text, place=server)
