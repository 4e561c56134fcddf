"""What role dra_driver asks of Kubernetes, asked of a real API server; no kubelet runs, no pod gets ready.

Skipped without ``$RACKWRIGHT_KUBERNETES_BIN``, as its neighbours are.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.scheduler.control_plane import ControlPlane, binaries, running
from tests.scheduler.test_nodes import Module
from tests.unit.kubeadm.clusters import planned

from rackwright.depot.place import here
from rackwright.dra.releases import releases

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(binaries() is None, reason="no Kubernetes binaries: RACKWRIGHT_KUBERNETES_BIN"),
]
if binaries():
    from ansible_collections.rackwright.node.plugins.module_utils import kubectl
    from ansible_collections.rackwright.node.plugins.modules import dra_node, kubernetes_objects

NODE, SPACE = "gpu-01", "dra"
LABELS = {"nvidia.com/gpu.present": "true"}


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    found = binaries()
    assert found is not None
    with running(ControlPlane(found, tmp_path_factory.mktemp("plane"))) as made:
        yield made


@pytest.fixture
def module(plane: ControlPlane, monkeypatch: pytest.MonkeyPatch) -> Any:
    config = str(plane.work / "kubeconfig")
    usual = kubectl.kubectl.__kwdefaults__
    monkeypatch.setattr(kubectl.kubectl, "__kwdefaults__", {**usual, "config": config})
    monkeypatch.setattr(kubectl.objects, "__kwdefaults__", {"config": config})
    made = Module(binaries())
    made.params = {"name": "driver", "namespace": SPACE, "manager": "rackwright-dra", "wait": 60}  # type: ignore[attr-defined]
    return made


def objects(image: str = "registry.example.com/a:1") -> list[dict[str, Any]]:
    """A driver's: a kind of its own, rights, a class, a DaemonSet."""
    rbac = "rbac.authorization.k8s.io/v1"
    names = {"plural": "things", "singular": "thing", "kind": "Thing", "listKind": "ThingList"}
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    version = {"name": "v1", "served": True, "storage": True, "schema": schema}
    spec = {"group": "example.com", "scope": "Namespaced", "names": names, "versions": [version]}
    template = {
        "metadata": {"labels": {"app": "p"}},
        "spec": {"containers": [{"name": "gpus", "image": image}]},
    }
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SPACE}},
        {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
         "metadata": {"name": "things.example.com"}, "spec": spec},
        {"apiVersion": rbac, "kind": "ClusterRole", "metadata": {"name": "driver"}, "rules": []},
        *releases(planned().design.kubernetes)[1].beside,  # type: ignore[arg-type]
        {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "plugin"},
         "spec": {"selector": {"matchLabels": {"app": "p"}}, "template": template}},
        {"apiVersion": "example.com/v1", "kind": "Thing", "metadata": {"name": "own"}, "spec": {"a": 1}},
    ]  # fmt: skip


def run(module: Any, wanted: list[dict[str, Any]]) -> list[str]:
    made = kubernetes_objects.Set(module)
    kubernetes_objects.present(made, wanted)
    return made.actions


