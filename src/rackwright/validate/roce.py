"""RoCE: a packet walked through the rendered text of NICs and switches on every path."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from rackwright.load.catalog import tables
from rackwright.models.design import Design
from rackwright.models.finding import Finding
from rackwright.paths import home
from rackwright.qos.walk.walk import Walked, walk
from rackwright.qos.walk.world import NO_QOS
from rackwright.render.build import Files
from rackwright.render.wiring import Wiring

name = "roce"
needs: tuple[str, ...] = ()
sparse = True
"""It looks at one device of each shape."""


def fits(design: Design) -> bool:
    """Whether there is a RoCE compute plane."""
    return any(plane.roce is not None for plane in design.planes)


def check(design: Design, files: Files) -> list[Finding]:
    """One of each shape."""
    return list(walked(design, files).findings)


def everything(design: Design, files: Files) -> list[Finding]:
    """Each device: for files that somebody may have edited."""
    return list(walked(design, files, True).findings)


def not_measured(design: Design) -> list[str]:
    """Switches whose operating system cannot carry the contract."""
    fabric = design.plane("compute").fabric
    systems = Counter(switch.nos for switch in design.switches if switch.fabric == fabric)
    return [
        f"{fabric}: the walk does not look into {count} switches: {nos}: {NO_QOS[nos]}"
        for nos, count in sorted(systems.items())
        if nos in NO_QOS
    ]


def walked(design: Design, files: Files, everything: bool = False) -> Walked:
    """The whole result."""

    def texts(device: str) -> Mapping[str, str]:
        return files.devices.get(device, {})

    models = tables(home()).switches
    buffers = {key: row.buffer_bytes for key, row in models.items() if row.buffer_bytes is not None}
    return walk(design, Wiring.of(design), texts, buffers, everything)
