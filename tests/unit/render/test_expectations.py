"""Expectations agree with the design and with one another."""

from __future__ import annotations

import hashlib
import json


def expectations(files):
    return {
        path.removeprefix("expectations/").removesuffix(".json"): json.loads(text)
        for path, text in files.site.items()
        if path.startswith("expectations/")
    }


def test_every_rendered_device_has_one_with_its_files(site):
    _, files = site
    read = expectations(files)
    assert set(read) == set(files.devices)
    assert all(read[name]["files"] == texts for name, texts in files.devices.items())


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


def test_a_rail_reaches_each_mate_over_its_own_leaf_and_other_rails_over_a_spine(lab):
    read = expectations(lab[1])
    server = read["gpu-su01-n01"]
    assert [row["rail"] for row in server["rails"]] == [0, 1, 2, 3]
    for row in server["rails"]:
        assert {mate["device"] for mate in row["same"]} == {"gpu-su01-n02", "gpu-su01-n03", "gpu-su01-n04"}
        (hop,) = row["same_hops"]
        leaf = read[hop["device"]]
        assert hop["device"] == f"backend-su01-r{row['rail']}"
        own = {port["address"].split("/")[0] for port in leaf["ports"].values() if port["address"]}
        assert set(hop["addresses"]) <= own | {leaf["loopback"]}
        for target in row["across"]:
            near, middle, far = target["hops"]
            assert near == hop
            assert middle == {"tier": "spine"}
            assert far["device"] == f"backend-su01-r{target['rail']}"
            assert target["rail"] != row["rail"]
    assert set(server["spines"]) == {"backend-spine-01", "backend-spine-02"}


def test_the_next_unit_is_reached_on_the_same_rail_over_a_spine():
    from tests.unit.design.clusters import made

    from rackwright.render.build import render

    read = expectations(render(made(machines__gpu__count=8)))
    row = read["gpu-su02-n04"]["rails"][2]
    assert [(t["device"], t["rail"]) for t in row["across"] if t["rail"] == 2] == [("gpu-su01-n04", 2)]
    assert row["across"][-1]["hops"][2]["device"] == "backend-su01-r2"


def test_every_pair_of_planes_is_to_be_tried_and_only_a_plane_itself_must_answer(lab):
    read = expectations(lab[1])
    rows = read["gpu-su01-n01"]["reach"]
    planes = {"compute", "storage", "business", "management"}
    assert {(row["plane"], row["to_plane"]) for row in rows} == {(a, b) for a in planes for b in planes}
    assert all(row["must"] == (row["plane"] == row["to_plane"]) for row in rows)
    assert all(row["device"] != "gpu-su01-n01" for row in rows)


def test_what_a_gpu_server_must_have(lab):
    server = expectations(lab[1])["gpu-su01-n01"]
    assert (server["gpus"], server["nics"], server["lock"]) == (8, 7, "h100-debian13")
    assert server["bmc"]["serial"] == "LAB-DGX-0001"
    assert server["storage"]["servers"] == ["10.80.0.11", "10.80.0.29"]
    assert server["storage"]["sources"] == ["10.80.0.1"]
    text = server["files"]["/etc/nccl.conf"]
    assert server["nccl"]["sha256"] == hashlib.sha256(text.encode()).hexdigest()
    assert server["simulated"] is True


def test_storage_servers_mount_nothing(lab):
    assert expectations(lab[1])["storage-01"]["storage"] is None
