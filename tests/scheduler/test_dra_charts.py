"""The charts of the DRA drivers' twins: what they render, what they refuse, and that Kubernetes takes it.

Skipped without helm ($RACKWRIGHT_HELM, or on PATH); what needs an API server also without
$RACKWRIGHT_KUBERNETES_BIN.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import urllib.error

import pytest
import yaml
from tests.scheduler.control_plane import ControlPlane, binaries, running
from tests.scheduler.dra_twin import until
from tests.scheduler.test_claims import DRA
from tests.unit.kubeadm.clusters import planned

from rackwright.dra.releases import NAMESPACES
from rackwright.gpu_sharing.opaque import chart_values
from rackwright.kube.device_classes import manifests
from rackwright.lab.dra.charts import FOLDER, NAMES

BIN = binaries()
HELM = os.environ.get("RACKWRIGHT_HELM") or shutil.which("helm")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(HELM is None, reason="no helm: RACKWRIGHT_HELM")]
served = pytest.mark.skipif(BIN is None, reason="no Kubernetes binaries: RACKWRIGHT_KUBERNETES_BIN")
NVIDIA = NAMES[0]
SPACES = dict(zip(NAMES, map(NAMESPACES.get, ("gpu.nvidia.com", "dra.net", "gpu.amd.com")), strict=True))
RULES, ADMISSION = "/apis/rbac.authorization.k8s.io/v1", "/apis/admissionregistration.k8s.io/v1"
PATHS = {
    "ClusterRole": f"{RULES}/clusterroles",
    "ClusterRoleBinding": f"{RULES}/clusterrolebindings",
    "DaemonSet": "/apis/apps/v1/namespaces/{}/daemonsets",
    "DeviceClass": f"{DRA}/deviceclasses",
    "ServiceAccount": "/api/v1/namespaces/{}/serviceaccounts",
    "ValidatingAdmissionPolicy": f"{ADMISSION}/validatingadmissionpolicies",
    "ValidatingAdmissionPolicyBinding": f"{ADMISSION}/validatingadmissionpolicybindings",
}


def helm(name, *words, values=None, namespace=None):
    served = ("--kube-version=1.37.2", "--api-versions=resource.k8s.io/v1")
    where = ("--namespace", namespace or SPACES[name], "--values=-")
    argv = [HELM, "template", name, FOLDER / name, *where, *served, *words]
    text = yaml.safe_dump(values or {})
    return subprocess.run(argv, input=text, capture_output=True, text=True, timeout=120, check=False)


def rendered(name, *words, values=None):
    if name == NVIDIA and values is None:
        values = chart_values(planned().design.kubernetes)
    done = helm(name, *words, values=values)
    assert done.returncode == 0, done.stderr
    return [document for document in yaml.safe_load_all(done.stdout) if document]


@pytest.mark.parametrize("name", NAMES)
def test_every_object_says_that_it_is_simulated(name):
    chart = yaml.safe_load((FOLDER / name / "Chart.yaml").read_text())
    assert chart["annotations"] == {"rackwright.dev/simulated": "true"}
    assert chart["description"].startswith("Simulated. A twin of")
    found = rendered(name)
    assert len(found) >= 6
    for document in found:
        assert document["metadata"]["labels"]["rackwright.dev/simulated"] == "true", document["kind"]
    pods = next(document["spec"]["template"] for document in found if document["kind"] == "DaemonSet")
    assert pods["metadata"]["labels"]["rackwright.dev/simulated"] == "true"
    images = {
        each["image"] for kind in ("containers", "initContainers") for each in pods["spec"].get(kind, ())
    }
    assert len(images) == 1
    assert images.pop().endswith(f":v{chart['appVersion']}")


def test_the_rendered_values_reach_the_driver():
    section = "kubernetes: {sharing: {gpu: mps}}"
    found = rendered(NVIDIA, values=chart_values(planned(section).design.kubernetes))
    plugin = next(each for each in found if each["kind"] == "DaemonSet")["spec"]["template"]["spec"]
    env = {each["name"]: each.get("value") for each in plugin["containers"][0]["env"]}
    assert env["FEATURE_GATES"] == "MPSSupport=true"
    assert "--nvidia-driver-root=/" in plugin["containers"][0]["args"]
    terms = plugin["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"][
        "nodeSelectorTerms"
    ]
    assert {term["matchExpressions"][0]["key"] for term in terms} >= {"nvidia.com/gpu.present"}
    assert plugin["tolerations"] == [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}]


def test_classes_are_those_of_the_catalog():
    """Equal specs may be applied by both; others would be a conflict."""
    for devices, name in (("nvidia", NVIDIA), ("amd", "k8s-gpu-dra-driver")):
        found = {
            each["metadata"]["name"]: each["spec"] for each in rendered(name) if each["kind"] == "DeviceClass"
        }
        assert found == {each["metadata"]["name"]: each["spec"] for each in manifests({devices})}
    assert [each for each in rendered("dranet") if each["kind"] == "DeviceClass"] == []
    off = rendered("k8s-gpu-dra-driver", values={"deviceClass": {"create": False}})
    assert [each for each in off if each["kind"] == "DeviceClass"] == []


GOOD = {"gpuResourcesEnabledOverride": True, "resources": {"computeDomains": {"enabled": False}}}


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, "set gpuResourcesEnabledOverride=true"),
        ({"gpuResourcesEnabledOverride": True}, "this twin has no ComputeDomains"),
        ({**GOOD, "nvidiaCtkPath": "/usr/bin/nvidia-ctk"}, "nvidiaCtkPath is not supported"),
        ({**GOOD, "nvidiaDriverRot": "/"}, "additional properties 'nvidiaDriverRot' not allowed"),
        ({**GOOD, "featureGates": {"MPSSupport": "yes"}}, "featureGates/MPSSupport"),
        (
            {"resources": {"gpus": {"enabled": False}, "computeDomains": {"enabled": False}}},
            "nothing is left to deploy",
        ),
    ],
)
def test_what_is_refused(values, words):
    done = helm(NVIDIA, values=values)
    assert done.returncode != 0
    assert words in done.stderr


def test_the_namespace_default_is_refused_unless_it_is_allowed():
    assert "not for the namespace default" in helm(NVIDIA, values=GOOD, namespace="default").stderr
    allowed = {**GOOD, "allowDefaultNamespace": True}
    assert helm(NVIDIA, values=allowed, namespace="default").returncode == 0


@pytest.fixture(scope="module")
def api(tmp_path_factory):
    with running(ControlPlane(BIN, tmp_path_factory.mktemp("control-plane"))) as made:
        for space in SPACES.values():
            made.ask("POST", "/api/v1/namespaces", {"metadata": {"name": space}})
        yield made


def where(document):
    return PATHS[document["kind"]].format(document["metadata"].get("namespace"))


@served
@pytest.mark.parametrize("name", NAMES)
def test_kubernetes_takes_every_object(api, name):
    for document in rendered(name):
        api.ask("POST", f"{where(document)}?dryRun=All&fieldValidation=Strict", document)


@served
def test_a_plugin_writes_its_own_nodes_slices_and_no_others(api):
    for document in rendered("dranet"):
        api.ask("POST", where(document), document)
    headers = {
        "Impersonate-User": f"system:serviceaccount:{SPACES['dranet']}:dranet",
        "Impersonate-Extra-authentication.kubernetes.io%2Fnode-name": "own",
    }

    def write(node):
        pool = {"name": node, "generation": 1, "resourceSliceCount": 1}
        spec = {"driver": "dra.net", "nodeName": node, "pool": pool, "devices": []}
        body = {
            "apiVersion": "resource.k8s.io/v1",
            "kind": "ResourceSlice",
            "metadata": {"name": f"of-{node}"},
            "spec": spec,
        }
        try:
            api.ask("POST", f"{DRA}/resourceslices?dryRun=All", body, **headers)
        except urllib.error.HTTPError as error:
            return error.read().decode()
        return "taken"

    until(lambda: "may not write slices of node other" in write("other"), "the policy is in force")
    assert write("own") == "taken"
    headers.pop("Impersonate-Extra-authentication.kubernetes.io%2Fnode-name")
    assert "may not write slices" in write("own")
