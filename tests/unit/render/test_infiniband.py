"""Files of InfiniBand subnets: the topo file read back by a reader of its own, lists, keys and marks."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest
from tests.unit.validate.subnets import made, rendered, subnet, tenanted, units

from rackwright.qos.infiniband import nccl_settings
from rackwright.render.infiniband.subnets import subnets
from rackwright.render.wiring import Wiring

SYSTEM = re.compile(r"^(\S+) (\S+)$")
CABLE = re.compile(r"^ P(\d+) -4x-(\d+)G-> (\S+) (\S+) (?:P(\d+)|(\S+)/P1)$")


def cables(topo: str) -> dict[tuple[str, str], tuple[str, str, int]]:
    """(switch, port) to (device, port or RDMA device, Gbit/s), from a topo file."""
    found, own, types = {}, "", {}
    for line in topo.splitlines():
        if head := SYSTEM.match(line):
            types[head[2]], own = head[1], head[2]
        elif line:
            cable = CABLE.match(line)
            assert cable, line
            assert (own, cable[1]) not in found
            assert types.setdefault(cable[4], cable[3]) == cable[3]
            found[own, cable[1]] = (cable[4], cable[5] or cable[6], 4 * int(cable[2]))
    return found


def number(label: str) -> str:
    """Port number of a twin-port cage's label."""
    cage, part = label.split("/")
    return str(2 * int(cage) - 2 + int(part))


@pytest.mark.parametrize(
    "design", [units(31, 4), units(16, tiers=3), tenanted()], ids=["ufm", "three", "tenants"]
)
def test_the_topo_file_holds_every_cable(design):
    rdma = {(server.name, nic.name): nic.rdma for server in design.servers for nic in server.nics}
    switches = {switch.name for switch in design.switches}
    expected = {}
    for cable in design.cables:
        if cable.fabric == "backend":
            if cable.z.device in switches:
                far = (cable.z.device, number(cable.z.port))
                expected[far] = (cable.a.device, number(cable.a.port), cable.speed_gbps)
            else:
                far = (cable.z.device, rdma.get((cable.z.device, cable.z.port), cable.z.port))
            expected[cable.a.device, number(cable.a.port)] = (*far, cable.speed_gbps)
    assert cables(subnet(design).texts["fabric.topo"]) == expected


def test_the_topo_file_is_in_the_tools_form():
    lines = subnet(units(31, 4)).texts["fabric.topo"].splitlines()
    assert lines[:2] == ["MQM9700 backend-su01-r0", " P1 -4x-100G-> HCA_mlx5_11 gpu-su01-n01 mlx5_0/P1"]
    assert " P33 -4x-100G-> MQM9700 backend-spine-01 P1" in lines


def test_hca_mapping_names_the_device_of_each_rail():
    rows = list(csv.reader(io.StringIO(subnet(units(31, 4)).texts["hca-mapping-dgx-h100.csv"])))
    assert rows[0] == ["port", "hca-name"]
    expected = [nic.rdma for nic in units(31, 4).servers[0].on("compute")]
    assert rows[1:] == [[str(place), name] for place, name in enumerate(expected, start=1)]


def test_what_is_missing_is_listed_for_machines():
    listed = json.loads(subnet(units(31, 4)).texts["missing-guids.json"])
    assert (listed["known"], listed["not_known"]) == (0, 12 + 31 * 8 + 4)
    assert listed["missing"]["backend-spine-01"] == ["switch"]
    assert listed["missing"]["backend-appliance-01"] == ["port1", "port2", "port3", "port4"]
    assert listed["missing"]["gpu-su01-n31"][0] == "mlx5_0"


def test_no_made_up_guid_leaves_the_simulation():
    for path, text in rendered(units(31, 4)).site.items():
        found = re.search(r"0x025[ef][0-9a-f]{12}", text)
        assert (found is not None) == path.endswith("fabric.net"), path


def test_the_standby_manager_differs_in_priority_only():
    texts = subnet(units(31, 4)).texts
    master, standby = (texts[name].splitlines() for name in ("opensm.conf", "opensm-standby.conf"))
    assert [pair for pair in zip(master, standby, strict=True) if pair[0] != pair[1]] == [
        ("sm_priority 14", "sm_priority 8")
    ]


def test_dfsssp_keeps_the_service_levels_for_itself():
    design = made(
        {"gpu": {"sku": "dgx-h100", "count": 4, "unit_size": 4}},
        spines=2,
        subnet_manager={"engine": "dfsssp"},
    )
    assert "qos FALSE" in subnet(design).texts["opensm.conf"]
    assert nccl_settings(design, design.servers[0]) == {"NCCL_IB_PKEY": "0", "NCCL_IB_SL": "0"}


def test_a_tenants_key_is_its_id():
    text = subnet(tenanted()).texts["partitions.conf"]
    assert re.findall(r"^(\S+)=(0x\w+)", text, re.MULTILINE) == [
        ("Default", "0x7fff"),
        ("acme", "0x0007"),
        ("zeta", "0x012c"),
        ("no-tenant", "0x7ffe"),
    ]


def test_another_tenant_moves_no_partition():
    each = {"sku": "dgx-h100", "count": 4, "rails": 4, "unit_size": 4}
    groups = {"blue": each, "red": each, "spare": each}
    tenants = {"acme": {"id": 7, "machines": ["red"]}}
    one = subnet(made(groups, tenants, spines=2)).texts["partitions.conf"]
    two = subnet(made(groups, tenants | {"zeta": {"id": 300, "machines": ["blue"]}}, spines=2))
    rule = one[one.index("acme=") : one.index(";", one.index("acme="))]
    assert rule in two.texts["partitions.conf"]


def test_parallel_planes_share_nothing():
    design = made(
        {"gpu": {"sku": "dgx-b300", "count": 4, "unit_size": 4}},
        switch="q3400",
        homing="parallel",
        nic_ports=2,
    )
    first, second = subnets(design, Wiring.of(design))
    assert (first.name, second.name) == ("backend-p0", "backend-p1")
    assert not {one.name for one in first.switches} & {one.name for one in second.switches}
    assert not {one.name for one in first.adapters} & {one.name for one in second.adapters}
    assert len(first.links) + len(second.links) == sum(cable.fabric == "backend" for cable in design.cables)
