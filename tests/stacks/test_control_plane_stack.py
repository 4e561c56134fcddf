"""Many objects, nodes and the platform stack on a real kube-apiserver; skipped where there is none."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import pytest
from real_objects import CONFIG, MERGE, SELECTORS, SPACE, Site

from rackwright.engine import stack
from rackwright.errors import WorldRefused
from rackwright.resources.manifest import ManifestHandler
from rackwright.resources.nodes import NodesHandler
from rackwright.up.shards import folder


def test_a_server_that_is_killed_in_the_middle_is_waited_for(site: Site) -> None:
    site.apply(SPACE)
    many = [{**CONFIG, "metadata": {"name": f"m{number}", "namespace": "a"}} for number in range(200)]

    async def all_at_once() -> None:
        handler, places = ManifestHandler(), asyncio.Semaphore(64)

        async def one(manifest: Any) -> None:
            async with places:
                await handler.apply(site.inputs(manifest), None, site.told.append)

        await asyncio.gather(*map(one, many))

    killed_at: list[int] = []

    def interrupt() -> None:
        while len(site.told) < 20:
            time.sleep(0.01)
        site.plane.kill_server()
        killed_at.append(len(site.told))
        time.sleep(1)
        site.plane.start_server()

    interruption = threading.Thread(target=interrupt)
    interruption.start()
    asyncio.run(all_at_once())
    interruption.join()
    assert killed_at[0] < len(many)  # in the middle, not after the end
    listed = site.plane.ask("GET", "/api/v1/namespaces/a/configmaps")["items"]
    assert {each["metadata"]["name"] for each in listed} >= {each["metadata"]["name"] for each in many}
    assert all(each["data"] == CONFIG["data"] for each in listed if each["metadata"]["name"][0] == "m")


def test_nodes_with_labels_and_readiness(site: Site) -> None:
    for name in ("n1", "n2"):
        bare = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": {"own": "x"}}}
        site.plane.ask("POST", "/api/v1/nodes", bare)
        ready = {"type": "Ready", "status": "True" if name == "n1" else "False", "reason": "Test"}
        site.plane.ask("PATCH", f"/api/v1/nodes/{name}/status", {"status": {"conditions": [ready]}}, MERGE)
    inputs = {
        **site.ways_in,
        "name": "su01",
        "nodes": {n: {"unit": "su01"} for n in ("n1", "n2")},
        "timeout": 1,
    }
    with pytest.raises(WorldRefused, match=r"n2: condition Ready: found False \(Test\), expected True"):
        asyncio.run(NodesHandler().apply(inputs, None, site.told.append))
    assert site.plane.ask("GET", "/api/v1/nodes/n1")["metadata"]["labels"] == {"own": "x", "unit": "su01"}
    found = asyncio.run(NodesHandler().read("", inputs))
    assert found is not None
    assert found.outputs == {"ready": 1, "version": "v1.37.2"}
    asyncio.run(NodesHandler().delete("", inputs, site.told.append))
    assert site.plane.ask("GET", "/api/v1/nodes/n1")["metadata"]["labels"] == {"own": "x"}


def test_the_platform_stack_up_twice_refresh_and_destroy(site: Site) -> None:
    """With Kueue's CRDs there and the others' not."""
    for kind, plural in (("Topology", "topologies"), ("ResourceFlavor", "resourceflavors")):
        site.apply(kueue(kind, plural))
    nodes = [f"gpu-su01-n{number:02}" for number in range(1, 5)] + ["control-01"]
    for name in nodes:
        site.plane.ask("POST", "/api/v1/nodes", {"metadata": {"name": name}})
        ready = {"status": {"conditions": [{"type": "Ready", "status": "True"}]}}
        site.plane.ask("PATCH", f"/api/v1/nodes/{name}/status", ready, MERGE)
    site.plane.edit(SELECTORS, {"spec": {"extendedResourceName": "nvidia.com/gpu"}}, "helm")

    def run(act: str, **more: Any) -> Any:
        config = {"rackwright:cluster": str(site.file), "rackwright:shard": "kubernetes"}
        state = site.folder / "engine"
        return stack.run(
            act, folder("platform"), "lab.kubernetes", config, state_dir=state, timeout=120, **more
        )

    events: list[Any] = []
    first = run("up", on_event=events.append)
    assert first.exit_code == 0, (first, events)
    told = [event["text"] for event in events if event["event"] == "progress"]
    assert "not applied: kai.scheduler/v1alpha1 Topology is not served: no API group kai.scheduler" in told
    assert set(run("up").counts) == {"same"}
    assert run("refresh", expect_no_changes=True).exit_code == 0
    flavours = site.plane.ask("GET", "/apis/kueue.x-k8s.io/v1beta2/resourceflavors")["items"]
    assert [each["spec"]["topologyName"] for each in flavours] == ["lab"]
    site.plane.edit("/apis/kueue.x-k8s.io/v1beta2/resourceflavors/lab-gpu", {"spec": {"topologyName": "x"}})
    assert run("refresh", expect_no_changes=True).exit_code == 1
    assert run("up").counts["update"] == 1
    assert run("refresh", expect_no_changes=True).exit_code == 0
    assert run("destroy").exit_code == 0
    assert site.plane.ask("GET", "/apis/kueue.x-k8s.io/v1beta2/topologies")["items"] == []
    assert "labels" not in site.plane.ask("GET", f"/api/v1/nodes/{nodes[0]}")["metadata"]


def kueue(kind: str, plural: str) -> Any:
    """A CRD in the place of Kueue's, without its schema."""
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {"name": "v1beta2", "served": True, "storage": True, "schema": {"openAPIV3Schema": anything}}
    names = {"kind": kind, "plural": plural, "singular": kind.lower(), "listKind": f"{kind}List"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.kueue.x-k8s.io"},
        "spec": {"group": "kueue.x-k8s.io", "scope": "Cluster", "names": names, "versions": [version]},
    }
