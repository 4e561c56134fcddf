"""stacks/platform in a Kubernetes cluster, with both engines against a fake API server."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
import yaml
from bench import descendants, need_pulumi, wait_for
from conftest import REAL
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc
from tests.plain_lab import plain_lab
from tests.unit.kube.fake_api import FakeApi
from tests.unit.kube.objects import crd

from rackwright.engine import stack
from rackwright.engine.events import Event, Summary
from rackwright.paths import home
from rackwright.provider.values import plain, struct
from rackwright.up.shards import folder

NODES = [f"gpu-su01-n{number:02}" for number in range(1, 5)] + ["control-01"]
CLASSES = {"dranet", "gpu.nvidia.com", "mig.nvidia.com"}
TOPOLOGY = crd("kai.scheduler", "Topology", "topologies", "v1alpha1")


class Site:
    """The lab's cluster file with a kubeconfig, and what one engine makes of its stack."""

    def __init__(self, api: FakeApi, engine: str, folder: Path) -> None:
        self.api, self.engine, self.folder = api, engine, folder
        self.events: list[Event] = []
        spec = {**plain_lab(), "access": {"kubeconfig": "file:kubeconfig"}}
        self.file = folder / "cluster.yaml"
        self.file.write_text(yaml.safe_dump(spec))
        (folder / "kubeconfig").write_text(api.kubeconfig())
        api.world.conditions["Node"] = [{"type": "Ready", "status": "True"}]
        for name in NODES:
            api.world.put({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}})

    @property
    def config(self) -> dict[str, str]:
        return {"rackwright:cluster": str(self.file), "rackwright:shard": "kubernetes"}

    def run(self, act: str, *, expect_no_changes: bool = False) -> Summary:
        self.events = []
        return stack.run(
            act,
            folder("platform"),
            "lab.kubernetes",
            self.config,
            state_dir=self.folder / "state",
            engine=self.engine,
            on_event=self.events.append,
            expect_no_changes=expect_no_changes,
            timeout=120,
        )

    def good(self, act: str) -> Summary:
        summary = self.run(act)
        assert summary.exit_code == 0, (summary, self.events)
        return summary

    def kill_when_written(self, writes: int) -> None:
        """Begin an up and SIGKILL it and all its children when so many writes have arrived."""
        command = [sys.executable, "-m", "rackwright.engine", "up", "--json", "--yes"]
        command += ["--project-dir", str(folder("platform")), "--stack", "lab.kubernetes"]
        command += ["--state-dir", str(self.folder / "state"), "--parallel", "2"]
        command += [part for key, value in self.config.items() for part in ("--config", f"{key}={value}")]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(lambda: len(self.api.writes) >= writes, 60)
        for pid in descendants(process.pid):
            os.kill(pid, signal.SIGKILL)
        process.wait(20)

    @property
    def told(self) -> list[str]:
        return [event["text"] for event in self.events if event["event"] == "progress"]

    @property
    def classes(self) -> set[str]:
        return {name for kind, _, name in self.api.world.objects if kind == "DeviceClass"}


@pytest.fixture(params=["in-process", REAL])
def site(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    if request.param == "pulumi":
        need_pulumi()
    monkeypatch.setenv("RACKWRIGHT_STATE", str(tmp_path / "secrets"))
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "home"))
    with FakeApi() as api:
        yield Site(api, request.param, tmp_path)


def test_up_twice_refresh_repair_and_destroy(site: Site) -> None:
    assert site.run("preview", expect_no_changes=True).exit_code == 1
    assert site.api.log == []  # a preview asks nobody
    first = site.good("up")
    assert site.classes == CLASSES
    assert first.outputs["kubeconfig"] == "file:kubeconfig"
    unit = site.api.world.get("Node", NODES[0])["metadata"]["labels"]["rackwright.dev/unit"]
    assert unit == "su01"
    assert any("Topology is not served: no API group kueue.x-k8s.io" in text for text in site.told)
    writes = len(site.api.writes)
    assert set(site.good("up").counts) == {"same"}
    assert len(site.api.writes) == writes
    assert site.run("refresh", expect_no_changes=True).exit_code == 0
    kept = [path for path in site.folder.rglob("*") if path.is_file() and path.name != "kubeconfig"]
    assert [path for path in kept if b"canary-token" in path.read_bytes()] == []

    site.api.world.edit("DeviceClass", "gpu.nvidia.com", ("spec", "extendedResourceName"), None)
    del site.api.world.objects[("DeviceClass", None, "dranet")]
    found = site.run("refresh", expect_no_changes=True)
    assert found.exit_code == 1
    ends = {event["name"]: event for event in site.events if event["event"] == "end"}
    lines = ends["deviceclass-gpu.nvidia.com"]["changes"]["drift"]["new"]
    assert lines == ['spec.extendedResourceName: found nothing, expected "nvidia.com/gpu"']
    assert ends["deviceclass-dranet"]["op"] == "delete"
    repaired = site.good("up").counts
    assert (repaired["update"], repaired["create"]) == (1, 1)
    assert site.api.world.get("DeviceClass", "gpu.nvidia.com")["spec"]["extendedResourceName"]
    assert site.run("refresh", expect_no_changes=True).exit_code == 0

    site.good("destroy")
    assert site.classes == set()
    assert site.api.world.get("Node", NODES[0])["metadata"].get("labels") in (None, {})


