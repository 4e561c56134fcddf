"""Names, ports and addresses of parallel planes, dual ToR, rail groups, large units and shared ports."""

import pytest
from tests.unit.design.clusters import made

RAILS = {"kind": "roce", "switch": "sn5600", "nos": "frr", "topology": "rail-optimised"}
FOUR = {"sku": "divided", "count": 4, "rails": 4, "unit_size": 4}


def names(design, fabric="backend", tier=None):
    return [s.name for s in design.switches if s.fabric == fabric and tier in (None, s.tier)]


@pytest.mark.parametrize(
    ("fabric", "expected"),
    [
        ({}, ["backend-su01-r0", "backend-spine-01"]),
        (
            {"homing": "dual-tor", "nic_ports": 2},
            ["backend-su01-r0-t0", "backend-su01-r3-t1", "backend-spine-02"],
        ),
        (
            {"homing": "parallel", "nic_ports": 2},
            ["backend-p0-su01-r0", "backend-p1-su01-r3", "backend-p1-spine-02"],
        ),
        ({"spine_groups": "rail"}, ["backend-su01-r3", "backend-r0-spine-01", "backend-r3-spine-02"]),
        ({"tiers": 3, "pod_units": 1}, ["backend-su01-r0", "backend-pod01-spine-01", "backend-core-01"]),
        (
            {"tiers": 3, "pod_units": 1, "spine_groups": "rail"},
            ["backend-su01-r0", "backend-pod01-r3-spine-02", "backend-core-02"],
        ),
        (
            {"tiers": 3, "pod_units": 1, "homing": "parallel", "nic_ports": 4},
            ["backend-p3-su01-r0", "backend-p3-pod01-spine-01", "backend-p3-core-01"],
        ),
        ({"switch": "sn4600c"}, ["backend-su01-r0"]),
    ],
)
def test_names(fabric, expected):
    assert set(expected) <= set(names(made(machines__gpu=FOUR, fabrics__backend={**RAILS, **fabric})))


def test_a_unit_larger_than_a_leaf_has_several_leaves_for_each_rail():
    design = made(
        machines__gpu={"sku": "gb200-nvl72", "count": 144},
        fabrics__backend={
            **RAILS,
            "kind": "infiniband",
            "switch": "qm9700",
            "nos": "opensm",
            "spine_groups": "rail",
        },
        physical={"rack_power_kw": 300},
    )
    assert names(design, tier="leaf")[:6] == [
        *(f"backend-su01-r0-l0{part}" for part in range(1, 6)),
        "backend-su01-r1-l01",
    ]
    hosts = [sum(p.use == "host" for p in s.ports) for s in design.switches if s.tier == "leaf"][:5]
    assert hosts == [29, 29, 29, 29, 28]
    assert {s.rail for s in design.switches if s.tier == "spine"} >= {0, 1, 2, 3}


def test_spines_of_a_single_rail_are_that_rails():
    one = {"sku": "dgx-h100", "count": 4, "rails": 1}
    design = made(machines__gpu=one, fabrics__backend={**RAILS, "spine_groups": "rail"})
    assert {
        (s.name[:17], s.rail) for s in design.switches if s.tier == "spine" and s.fabric == "backend"
    } == {("backend-r0-spine-", 0)}


def test_ports_of_a_divided_nic():
    design = made(machines__gpu=FOUR, fabrics__backend={**RAILS, "homing": "dual-tor", "nic_ports": 2})
    nics = design.servers[0].on("compute")
    assert [(n.name, n.rdma, n.pci, n.port, n.rail, n.speed_gbps, n.table) for n in nics[:3]] == [
        ("eth_p0_r0", "roce_p0_r0", "18:00.0", 0, 0, 200, 101),
        ("eth_p1_r0", "roce_p1_r0", "18:00.1", 1, 0, 200, 105),
        ("eth_p0_r1", "roce_p0_r1", "40:00.0", 0, 1, 200, 102),
    ]
    far = {(c.z.device, c.z.port): c.a.device for c in design.cables}
    assert [far[design.servers[0].name, nic.name] for nic in nics[:2]] == [
        "backend-su01-r0-t0",
        "backend-su01-r0-t1",
    ]
    sides = [s for s in design.switches if s.name.startswith("backend-su01-r0-")]
    reached = [{c.a.device for c in design.cables if c.z.device == side.name} for side in sides]
    assert [side.lane for side in sides] == [0, 1]
    assert reached[0] == reached[1], "both sides are on the same spines, and no link joins them"


