"""The simulation itself: keys as the tools see them, no process left, reasons in ibsim's words."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.unit.validate.subnets import (
    changed,
    made,
    simulator,
    subnet,
    tenanted,
    units,
)

from rackwright.errors import WorldRefused
from rackwright.validate import infiniband
from rackwright.validate.subnet.discovered import parse
from rackwright.validate.subnet.files import SubnetFiles
from rackwright.validate.subnet.simulation import Simulation
from rackwright.validate.subnet.stock import MOST_LANED, as_stock

pytestmark = simulator

SHAPES = {
    "one unit of 31 with UFM": lambda: units(31, 4),
    "one unit, updn": lambda: made(
        {"gpu": {"sku": "dgx-h100", "count": 32}}, subnet_manager={"flavour": "stock", "engine": "updn"}
    ),
    "one unit, vendor": lambda: made(
        {"gpu": {"sku": "dgx-h100", "count": 32}}, subnet_manager={"flavour": "vendor"}
    ),
    "four units of 127 with UFM": lambda: units(127, 4),
    "three tiers": lambda: units(16, tiers=3),
    "tenants": tenanted,
}


def test_keys_are_what_smpquery_says():
    design = tenanted()
    with Simulation(as_stock(subnet(design))) as fabric:
        assert fabric.manage().up
        read = parse(fabric.tool(["ibnetdiscover"]))
        tables = infiniband.key_tables(fabric, read)
        for adapter in sorted(tables)[::12]:
            said = fabric.tool(["smpquery", "pkeys", str(read.lids[adapter])])
            line = next(line for line in said.splitlines() if line.strip().startswith("0:"))
            shown = [int(word, 16) for word in line.split()[1:]]
            assert shown[: len(tables[adapter])] == tables[adapter]
            assert not any(shown[len(tables[adapter]) :])


def test_a_first_tenant_gets_index_0_on_ports_that_are_up():
    """Partitions change under a running manager: keys move to where the new file wants them."""
    with_tenants = as_stock(subnet(tenanted()))
    text = with_tenants.texts["partitions.conf"]
    before = "Default=0x7fff, ipoib, mtu=4 : ALL=full, SELF=full ;\n"
    with Simulation(SubnetFiles("backend", {**with_tenants.texts, "partitions.conf": before})) as fabric:
        assert fabric.manage().up
        ready = SubnetFiles("backend", {**with_tenants.texts, "partitions.conf": text}).ready(
            str(fabric.folder)
        )
        (fabric.folder / "partitions.conf").write_text(ready["partitions.conf"])
        assert fabric.manage().up
        tables = infiniband.key_tables(fabric, parse(fabric.tool(["ibnetdiscover"])))
    manager = with_tenants.manager
    assert {tuple(keys) for name, keys in tables.items() if name != manager} == {
        (0x8007, 0x7FFF),
        (0x812C, 0x7FFF),
        (0xFFFE, 0x7FFF),
    }


def test_gaps_in_a_partition_keep_everybody_apart():
    """The file as rendered, without one GUID: opensm takes it, and nobody can talk until it is whole."""
    files = as_stock(subnet(tenanted()))
    with Simulation(files) as fabric:
        (fabric.folder / "partitions.conf").write_text(files.texts["partitions.conf"])
        run = fabric.manage()
        assert run.up
        assert "PARSE" not in run.log
        tables = infiniband.key_tables(fabric, parse(fabric.tool(["ibnetdiscover"])))
    assert {tuple(keys) for name, keys in tables.items() if name != files.manager} == {(0x7FFF,)}


def test_a_network_that_ibsim_refuses_says_why():
    files = changed(subnet(tenanted()), "fabric.net", "[1] ", "[9] ")
    with pytest.raises(WorldRefused, match="bad port num"), Simulation(files):
        pass


def test_nothing_is_left_behind():
    with Simulation(subnet(tenanted())) as fabric:
        process, name = fabric._ibsim, fabric._socket
        assert name in Path("/proc/net/unix").read_text()
    assert process is not None
    assert process.poll() is not None
    assert name not in Path("/proc/net/unix").read_text()
    assert not fabric.folder.exists()


def test_ibsim_goes_with_us_when_we_are_killed():
    script = (
        "from tests.unit.validate.subnets import subnet, tenanted\n"
        "from rackwright.validate.subnet.simulation import Simulation\n"
        "import os\n"
        "with Simulation(subnet(tenanted())) as fabric:\n"
        "    print(fabric._ibsim.pid, fabric.folder, flush=True)\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    pid, folder = done.stdout.split()
    for path in Path(folder).iterdir():
        path.unlink()
    os.rmdir(folder)
    state = Path(f"/proc/{pid}/stat")
    deadline = time.monotonic() + 10
    while state.exists() and state.read_text().split()[2] not in "ZX":
        assert time.monotonic() < deadline, "ibsim still runs"
        time.sleep(0.05)


def test_a_large_subnet_leaves_lanes_out():
    small, large = subnet(units(31, 4)), subnet(units(32, tiers=3, cores=64))
    assert large.size()[1] > MOST_LANED >= small.size()[1]
    assert "qos FALSE" in as_stock(large).texts["opensm.conf"]
    assert "qos TRUE" in as_stock(small).texts["opensm.conf"]
