"""Role topology_labels on a real API server: labels, objects of kinds that are served, one owner."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
from tests.scheduler.control_plane import ControlPlane, binaries, running
from tests.scheduler.test_nodes import Module
from tests.unit.kubeadm.clusters import planned

from rackwright.paths import home
from rackwright.pipeline import files
from rackwright.render.scheduler import forms
from rackwright.resources.nodes import MANAGER

sys.path.insert(0, str(home() / "collections"))
from ansible_collections.rackwright.node.plugins.module_utils import kubectl
from ansible_collections.rackwright.node.plugins.modules import topology

BIN = binaries()
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BIN is None, reason="no Kubernetes binaries: RACKWRIGHT_KUBERNETES_BIN"),
]
NODES = ("gpu-su01-n01", "gpu-su01-n02")
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    assert BIN is not None
    with running(ControlPlane(BIN, tmp_path_factory.mktemp("topology"))) as made:
        for name in NODES:
            metadata = {"name": name, "labels": {"kubernetes.io/hostname": name}}
            node = {"apiVersion": "v1", "kind": "Node", "metadata": metadata}
            made.ask("POST", "/api/v1/nodes", node)
        yield made


@pytest.fixture(scope="module")
def site() -> Any:
    return files(planned()).site


def crd(group: str, version: str, kind: str, plural: str) -> dict[str, Any]:
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    names = {"kind": kind, "plural": plural, "singular": kind.lower(), "listKind": f"{kind}List"}
    versions = [{"name": version, "served": True, "storage": True, "schema": schema}]
    spec = {"group": group, "scope": "Cluster", "names": names, "versions": versions}
    metadata = {"name": f"{plural}.{group}"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": metadata,
        "spec": spec,
    }


@pytest.fixture
def run(plane: ControlPlane, monkeypatch: pytest.MonkeyPatch) -> Any:
    """``run(nodes=..., check=True)``: what one run of the module did."""
    config = str(plane.work / "kubeconfig")
    for name in ("kubectl", "objects"):
        function = getattr(kubectl, name)
        monkeypatch.setattr(function, "__kwdefaults__", {**(function.__kwdefaults__ or {}), "config": config})

    def go(check: bool = False, **asked: Any) -> topology.Cluster:
        module: Any = Module(BIN)
        module.check_mode = check
        defaults = {"nodes": {}, "objects": {}, "state": "present"}
        managers = {"labels_manager": MANAGER, "objects_manager": "rackwright"}
        module.params = {**defaults, **managers, **asked}
        cluster = topology.Cluster(module)
        cluster.label()
        cluster.put()
        return cluster

    return go


def labels(plane: ControlPlane, name: str) -> dict[str, str]:
    return plane.ask("GET", f"/api/v1/nodes/{name}")["metadata"].get("labels") or {}


def test_labels_come_once_are_kept_and_go(plane: ControlPlane, site: Any, run: Any) -> None:
    wanted = {name: forms.labels(site)[name] for name in NODES}
    assert run(nodes=wanted, check=True).actions == [f"label {name}" for name in NODES]
    assert "rackwright.dev/unit" not in labels(plane, NODES[0])
    assert run(nodes=wanted).actions == [f"label {name}" for name in NODES]
    assert run(nodes=wanted).actions == []
    assert labels(plane, NODES[0]).items() >= wanted[NODES[0]].items()
    less = {NODES[0]: {"rackwright.dev/rack": "r9"}}
    assert run(nodes=less).actions == [f"label {NODES[0]}"]
    assert "rackwright.dev/unit" not in labels(plane, NODES[0])
    run(nodes=wanted, state="absent")
    assert not any(key.startswith("rackwright.dev/") for key in labels(plane, NODES[0]))
    assert run(nodes=wanted, state="absent").actions == []


def test_a_node_that_has_not_joined_is_said_and_not_made(plane: ControlPlane, run: Any) -> None:
    found = run(nodes={"gpu-su09-n01": {"rackwright.dev/rack": "r9"}})
    assert found.waiting == ["gpu-su09-n01"]
    assert "gpu-su09-n01" not in [n["metadata"]["name"] for n in plane.ask("GET", "/api/v1/nodes")["items"]]


def test_a_label_of_anothers_is_refused_by_name(plane: ControlPlane, run: Any) -> None:
    node = plane.ask("GET", f"/api/v1/nodes/{NODES[1]}")
    node["metadata"].setdefault("labels", {})["rackwright.dev/rack"] = "by-hand"
    plane.ask("PUT", f"/api/v1/nodes/{NODES[1]}?fieldManager=somebody", node)
    with pytest.raises(kubectl.Refused, match="somebody"):
        run(nodes={NODES[1]: {"rackwright.dev/rack": "r1"}})
    assert labels(plane, NODES[1])["rackwright.dev/rack"] == "by-hand"


def test_objects_wait_for_their_scheduler(plane: ControlPlane, site: Any, run: Any) -> None:
    objects = forms.objects(site)
    before = run(objects=objects)
    assert before.actions == []
    assert set(before.unserved) == {"kueue", "kai", "volcano"}
    plane.ask("POST", CRDS, crd("topology.volcano.sh", "v1alpha1", "HyperNode", "hypernodes"))
    served = "/apis/topology.volcano.sh/v1alpha1/hypernodes"
    plane.until(served, 30)
    time.sleep(2)
    count = len(objects["volcano"])
    assert len(run(objects=objects, check=True).actions) == count
    made = run(objects=objects)
    assert len(made.actions) == count
    assert set(made.unserved) == {"kueue", "kai"}
    assert run(objects=objects).actions == []
    first = plane.ask("GET", served)["items"][0]
    first["spec"]["tier"] = 9
    name = first["metadata"]["name"]
    plane.ask("PUT", f"{served}/{name}?fieldManager=somebody", first)
    assert run(objects=objects).actions == [f"change HyperNode {name}"]
    assert len(run(objects=objects, state="absent").actions) == count
    assert plane.ask("GET", served)["items"] == []
