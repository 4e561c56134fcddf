"""The DRA drivers' twins against a real API server and scheduler: what they publish is what the design
expects, and claims that the scheduler allocates are prepared as a kubelet would ask for it.

Skipped without ``$RACKWRIGHT_KUBERNETES_BIN`` or Go.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest
from tests.scheduler.control_plane import ControlPlane, binaries, running
from tests.scheduler.dra_twin import BUILD_SECONDS, Machine, build, go, until
from tests.scheduler.kubelet import Kubelet
from tests.scheduler.test_claims import DRA, node, pods, ready, remove
from tests.unit.kubeadm.clusters import planned

from rackwright.dra.claims import claims
from rackwright.dra.device import PCIE_ROOT
from rackwright.dra.expected import pools
from rackwright.gpu_sharing.classes import classes
from rackwright.gpu_sharing.mig import place

BIN = binaries()
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(BUILD_SECONDS + 300),
    pytest.mark.skipif(BIN is None, reason="no Kubernetes binaries: RACKWRIGHT_KUBERNETES_BIN"),
    pytest.mark.skipif(go() is None, reason="no Go"),
]
NODE = "gpu-su01-n01"
GPUS, NICS = "gpu.nvidia.com", "dra.net"


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    return build(tmp_path_factory.mktemp("dra") / "dra-twin")


@pytest.fixture(scope="module")
def api(tmp_path_factory):
    with running(ControlPlane(BIN, tmp_path_factory.mktemp("control-plane"))) as made:
        made.ask("POST", "/api/v1/nodes", node(NODE))
        made.ask(
            "PUT", f"/api/v1/nodes/{NODE}/status", {**made.ask("GET", f"/api/v1/nodes/{NODE}"), **ready()}
        )
        for each in classes(planned().design.kubernetes):
            made.ask("POST", f"{DRA}/deviceclasses", each.manifest())
        for manifest in claims(planned().design.kubernetes, planned().design.kubernetes.groups[0]).values():
            made.ask("POST", f"{DRA}/namespaces/default/{manifest['kind'].lower()}s", manifest)
        yield made


@pytest.fixture
def machine(api):
    folder = Path(tempfile.mkdtemp(prefix="dra"))  # sockets: their paths have to be short
    made = Machine.of(folder, planned(), NODE)
    yield made
    made.stop()
    for log in sorted(folder.glob("*.log")):
        print(log.name, log.read_text(), sep="\n")  # shown for a test that failed
    for path in (
        "/api/v1/namespaces/default/pods",
        f"{DRA}/namespaces/default/resourceclaims",
        f"{DRA}/resourceslices",
    ):
        for item in api.ask("GET", path)["items"]:
            remove(api, f"{path}/{item['metadata']['name']}")
    shutil.rmtree(folder)


def published(api, driver):
    """Devices of a driver by name."""
    items = api.ask("GET", f"{DRA}/resourceslices")["items"]
    mine = [item["spec"] for item in items if item["spec"]["driver"] == driver]
    assert all(spec["nodeName"] == spec["pool"]["name"] == NODE for spec in mine)
    return {device["name"]: device for spec in mine for device in spec.get("devices", ())}


def expected(driver, section="kubernetes: {}"):
    """What the design knows, with the places that it makes up where the catalog has none."""
    design = planned(section).design.kubernetes
    pool = next(pool for pool in pools(design, design.groups[0], NODE) if pool.driver == driver)
    return {device.name: device.plain() for device in pool.devices}


def differences(found, wanted):
    """Attributes and capacity that are not as wanted; a UUID is made up differently by both."""
    wrong = []
    for name, device in wanted.items():
        for key, value in device["attributes"].items():
            if key not in ("uuid", "parentUUID") and found[name]["attributes"].get(key) != value:
                wrong.append((name, key, found[name]["attributes"].get(key), value))
        if "capacity" in device and found[name]["capacity"] != device["capacity"]:
            wrong.append((name, "capacity", found[name]["capacity"], device["capacity"]))
    return wrong


def start(api, machine, program, *gates):
    config = api.work / "kubeconfig"
    machine.start(program, GPUS, config, *gates)
    machine.start(program, NICS, config)

    def there(driver):
        assert machine.ended() == []
        return published(api, driver)

    return until(lambda: there(GPUS), "GPUs are published"), until(lambda: there(NICS), "NICs are published")


def claim(api, wanted=1):
    """An allocated claim."""
    found = until(
        lambda: [
            item
            for item in api.ask("GET", f"{DRA}/namespaces/default/resourceclaims")["items"]
            if item.get("status", {}).get("allocation")
        ],
        "a claim is allocated",
    )
    assert len(found) == wanted
    return found[0]


def test_slices_are_those_of_the_design(api, machine, program):
    gpus, nics = start(api, machine, program)
    assert set(gpus) == set(expected(GPUS))
    assert set(nics) >= set(expected(NICS))
    assert differences(gpus, expected(GPUS)) == []
    assert differences(nics, expected(NICS)) == []
    uuids = {device["attributes"]["uuid"]["string"] for device in gpus.values()}
    assert uuids == {gpu["uuid"] for gpu in machine.record["gpus"]}
    rails = {nic["name"] for nic in machine.record["nics"] if nic["pci"]}
    assert {device["attributes"]["dra.net/ifName"]["string"] for device in nics.values()} == rails


def test_partitions_are_those_of_the_design(api, machine, program):
    section = 'kubernetes: {sharing: {gpu: "mig:all-1g.10gb"}}'
    for gpu in machine.record["gpus"]:
        parts = place("h100-sxm-80gb", ["1g.10gb"] * 7)
        gpu["mig"] = [
            {
                "profile": part.profile,
                "id": part.id,
                "start": part.start,
                "uuid": f"MIG-{gpu['index']}-{part.start}",
            }
            for part in parts
        ]
    machine.save()
    gpus, _ = start(api, machine, program)
    assert set(gpus) == set(expected(GPUS, section))
    assert len(gpus) == 56
    assert differences(gpus, expected(GPUS, section)) == []


def test_a_pair_is_prepared_once_however_often_it_is_asked_for(api, machine, program):
    gpus, nics = start(api, machine, program)
    pods(api, "gpu-nic-pair", 1)
    allocated = claim(api)
    uid = allocated["metadata"]["uid"]
    rows = {row["driver"]: row["device"] for row in allocated["status"]["allocation"]["devices"]["results"]}
    root = [found[rows[driver]]["attributes"][PCIE_ROOT] for driver, found in ((GPUS, gpus), (NICS, nics))]
    assert root[0] == root[1]
    kubelet = Kubelet(machine.root / "r")
    for driver in (GPUS, NICS):
        answer = kubelet.prepare(driver, allocated)
        assert answer.error == ""
        assert answer.devices == {rows[driver]: [f"k8s.{driver}/claim={uid}-{rows[driver]}"]}
        first = machine.spec(driver, uid)
        assert first["containerEdits"]["env"][0] == "RACKWRIGHT_SIMULATED=1"
        assert kubelet.prepare(driver, allocated) == answer
        machine.kill(driver)
        machine.start(program, driver, api.work / "kubeconfig")
        until(lambda driver=driver: (machine.root / f"r/{driver}-reg.sock").exists(), "the socket is back")
        assert kubelet.prepare(driver, allocated) == answer
        assert machine.spec(driver, uid) == first
    minor = rows[GPUS].removeprefix("gpu-")
    edits = machine.spec(GPUS, uid)["devices"][0]["containerEdits"]
    assert [each["path"] for each in edits["deviceNodes"]] == [
        f"/dev/nvidia{minor}", "/dev/nvidiactl", "/dev/nvidia-uvm",
    ]  # fmt: skip
    uuid = gpus[rows[GPUS]]["attributes"]["uuid"]["string"]
    assert machine.spec(GPUS, uid)["containerEdits"]["env"][1] == f"NVIDIA_VISIBLE_DEVICES={uuid}"
    for driver in (GPUS, NICS):
        assert kubelet.unprepare(driver, allocated).error == ""
        assert machine.spec(driver, uid) is None
        assert kubelet.unprepare(driver, allocated).error == ""


def test_a_missing_device_node_is_said_and_no_empty_specification_is_left(api, machine, program):
    start(api, machine, program)
    pods(api, "gpu", 1)
    allocated = claim(api)
    device = allocated["status"]["allocation"]["devices"]["results"][0]["device"]
    node_file = machine.root / "dev" / device.replace("gpu-", "nvidia")
    node_file.unlink()
    kubelet = Kubelet(machine.root / "r")
    answer = kubelet.prepare(GPUS, allocated)
    assert f"/dev/{node_file.name} is not there" in answer.error
    assert machine.spec(GPUS, allocated["metadata"]["uid"]) is None
    machine.node(node_file.name)
    assert kubelet.prepare(GPUS, allocated).error == ""


def test_a_gpu_that_goes_leaves_the_slice(api, machine, program):
    start(api, machine, program)
    machine.save(gpu_missing=[3])
    until(lambda: set(published(api, GPUS)) == {f"gpu-{n}" for n in range(8) if n != 3}, "GPU 3 is taken out")
    machine.save()
    until(lambda: len(published(api, GPUS)) == 8, "GPU 3 is back")


def test_a_lost_gpu_is_tainted_and_given_to_nobody(api, machine, program):
    start(api, machine, program, "--feature-gates=NVMLDeviceHealthCheck=true")
    machine.save(gpu_lost=[0])
    taints = until(lambda: published(api, GPUS)["gpu-0"].get("taints"), "GPU 0 is tainted")
    assert {(taint["key"], taint.get("value"), taint["effect"]) for taint in taints} == {
        ("gpu.nvidia.com/gpu-lost", None, "NoSchedule"),
        ("gpu.nvidia.com/xid", "79", "NoSchedule"),
    }
    pods(api, "gpu", 8)
    wanted = f"{DRA}/namespaces/default/resourceclaims"
    until(
        lambda: (
            sum(bool(item.get("status", {}).get("allocation")) for item in api.ask("GET", wanted)["items"])
            == 7
        ),
        "seven pods have a GPU",
    )
    held = {
        row["device"]
        for item in api.ask("GET", wanted)["items"]
        if item.get("status", {}).get("allocation")
        for row in item["status"]["allocation"]["devices"]["results"]
    }
    assert held == {f"gpu-{n}" for n in range(1, 8)}
