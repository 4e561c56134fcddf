"""The rendered files of one subnet, and how they are made ready for a simulation."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from rackwright.render.build import Files

FOLDER = "subnet-manager/"
_NODE = re.compile(r'^(Switch|Ca) \d+ "([^"]+)"')
_GUID = re.compile(r"^(switch|ca)guid=(0x[0-9a-f]+)")
_ABSENT = re.compile(r"^(\s*)# GUID not known: (.+)$", re.MULTILINE)
_WAITING = re.compile(r"^# waits for GUIDs: ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class SubnetFiles:
    """Files by name, as rendered; ``name`` is the subnet's."""

    name: str
    texts: Mapping[str, str]

    def guids(self) -> dict[str, int]:
        """GUID by node name, as the simulation has them: switches' own, adapters' ports."""
        found: dict[str, int] = {}
        guid = 0
        for line in self.texts["fabric.net"].splitlines():
            if given := _GUID.match(line):
                guid = int(given[2], 16)
            elif node := _NODE.match(line):
                found[node[2]] = guid + (node[1] == "Ca")  # ibsim gives port 1 the GUID behind the node's
        return found

    @property
    def manager(self) -> str | None:
        """The adapter that the manager sits on in a simulation: the first entry."""
        nodes = (_NODE.match(line) for line in self.texts["fabric.net"].splitlines())
        first = next((node for node in nodes if node), None)
        return first[2] if first and first[1] == "Ca" else None

    def size(self) -> tuple[int, int, int]:
        """(nodes, switches, ports), for ibsim's limits."""
        nodes = switches = ports = 0
        for line in self.texts["fabric.net"].splitlines():
            if node := _NODE.match(line):
                nodes += 1
                switches += node[1] == "Switch"
                ports += int(line.split()[1]) + 1
        return nodes, switches, ports

    def ready(self, folder: str) -> dict[str, str]:
        """The files with every GUID filled in and each path below ``folder``: what the simulation runs on."""
        guids = self.guids()

        def listed(gap: re.Match[str]) -> str:
            return f"{guids[gap[2]]:#018x} # {gap[2]}" if gap[2] in guids else gap[0]

        def member(gap: re.Match[str]) -> str:
            return f"{gap[1]}{guids[gap[2]]:#018x}=full, # {gap[2]}" if gap[2] in guids else gap[0]

        made = {}
        for name, text in self.texts.items():
            if name == "partitions.conf":
                text = _ABSENT.sub(member, text)
            elif name.endswith("-guids.txt"):
                text = _ABSENT.sub(listed, text)
            elif name.endswith(".conf"):
                text = _WAITING.sub("", text).replace("/etc/opensm/", f"{folder}/")
            made[name] = text
        return made


def subnet_files(files: Files) -> list[SubnetFiles]:
    """Every subnet that has files, by name."""
    found: dict[str, dict[str, str]] = {}
    for path, text in files.site.items():
        if path.startswith(FOLDER):
            subnet, _, name = path.removeprefix(FOLDER).partition("/")
            found.setdefault(subnet, {})[name] = text
    return [SubnetFiles(name, found[name]) for name in sorted(found)]
