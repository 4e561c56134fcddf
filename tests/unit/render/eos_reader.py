"""An EOS configuration as a switch would understand it: ports, sessions, classes. Reads text only."""

from __future__ import annotations

import re
from dataclasses import dataclass, field


@dataclass
class Port:
    """An interface."""

    lines: list[str] = field(default_factory=list)

    def value(self, word: str) -> str | None:
        """What follows a word, e.g. ``mtu``."""
        return next((line[len(word) + 1 :] for line in self.lines if line.startswith(f"{word} ")), None)

    def values(self, word: str) -> list[str]:
        return [line[len(word) + 1 :] for line in self.lines if line.startswith(f"{word} ")]


@dataclass
class Config:
    """A whole file."""

    top: list[str] = field(default_factory=list)
    ports: dict[str, Port] = field(default_factory=dict)
    bgp: list[str] = field(default_factory=list)
    """Lines of ``router bgp``, each behind its context: ``address-family ipv4 > neighbor ...``."""
    queues: dict[int, list[str]] = field(default_factory=dict)
    profile: list[str] = field(default_factory=list)

    @property
    def sessions(self) -> dict[str, tuple[str, str]]:
        """(group, ASN) by port or address."""
        found = {}
        for line in self.bgp:
            if match := re.match(r"> neighbor interface (\S+) peer-group (\S+) remote-as (\d+)$", line):
                found[match[1]] = match[2], match[3]
            elif match := re.match(r"> neighbor (\d\S+) peer group (\S+)$", line):
                asn = next(
                    each.rsplit(" ", 1)[1]
                    for each in self.bgp
                    if each.startswith(f"> neighbor {match[1]} remote-as")
                )
                found[match[1]] = match[2], asn
        return found

    @property
    def classes(self) -> dict[int, int]:
        """Traffic class by DSCP."""
        rows = [re.match(r"qos map dscp (\d+) to traffic-class (\d)$", line) for line in self.top]
        return {int(row[1]): int(row[2]) for row in rows if row}

    @property
    def tx_queues(self) -> dict[int, int]:
        """Queue by traffic class."""
        rows = [re.match(r"qos map traffic-class (\d) to tx-queue (\d)$", line) for line in self.top]
        return {int(row[1]): int(row[2]) for row in rows if row}


def read(text: str) -> Config:
    """A file."""
    made = Config()
    head, context = "", ""
    for raw in text.splitlines():
        line, depth = raw.strip(), len(raw) - len(raw.lstrip())
        if not line or line == "!":
            continue
        if depth == 0:
            head, context = line, ""
            made.top.append(line)
            if line.startswith("interface "):
                made.ports[line.split()[1]] = Port()
        elif head.startswith("interface "):
            made.ports[head.split()[1]].lines.append(line)
        elif head.startswith("router bgp "):
            if depth == 3 and line.startswith(("address-family ", "vrf ")):
                context = line
            else:
                made.bgp.append(f"{context if depth > 3 else ''}> {line}")
        elif head.startswith("qos profile "):
            if match := re.match(r"uc-tx-queue (\d)$", line):
                made.queues[int(match[1])] = []
                context = match[1]
            elif depth > 3:
                made.queues[int(context)].append(line)
            else:
                made.profile.append(line)
    return made
