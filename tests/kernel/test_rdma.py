"""Soft-RoCE: RDMA devices of a real kernel, the connection manager's marks, and traffic between two ports."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from tests.kernel.machine import Machine

from rackwright import pipeline
from rackwright.render.host_roce import SCRIPT

PORTS = {"rxe0": ("eth1", "10.250.0.1/24"), "rxe1": ("eth2", "10.250.0.2/24")}


@pytest.fixture(scope="module")
def soft_roce(qemu: Machine) -> Iterator[Machine]:
    # Both ports are this machine's own: without these it would drop what comes back over the wire.
    qemu.must("sysctl -qw net.ipv4.conf.all.accept_local=1 net.ipv4.conf.all.rp_filter=0")
    for device, (port, address) in PORTS.items():
        qemu.must(f"ip addr add {address} dev {port}; ip link set {port} up")
        qemu.must(f"sysctl -qw net.ipv4.conf.{port}.rp_filter=0")
        qemu.must(f"modprobe rdma_rxe && rdma link add {device} type rxe netdev {port}")
    yield qemu
    for device in PORTS:
        qemu.must(f"rdma link del {device}")


def test_the_kernel_shows_devices_and_ports(soft_roce: Machine) -> None:
    text = soft_roce.must("ibv_devinfo")
    for device in PORTS:
        part = text[text.index(f"hca_id:\t{device}") :]
        assert re.search(r"state:\s+PORT_ACTIVE", part)
        assert re.search(r"link_layer:\s+Ethernet", part)
    assert soft_roce.must("cat /sys/class/infiniband/rxe0/ports/1/link_layer").strip() == "Ethernet"


def test_connections_of_the_rdma_cm_are_marked_as_the_contract_says(soft_roce: Machine) -> None:
    """The rendered script's own function, on a kernel that has the RDMA connection manager."""
    planned = pipeline.plan("lab")
    files = pipeline.files(planned)
    server = next(server for server in planned.design.servers if server.gpus)
    texts = [*files.devices[server.name].items(), *files.site.items()]
    text = next(text for path, text in texts if path.endswith(SCRIPT))
    functions = re.findall(r"^(?:write|connection_manager)\(\) \{.*?^\}$", text, re.MULTILINE | re.DOTALL)
    assert len(functions) == 2
    contract = planned.design.plane("compute").roce
    assert contract is not None
    script = "set -eu\n" + "\n".join(functions) + "\nconnection_manager rxe0\n"
    soft_roce.must(f"modprobe configfs; cat > /tmp/cm.sh <<'END'\n{script}END\nsh /tmp/cm.sh")
    folder = "/sys/kernel/config/rdma_cm/rxe0/ports/1"
    assert soft_roce.must(f"cat {folder}/default_roce_tos").strip() == str(contract.tos)
    assert soft_roce.must(f"cat {folder}/default_roce_mode").strip() == "RoCE v2"


def test_data_crosses_the_wire_between_two_ports(soft_roce: Machine) -> None:
    sent = "cat /sys/class/net/eth1/statistics/tx_bytes"
    before = int(soft_roce.must(sent))
    server = "(timeout 120 ib_write_bw -d rxe1 -s 4096 -n 200 -F >/tmp/server.log 2>&1 &)"
    soft_roce.must(
        f"{server}; sleep 3; timeout 120 ib_write_bw -d rxe0 -s 4096 -n 200 -F 10.250.0.2 >/tmp/w.log"
    )
    rows = [line.split() for line in soft_roce.must("cat /tmp/w.log").splitlines()]
    assert [row for row in rows if row[:2] == ["4096", "200"] and float(row[3]) > 0], rows
    assert int(soft_roce.must(sent)) - before > 4096 * 200, "it went over the wire, not inside the machine"
