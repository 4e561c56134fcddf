"""Management addresses as data: every BMC, management NIC and switch, with MAC address, next hop and rack."""

from __future__ import annotations

import json

from rackwright.models.design import Design
from rackwright.render.wiring import Wiring


def files(design: Design, wiring: Wiring) -> dict[str, str]:
    """``addresses/management.json``: a list for each kind; addresses with their prefix length."""
    del wiring
    servers = [
        {
            "name": server.name,
            "address": str(server.management.address),
            "gateway": server.management.gateway,
            "mac": server.management.mac,
            "bmc": {
                "address": str(server.bmc.address),
                "gateway": server.bmc.gateway,
                "mac": server.bmc.mac,
                "serial": server.bmc.serial,
            },
            "rack": server.rack,
        }
        for server in design.servers
    ]
    switches = [
        {
            "name": switch.name,
            "address": str(switch.management),
            "gateway": switch.gateway,
            "mac": switch.mac,
            "loopback": str(switch.loopback) if switch.loopback else None,
            "asn": switch.asn,
            "model": switch.model,
            "nos": switch.nos,
            "rack": switch.rack,
        }
        for switch in design.switches
    ]
    data = {"controller": str(design.controller), "depot": str(design.depot)}
    return {
        "addresses/management.json": json.dumps(data | {"servers": servers, "switches": switches}, indent=1)
        + "\n"
    }
