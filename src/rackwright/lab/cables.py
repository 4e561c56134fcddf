"""Cables: a veth pair for each, made inside the two machines' namespaces under the ports' own names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rackwright.lab import netns
from rackwright.lab.command import run
from rackwright.lab.progress import Advance
from rackwright.lab.wiring import Link, Port, missing

BATCH = 64


def _end(port: Port) -> str:
    where = f"netns {port.netns} " if port.netns else ""
    return f"{where}name {port.interface} address {port.mac}"


def plug(links: Sequence[Link], advance: Advance = lambda steps=1, note="": None) -> None:
    """Make links; what is left of one (an end without the other) is removed first."""
    for start in range(0, len(links), BATCH):
        part = links[start : start + BATCH]
        lines = [f"link add {_end(link.a)} type veth peer {_end(link.z)}" for link in part]
        run(["ip", "-batch", "-"], "plug cables", text="\n".join(lines) + "\n", timeout=120)
        advance(len(part), f"{part[-1].a.netns} {part[-1].a.interface}")


def unplug(ports: Iterable[Port]) -> None:
    """Take away the links that end in these ports; fine when they are gone."""
    for port in ports:
        if port.netns and not netns.usable(port.netns):
            continue
        if port.interface not in netns.links(port.netns or None):
            continue
        where = ["-n", port.netns] if port.netns else []
        run(["ip", *where, "link", "del", port.interface], f"unplug {port.netns} {port.interface}")


def present(links: Iterable[Link]) -> dict[str, list[str]]:
    """Interface names of every namespace that the links touch."""
    spaces = {port.netns for link in links for port in (link.a, link.z)}
    return {space: list(netns.links(space or None)) for space in spaces if not space or netns.usable(space)}


def repair(links: Sequence[Link], advance: Advance) -> list[Link]:
    """Make what is missing and touch nothing else; the links that were made."""
    have = present(links)
    wanted = missing(links, have)
    advance(len(links) - len(wanted))
    # A pair dies as a whole, but an interface of the same name may be left from another cable.
    stale = [
        port for link in wanted for port in (link.a, link.z) if port.interface in have.get(port.netns, [])
    ]
    unplug(stale)
    plug(wanted, advance)
    return wanted