def test_a_scheduler_that_is_installed_later_gets_its_objects(site: Site) -> None:
    site.good("up")
    crd = site.api.world.kind("CustomResourceDefinition")
    site.api.world.apply(crd, TOPOLOGY, "helm", force=True)
    site.good("refresh")
    assert site.good("up").counts["create"] == 1
    levels = site.api.world.get("Topology", "lab")["spec"]["levels"]
    assert levels[-1] == {"nodeLabel": "kubernetes.io/hostname"}
    site.good("destroy")
    assert site.api.world.get("Topology", "lab") is None


def test_faults_in_the_middle_do_not_end_a_run(site: Site) -> None:
    for fault in ("cut", "429", "500", "409"):
        site.api.fault(fault, 2, "PATCH")
    site.good("up")
    assert site.classes == CLASSES


def test_a_conflict_fails_alone_and_names_the_manager(site: Site) -> None:
    theirs = {
        "apiVersion": "resource.k8s.io/v1",
        "kind": "DeviceClass",
        "metadata": {"name": "gpu.nvidia.com"},
    }
    site.api.world.put({**theirs, "spec": {"extendedResourceName": "other.com/gpu"}}, "helm")
    summary = site.run("up")
    assert summary.exit_code == 3
    assert 'manager "helm" holds .spec.extendedResourceName' in str(summary.failed) + summary.message
    assert site.classes == CLASSES  # the others went on


def test_a_killed_run_resumes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RACKWRIGHT_STATE", str(tmp_path / "secrets"))
    with FakeApi() as api:
        site = Site(api, "in-process", tmp_path)
        site.kill_when_written(3)
        made = {name: api.world.get("DeviceClass", name)["metadata"]["uid"] for name in site.classes}
        site.good("up")
        assert site.classes == CLASSES
        again = {name: api.world.get("DeviceClass", name)["metadata"]["uid"] for name in made}
        assert again == made  # found, not made anew
        assert site.run("refresh", expect_no_changes=True).exit_code == 0


def test_without_a_kubeconfig_it_says_so(tmp_path: Path) -> None:
    file = tmp_path / "cluster.yaml"
    file.write_text(yaml.safe_dump(plain_lab()))
    config = {"rackwright:cluster": str(file), "rackwright:shard": "kubernetes"}
    summary = stack.run(
        "preview", folder("platform"), "lab.kubernetes", config, state_dir=tmp_path, timeout=60
    )
    assert summary.exit_code == 2
    assert "no Kubernetes is declared; write access.kubeconfig" in json.dumps(summary.message)


def test_a_life_over_the_provider_plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What Pulumi's own engine would ask, without that engine."""
    monkeypatch.setenv("RACKWRIGHT_STATE", str(tmp_path / "secrets"))
    with FakeApi() as api:
        site = Site(api, "pulumi", tmp_path)
        object_ = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a", "labels": {"x": "1"}}}
        ways_in = {"site": {"cluster": "lab", "file": str(site.file)}}
        inputs = struct({**ways_in, "access": {"kubeconfig": "file:kubeconfig"}, "object": object_})
        urn = "urn:pulumi:s::p::rackwright:platform:Manifest::a"
        with plugin() as stub:
            check = provider_pb2.CheckRequest(urn=urn, news=struct({**ways_in, "access": {}, "object": {}}))
            assert "apiVersion is missing" in str(stub.Check(check).failures)
            made = stub.Create(provider_pb2.CreateRequest(urn=urn, properties=inputs), timeout=30)
            assert made.id == "core/Namespace/-/a"
            assert plain(made.properties)["applied"] is True
            api.world.edit("Namespace", "a", ("metadata", "labels", "x"), "2")
            read = stub.Read(provider_pb2.ReadRequest(id=made.id, urn=urn, inputs=inputs), timeout=30)
            assert plain(read.inputs)["drift"] == ['metadata.labels.x: found "2", expected "1"']
            diff = provider_pb2.DiffRequest(id=made.id, urn=urn, news=inputs, old_inputs=read.inputs)
            assert list(stub.Diff(diff).diffs) == ["drift"]
            stub.Delete(provider_pb2.DeleteRequest(id=made.id, urn=urn, properties=inputs), timeout=30)
            assert stub.Read(provider_pb2.ReadRequest(id=made.id, urn=urn, inputs=inputs)).id == ""


@contextlib.contextmanager
def plugin() -> Iterator[provider_pb2_grpc.ResourceProviderStub]:
    command = [sys.executable, str(home() / "src" / "rackwright" / "provider" / "plugin")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        yield provider_pb2_grpc.ResourceProviderStub(grpc.insecure_channel(f"127.0.0.1:{port}"))
        process.terminate()