def test_parallel_planes_have_nothing_in_common():
    design = made(machines__gpu=FOUR, fabrics__backend={**RAILS, "homing": "parallel", "nic_ports": 2})
    lane = {s.name: s.lane for s in design.switches if s.fabric == "backend"}
    for cable in design.cables:
        if cable.kind == "leaf-spine" and cable.fabric == "backend":
            assert lane[cable.a.device] == lane[cable.z.device]
    fabric = next(f for f in design.fabrics if f.name == "backend")
    assert (fabric.parallel, dict(fabric.tiers)) == (2, {"leaf": 8, "spine": 4})


def test_an_infiniband_nic_of_two_ports_shows_two_devices_and_moves_those_behind_it():
    infiniband = {**RAILS, "kind": "infiniband", "switch": "qm9700", "nos": "opensm"}
    design = made(machines__gpu=FOUR, fabrics__backend={**infiniband, "homing": "parallel", "nic_ports": 2})
    server = design.servers[0]
    assert [(n.name, n.rdma) for n in server.on("compute")[:4]] == [
        ("ib_p0_r0", "mlx5_0"),
        ("ib_p1_r0", "mlx5_1"),
        ("ib_p0_r1", "mlx5_4"),
        ("ib_p1_r1", "mlx5_5"),
    ]
    assert [n.rdma for n in server.on("storage")] == ["mlx5_2"]
    devices = [n.rdma for n in server.nics if n.rdma]
    assert len(devices) == len(set(devices))


def test_shared_ports_carry_every_plane_on_both_uplinks():
    design = made(fabrics__frontend__ports="shared")
    gpu, storage = design.servers[0], next(s for s in design.servers if s.role == "storage")
    assert [(n.name, n.vlan, n.parent, n.table) for n in gpu.nics if n.plane in ("storage", "business")] == [
        ("enp41s0f0np0", None, None, 201),
        ("v211u0", 211, "enp41s0f0np0", 211),  # enp41s0f0np0.211 is longer than the kernel takes
        ("enp170s0f1np1", None, None, 202),
        ("v211u1", 211, "enp170s0f1np1", 212),
    ]
    assert all(len(nic.name) <= 15 for nic in (*gpu.nics, *storage.nics))
    far = {(c.z.device, c.z.port): c.a.device for c in design.cables}
    uplinks = {far[gpu.name, nic.name] for nic in gpu.on("storage")}
    assert uplinks == {"frontend-leaf-01", "frontend-leaf-02"}
    leaf = next(s for s in design.switches if s.name == "frontend-leaf-01")
    assert [(p.name, p.plane, p.vlan, p.parent) for p in leaf.ports[:2]] == [
        ("swp1", "storage", None, None),
        ("swp1.211", "business", 211, "swp1"),
    ]


def test_storage_on_infiniband_is_flat_and_compute_on_leaf_spine_keeps_its_addresses():
    flat = made(
        fabrics__frontend={
            "kind": "infiniband",
            "switch": "qm9700",
            "nos": "opensm",
            "topology": "leaf-spine",
        }
    )
    (nic,) = flat.servers[0].on("storage")
    assert (nic.gateway, nic.table, nic.address.length) == (None, None, 14)
    plain = made(fabrics__backend={**RAILS, "topology": "leaf-spine"})
    by_rail = made(fabrics__backend=RAILS)
    addresses = [[n.address for s in plan.servers for n in s.on("compute")] for plan in (plain, by_rail)]
    assert addresses[0] == addresses[1]
    assert names(plain, tier="leaf") == ["backend-leaf-01", "backend-leaf-02"]


def test_a_numbered_underlay_has_a_31_on_each_link_and_the_loopbacks_stay():
    plain, numbered = made(), made(fabrics__backend__underlay="numbered")
    leaf = next(s for s in numbered.switches if s.name == "backend-su01-r1")
    up = [str(p.address) for p in leaf.ports if p.use == "uplink"]
    assert up == ["10.72.0.125/31", "10.72.0.127/31"]
    assert [s.loopback for s in plain.switches] == [s.loopback for s in numbered.switches]
