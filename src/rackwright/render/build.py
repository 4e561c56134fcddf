"""render: Design to files, as text in memory. Writing them is the caller's business."""

from __future__ import annotations

from dataclasses import dataclass, field

from rackwright.models.design import Design
from rackwright.render.expectations import as_json, server_expectation, switch_expectation
from rackwright.render.host import host_files
from rackwright.render.nos import maker
from rackwright.render.site import makers
from rackwright.render.wiring import Wiring


@dataclass(frozen=True, slots=True)
class Files:
    """Everything that is rendered."""

    devices: dict[str, dict[str, str]]
    """Device name to absolute path on it to text."""
    site: dict[str, str]
    """Relative path to text: the cable plan, expectations/<device>.json."""
    not_rendered: tuple[str, ...] = ()
    """What cannot be made yet, in words; its devices have no files and no expectations."""
    binary: dict[str, bytes] = field(default_factory=dict)
    """Site files that are not text, by relative path."""


def render(design: Design) -> Files:
    """All files of a cluster. The same design gives the same bytes."""
    wiring = Wiring.of(design)
    devices: dict[str, dict[str, str]] = {}
    site: dict[str, str] = {}
    binary: dict[str, bytes] = {}
    for make_site in makers():
        for path, content in make_site(design, wiring).items():
            if isinstance(content, bytes):
                binary[path] = content
            else:
                site[path] = content
    skipped: dict[tuple[str, str], int] = {}
    for server in design.servers:
        files = devices[server.name] = host_files(server, design)
        site[f"expectations/{server.name}.json"] = as_json(server_expectation(server, files, design, wiring))
    for switch in design.switches:
        make = maker(switch.nos)
        if make is None:
            skipped[switch.fabric, switch.nos] = skipped.get((switch.fabric, switch.nos), 0) + 1
            continue
        files = devices[switch.name] = make(switch, design, wiring)
        site[f"expectations/{switch.name}.json"] = as_json(switch_expectation(switch, files, design, wiring))
    missing = tuple(
        f"{fabric}: {count} switches run {nos}, for which there are no templates yet"
        for (fabric, nos), count in sorted(skipped.items())
    )
    return Files(devices, site, missing, binary)
