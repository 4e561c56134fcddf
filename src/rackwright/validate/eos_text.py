"""EOS text: a startup configuration read back by its indentation, and what points to nothing in it.

It knows no renderer and no data model: only which line defines a name and which one uses it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from rackwright.models.finding import Finding

MTU = 9214
_DEFINES = {
    "vrf": re.compile(r"vrf instance (\S+)$"),
    "qos profile": re.compile(r"qos profile (\S+)$"),
    "ip access-list": re.compile(r"ip access-list (\S+)$"),
    "ipv6 access-list": re.compile(r"ipv6 access-list (\S+)$"),
    "route-map": re.compile(r"route-map (\S+) (?:permit|deny) \d+$"),
    "prefix-list": re.compile(r"ip prefix-list (\S+)$"),
    "ipv6 prefix-list": re.compile(r"ipv6 prefix-list (\S+)$"),
    "as-path": re.compile(r"ip as-path access-list (\S+) "),
    "vlan": re.compile(r"vlan (\d+)$"),
    "interface": re.compile(r"interface (\S+)$"),
    "peer group": re.compile(r"neighbor (\S+) peer group$"),
}
_USES = [
    ("vrf", re.compile(r"vrf (?!instance)(\S+)$")),
    ("vrf", re.compile(r"vxlan vrf (\S+) vni \d+$")),
    ("qos profile", re.compile(r"service-profile (\S+)$")),
    ("ip access-list", re.compile(r"ip access-group (\S+) in$")),
    ("ipv6 access-list", re.compile(r"ipv6 access-group (\S+) in$")),
    ("route-map", re.compile(r".*route-map (\S+)(?: out| in)?$")),
    ("prefix-list", re.compile(r"match ip address prefix-list (\S+)$")),
    ("ipv6 prefix-list", re.compile(r"match ipv6 address prefix-list (\S+)$")),
    ("as-path", re.compile(r"match as-path (\S+)$")),
    ("vlan", re.compile(r"switchport access vlan (\d+)$")),
    ("interface", re.compile(r"neighbor interface (\S+) ")),
    ("interface", re.compile(r"vxlan source-interface (\S+)$")),
    ("interface", re.compile(r"ntp local-interface (\S+)$")),
    ("peer group", re.compile(r"neighbor interface \S+ peer-group (\S+) ")),
    ("peer group", re.compile(r"neighbor \S+ peer group (\S+)$")),
]
_ECN = re.compile(r"random-detect ecn minimum-threshold (\d+) (\S+) maximum-threshold (\d+) (\S+)")


@dataclass(frozen=True, slots=True)
class Block:
    """A top-level line and what is indented below it, stripped, with line numbers from 1."""

    number: int
    head: str
    lines: list[tuple[int, str]] = field(default_factory=list)


def blocks(text: str) -> list[Block]:
    """The file's blocks; separators (``!``) go away."""
    found: list[Block] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.strip() == "!":
            continue
        if line[0] != " " or not found:
            found.append(Block(number, line.strip()))
        else:
            found[-1].lines.append((number, line.strip()))
    return found


def problems(device: str, path: str, text: str) -> list[Finding]:
    """Everything that cannot be right."""
    read = blocks(text)
    return [
        Finding(f"{device}:{path}:{number}", layer, found, expected)
        for number, layer, found, expected in (*_names(read), *_ports(read), *_quality(read))
    ]


Wrong = tuple[int, str, str, str]
"""(line, layer, found, expected)."""


def _everything(read: list[Block]) -> Iterator[tuple[int, str]]:
    for block in read:
        yield block.number, block.head
        yield from block.lines


