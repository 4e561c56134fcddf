"""Rendered claims on a real API server and scheduler, with slices of the design (made-up identities).

Skipped without ``$RACKWRIGHT_KUBERNETES_BIN``, the folder of etcd, kube-apiserver, kube-controller-manager
and kube-scheduler (1.36 or later); with kubeadm in it, kubeadm reads its files, too. No privileges.
"""

from __future__ import annotations

import base64
import os
import subprocess
import time
import urllib.error

import pytest
import yaml
from tests.kubernetes.control_plane import ControlPlane, binaries
from tests.unit.kubernetes.clusters import planned

from rackwright.dra.claims import claims
from rackwright.dra.device import PCIE_ROOT
from rackwright.dra.expected import slices
from rackwright.gpu_sharing.classes import classes
from rackwright.pipeline import files

BIN = binaries()
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BIN is None, reason="no Kubernetes binaries: RACKWRIGHT_KUBERNETES_BIN"),
]
DRA = "/apis/resource.k8s.io/v1"
NODES = ("gpu-su01-n01", "gpu-su01-n02")


@pytest.fixture(scope="module")
def api(tmp_path_factory):
    work = tmp_path_factory.mktemp("control-plane")
    made = ControlPlane(BIN, work)
    site = files(planned()).site
    policy, encryption = work / "audit-policy.yaml", work / "encryption.yaml"
    policy.write_text(site["kubernetes/apiserver/audit-policy.yaml"])
    form = site["kubernetes/apiserver/encryption.form.yaml"]
    key = base64.b64encode(os.urandom(32)).decode()
    encryption.write_text(form.replace("state:kubernetes-encryption-key", key))
    try:
        made.start(
            f"--audit-policy-file={policy}",
            f"--audit-log-path={work}/audit.log",
            f"--encryption-provider-config={encryption}",
        )
        yield made
    finally:
        made.stop()


@pytest.fixture
def cluster(api):
    """Puts a design's nodes, slices, classes and claims there, and takes all of it away again."""
    put: list[str] = []

    def fill(section="kubernetes: {}", sku="dgx-h100"):
        design = planned(section, sku).design.kubernetes
        group = design.groups[0]
        for name in NODES:
            post(api, put, "/api/v1/nodes", node(name))
            api.ask(
                "PUT", f"/api/v1/nodes/{name}/status", {**api.ask("GET", f"/api/v1/nodes/{name}"), **ready()}
            )
            for part in slices(design, name, group):
                post(api, put, f"{DRA}/resourceslices", part)
        for each in classes(design):
            post(api, put, f"{DRA}/deviceclasses", each.manifest())
        for manifest in claims(design, group).values():
            kind = f"{manifest['kind'].lower()}s"
            post(api, put, f"{DRA}/namespaces/default/{kind}", manifest)
        return design, group

    yield fill
    for path in ("/api/v1/namespaces/default/pods", f"{DRA}/namespaces/default/resourceclaims"):
        for item in api.ask("GET", path)["items"]:
            remove(api, f"{path}/{item['metadata']['name']}")
    for path in reversed(put):
        remove(api, path)


def post(api, put, path, body):
    api.ask("POST", path, body)
    put.append(f"{path}/{body['metadata']['name']}")


def remove(api, path):
    """At once, finalizers and all: nothing runs that would take them off."""
    try:
        found = api.ask("GET", path)
        if found["metadata"].pop("finalizers", None):
            api.ask("PUT", path, found)
        api.ask("DELETE", path, {"gracePeriodSeconds": 0})
    except urllib.error.HTTPError as error:
        if error.code != 404:
            raise


def node(name):
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}}


def ready():
    room = {"cpu": "200", "memory": "2000Gi", "pods": "110"}
    conditions = [{"type": "Ready", "status": "True", "reason": "Test", "message": ""}]
    return {"status": {"capacity": room, "allocatable": room, "conditions": conditions}}


def pods(api, template, count, stem="pod"):
    for number in range(count):
        spec = {
            "containers": [{"name": "c", "image": "none", "resources": {"claims": [{"name": "d"}]}}],
            "resourceClaims": [{"name": "d", "resourceClaimTemplateName": template}],
        }
        meta = {"name": f"{stem}-{number:02d}"}
        body = {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec}
        api.ask("POST", "/api/v1/namespaces/default/pods", body)


def allocated(api, wanted, seconds=90.0):
    """Devices of each allocated claim by request, with their node; waits for ``wanted`` claims."""
    end = time.monotonic() + seconds
    while True:
        items = api.ask("GET", f"{DRA}/namespaces/default/resourceclaims")["items"]
        found = [item["status"]["allocation"]["devices"]["results"] for item in items
                 if item.get("status", {}).get("allocation")]  # fmt: skip
        if len(found) >= wanted or time.monotonic() > end:
            return [{row["request"]: (row["pool"], row["device"]) for row in rows} for rows in found]
        time.sleep(0.5)


def settled(api, wanted):
    """As :func:`allocated`, and some seconds later still no more than these."""
    allocated(api, wanted)
    time.sleep(4)
    return allocated(api, wanted)


def roots(design, group):
    return {
        (name, device["name"]): device["attributes"][PCIE_ROOT]["string"]
        for name in NODES
        for part in slices(design, name, group)
        for device in part["spec"].get("devices", [])
    }


