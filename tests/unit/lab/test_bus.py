"""Places on a simulated server's buses: as the design expects them, and paired as the catalog says."""

from __future__ import annotations

import pytest
from tests.unit.kubeadm.clusters import planned

from rackwright.dra.device import NUMA_NODE, PCI_BUS_ID, PCIE_ROOT
from rackwright.dra.expected import pools
from rackwright.lab import hardware
from rackwright.lab.place import Place
from rackwright.lab.wiring import Wiring


def made(sku):
    found = planned("kubernetes: {}", sku)
    server = next(server for server in found.design.servers if server.gpus)
    wiring = Wiring(Place(found.design.name), found.design, found.tables)
    return found, server, hardware.record(wiring, server)


@pytest.mark.parametrize(
    ("sku", "shared"),
    [
        ("dgx-h100", True),
        ("dgx-b200", True),
        ("gb200-nvl72", False),
        ("dgx-b300", False),
        ("mi300x-8gpu", False),
    ],
)
def test_a_gpu_and_its_nic_share_a_root_exactly_where_the_catalog_says(sku, shared):
    found, _, record = made(sku)
    rails = {slot.name: slot.rail for slot in found.tables.servers[sku].nics if slot.rail is not None}
    for nic in record["nics"]:
        roots = [gpu["index"] for gpu in record["gpus"] if gpu["pcie_root"] == nic["pcie_root"]]
        assert roots == ([rails[nic["name"]]] if shared and nic["name"] in rails else []), nic["name"]
    assert len({gpu["pcie_root"] for gpu in record["gpus"]}) == len(record["gpus"])


@pytest.mark.parametrize("sku", ["dgx-h100", "dgx-b200", "gb200-nvl72", "dgx-b300", "mi300x-8gpu"])
def test_what_a_driver_would_publish_is_what_the_design_expects(sku):
    """Address, root and NUMA node of every GPU and of every compute NIC."""
    found, server, record = made(sku)
    design = found.design.kubernetes
    gpus, *others = pools(design, design.groups[0], server.name)
    for device, gpu in zip(gpus.devices, record["gpus"], strict=True):
        assert device.attributes[PCIE_ROOT] == gpu["pcie_root"]
        assert device.attributes.get(NUMA_NODE, gpu["numa"]) == gpu["numa"]
        if found.tables.servers[sku].gpu_slots:
            assert device.attributes[PCI_BUS_ID] == gpu["pci"]
    nics = {nic["rdma"]: nic for nic in record["nics"] if nic["rdma"]}
    for pool in others:
        for device in pool.devices:
            nic = nics[device.attributes["dra.net/rdmaDevice"]]
            assert device.attributes[PCIE_ROOT] == nic["pcie_root"]
            assert device.attributes[NUMA_NODE] == nic["numa"]


def test_no_two_ports_of_different_cards_share_a_root():
    *_, record = made("dgx-h100")
    cards = {}
    for nic in record["nics"]:
        cards.setdefault(nic["pcie_root"], set()).add((nic["pci"] or nic["name"]).split(":")[0])
    assert all(len(found) == 1 for found in cards.values())
