"""Objects that are declared on the real control plane, and their life there."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import yaml
from control_plane import ControlPlane
from tests.plain_lab import plain_lab

from rackwright.resources.handler import Observed
from rackwright.resources.manifest import ManifestHandler

SPACE = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}}
CONFIG = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "c", "namespace": "a"},
    "data": {"x": "1", "y": "2"},
}
SECRET = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "a"}, "type": "Opaque"}
DEPLOYMENT = yaml.safe_load("""
apiVersion: apps/v1
kind: Deployment
metadata: {name: d, namespace: a}
spec:
  replicas: 2
  selector: {matchLabels: {app: d}}
  template:
    metadata: {labels: {app: d}}
    spec:
      containers:
        - name: one
          image: example.org/one:1
          ports: [{containerPort: 80}]
          resources: {limits: {cpu: 1000m, memory: 1024Mi}}
        - {name: two, image: "example.org/two:1"}
""")
CRD = yaml.safe_load("""
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.org}
spec:
  group: example.org
  scope: Namespaced
  names: {kind: Widget, plural: widgets, singular: widget, listKind: WidgetList}
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              properties: {size: {type: integer}, colour: {type: string, default: green}}
""")
WIDGET = {
    "apiVersion": "example.org/v1",
    "kind": "Widget",
    "metadata": {"name": "w", "namespace": "a"},
    "spec": {"size": 3},
}
MERGE = "application/merge-patch+json"
SELECTORS = "/apis/resource.k8s.io/v1/deviceclasses/gpu.nvidia.com"


class Site:
    """The life of manifests in the real cluster."""

    def __init__(self, plane: ControlPlane, folder: Path) -> None:
        self.plane, self.folder, self.told = plane, folder, list[str]()
        self.file = folder / "cluster.yaml"
        access = {"kubeconfig": "file:kubeconfig"}
        self.file.write_text(yaml.safe_dump({**plain_lab(), "access": access}))
        (folder / "kubeconfig").write_text(plane.kubeconfig())
        self.ways_in = {"site": {"cluster": "lab", "file": str(self.file)}, "access": access}

    def inputs(self, manifest: Any, **more: Any) -> dict[str, Any]:
        return {**self.ways_in, "object": manifest, "timeout": 20, **more}

    def apply(self, manifest: Any, old: Observed | None = None, **more: Any) -> Observed:
        return asyncio.run(ManifestHandler().apply(self.inputs(manifest, **more), old, self.told.append))

    def read(self, manifest: Any, **more: Any) -> Observed | None:
        return asyncio.run(ManifestHandler().read("", self.inputs(manifest, **more)))

    def drift(self, manifest: Any, **more: Any) -> list[str]:
        found = self.read(manifest, **more)
        assert found is not None
        return list(found.inputs.get("drift") or [])

    def delete(self, manifest: Any, **more: Any) -> None:
        asyncio.run(ManifestHandler().delete("", self.inputs(manifest, **more), self.told.append))
