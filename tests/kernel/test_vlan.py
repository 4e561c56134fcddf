"""Planes in VLANs of one port: the rendered files, taken by systemd-networkd on a kernel that has VLANs."""

from __future__ import annotations

import json
import time
from pathlib import Path

import yaml
from tests.kernel.machine import Machine

from rackwright import pipeline
from rackwright.paths import home

NETWORK = "/etc/systemd/network/"
SETTLE_S = 90


def shared(folder: Path) -> Path:
    """The lab's cluster with all planes of the frontend on every port of it."""
    spec = yaml.safe_load((home() / "inventories/lab/cluster.yaml").read_text())
    spec["fabrics"]["frontend"]["ports"] = "shared"
    path = folder / "cluster.yaml"
    path.write_text(yaml.safe_dump(spec, sort_keys=False))
    return path


def test_each_plane_has_its_vlan_address_and_mtu(qemu: Machine, tmp_path: Path) -> None:
    planned = pipeline.plan(str(shared(tmp_path)))
    server = next(server for server in planned.design.servers if server.role == "control-plane")
    tagged = [nic for nic in server.nics if nic.parent is not None]
    assert tagged, "the design has no VLAN to show"
    parent = str(tagged[0].parent)
    wanted = {
        path: text
        for path, text in pipeline.files(planned).devices[server.name].items()
        if path.startswith(NETWORK)
    }
    qemu.must(f"ip link set eth1 down; ip addr flush dev eth1; ip link set eth1 name {parent}")
    for path, text in wanted.items():
        if f"Name={server.management.name}\n" not in text:
            qemu.must(f"cat > {path} <<'END'\n{text}\nEND")
    qemu.must("networkctl reload")
    here = [nic for nic in tagged if nic.parent == parent]
    end = time.monotonic() + SETTLE_S
    found = links(qemu)
    while time.monotonic() < end and not all(address(found, nic.name) for nic in here):
        time.sleep(2)
        found = links(qemu)
    for nic in here:
        link = found[nic.name]
        assert link["linkinfo"]["info_data"]["id"] == nic.vlan
        assert link["mtu"] == nic.mtu
        assert address(found, nic.name) == str(nic.address)
        assert link["link"] == parent


def links(machine: Machine) -> dict[str, dict]:
    return {link["ifname"]: link for link in json.loads(machine.must("ip -j -d addr show"))}


def address(found: dict[str, dict], name: str) -> str:
    rows = [row for row in found.get(name, {}).get("addr_info", []) if row["family"] == "inet"]
    return f"{rows[0]['local']}/{rows[0]['prefixlen']}" if rows else ""
