"""render: Design to files, as text in memory. Writing them is the caller's business."""

from __future__ import annotations

from dataclasses import dataclass

from rackwright.models.design import Design
from rackwright.render.cableplan import cable_plan
from rackwright.render.expectations import as_json, server_expectation, switch_expectation
from rackwright.render.host import host_files
from rackwright.render.switch import switch_files
from rackwright.render.templates import nos_with_templates
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


def render(design: Design) -> Files:
    """All files of a cluster. The same design gives the same bytes."""
    wiring = Wiring.of(design)
    devices: dict[str, dict[str, str]] = {}
    site = {"cable-plan.csv": cable_plan(design)}
    skipped: dict[tuple[str, str], int] = {}
    for server in design.servers:
        files = devices[server.name] = host_files(server, design)
        site[f"expectations/{server.name}.json"] = as_json(server_expectation(server, files, design, wiring))
    for switch in design.switches:
        if not nos_with_templates(switch.nos):
            skipped[switch.fabric, switch.nos] = skipped.get((switch.fabric, switch.nos), 0) + 1
            continue
        files = devices[switch.name] = switch_files(switch, design, wiring)
        site[f"expectations/{switch.name}.json"] = as_json(switch_expectation(switch, files, design, wiring))
    missing = tuple(
        f"{fabric}: {count} switches run {nos}, for which there are no templates yet"
        for (fabric, nos), count in sorted(skipped.items())
    )
    return Files(devices, site, missing)
