"""EOS: pictures of a switch's ports from the running configuration.

Traffic class, priority in a pause frame and priority group are one number on EOS; the queue is mapped. What
the text leaves out is the OS's default: DSCP trusted on routed ports, eight DSCPs to a class with the first
two classes swapped, MTU 1500.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from rackwright.qos.walk.picture import EIGHT, STRICT, Ecn, Port, Switch, Trust

PATH = "/mnt/flash/startup-config"
_MTU = 1500
_UNITS = {"bytes": 1, "kbytes": 1000, "mbytes": 1_000_000, "segments": 208}
"""A segment is a buffer cell; its size is the Tomahawk's."""
_ECN = re.compile(
    r"random-detect ecn minimum-threshold (\d+) (\w+) maximum-threshold (\d+) (\w+)"
    r"(?: max-mark-probability (\d+))?"
)
_QUEUE = re.compile(r"(?:uc-)?tx-queue (\d)$")
_NUMBERED = re.compile(
    r"^qos map (dscp|traffic-class) ([\d ,-]+?) to (?:traffic-class|(?:uc-)?tx-queue) (\d)$"
)


def switch(files: Mapping[str, str]) -> Switch:
    """A switch's picture."""
    reader = _Text.of(files[PATH])
    return Switch(PATH, {name: reader.port(lines) for name, lines in reader.ports.items()})


@dataclass(slots=True)
class _Profile:
    """``qos profile``, or the same lines on a port."""

    trust: Trust | None = None
    pfc: set[int] = field(default_factory=set)
    on: bool = False
    ecn: dict[int, Ecn] = field(default_factory=dict)
    shares: dict[int, int] = field(default_factory=dict)
    headroom: int | None = None

    def take(self, lines: list[tuple[int, str]]) -> None:
        """Lines with their depth; those of a queue stand under it."""
        queue = None
        for depth, line in lines:
            if depth == 1:
                match = _QUEUE.match(line)
                queue = int(match[1]) if match else None
            self._take(line, queue)

    def _take(self, line: str, queue: int | None) -> None:
        if line.startswith("qos trust "):
            self.trust = "dscp" if line.endswith("dscp") else "pcp"
        elif line == "no qos trust":
            self.trust = "none"
        elif line in ("priority-flow-control on", "priority-flow-control"):
            self.on = True
        elif match := re.match(r"priority-flow-control priority (\d) no-drop$", line):
            self.pfc.add(int(match[1]))
        elif queue is not None and line == "priority strict":
            self.shares[queue] = STRICT
        elif queue is not None and (match := re.match(r"bandwidth percent (\d+)$", line)):
            self.shares[queue] = int(match[1])
        elif queue is not None and (match := _ECN.match(line)):
            least, most = int(match[1]) * _UNITS[match[2]], int(match[3]) * _UNITS[match[4]]
            self.ecn[queue] = Ecn(least, most, int(match[5] or "100"))


@dataclass(slots=True)
class _Text:
    ports: dict[str, list[tuple[int, str]]]
    profiles: dict[str, _Profile]
    classes: tuple[int, ...]
    queues: tuple[int, ...]
    watchdog: bool

    @classmethod
    def of(cls, text: str) -> _Text:
        blocks: list[tuple[str, list[tuple[int, str]]]] = []
        for raw in text.splitlines():
            line = raw.strip()
            if not line or line == "!":
                continue
            depth = (len(raw) - len(raw.lstrip(" "))) // 3
            if depth == 0:
                blocks.append((line, []))
            elif blocks:
                blocks[-1][1].append((depth, line))
        classes = [{0: 1, 1: 0}.get(dscp >> 3, dscp >> 3) for dscp in range(64)]
        queues = list(EIGHT)
        made = cls({}, {}, (), (), False)
        for head, lines in blocks:
            if match := _NUMBERED.match(head):
                table = classes if match[1] == "dscp" else queues
                for number in _numbers(match[2]):
                    table[number] = int(match[3])
            elif head.startswith("qos profile "):
                made.profiles.setdefault(head.split()[2], _Profile()).take(lines)
            elif head.startswith("interface Ethernet"):
                made.ports.setdefault(head.split()[1], []).extend(lines)
            elif head.startswith("priority-flow-control pause watchdog default timeout"):
                made.watchdog = True
        made.classes, made.queues = tuple(classes), tuple(queues)
        return made

    def port(self, lines: list[tuple[int, str]]) -> Port:
        own = _Profile()
        mtu, routed, quiet = _MTU, False, False
        for _, line in lines:
            if match := re.match(r"mtu (\d+)$", line):
                mtu = int(match[1])
            elif line == "no switchport":
                routed = True
            elif line == "no priority-flow-control pause watchdog":
                quiet = True
            elif match := re.match(r"service-profile (\S+)$", line):
                profile = self.profiles.get(match[1], _Profile())
                own.trust = own.trust or profile.trust
                own.on, own.pfc = own.on or profile.on, own.pfc | profile.pfc
                own.ecn, own.shares = {**profile.ecn, **own.ecn}, {**profile.shares, **own.shares}
        own.take(lines)
        pfc = own.pfc if own.on else set()
        return Port(
            own.trust or ("dscp" if routed else "pcp"),
            self.classes,
            self.queues,
            tuple(number if number in pfc else None for number in EIGHT),
            tuple(self.queues[number] if number in pfc else None for number in EIGHT),
            tuple(own.ecn.get(number) for number in EIGHT),
            tuple(own.shares.get(number) for number in EIGHT),
            mtu,
            self.watchdog and not quiet,
        )


def _numbers(text: str) -> list[int]:
    """``24 26`` and ``0-2,4``."""
    found: list[int] = []
    for part in re.split(r"[ ,]+", text.strip()):
        first, _, last = part.partition("-")
        found += range(int(first), int(last or first) + 1)
    return found
