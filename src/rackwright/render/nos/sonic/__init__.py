"""SONiC: a switch's whole configuration is one file, ``/etc/sonic/config_db.json``.

Tables are plain dicts of strings, as SONiC keeps them in its database; each module here fills those of its
noun. BGP is written for SONiC's own FRR manager (``frr_mgmt_framework_config``): without that flag SONiC
ignores the BGP tables silently.
"""

from __future__ import annotations

from rackwright.models.design import Design, Switch
from rackwright.render.nos.sonic.acl import acl
from rackwright.render.nos.sonic.bgp import bgp
from rackwright.render.nos.sonic.bridge import bridge
from rackwright.render.nos.sonic.buffers import buffers
from rackwright.render.nos.sonic.device import device
from rackwright.render.nos.sonic.interfaces import interfaces
from rackwright.render.nos.sonic.platform import platform_of
from rackwright.render.nos.sonic.ports import ports
from rackwright.render.nos.sonic.qos import qos
from rackwright.render.nos.sonic.tables import Db, text
from rackwright.render.nos.sonic.vrf import vrf
from rackwright.render.wiring import Wiring

PATH = "/etc/sonic/config_db.json"


def database(switch: Switch, design: Design, wiring: Wiring) -> Db:
    """All tables of a switch."""
    platform = platform_of(switch.model)
    db: Db = {}
    device(db, switch, design, platform)
    ports(db, switch, design, wiring, platform)
    bridge(db, switch, design)
    if switch.asn is not None:
        vrf(db, switch, design)
        interfaces(db, switch, design)
        bgp(db, switch, design, wiring)
        acl(db, switch, design)
    contract = next((plane.roce for plane in design.planes if plane.fabric == switch.fabric), None)
    if contract is not None:
        qos(db, switch, contract, platform)
        buffers(db, switch, wiring, contract, platform)
    return db


def files(switch: Switch, design: Design, wiring: Wiring) -> dict[str, str]:
    """Absolute path on the switch to text."""
    return {PATH: text(database(switch, design, wiring))}
