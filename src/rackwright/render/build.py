"""render: Design to files, in memory. Writing them, side by side and without holding all, is ``write``'s."""

from __future__ import annotations

from dataclasses import dataclass, field

from rackwright.models.design import Design
from rackwright.render.parts import items, not_rendered, parts
from rackwright.render.wiring import Wiring


@dataclass(frozen=True, slots=True)
class Files:
    """Everything that is rendered."""

    devices: dict[str, dict[str, str]]
    """Device name to absolute path on it to text; a device that needs no files is not in it."""
    site: dict[str, str]
    """Relative path to text: the cable plan, expectations/<device>.json."""
    not_rendered: tuple[str, ...] = ()
    """What cannot be made yet, in words; its devices have no files and no expectations."""
    binary: dict[str, bytes] = field(default_factory=dict)
    """Site files that are not text, by relative path."""


def render(design: Design) -> Files:
    """All files of a cluster. The same design gives the same bytes."""
    wiring = Wiring.of(design)
    made = Files({}, {}, not_rendered(design), {})
    for part in parts(design):
        for device, path, content in items(part, design, wiring):
            if isinstance(content, bytes):
                made.binary[path] = content
            elif device is None:
                made.site[path] = content
            else:
                made.devices.setdefault(device, {})[path] = content
    return made
