"""A site whose ``access.kubeconfig`` leads to a fake API server."""

from __future__ import annotations

import asyncio

import pytest

from rackwright import paths

from .fake_api import FakeApi


@pytest.fixture
def api(monkeypatch):
    for name in ("PATIENCE_SECONDS", "CALL_SECONDS"):
        monkeypatch.setattr(f"rackwright.kube.api.{name}", 4.0)
    monkeypatch.setattr("rackwright.kube.api._silent", {})
    monkeypatch.setattr("rackwright.kube.waiting.LOOK_SECONDS", 0.02)
    with FakeApi() as server:
        yield server


@pytest.fixture
def ways_in(api, tmp_path, monkeypatch):
    monkeypatch.setenv("RACKWRIGHT_STATE", str(tmp_path / "state"))
    (tmp_path / "cluster.yaml").write_text("")
    (tmp_path / "kubeconfig").write_text(api.kubeconfig())
    return {
        "site": {"cluster": "t", "file": str(tmp_path / "cluster.yaml")},
        "access": {"kubeconfig": "file:kubeconfig"},
    }


@pytest.fixture
def state(ways_in):
    return paths.state_dir("t")


@pytest.fixture
def life(ways_in):
    """The four functions of a handler, and what it told."""
    return Life(ways_in)


class Life:
    def __init__(self, ways_in):
        from rackwright.resources.manifest import ManifestHandler

        self.handler, self.ways_in, self.told = ManifestHandler(), ways_in, []

    def inputs(self, manifest, **more):
        return {**self.ways_in, "object": manifest, **more}

    def apply(self, manifest, old=None, **more):
        return asyncio.run(self.handler.apply(self.inputs(manifest, **more), old, self.told.append))

    def read(self, manifest, **more):
        return asyncio.run(self.handler.read("", self.inputs(manifest, **more)))

    def delete(self, manifest, **more):
        asyncio.run(self.handler.delete("", self.inputs(manifest, **more), self.told.append))
