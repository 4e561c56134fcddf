"""Parts: the rendering of a design cut into jobs that can be done side by side, in any process."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from rackwright.models.design import Design, Server, Switch
from rackwright.render.expectations import as_json, server_expectation, switch_expectation
from rackwright.render.host import host_files
from rackwright.render.host_roce import roce_files
from rackwright.render.nos import lacks, maker
from rackwright.render.site import makers
from rackwright.render.wiring import Wiring
from rackwright.render.ztp import ztp_files

Item = tuple[str | None, str, str | bytes]
"""(device and the absolute path on it, or None and a path of the site's; content)."""
_CHUNK = 32
"""Devices in a part: worth a message between processes, and short enough to share out evenly."""


@dataclass(frozen=True, slots=True)
class Part:
    """Devices ``first`` to ``last`` (not included) of a kind, or one maker of site files."""

    kind: Literal["site", "servers", "switches"]
    first: int
    last: int


def parts(design: Design) -> list[Part]:
    """All of a design. The site's makers come first: each goes through the whole design and takes longest."""
    found = [Part("site", number, number + 1) for number in range(len(makers()))]
    switches, servers = len(design.switches), len(design.servers)
    found += [Part("switches", at, min(at + _CHUNK, switches)) for at in range(0, switches, _CHUNK)]
    return found + [Part("servers", at, min(at + _CHUNK, servers)) for at in range(0, servers, _CHUNK)]


def items(part: Part, design: Design, wiring: Wiring) -> Iterator[Item]:
    """The files of a part, in a fixed order."""
    if part.kind == "site":
        for make in makers()[part.first : part.last]:
            for path, content in make(design, wiring).items():
                yield None, path, content
    elif part.kind == "servers":
        for server in design.servers[part.first : part.last]:
            yield from _server(server, design, wiring)
    else:
        for switch in design.switches[part.first : part.last]:
            yield from _switch(switch, design, wiring)


def not_rendered(design: Design) -> tuple[str, ...]:
    """What nothing renders yet, a sentence for each fabric."""
    lacking = Counter((switch.fabric, switch.nos) for switch in design.switches if maker(switch.nos) is None)
    return tuple(
        f"{fabric}: {count} switches run {nos}, {lacks(nos)}"
        for (fabric, nos), count in sorted(lacking.items())
    )


def _server(server: Server, design: Design, wiring: Wiring) -> Iterator[Item]:
    files = host_files(server, design) | roce_files(server, design, wiring)
    for path, text in files.items():
        yield server.name, path, text
    expected = server_expectation(server, files, design, wiring)
    yield None, f"expectations/{server.name}.json", as_json(expected)


def _switch(switch: Switch, design: Design, wiring: Wiring) -> Iterator[Item]:
    make = maker(switch.nos)
    if make is None:
        return
    files = make(switch, design, wiring)
    for path, text in files.items():
        yield switch.name, path, text
    for path, text in ztp_files(switch, files, design).items():
        yield None, path, text
    expected = switch_expectation(switch, files, design, wiring)
    yield None, f"expectations/{switch.name}.json", as_json(expected)
