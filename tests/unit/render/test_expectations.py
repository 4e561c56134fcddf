"""Expectations agree with the design and with one another."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

from rackwright.render.expectations import server_expectation
from rackwright.render.nccl import NCCL
from rackwright.render.wiring import Wiring


def expectations(files):
    return {
        path.removeprefix("expectations/").removesuffix(".json"): json.loads(text)
        for path, text in files.site.items()
        if path.startswith("expectations/")
    }


def test_every_rendered_device_has_one_with_its_files(site):
    design, files = site
    read = expectations(files)
    bare = {switch.name for switch in design.switches if switch.nos == "opensm"}
    assert set(read) == set(files.devices) | bare
    assert all(read[name]["files"] == files.devices.get(name, {}) for name in read)


def test_a_librarys_settings_are_expected_where_a_role_writes_them(lab):
    design, files = lab
    server = next(server for server in design.servers if server.gpus)
    texts = files.devices[server.name]
    assert NCCL in texts
    for lock, there in (("lab-h100-debian13", True), ("lab-h100-debian13-driver", False)):
        spec = design.spec.model_copy(update={"lock": lock})
        want = server_expectation(server, texts, replace(design, spec=spec), Wiring.of(design))
        assert (NCCL in want["files"], want["nccl"] is not None) == (there, there)


def test_neighbours_agree_from_both_sides(site):
    read = expectations(site[1])
    checked = 0
    for name, device in read.items():
        for port, row in device["ports"].items():
            far = row["neighbour"]
            if far["device"] in read and far["port"] != "bmc":
                back = read[far["device"]]["ports"][far["port"]]["neighbour"]
                assert (back["device"], back["port"], back["lldp"]) == (name, port, True)
                checked += 1
    assert checked > 100 or len(read) < 20


def test_sessions_agree_from_both_sides(lab):
    read = expectations(lab[1])
    for name, device in read.items():
        for session in device.get("sessions", ()):
            far = read[session["device"]]
            assert session["asn"] == far["asn"]
            assert name in {back["device"] for back in far["sessions"]}


def test_ends_that_speak_no_lldp_are_marked(lab):
    read = expectations(lab[1])
    silent = {
        (row["neighbour"]["device"], row["neighbour"]["port"])
        for row in read["oob-01"]["ports"].values()
        if not row["neighbour"]["lldp"]
    }
    design = lab[0]
    assert silent == {("controller", "eth0"), *((server.name, "bmc") for server in design.servers)}


def test_what_a_gpu_server_must_have(lab):
    server = expectations(lab[1])["gpu-su01-n01"]
    assert (server["gpus"], server["nics"], server["lock"]) == (8, 7, "lab-h100-debian13-kubernetes")
    assert server["bmc"]["serial"] == "LAB-DGX-0001"
    assert server["storage"]["servers"] == ["10.80.0.11", "10.80.0.29"]
    assert server["storage"]["sources"] == ["10.80.0.1"]
    text = server["files"]["/etc/nccl.conf"]
    assert server["nccl"]["sha256"] == hashlib.sha256(text.encode()).hexdigest()
    assert server["simulated"] is True


def test_storage_servers_mount_nothing(lab):
    assert expectations(lab[1])["storage-01"]["storage"] is None
