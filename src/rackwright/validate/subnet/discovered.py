"""Discovered: what ``ibnetdiscover`` prints, of a simulated or a real fabric."""

from __future__ import annotations

import re
from dataclasses import dataclass

Port = tuple[str, int]
"""(node's description, port number)."""
_NODE = re.compile(r'^(Switch|Ca|Rt)\s+\d+\s+"([^"]+)"\s+# "([^"]*)"')
_LINK = re.compile(r'^\[(\d+)\](?:\(([0-9a-f]+)\))?\s+"([^"]+)"\[(\d+)\](?:\(([0-9a-f]+)\))?')
_LID = re.compile(r"# lid (\d+) ")
_INSIDE = "Aggregation Node"
"""SHARP's adapter inside a switch: not a cable."""


@dataclass(frozen=True, slots=True)
class Discovered:
    """Nodes by description, links by port, adapters' LIDs and port GUIDs."""

    switches: frozenset[str]
    far: dict[Port, Port]
    """The other end of each linked port, both ways."""
    lids: dict[str, int]
    guids: dict[str, int]


def parse(text: str) -> Discovered:
    """Read the tool's output; what it calls by GUID is called by description here."""
    names: dict[str, str] = {}
    kinds: dict[str, str] = {}
    for line in text.splitlines():
        if node := _NODE.match(line):
            kinds[node[2]], names[node[2]] = node[1], node[3]
    far: dict[Port, Port] = {}
    lids: dict[str, int] = {}
    guids: dict[str, int] = {}
    own = ""
    for line in text.splitlines():
        if node := _NODE.match(line):
            own = node[2]
        elif (link := _LINK.match(line)) and _INSIDE not in names[own] + names.get(link[3], ""):
            near, other = (names[own], int(link[1])), (names.get(link[3], link[3]), int(link[4]))
            far[near], far[other] = other, near
            if kinds[own] == "Ca" and link[2]:
                guids[names[own]] = int(link[2], 16)
                if lid := _LID.search(line):
                    lids[names[own]] = int(lid[1])
    switches = frozenset(names[node] for node, kind in kinds.items() if kind == "Switch")
    return Discovered(switches, far, lids, guids)