def _names(read: list[Block]) -> Iterator[Wrong]:
    """Names that are used and not defined."""
    known: dict[str, set[str]] = {kind: set() for kind in _DEFINES}
    for block in read:
        inside = [line for _, line in block.lines] if block.head.startswith("router bgp") else []
        for line in (block.head, *inside):
            for kind, pattern in _DEFINES.items():
                if match := pattern.match(line):
                    known[kind].add(match[1])
    for number, line in _everything(read):
        for kind, pattern in _USES:
            match = pattern.match(line)
            if (
                match
                and not (kind == "route-map" and line.startswith("route-map"))
                and match[1] not in known[kind]
            ):
                yield number, "reference", line, f"{kind} {match[1]} to be defined"
        match = re.match(r"neighbor \S+ prefix-list (\S+) in$", line)
        if match and match[1] not in known["prefix-list"] | known["ipv6 prefix-list"]:
            yield number, "reference", line, f"prefix-list {match[1]} to be defined"


def _ports(read: list[Block]) -> Iterator[Wrong]:
    """Interfaces: each once, addresses once, sessions without addresses on ports that speak IPv6."""
    ports = {block.head.split()[1]: block for block in read if block.head.startswith("interface ")}
    heads = Counter(block.head for block in read)
    for head, count in heads.items():
        if count > 1 and head.startswith("interface "):
            yield ports[head.split()[1]].number, "syntax", f"{head} {count} times", "once"
    seen: dict[tuple[str, str], str] = {}
    for name, block in ports.items():
        lines = [line for _, line in block.lines]
        table = next((line.split()[1] for line in lines if re.match(r"vrf \S+$", line)), "default")
        if "." in name and name.partition(".")[0] not in ports:
            yield block.number, "reference", block.head, f"interface {name.partition('.')[0]}"
        for number, line in block.lines:
            match = re.match(r"(?:ip|ipv6) address (\S+)$", line)
            if match and (table, match[1]) in seen:
                yield number, "address", line, f"an address that {seen[table, match[1]]} has not"
            elif match:
                seen[table, match[1]] = name
            if (size := re.match(r"mtu (\d+)$", line)) and int(size[1]) > MTU:
                yield number, "mtu", line, f"at most {MTU}"
    for number, line in _everything(read):
        match = re.match(r"neighbor interface (\S+) ", line)
        if match and match[1] in ports and not any(own == "ipv6 enable" for _, own in ports[match[1]].lines):
            yield number, "routing", line, f"ipv6 enable on {match[1]}"


def _quality(read: list[Block]) -> Iterator[Wrong]:
    """Shares that add up, thresholds in order, a watchdog that polls often enough."""
    times: dict[str, float] = {}
    for block in read:
        if match := re.match(r"priority-flow-control pause watchdog default (\S+) (\S+)$", block.head):
            times[match[1]] = float(match[2])
        match = re.match(r"qos map dscp (\d+) to traffic-class (\d+)$", block.head)
        if match and (int(match[1]) > 63 or int(match[2]) > 7):
            yield block.number, "qos", block.head, "DSCP 0 to 63, traffic class 0 to 7"
        if not block.head.startswith("qos profile "):
            continue
        shares, queue, strict, paused = 0, "", set(), {}
        for number, line in block.lines:
            if match := re.match(r"(?:uc-)?tx-queue (\d)$", line):
                queue = match[1]
            elif match := re.match(r"bandwidth percent (\d+)$", line):
                shares += int(match[1])
            elif line == "priority strict":
                strict.add(queue)
            elif match := re.match(r"priority-flow-control priority (\d) no-drop$", line):
                paused[match[1]] = number
            elif (match := _ECN.match(line)) and (match[2] != match[4] or int(match[1]) > int(match[3])):
                yield number, "qos", line, "a minimum that is not above the maximum, in the same unit"
        if shares > 100:
            yield block.number, "qos", f"{shares} percent", "at most 100 in a profile"
        for each in sorted(strict & set(paused)):
            yield paused[each], "qos", f"no-drop priority {each}", "a queue that is not strict"
    if times and times.get("polling-interval", 0) * 2 > min(
        times.get("timeout", 0), times.get("recovery-time", 0)
    ):
        yield (
            1,
            "qos",
            f"watchdog polling-interval {times['polling-interval']}",
            "half of the timeout at most",
        )