def test_a_driver_comes_changes_and_goes(module: Any) -> None:
    module.check_mode = True
    assert len(run(module, objects())) == 6
    module.check_mode = False
    assert kubectl.objects(module, "namespace", SPACE) is None
    assert len(run(module, objects())) == 6
    assert run(module, objects()) == []
    found = kubectl.objects(module, "daemonset", "plugin", "-n", SPACE, "--show-managed-fields")
    assert {
        each["manager"] for each in found["metadata"]["managedFields"] if each["operation"] == "Apply"
    } == {"rackwright-dra"}
    [line] = run(module, objects("registry.example.com/a:2"))
    assert line.startswith("change DaemonSet dra/plugin: ")
    assert "a:2" in line
    fewer = [each for each in objects("registry.example.com/a:2") if each["kind"] != "ClusterRole"]
    assert run(module, fewer) == ["delete ClusterRole driver"]
    assert kubectl.objects(module, "clusterrole", "driver") is None

    patch = json.dumps(
        {"spec": {"template": {"spec": {"containers": [{"name": "gpus", "image": "edited"}]}}}}
    )
    kubectl.kubectl(
        module, "patch", "daemonset", "plugin", "-n", SPACE, "-p", patch, "--field-manager=somebody"
    )
    with pytest.raises(kubectl.Refused, match="somebody"):
        run(module, fewer)

    thing = {"apiVersion": "example.com/v1", "kind": "Thing", "metadata": {"name": "theirs"}}
    kubectl.kubectl(module, "create", "-f", "-", "-n", "default", data=json.dumps(thing))
    with pytest.raises(kubectl.Refused, match=r"objects of things.example.com are left"):
        kubernetes_objects.absent(kubernetes_objects.Set(module), [])
    kubectl.kubectl(module, "delete", "things", "--all", "-A")
    kubernetes_objects.absent(kubernetes_objects.Set(module), [])
    for kind, name in (("namespace", SPACE), ("crd", "things.example.com"), ("deviceclass", "dranet")):
        assert kubectl.objects(module, kind, name) is None, kind
    again = kubernetes_objects.Set(module)
    kubernetes_objects.absent(again, [])
    assert again.actions == []


RENDERED = sorted((here().root / "rendered/lab-kubernetes").glob("*.json"))


@pytest.mark.skipif(not RENDERED, reason="nothing is rendered: rackwright depot build lab-kubernetes")
@pytest.mark.parametrize("path", RENDERED, ids=lambda path: path.stem)
def test_a_rendered_chart_is_applied_once(module: Any, path: Path) -> None:
    """As the depot has it for the lab's inventory: the twins' charts."""
    wanted = json.loads(path.read_text())["items"]
    module.params = {**module.params, "name": path.stem, "namespace": path.stem}
    assert len(run(module, wanted)) == len(wanted)
    assert run(module, wanted) == []
    drivers = [path.stem]
    kubernetes_objects.absent(kubernetes_objects.Set(module), drivers)
    assert kubectl.objects(module, "namespace", path.stem) is None
    left = (kubectl.objects(module, "clusterroles", "-l", f"rackwright.io/set={path.stem}") or {})["items"]
    assert left == []


def test_a_node_is_labelled_and_its_devices_counted(module: Any, plane: ControlPlane) -> None:
    plane.ask("POST", "/api/v1/nodes", {"metadata": {"name": NODE, "labels": {"kept": "yes"}}})
    release = {"name": "r", "namespace": SPACE, "labels": LABELS, "drivers": {"gpu.nvidia.com": 1}}
    asked = {"name": NODE, "since": 0.0, "wait": 1, "releases": [release]}
    with pytest.raises(kubectl.Refused, match="no plugin runs here yet"):
        dra_node.keep(module, asked)
    assert {**LABELS, "kept": "yes"}.items() <= kubectl.objects(module, "node", NODE)["metadata"][
        "labels"
    ].items()
    assert (
        dra_node.labelled(module, kubectl.objects(module, "node", NODE, "--show-managed-fields"), LABELS)
        == []
    )
    pool = {"name": NODE, "generation": 1, "resourceSliceCount": 1}
    spec = {"driver": "gpu.nvidia.com", "nodeName": NODE, "pool": pool, "devices": [{"name": "gpu-0"}]}
    plane.ask("POST", "/apis/resource.k8s.io/v1/resourceslices", {"metadata": {"name": "s"}, "spec": spec})
    found = kubectl.objects(module, "resourceslices", f"--field-selector=spec.nodeName={NODE}")["items"]
    assert dra_node.published(found, NODE, {"gpu.nvidia.com": 1}) == ""
    assert (
        dra_node.published(found, NODE, {"gpu.nvidia.com": 2})
        == "gpu.nvidia.com: found 1 devices, expected 2"
    )
    assert dra_node.leave(module, asked) == ["unlabel nvidia.com/gpu.present"]
    assert "nvidia.com/gpu.present" not in kubectl.objects(module, "node", NODE)["metadata"]["labels"]
