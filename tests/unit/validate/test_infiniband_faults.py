"""Each fault that is planted in a subnet is found on ibsim and opensm, and named."""

from __future__ import annotations

import pytest
from tests.unit.validate.subnets import (
    changed,
    simulator,
    subnet,
    tenanted,
    units,
    words,
)

from rackwright.validate import infiniband
from rackwright.validate.subnet.discovered import parse
from rackwright.validate.subnet.files import SubnetFiles
from rackwright.validate.subnet.simulation import Simulation
from rackwright.validate.subnet.stock import as_stock

pytestmark = [simulator, pytest.mark.slow]


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
