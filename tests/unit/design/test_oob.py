"""The out-of-band tree: one path from everything to the root, and numbers that stay."""

import networkx
import pytest
from tests.unit.design.clusters import made, tables

from rackwright.design.oob import Access


@pytest.mark.parametrize(
    ("number", "expected"), [(1, (0, 0, 0)), (4, (0, 3, 0)), (5, (1, 1, 0)), (7, (1, 3, 0)), (8, (2, 1, 0))]
)
def test_parents(number, expected):
    assert Access.of(tables().switches["sn2201"]).parent(number) == expected


def test_an_sn2201_shares_its_48_ports():
    access = Access.of(tables().switches["sn2201"])
    assert (access.gpu, access.storage, access.control, access.switches) == (
        (1, 10),
        (21, 4),
        (29, 2),
        (33, 15),
    )


@pytest.mark.parametrize("count", [4, 44, 300])
def test_everything_hangs_on_one_tree(count):
    design = made(
        machines__gpu__count=count,
        machines__gpu__unit_size=32,
        fabrics__backend__spines=None,
        fabrics__frontend__hosts_per_leaf=None,
        fabrics__frontend__spines=None,
    )
    cables = [cable for cable in design.cables if cable.kind == "oob"]
    graph = networkx.Graph((cable.a.device, f"{cable.z.device}:{cable.z.port}") for cable in cables)
    own = {switch.name for switch in design.switches if switch.tier == "oob"}
    for cable in cables:
        if cable.z.device in own:
            graph.add_edge(cable.a.device, cable.z.device)
            graph.remove_node(f"{cable.z.device}:{cable.z.port}")
    assert networkx.is_tree(graph)
    leaves = {name for name in graph if name not in own}
    wanted = {f"{server.name}:bmc" for server in design.servers} | {"controller:eth0"}
    wanted |= {f"{server.name}:{server.management.name}" for server in design.servers}
    wanted |= {f"{switch.name}:eth0" for switch in design.switches if switch.tier != "oob"}
    assert leaves == wanted


def test_the_oob_switch_has_no_eth0_cable_of_its_own():
    design = made()
    assert not [cable for cable in design.cables if cable.z.device == "oob-01"]
    (oob,) = [switch for switch in design.switches if switch.tier == "oob"]
    assert oob.asn is None
    assert oob.loopback is None
    assert "eth0" not in {port.name for port in oob.ports}
