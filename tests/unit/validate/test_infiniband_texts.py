"""What reading the subnet manager's files alone tells: each planted mistake is named."""

from __future__ import annotations

import dataclasses

import pytest
from tests.unit.validate.subnets import changed, made, rendered, subnet, tenanted, units, words

from rackwright.models.design import End
from rackwright.render.build import Files
from rackwright.validate import infiniband
from rackwright.validate.infiniband import fabric_of
from rackwright.validate.subnet import texts
from rackwright.validate.subnet.files import SubnetFiles


def judged(design, files: SubnetFiles) -> str:
    return words(texts.check_texts(design, fabric_of(design, files), files))


@pytest.mark.parametrize("flavour", ["stock", "vendor"])
@pytest.mark.parametrize("engine", [None, "updn", "dfsssp", "minhop"])
def test_what_we_render_is_sound(flavour, engine):
    manager = {"flavour": flavour} | ({"engine": engine} if engine else {})
    design = made({"gpu": {"sku": "dgx-h100", "count": 4, "unit_size": 4}}, subnet_manager=manager, spines=2)
    assert judged(design, subnet(design)) == ""


def test_adaptive_engines_are_the_vendors():
    machines = {"gpu": {"sku": "dgx-h100", "count": 4, "unit_size": 4}}
    vendor = made(machines, subnet_manager={"flavour": "vendor"}, spines=2, adaptive_routing=True)
    files = subnet(vendor)
    assert "routing_engine ar_updn,no_fallback" in files.texts["opensm.conf"]
    assert judged(vendor, files) == ""
    assert "opensm.conf:4 routing: found ar_updn, expected one of" in judged(
        made(machines, spines=2), SubnetFiles("backend", files.texts)
    )


MISTAKES = [
    (
        "opensm.conf",
        "lmc 0",
        "ar_mode 1",
        "opensm.conf:13 syntax: found ar_mode, expected an option of opensm; only",
    ),
    (
        "opensm.conf",
        "lmc 0",
        "lmmc 0",
        "syntax: found lmmc, expected an option of opensm; the manager would not",
    ),
    ("opensm.conf", "routing_engine ftree", "routing_engine ftre", "routing: found ftre, expected one of"),
    ("opensm.conf", ",no_fallback", "", "routing: found ftree, expected no_fallback behind the engine"),
    (
        "opensm-standby.conf",
        "routing_engine ftree,no_fallback\n",
        "",
        "found no routing_engine, expected an engine",
    ),
    (
        "root-guids.txt",
        "backend-spine-02",
        "backend-su01-r1",
        "root-guids.txt guid: found backend-su01-r1, expected not",
    ),
    (
        "root-guids.txt",
        "backend-spine-02",
        "backend-su01-r1",
        "root-guids.txt guid: found no backend-spine-02",
    ),
    (
        "compute-guids.txt",
        "# GUID not known: gpu-su01-n07 mlx5_3\n",
        "",
        "guid: found no gpu-su01-n07 mlx5_3",
    ),
    ("io-guids.txt", "port1", "port9", "io-guids.txt guid: found backend-appliance-01 port9, expected not"),
    (
        "root-guids.txt",
        "# GUID not known: backend-spine-01",
        "0x025f000000000002 # backend-spine-01",
        "0x025f000000000002, a simulated GUID, expected a real one",
    ),
]


@pytest.mark.parametrize(("file", "old", "new", "expected"), MISTAKES)
def test_a_mistake_is_named(file, old, new, expected):
    design = units(31, 4)
    assert expected in judged(design, changed(subnet(design), file, old, new))


def test_more_nodes_than_addresses(monkeypatch):
    monkeypatch.setattr(texts, "MOST_LIDS", 61)
    design = tenanted()
    assert "size: found 62 nodes, expected at most 61 in a subnet; rail" in judged(design, subnet(design))


def test_known_guids_stand_in_every_list():
    design = tenanted()
    guids = {
        End(one.name, "switch"): f"0x946dae03{one.index:08x}"
        for one in design.switches
        if one.tier == "spine"
    }
    guids |= {
        End(server.name, nic.rdma): f"0x946dae04{place:04x}{nic.rail:04x}"
        for place, server in enumerate(design.servers)
        for nic in server.on("compute")
    }
    known = dataclasses.replace(design, guids=guids)
    files = subnet(known)
    assert judged(known, files) == ""
    assert "\nroot_guid_file /etc/opensm/root-guids.txt\ncn_guid_file" in files.texts["opensm.conf"]
    assert "not known" not in files.texts["partitions.conf"] + files.texts["compute-guids.txt"]
    assert "0x946dae0300000001 # backend-spine-01" in files.texts["root-guids.txt"]
    assert '0x946dae0300000001 "backend-spine-01"' in files.texts["node-name-map.txt"]
    assert files.guids()["backend-spine-01"] == 0x946DAE0300000001
    assert '"not_known": 12' in files.texts["missing-guids.json"]


def test_one_unknown_root_keeps_the_list_off():
    design = dataclasses.replace(
        units(31, 4), guids={End("backend-spine-01", "switch"): "0x946dae0300000001"}
    )
    conf = subnet(design).texts["opensm.conf"]
    assert "\n# waits for GUIDs: root_guid_file" in conf
    assert "\nroot_guid_file" not in conf


def test_no_files_are_no_pass():
    design = units(31, 4)
    assert "subnet-manager/backend syntax: found no files" in words(infiniband.check(design, Files({}, {})))


def test_a_file_that_is_not_there_is_named():
    design = units(31, 4)
    files = rendered(design)
    del files.site["subnet-manager/backend/partitions.conf"]
    found = words(infiniband.check(design, files))
    assert (
        found
        == "subnet-manager/backend/partitions.conf syntax: found no such file, expected what was rendered"
    )


def test_what_a_simulation_cannot_show_is_said():
    small, large = infiniband.not_measured(units(31, 4)), infiniband.not_measured(units(512))
    assert any("faster than HDR" in each for each in small)
    assert [each for each in large if each not in small] == [
        "backend: virtual lanes of more than 32 switches"
    ]


def test_a_simulated_guid_in_a_partition_is_found():
    design = tenanted()
    port = next(name for name in subnet(design).guids() if name.startswith("red") and name.endswith("mlx5_3"))
    gap = f"# GUID not known: {port}"
    files = changed(
        subnet(design), "partitions.conf", gap, f"{subnet(design).guids()[port]:#018x}=full, # {port}"
    )
    assert "a simulated GUID, expected a real one, or a gap" in judged(design, files)
