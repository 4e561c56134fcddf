"""The catalog: every row has a source, every reference holds, and a wrong row is refused with its place."""

from __future__ import annotations

import shutil

import pytest

from rackwright.errors import BadInput
from rackwright.load.catalog import PLANES, tables
from rackwright.paths import home


@pytest.fixture
def copy(tmp_path):
    """A checkout's tables that may be broken."""
    shutil.copytree(home() / "catalog", tmp_path / "catalog")
    shutil.copytree(home() / "network-planes", tmp_path / "network-planes")
    return tmp_path


def test_it_loads_and_is_read_once():
    assert tables(home()) is tables(home())


def test_every_row_has_a_source():
    known = tables(home())
    rows = [
        *known.servers.values(),
        *known.gpus.values(),
        *known.nics.values(),
        *known.switches.values(),
        *known.cables,
        *known.modules,
        *known.fibres,
    ]
    assert len(rows) > 90
    assert all(row.source.startswith(("http", "assumption: ")) for row in rows)


def test_the_skus_that_the_reference_sites_need():
    known = tables(home())
    assert {"dgx-h100", "dgx-b200", "dgx-b300", "gb200-nvl72", "generic-1u", "generic-nvme"} <= set(
        known.servers
    )
    assert {"hgx-h100", "hgx-h200", "hgx-b200", "mi300x-8gpu", "mi355x-8gpu"} <= set(known.servers)
    assert {"qm9700", "q3400", "sn5600", "sn4600c", "sn2201", "arista-7060x6-64pe"} <= set(known.switches)
    tomahawk = [row for row in known.switches.values() if (row.asic or "").startswith("Tomahawk")]
    assert {row.name for row in tomahawk} >= {"edgecore-ais800-64d", "edgecore-as9736-64d"}
    wanted = ("connectx-7", "connectx-8", "bluefield-3", "thor2", "pollara")
    assert all(any(name.startswith(stem) for name in known.nics) for stem in wanted)
    assert tuple(known.planes) == PLANES


def test_files_are_sorted_by_name():
    known = tables(home())
    for rows in (known.servers, known.gpus, known.nics, known.switches):
        assert list(rows) == sorted(rows)


def test_every_cage_takes_a_part_at_a_speed_it_runs_at():
    """A switch or NIC whose cage nothing fits would have no cable at any length."""
    known = tables(home())
    fits = {(cage, row.speed_gbps) for row in known.cables for end in row.ends for cage in end}
    fits |= {(cage, row.speed_gbps) for row in known.modules for cage in row.cages}
    for switch in known.switches.values():
        speeds = {switch.speed_gbps // split for split in (1, *switch.splits)}
        assert any((switch.cage, speed) in fits for speed in speeds), switch.name
        assert not switch.uplinks or (switch.uplink_cage, switch.uplink_speed_gbps) in fits
    assert [nic.name for nic in known.nics.values() if (nic.cage, nic.speed_gbps) not in fits] == []


def test_a_medium_speaks_to_itself_over_a_fibre_that_carries_it():
    known = tables(home())
    carried = {medium for fibre in known.fibres for medium in fibre.media}
    assert {module.medium for module in known.modules} == carried


def test_lengths_on_sale_are_sorted_and_end_at_the_reach():
    known = tables(home())
    for row in (*known.cables, *known.fibres):
        if row.lengths_m:
            assert list(row.lengths_m) == sorted(set(row.lengths_m))
            assert row.lengths_m[-1] == row.max_length_m, row.part


def test_storage_ports_of_a_dgx_are_not_compute_ports():
    """mlx5_1 stands between the compute devices: the trap that NCCL_IB_HCA must avoid."""
    slots = tables(home()).servers["dgx-h100"].nics
    compute = [slot.rdma for slot in slots if slot.plane == "compute"]
    assert compute == ["mlx5_0", "mlx5_3", "mlx5_4", "mlx5_5", "mlx5_6", "mlx5_9", "mlx5_10", "mlx5_11"]
    assert [slot.rdma for slot in slots if slot.plane == "storage"] == ["mlx5_1"]


def test_kernel_names_follow_from_pci_addresses():
    """systemd's scheme: enp<bus>s<slot>[f<function>]np<port>, https://systemd.io/PREDICTABLE_INTERFACE_NAMES/."""
    for sku in tables(home()).servers.values():
        for slot in sku.nics:
            if slot.pci is None:
                continue
            bus, rest = slot.pci.split(":")
            device, function = rest.split(".")
            assert slot.name.startswith(f"enp{int(bus, 16)}s{int(device, 16)}"), slot
            assert slot.name.endswith(f"np{function}"), slot


def test_rdma_devices_and_ports_stand_once():
    for sku in tables(home()).servers.values():
        devices = [slot.rdma for slot in sku.nics if slot.rdma]
        assert len(devices) == len(set(devices))
        assert sum(slot.plane == "management" for slot in sku.nics) == 1


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        (
            "catalog/servers.yaml",
            "gpu: h100-sxm-80gb",
            "gpu: h100",
            "dgx-h100.gpu: found 'h100', expected a row of gpus.yaml",
        ),
        ("catalog/servers.yaml", "nic: onboard-10g", "nic: onboard-10", "did you mean onboard-10g?"),
        (
            "catalog/servers.yaml",
            "rail: 1, rdma: mlx5_3",
            "rail: 2, rdma: mlx5_3",
            "expected rails 0, 1, 2 ... in order",
        ),
        (
            "catalog/servers.yaml",
            "plane: storage, rail: null",
            "plane: storage, rail: 3",
            "a rail exactly on the compute",
        ),
        ("catalog/servers.yaml", "enp64s0np0", "enp24s0np0", "expected each port once"),
        ("catalog/servers.yaml", "enp64s0np0", "enp64s0np0verylong", "dgx-h100.nics.1.name"),
        ("catalog/servers.yaml", "power_w: 10200", "power: 10200", "did you mean power_w?"),
        ("catalog/gpus.yaml", "source: https", "source: see https", "expected a source"),
        ("catalog/switches.yaml", "splits: [2, 4]", "splits: [1, 4]", "expected at least 2"),
        (
            "catalog/switches.yaml",
            "  cage: osfp\n",
            "",
            "the key cage",
        ),
        (
            "catalog/optics.yaml",
            "max_length_m: 30",
            "max_length_m: 2",
            "rows sorted by speed, reach and part",
        ),
        ("catalog/optics.yaml", "a: [osfp]", "a: [osfb]", "osfp"),
        ("catalog/optics.yaml", "part: CAT6A", "part: CAT 6A", "part"),
        ("catalog/nics.yaml", "speed_gbps: 400", "speed_gbps: 4e2", "every parser reads alike"),
        ("network-planes/compute.yaml", "mtu: 9000", "mtu: 90000", "compute.yaml:3:6 mtu: found 90000"),
        (
            "network-planes/storage.yaml",
            "plane: storage",
            "plane: compute",
            "the file is named after its plane",
        ),
    ],
)
def test_a_wrong_row_is_refused_with_its_place(copy, file, old, new, said):
    path = copy / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(BadInput) as caught:
        tables(copy)
    assert said in str(caught.value)
    assert str(caught.value).startswith(str(path))


def test_an_edited_catalog_is_read_again(copy):
    assert tables(copy).servers["dgx-h100"].rack_units == 8
    path = copy / "catalog/servers.yaml"
    path.write_text(path.read_text().replace("rack_units: 8", "rack_units: 10", 1))
    assert tables(copy).servers["dgx-h100"].rack_units == 10
