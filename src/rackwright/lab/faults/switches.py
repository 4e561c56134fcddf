"""Faults of switches: a line edited by hand, edge rules that let one plane into another."""

from __future__ import annotations

import json
from pathlib import PurePosixPath
from typing import Any

from rackwright.errors import UsageError, WorldRefused
from rackwright.lab import netns
from rackwright.lab.command import run
from rackwright.lab.faults.kind import Kind, Places, one
from rackwright.lab.faults.record import Fault
from rackwright.lab.inside import must
from rackwright.lab.world import World
from rackwright.models.design import Switch

CONFIG = PurePosixPath("/etc/frr/frr.conf")
LINE = "maximum-paths"
BY_HAND = 2


def _switch(world: World, name: str) -> Switch:
    for switch in world.design.switches:
        if switch.name == name:
            return switch
    raise UsageError(
        f"no switch is called {name}; there are {', '.join(s.name for s in world.design.switches)}"
    )


def _leaf(world: World) -> str:
    for switch in world.design.switches:
        if switch.asn is not None and switch.tier == "leaf":
            return switch.name
    raise UsageError("the design has no routing leaf; give --place SWITCH")


def _line(text: str) -> int | None:
    """The number of paths that a configuration allows; None where the line is missing."""
    for line in text.splitlines():
        words = line.split()
        if words[:1] == [LINE] and len(words) == 2:
            return int(words[1])
    return None


def _plan_edited(world: World, places: Places) -> Fault:
    switch = _switch(world, one(places, _leaf(world) if not places else "", "SWITCH"))
    if switch.asn is None:
        raise UsageError(f"{switch.name} does not route: nothing of FRR's to edit")
    before = _line(must(world.place, switch.name, ["cat", str(CONFIG)]))
    if before is None:
        raise WorldRefused(
            switch.name, "edit by hand", f"no line {LINE} in {CONFIG}", "run rackwright up first"
        )
    return Fault(
        "switch-edited",
        switch.name,
        f"'{LINE} {before}' is now '{LINE} {BY_HAND}' in FRR on {switch.name}, running and in {CONFIG}",
        "rackwright up writes the designed one; so does rackwright lab fault CLUSTER switch-edited --clear",
        {"switch": switch.name, "asn": switch.asn, "from": before, "to": BY_HAND},
    )


def _edit(world: World, fault: Fault, old: int, new: int) -> None:
    """As somebody at the switch would do it: the running configuration, then the file."""
    name = fault.data["switch"]
    running = must(world.place, name, ["vtysh", "-c", "show running-config"])
    if _line(running) == old:
        words = [
            "configure terminal",
            f"router bgp {fault.data['asn']}",
            "address-family ipv4 unicast",
            f"{LINE} {new}",
        ]
        must(world.place, name, ["vtysh", *(word for command in words for word in ("-c", command))])
    expression = rf"s/^\( *{LINE} \){old}$/\1{new}/"
    must(world.place, name, ["sed", "-i", expression, str(CONFIG)])


def _rules(world: World, switch: str) -> list[dict[str, Any]]:
    where = world.place.netns(switch)
    found = json.loads(run(["ip", "-n", where, "-4", "-json", "rule"], f"read the rules of {switch}") or "[]")
    return [rule for rule in found if rule.get("iif") and rule.get("action") == "prohibit"]


def _plan_leak(world: World, places: Places) -> Fault:
    """A leaf with host ports of two planes: the first of each loses the rule that keeps it in its plane."""
    wanted = one(places, "", "SWITCH")
    for switch in world.design.switches:
        if wanted and switch.name != wanted:
            continue
        first = _ports_of_two_planes(switch)
        if not first:
            continue
        rules = [rule for rule in _rules(world, switch.name) if rule["iif"] in first.values()]
        if len(rules) < len(first):
            raise WorldRefused(
                switch.name,
                "leak",
                "it has no edge rules yet, or they are gone already",
                "run rackwright up first",
            )
        kept = [{"iif": rule["iif"], "priority": rule["priority"]} for rule in rules]
        where = ", ".join(f"{port} ({plane})" for plane, port in first.items())
        return Fault(
            "plane-leak",
            switch.name,
            f"{switch.name} lost the edge rules of {where}: planes {' and '.join(first)} can talk there",
            "rackwright up sets the rules again; so does rackwright lab fault CLUSTER plane-leak --clear",
            {"switch": switch.name, "rules": kept},
        )
    raise UsageError(f"{wanted or 'the design'}: no leaf with host ports of two planes")


def _ports_of_two_planes(switch: Switch) -> dict[str, str]:
    """First host port by plane; empty where the leaf serves one plane only."""
    found: dict[str, str] = {}
    for port in switch.ports:
        if port.use == "host" and port.plane and port.plane != "management" and port.plane not in found:
            found[port.plane] = port.name
    return found if len(found) > 1 else {}


def _change_rules(world: World, fault: Fault, add: bool) -> None:
    switch = fault.data["switch"]
    where = world.place.netns(switch)
    have = {(rule["iif"], rule["priority"]) for rule in _rules(world, switch)}
    lines = [
        f"rule {'add' if add else 'del'} iif {rule['iif']} pref {rule['priority']} prohibit"
        for rule in fault.data["rules"]
        if ((rule["iif"], rule["priority"]) in have) is not add
    ]
    if lines and netns.usable(where):
        run(
            ["ip", "-n", where, "-4", "-batch", "-"],
            f"change the rules of {switch}",
            text="\n".join(lines) + "\n",
        )


KINDS = (
    Kind(
        "switch-edited",
        "A line of a switch's FRR configuration is changed by hand: --place SWITCH.",
        _plan_edited,
        lambda world, fault: _edit(world, fault, fault.data["from"], fault.data["to"]),
        lambda world, fault: _edit(world, fault, fault.data["to"], fault.data["from"]),
    ),
    Kind(
        "plane-leak",
        "Two planes can talk through a leaf: --place SWITCH.",
        _plan_leak,
        lambda world, fault: _change_rules(world, fault, add=False),
        lambda world, fault: _change_rules(world, fault, add=True),
    ),
)
