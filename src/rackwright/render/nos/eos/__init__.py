"""EOS: a switch's startup configuration, built on Arista's own data model and templates (pyavd's
``eos_cli_config_gen``) rather than written by hand.

pyavd is the extra ``eos``; without it EOS switches are not rendered, and the rendering says so.
"""

from __future__ import annotations

from rackwright.models.design import Design, Switch
from rackwright.render.nos.eos.model import model
from rackwright.render.nos.eos.text import text
from rackwright.render.wiring import Wiring

PATH = "/mnt/flash/startup-config"


def files(switch: Switch, design: Design, wiring: Wiring) -> dict[str, str]:
    """Absolute path on the switch to text."""
    return {PATH: text(model(switch, design, wiring))}