def test_each_pod_gets_a_gpu_and_the_nic_of_its_root(api, cluster):
    """Sixteen pairs on two servers; the seventeenth pod waits."""
    design, group = cluster()
    pods(api, "gpu-nic-pair", 17)
    found = settled(api, 16)
    root = roots(design, group)
    assert len(found) == 16
    assert all(root[pair["gpu"]] == root[pair["nic"]] for pair in found)
    assert all(pair["gpu"][0] == pair["nic"][0] for pair in found)
    assert len({pair["gpu"] for pair in found}) == 16


def test_a_whole_server_is_eight_pairs(api, cluster):
    design, group = cluster()
    pods(api, "whole-node", 3)
    found = settled(api, 2)
    root = roots(design, group)
    assert len(found) == 2
    for claim in found:
        assert len(claim) == 16
        assert all(root[claim[f"gpu-{n}"]] == root[claim[f"nic-{n}"]] for n in range(8))


def test_by_numa_node_where_no_root_is_shared(api, cluster):
    """ConnectX-8: by NUMA node there are pairs for all sixteen GPUs."""
    cluster(sku="dgx-b300")
    pods(api, "gpu-nic-pair", 17)
    found = settled(api, 16)
    assert len(found) == 16
    halves = [(int(pair["gpu"][1][-1]) // 4, int(pair["nic"][1][-1]) // 4) for pair in found]
    assert all(gpu == nic for gpu, nic in halves)


def test_by_pcie_root_no_pod_would_start_there(api, cluster):
    """The trap itself, so that the limit is seen and not only said."""
    design, group = cluster(sku="dgx-b300")
    trap = claims(design, group)["gpu-nic-pair"]
    trap["metadata"]["name"] = "trap"
    trap["spec"]["spec"]["devices"]["constraints"][0]["matchAttribute"] = PCIE_ROOT
    api.ask("POST", f"{DRA}/namespaces/default/resourceclaimtemplates", trap)
    try:
        pods(api, "trap", 1)
        time.sleep(5)
        assert allocated(api, 1, 1) == []
    finally:
        remove(api, f"{DRA}/namespaces/default/resourceclaimtemplates/trap")


def test_partitions_of_one_gpu_share_it_and_no_memory_slice(api, cluster):
    """Dynamic MIG: seven of the smallest fit into a GPU, and pairs come from one parent each."""
    cluster('kubernetes: {sharing: {gpu: "mig:dynamic"}}')
    pods(api, "mig-7g80gb", 15, "whole")
    assert len(allocated(api, 15)) == 15
    pods(api, "mig-one-parent", 5, "pair")  # one GPU is left: three pairs of its seven
    found = [claim for claim in settled(api, 18) if "mig-0" in claim]
    assert len(found) == 3
    assert len({pool + device.split("-mig-")[0] for claim in found for pool, device in claim.values()}) == 1


def test_counters_beside_devices_are_refused(api, cluster):
    design, group = cluster('kubernetes: {sharing: {gpu: "mig:dynamic"}}')
    sets, first = slices(design, "gpu-su01-n01", group)[:2]
    first["spec"]["sharedCounters"] = sets["spec"]["sharedCounters"]
    first["metadata"]["name"] = "both"
    with pytest.raises(urllib.error.HTTPError) as caught:
        api.ask("POST", f"{DRA}/resourceslices", first)
    assert caught.value.code == 422


def test_a_form_without_a_key_starts_no_api_server(tmp_path):
    (tmp_path / "form.yaml").write_text(files(planned()).site["kubernetes/apiserver/encryption.form.yaml"])
    plane = ControlPlane(BIN, tmp_path)
    child = plane.api_server("http://127.0.0.1:1", f"--encryption-provider-config={tmp_path}/form.yaml")
    try:
        assert child.wait(30) != 0
    finally:
        child.kill()
    said = (tmp_path / "kube-apiserver.log").read_text()
    assert "secret" in said
    assert "illegal base64" in said or "base64" in said


@pytest.mark.parametrize(
    "section",
    ["kubernetes: {}", "kubernetes: {cni: cilium, features: [DRAListTypeAttributes], endpoint: virtual}"],
)
def test_kubeadm_reads_its_files(section, tmp_path):
    """As kubeadm itself judges them, unknown fields included; the release is that of the binary."""
    if not (BIN / "kubeadm").is_file():
        pytest.skip("no kubeadm in RACKWRIGHT_KUBERNETES_BIN")
    own = subprocess.run(
        [BIN / "kubeadm", "version", "-o", "short"], capture_output=True, text=True, check=True
    )
    site = files(planned(section)).site
    documents = list(yaml.safe_load_all(site["kubernetes/kubeadm/init.yaml"]))
    documents[1]["kubernetesVersion"] = own.stdout.strip()
    join = yaml.safe_load(site["kubernetes/kubeadm/join/control-02.yaml"])
    config = tmp_path / "discovery.conf"
    config.write_text("apiVersion: v1\nkind: Config\n")
    join["discovery"]["file"]["kubeConfigPath"] = str(config)
    for name, content in (("init", documents), ("join", [join])):
        path = tmp_path / f"{name}.yaml"
        path.write_text(yaml.safe_dump_all(content))
        command = [BIN / "kubeadm", "config", "validate", "--config", path]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    documents[2]["readOnlyPrt"] = 0
    (tmp_path / "init.yaml").write_text(yaml.safe_dump_all(documents))
    command = [BIN / "kubeadm", "config", "validate", "--config", tmp_path / "init.yaml"]
    assert subprocess.run(command, capture_output=True, check=False).returncode != 0
