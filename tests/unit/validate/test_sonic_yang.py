"""SONiC's own YANG models and libyang accept what is rendered. The models are not ours to keep: a switch has
them in ``/usr/local/yang-models``, and ``RACKWRIGHT_SONIC_YANG`` names a folder with a copy."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from functools import lru_cache
from pathlib import Path

import pytest
from tests.unit.render.switch_cases import ARISTA, CASES, case
from tests.unit.validate.yang_db import Models

from rackwright.render.nos.sonic import PATH, files
from rackwright.render.wiring import Wiring

FOLDER = Path(os.environ.get("RACKWRIGHT_SONIC_YANG", "/usr/local/yang-models"))
IETF = Path("/usr/share/yang/modules/libyang")
YANGLINT = shutil.which("yanglint")
pytestmark = pytest.mark.skipif(
    YANGLINT is None or not (FOLDER / "sonic-port.yang").is_file(),
    reason="needs yanglint (libyang-tools) and SONiC's models: RACKWRIGHT_SONIC_YANG",
)
POINTED_AT = [
    "device_metadata",
    "port",
    "vrf",
    "portchannel",
    "vlan",
    "loopback-interface",
    "route-map",
    "routing-policy-sets",
    "mirror-session",
    "interface",
    "mgmt_port",
    "mgmt_vrf",
    "vnet",
]
"""Models that others refer to: libyang checks a reference only into a model that it was given."""
BEYOND = {
    "route-distinguisher",
    "import-rts",
    "export-rts",
    "advertise-ipv4-unicast",
    "advertise-ipv6-unicast",
    "rd_vpn_export",
    "rt_vpn_export",
    "rt_vpn_import",
    "export_vpn",
    "import_vpn",
}
"""Fields of BGP_GLOBALS_AF that SONiC's FRR manager reads and no model lists."""


@lru_cache
def models():
    return Models(FOLDER)


def refused(db, folder):
    """What libyang says; empty when it accepts."""
    used, data = models().xml(db, BEYOND)
    path = folder / "db.xml"
    path.write_text(data)
    modules = sorted({*used, *(f"sonic-{name}" for name in POINTED_AT)})
    command = [YANGLINT, "-p", FOLDER, "-p", IETF, "-t", "config", "-n"]
    command += [FOLDER / f"{name}.yang" for name in modules]
    done = subprocess.run([*command, path], capture_output=True, text=True, timeout=120)
    return "" if done.returncode == 0 else done.stderr + done.stdout


def texts(name, switch):
    """One switch of each fabric and tier."""
    design = case(name, "sonic", switch)
    wiring, seen = Wiring.of(design), {}
    for each in design.switches:
        seen.setdefault((each.fabric, each.tier), each)
    return {each.name: json.loads(files(each, design, wiring)[PATH]) for each in seen.values()}


@pytest.mark.parametrize("switch", [None, ARISTA])
@pytest.mark.parametrize("name", CASES)
def test_the_models_accept_every_kind_of_switch(name, switch, tmp_path):
    assert {
        device: said for device, db in texts(name, switch).items() if (said := refused(db, tmp_path))
    } == {}


@pytest.mark.parametrize(
    ("table", "key", "field", "value"),
    [
        ("PORT", "Ethernet0", "mtu", "99999"),
        ("BUFFER_PG", "Ethernet0|0", "profile", "nowhere"),
        ("PFC_WD", "Ethernet0", "detection_time", "100"),
        ("BGP_NEIGHBOR", "default|Ethernet16", "peer_group_name", "OVER"),
    ],
)
def test_the_models_refuse_what_is_planted(table, key, field, value, tmp_path):
    db = texts("plain", None)["backend-su01-r0"]
    assert key in db[table]
    db[table][key] = {**db[table][key], field: value}
    assert refused(db, tmp_path)
