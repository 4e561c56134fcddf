"""The vendors' published counts. One rule gives them all; the tables are the oracle, not the code's."""

import pytest
from tests.unit.design.clusters import made

IB = {"kind": "infiniband", "nos": "opensm", "topology": "rail-optimised"}


def counts(sku: str, switch: str, nodes: int, reserved: int = 0) -> tuple[int, int, int, int, int]:
    """(GPUs, leaves, spines, host cables, leaf-spine cables) of the compute fabric."""
    design = made(
        machines__gpu={"sku": sku, "count": nodes},
        fabrics__backend={**IB, "switch": switch, "reserved_ports": reserved},
        fabrics__frontend__hosts_per_leaf=None,
        fabrics__frontend__spines=None,
    )
    backend = next(fabric for fabric in design.fabrics if fabric.name == "backend")
    tiers, links = dict(backend.tiers), dict(backend.links)
    gpus = sum(server.gpus for server in design.servers)
    return gpus, tiers["leaf"], tiers["spine"], links["host-leaf"], links["leaf-spine"]


# https://docs.nvidia.com/dgx-superpod/reference-architecture-scalable-infrastructure-h100/latest/network-fabrics.html
@pytest.mark.parametrize(
    ("nodes", "expected"),
    [
        (31, (248, 8, 4, 252, 256)),
        (63, (504, 16, 8, 508, 512)),
        (95, (760, 24, 16, 764, 768)),
        (127, (1016, 32, 16, 1020, 1024)),
    ],
)
def test_superpod_h100_with_ufm(nodes, expected):
    assert counts("dgx-h100", "qm9700", nodes, reserved=4) == expected


# https://docs.nvidia.com/dgx-superpod/reference-architecture-scalable-infrastructure-b200/latest/dgx-superpod-architecture.html
@pytest.mark.parametrize(
    ("nodes", "expected"),
    [(64, (512, 16, 8, 512, 512)), (128, (1024, 32, 16, 1024, 1024)), (256, (2048, 64, 32, 2048, 2048))],
)
def test_superpod_b200_sizes(nodes, expected):
    assert counts("dgx-h100", "qm9700", nodes) == expected


# https://docs.nvidia.com/dgx-superpod/reference-architecture/scalable-infrastructure-b300-xdr/latest/dgx-superpod-architecture.html
@pytest.mark.parametrize(
    ("nodes", "expected"),
    [
        (72, (576, 8, 4, 576, 576)),
        (144, (1152, 16, 8, 1152, 1152)),
        (288, (2304, 32, 18, 2304, 2304)),
        (576, (4608, 64, 36, 4608, 4608)),
    ],
)
def test_superpod_b300_xdr(nodes, expected):
    assert counts("dgx-b300", "q3400", nodes) == expected


def test_a_part_filled_unit_has_all_its_leaves_and_uplinks():
    assert counts("dgx-h100", "qm9700", 1)[1:3] == counts("dgx-h100", "qm9700", 32)[1:3]
    assert counts("dgx-h100", "qm9700", 1)[4] == 256


@pytest.mark.parametrize(("nodes", "spines"), [(160, 32), (192, 32), (224, 32)])
def test_spines_divide_a_leafs_uplinks_between_the_printed_rows(nodes, spines):
    assert counts("dgx-h100", "qm9700", nodes)[2] == spines


def test_ufm_takes_the_last_place_of_the_first_unit_on_four_rails():
    design = made(
        machines__gpu={"sku": "dgx-h100", "count": 127},
        fabrics__backend={**IB, "switch": "qm9700", "reserved_ports": 4},
        fabrics__frontend__hosts_per_leaf=None,
    )
    ufm = [cable for cable in design.cables if cable.z.device == "backend-appliance-01"]
    assert [(cable.a.device, cable.a.port) for cable in ufm] == [
        (f"backend-su01-r{rail}", "16/2") for rail in range(4)
    ]
    assert sum(server.unit == 1 for server in design.servers) == 31
    assert sum(server.unit == 4 for server in design.servers) == 32


# The B200 page above, three tiers; the same counts where every rail has spines of its own.
@pytest.mark.parametrize("groups", ["shared", "rail"])
@pytest.mark.parametrize(("nodes", "expected"), [(512, (128, 128, 64, 4096)), (1024, (256, 256, 128, 8192))])
def test_larger_superpods_have_three_tiers(nodes, expected, groups):
    design = made(
        machines__gpu={"sku": "dgx-h100", "count": nodes},
        fabrics__backend={**IB, "switch": "qm9700", "spine_groups": groups, "tiers": 3},
        fabrics__frontend__hosts_per_leaf=None,
        fabrics__frontend__spines=None,
        planes__management__prefix="10.128.0.0/12",
    )
    backend = next(fabric for fabric in design.fabrics if fabric.name == "backend")
    assert backend.tiers == (("leaf", expected[0]), ("spine", expected[1]), ("core", expected[2]))
    assert backend.links == tuple((kind, expected[3]) for kind in ("host-leaf", "leaf-spine", "spine-core"))


def test_a_b300_unit_on_two_parallel_planes_of_ethernet():
    """In each plane 8 leaves of 64 hosts at 400G; 256 uplinks of 800G fill four spines."""
    backend = {"kind": "roce", "nos": "cumulus", "topology": "rail-optimised", "switch": "sn5600"}
    design = made(
        machines__gpu={"sku": "dgx-b300", "count": 64, "unit_size": 64},
        fabrics__backend={**backend, "homing": "parallel", "nic_ports": 2},
        fabrics__frontend__hosts_per_leaf=None,
    )
    fabric = next(fabric for fabric in design.fabrics if fabric.name == "backend")
    assert fabric.tiers == (("leaf", 16), ("spine", 8))
    assert dict(fabric.links)["host-leaf"] == 1024
