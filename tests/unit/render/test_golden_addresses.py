"""Zones, DHCP, first boot and host files as text. ``RACKWRIGHT_GOLDEN=write`` writes them anew."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.unit.design.clusters import made
from tests.unit.design.test_usage import SIX

from rackwright.render.host import host_files
from rackwright.render.site.dhcp import files as dhcp_files
from rackwright.render.site.dns import files as dns_files
from rackwright.render.wiring import Wiring
from rackwright.render.ztp import ztp_files

GOLDEN = Path(__file__).parents[2] / "golden" / "addresses"
CONFIG = {
    "frr": "/etc/frr/frr.conf",
    "cumulus": "/etc/nvue.d/startup.yaml",
    "sonic": "/etc/sonic/config_db.json",
    "eos": "/mnt/flash/startup-config",
}


def texts():
    """Relative golden path to text."""
    found = {}
    plan = made(**SIX, fabrics__oob__routed=True, fabrics__oob__nos="cumulus")
    wiring = Wiring.of(plan)
    found |= {f"routed/{path}": text for path, text in dhcp_files(plan, wiring).items()}
    zones = dns_files(plan, wiring)
    for zone in ("test.internal", "112.10.in-addr.arpa", "0.0.0.0.b.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"):
        found[f"routed/dns/{zone}.zone"] = zones[f"dns/{zone}.zone"]
    for nos, path in CONFIG.items():
        plan = made(fabrics__backend__nos=nos)
        switch = next(switch for switch in plan.switches if switch.name == "backend-su01-r0")
        for name, text in ztp_files(switch, {path: "as rendered\n"}, plan).items():
            found[f"{nos}/{name}"] = text
    shared = made(**SIX, fabrics__frontend__ports="shared")
    for path, text in host_files(shared.servers[0], shared).items():
        if path.startswith("/etc/systemd/network/") and not path.endswith("np0.network"):
            found[f"shared{path}"] = text
    return found


def test_addresses_are_as_recorded():
    wanted = texts()
    if os.environ.get("RACKWRIGHT_GOLDEN") == "write":
        for name, text in wanted.items():
            (GOLDEN / name).parent.mkdir(parents=True, exist_ok=True)
            (GOLDEN / name).write_text(text)
        pytest.skip("golden files written")
    recorded = {
        str(path.relative_to(GOLDEN)): path.read_text() for path in GOLDEN.rglob("*") if path.is_file()
    }
    assert sorted(recorded) == sorted(wanted)
    for name in sorted(wanted):
        assert recorded[name] == wanted[name], name
