"""Faults of cables and switches change the world as they say, and clearing them changes it back."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.lab.command import command
from tests.lab.conftest import cluster_file
from tests.lab.test_lab_bmc import until
from tests.lab.test_lab_life import indexes

from rackwright.errors import UsageError, WorldRefused
from rackwright.lab import netns
from rackwright.lab.faults.plant import clear, plant
from rackwright.lab.faults.record import end_of
from rackwright.lab.inside import must
from rackwright.lab.world import World, world


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, lab_state: Path) -> Iterator[World]:
    path = cluster_file(tmp_path_factory.mktemp("faults"), "tfault", "10.128.0.0/16")
    done = command("lab", "up", path)
    assert done.returncode == 0, done.stderr
    yield world(str(path))
    command("lab", "down", "tfault")


def far_end(lab: World, text: str) -> str:
    """Which namespace the cable in a port leads to, as the kernel says."""
    end = end_of(text)
    here = lab.place.netns(end.device)
    listed = subprocess.check_output(["ip", "-n", here, "-json", "netns", "list-id"], text=True, timeout=20)
    names = {entry["nsid"]: entry.get("name", "") for entry in json.loads(listed)}
    return str(names[netns.links(here)[end.port]["link_netnsid"]])


def carrier(lab: World, text: str) -> bool:
    end = end_of(text)
    flags = netns.links(lab.place.netns(end.device))[end.port]["flags"]
    return isinstance(flags, list) and "LOWER_UP" in flags


def test_miswired_and_back(lab: World) -> None:
    before = indexes(lab)
    fault = plant(lab, "miswired", [])
    first, second = fault.data["ends"]
    with pytest.raises(UsageError, match="there already"):
        plant(lab, "miswired", [])
    changed = {key for key, index in indexes(lab).items() if before.get(key) != index}
    assert len(changed) == 4, "two cables have four ends, and nothing else is touched"
    cabled = {f"{cable.z.device}:{cable.z.port}": cable.a for cable in lab.design.cables}
    leaf = f"{cabled[first].device}:{cabled[first].port}"
    assert far_end(lab, leaf) == lab.place.netns(end_of(second).device)
    # A repair does not heal what was broken on purpose.
    assert "nothing was changed" in command("lab", "up", lab.cluster_file).stdout
    clear(lab, "miswired")
    assert far_end(lab, leaf) == lab.place.netns(end_of(first).device)


def test_cable_pulled_and_back(lab: World) -> None:
    end = next(
        f"{cable.z.device}:{cable.z.port}"
        for cable in lab.design.cables
        if cable.kind == "leaf-spine" and cable.fabric == "backend"
    )
    until(lambda: carrier(lab, end))
    far = far_end(lab, end)
    device, port = end.split(":")
    must(lab.place, device, ["sh", "-c", "echo net.ipv4.conf.*.arp_ignore=2 > /etc/sysctl.d/90-test.conf"])
    plant(lab, "cable-pulled", [end])
    assert not carrier(lab, end)
    assert far_end(lab, end) != far
    clear(lab, "cable-pulled")
    assert far_end(lab, end) == far
    assert must(lab.place, device, ["cat", f"/proc/sys/net/ipv4/conf/{port}/arp_ignore"]).strip() == "2"
    until(lambda: carrier(lab, end))


def test_mtu_and_back(lab: World) -> None:
    with pytest.raises(WorldRefused, match="it is 1500 already"):
        plant(lab, "mtu", [])
    place = "backend-su01-r0:swp1s0"
    end = end_of(place)
    where = lab.place.netns(end.device)
    subprocess.run(["ip", "-n", where, "link", "set", end.port, "mtu", "9216"], check=True, timeout=20)
    assert plant(lab, "mtu", []).place == place
    assert netns.links(where)[end.port]["mtu"] == 1500
    clear(lab, "mtu")
    assert netns.links(where)[end.port]["mtu"] == 9216


def test_command_says_what_broke_and_what_heals(lab: World) -> None:
    said = command("lab", "fault", lab.cluster_file, "version-skew").stdout
    assert "gpu-su01-n01" in said
    assert "--clear" in said
    record = json.loads((lab.place.machine("gpu-su01-n01") / "hardware/record.json").read_text())
    assert record["faults"] == {"version_skew": {"module": "575.57.08"}}
    listed = json.loads(command("lab", "fault", lab.cluster_file, "--list", "--json").stdout)
    assert [fault["kind"] for fault in listed["active"]] == ["version-skew"]
    assert "healed version-skew" in command("lab", "fault", lab.cluster_file, "--clear").stdout
    record = json.loads((lab.place.machine("gpu-su01-n01") / "hardware/record.json").read_text())
    assert record["faults"] == {}
    assert command("lab", "fault", lab.cluster_file, "earthquake").returncode == 2
