"""Subnets on ibsim and opensm: sound ones pass; each planted fault is found and named."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.unit.validate.subnets import changed, made, simulator, subnet, tenanted, units, words

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


@pytest.mark.parametrize("shape", SHAPES)
def test_a_sound_subnet_passes(shape):
    design = SHAPES[shape]()
    assert words(infiniband.check_subnet(design, subnet(design))) == ""


@pytest.mark.parametrize("name", ["backend-p0", "backend-p1"])
def test_parallel_planes_are_subnets_of_their_own(name):
    design = made(
        {"gpu": {"sku": "dgx-b300", "count": 4, "unit_size": 4}},
        switch="q3400",
        homing="parallel",
        nic_ports=2,
    )
    assert words(infiniband.check_subnet(design, subnet(design, name))) == ""


def test_rail_groups_without_a_core_are_subnets_of_their_own():
    design = made({"gpu": {"sku": "dgx-h100", "count": 64, "rails": 2}}, spine_groups="rail")
    for name in ("backend-r0", "backend-r1"):
        assert words(infiniband.check_subnet(design, subnet(design, name))) == ""


def without_a_link(files: SubnetFiles) -> SubnetFiles:
    """The first cable between a leaf and a spine is not there."""
    lines = files.texts["fabric.net"].splitlines(keepends=True)
    leaf = lines.index('Switch 64 "backend-su01-r0"\n')
    up = next(line for line in lines[leaf:] if '"backend-spine-01"' in line)
    spine = lines.index('Switch 64 "backend-spine-01"\n')
    down = next(line for line in lines[spine:] if '"backend-su01-r0"[' + up[1:3] in line)
    text = "".join(
        line for place, line in enumerate(lines) if place not in (lines.index(up), lines.index(down, spine))
    )
    return SubnetFiles(files.name, {**files.texts, "fabric.net": text})


def swapped(files: SubnetFiles, host: str, one: str, two: str) -> SubnetFiles:
    """Two cables of a host are plugged into each other's port."""
    text, mark = files.texts["fabric.net"], "\x00"
    ends = {device: f'Ca 1 "{host} {device}"\n' for device in (one, two)}
    far = {}
    for device, line in ends.items():
        at = text.index(line) + len(line)
        far[device] = text[at : text.index("\n", at)]
    text = text.replace(ends[one] + far[one], ends[one] + mark + far[two])
    text = text.replace(ends[two] + far[two], ends[two] + far[one]).replace(mark, "")
    text = text.replace(f'"{host} {one}"[1]', mark).replace(f'"{host} {two}"[1]', f'"{host} {one}"[1]')
    return SubnetFiles(files.name, {**files.texts, "fabric.net": text.replace(mark, f'"{host} {two}"[1]')})


def test_a_missing_cable_is_found():
    """Without roots opensm would fall back to another engine; with no_fallback it does not come up or, where
    the named roots let it route, the wiring tells."""
    design = units(31, 4)
    found = words(infiniband.check_subnet(design, without_a_link(subnet(design))))
    assert "backend-su01-r0 17/1 wiring: found nothing, expected backend-spine-01 port 1" in found
    assert "backend-spine-01 1/1 wiring: found nothing, expected backend-su01-r0 port 33" in found


def test_a_missing_cable_without_known_roots_stops_the_engine():
    """What the stock manager would hide behind minhop and exit code 0."""
    design = units(31, 4)
    files = without_a_link(subnet(design))
    conf = files.texts["opensm.conf"]
    bare = "".join(line for line in conf.splitlines(keepends=True) if "waits for GUIDs" not in line)
    for text, expected in (
        (bare, "no SUBNET UP"),
        (bare.replace(",no_fallback", ""), "minhop in use, expected ftree in use"),
    ):
        files = SubnetFiles(files.name, {**files.texts, "opensm.conf": text})
        found = words(infiniband.check_subnet(design, files))
        assert expected in found
        assert "not a fat-tree" in found


def test_swapped_rails_are_found_though_routing_does_not_see_them():
    design = units(31, 4)
    found = words(
        infiniband.check_subnet(design, swapped(subnet(design), "gpu-su01-n03", "mlx5_0", "mlx5_3"))
    )
    assert "routing" not in found
    assert "backend-su01-r0 2/1 wiring: found gpu-su01-n03 mlx5_3 port 1" in found
    assert "backend-su01-r1 2/1 wiring: found gpu-su01-n03 mlx5_0 port 1" in found
    assert "backend-su01-r0 port 3 rail: found gpu-su01-n03 mlx5_3 of rail 1, expected rail 0 only" in found


def test_swapped_rails_are_what_ibnetdiscover_itself_says():
    """The tool's own comparison with a cache of the sound fabric names leaf, port and node."""
    design = units(31, 4)
    with Simulation(as_stock(subnet(design))) as sound:
        assert sound.manage().up
        sound.tool(["ibnetdiscover", "--cache", "good.cache"])
        cache = (sound.folder / "good.cache").read_bytes()
        assert sound.tool(["ibnetdiscover", "--diff", "good.cache"]) == ""
    with Simulation(as_stock(swapped(subnet(design), "gpu-su01-n03", "mlx5_0", "mlx5_3"))) as crossed:
        assert crossed.manage().up
        (crossed.folder / "good.cache").write_bytes(cache)
        said = crossed.tool(["ibnetdiscover", "--diff", "good.cache"])
    assert {line[0] for line in said.splitlines() if "gpu-su01-n03" in line and "[3]" in line} == {"<", ">"}


def test_a_root_list_that_names_a_leaf_is_found():
    """ftree ranks the tree from the roots: a leaf among them turns it over."""
    design = units(31, 4)
    files = changed(subnet(design), "root-guids.txt", "backend-spine-01", "backend-su01-r0")
    found = words(infiniband.check_subnet(design, files))
    assert "routing: found no SUBNET UP" in found


def test_a_tenants_port_that_is_missing_in_its_partition_is_found():
    design = tenanted()
    files = changed(subnet(design), "partitions.conf", "  # GUID not known: blue-su01-n02 mlx5_3\n", "")
    found = words(infiniband.check_subnet(design, files))
    assert found.startswith(
        "blue-su01-n02 mlx5_3 partition: found 0x7fff, expected 0x812c 0x7fff; index 0 counts"
    )
    assert found.count("\n") == 0


def test_a_partition_without_indx0_is_found():
    design = tenanted()
    files = changed(subnet(design), "partitions.conf", "acme=0x0007, indx0", "acme=0x0007")
    found = words(infiniband.check_subnet(design, files))
    assert "red-su03-n01 mlx5_0 partition: found 0x7fff 0x8007, expected 0x8007 0x7fff" in found or (
        "found 0x7fff 0x8007, expected 0x8007 0x7fff" in found
    )


def test_a_misspelt_engine_is_found():
    design = units(31, 4)
    files = changed(subnet(design), "opensm.conf", "routing_engine ftree,", "routing_engine ftre,")
    found = words(infiniband.check_subnet(design, files))
    assert "expected ftre in use" in found


def test_lanes_that_differ_are_found():
    design = tenanted()
    with Simulation(as_stock(subnet(design))) as fabric:
        assert fabric.manage().up
        read = parse(fabric.tool(["ibnetdiscover"]))
        conf = fabric.subnet.texts["opensm.conf"]
        assert infiniband.check_lanes(conf, fabric, read) == []
        other = conf.replace("qos_sl2vl 0,1,0", "qos_sl2vl 0,0,0")
        assert "lanes by service level" in words(infiniband.check_lanes(other, fabric, read))


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
