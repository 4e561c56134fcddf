"""InfiniBand switches: the subnet manager configures them, so there is nothing to put on one."""

from __future__ import annotations

from rackwright.models.design import Design, Switch
from rackwright.render.wiring import Wiring


def files(switch: Switch, design: Design, wiring: Wiring) -> dict[str, str]:
    """None; the subnet manager's files are the site's (``render/site/opensm.py``)."""
    del switch, design, wiring
    return {}
