"""Wiring read back: each switch port against the design's cables, and each leaf against its rail."""

from __future__ import annotations

from collections import Counter

from rackwright.models.design import Design, FabricDesign
from rackwright.models.finding import Finding
from rackwright.validate.subnet.discovered import Discovered, Port


def number(label: str, split: int) -> int:
    """Port number of a label: ``3/2`` of cages split in two is the sixth port."""
    cage, _, part = label.partition("/")
    return split * int(cage) - split + int(part or 1)


def names(design: Design) -> dict[tuple[str, str], str]:
    """Description of the adapter behind each server port."""
    return {
        (server.name, nic.name): f"{server.name} {nic.rdma or nic.name}"
        for server in design.servers
        for nic in server.nics
    }


def planned(design: Design, fabric: FabricDesign) -> dict[Port, tuple[Port, str]]:
    """From the cables: each switch port's far end, with the port's label."""
    adapters, own = names(design), {each.name for each in design.switches if each.fabric == fabric.name}
    found: dict[Port, tuple[Port, str]] = {}
    for cable in design.cables:
        if cable.fabric != fabric.name:
            continue
        near = (cable.a.device, number(cable.a.port, fabric.split))
        if cable.z.device in own:
            far = (cable.z.device, number(cable.z.port, fabric.split))
            found[far] = (near, cable.z.port)
        else:
            name = adapters.get((cable.z.device, cable.z.port), f"{cable.z.device} {cable.z.port}")
            far = (name, 1)
        found[near] = (far, cable.a.port)
    return found


def compare(design: Design, fabric: FabricDesign, read: Discovered, subnet: str) -> list[Finding]:
    """Every switch port of the subnet that is not cabled as designed. A link between switches that is wrong
    is told at both ends."""
    plan = planned(design, fabric)
    mine = _component(plan, read.switches)
    findings = []
    for (switch, port), (far, label) in plan.items():
        if switch in mine and read.far.get((switch, port)) != far:
            found = read.far.get((switch, port))
            where = f"{switch} {label}"
            findings.append(
                Finding(
                    where, "wiring", _say(found), _say(far), f"subnet {subnet}, port {port} of the switch"
                )
            )
    for (switch, port), far in read.far.items():
        if switch in read.switches and (switch, port) not in plan:
            findings.append(
                Finding(f"{switch} port {port}", "wiring", _say(far), "no cable", f"subnet {subnet}")
            )
    return sorted(findings)


def rails(design: Design, read: Discovered) -> list[Finding]:
    """Leaves that serve an adapter of another rail. SHARP and rail-aligned jobs need them pure; routing does
    not see it."""
    rail_of = {
        f"{server.name} {nic.rdma or nic.name}": nic.rail
        for server in design.servers
        for nic in server.on("compute")
    }
    findings = []
    leaves = {switch.name: switch.rail for switch in design.switches if switch.rail is not None}
    for (switch, port), (far, _) in sorted(read.far.items()):
        if switch in leaves and switch in read.switches and far in rail_of and rail_of[far] != leaves[switch]:
            findings.append(
                Finding(
                    f"{switch} port {port}",
                    "rail",
                    f"{far} of rail {rail_of[far]}",
                    f"rail {leaves[switch]} only",
                    "a swapped cable: rails cross here",
                )
            )
    return findings


def _component(plan: dict[Port, tuple[Port, str]], seen: frozenset[str]) -> set[str]:
    """Switches of the subnet in the plan: those connected to what was discovered most of."""
    joined: dict[str, set[str]] = {}
    for (near, _), ((far, _), _) in plan.items():
        joined.setdefault(near, set()).add(far)
        joined.setdefault(far, set()).add(near)
    place: dict[str, int] = {}
    for start in joined:
        if start in place:
            continue
        group, todo = len(place), [start]
        place[start] = group
        while todo:
            for other in joined[todo.pop()]:
                if other not in place:
                    place[other] = group
                    todo.append(other)
    votes = Counter(place[name] for name in seen if name in place)
    if not votes:
        return set()
    chosen = votes.most_common(1)[0][0]
    return {name for name, group in place.items() if group == chosen}


def _say(port: Port | None) -> str:
    return "nothing" if port is None else f"{port[0]} port {port[1]}"
