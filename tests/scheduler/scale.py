"""Many nodes and pods on a control plane without kubelets: connections that stay open, a watch with times."""

from __future__ import annotations

import http.client
import json
import ssl
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.scheduler.control_plane import ControlPlane
from tests.unit.kubeadm.clusters import planned

from rackwright.models.kubernetes_design import GpuGroup, KubernetesDesign

TELL_S = 5.0


def fleet() -> tuple[KubernetesDesign, GpuGroup]:
    """Design of DGX H100 with Kubernetes, and their group; a server's slices are the same in any number."""
    made = planned().design.kubernetes
    assert made is not None
    return made, made.groups[0]


class Client:
    """Requests by any thread, each on a connection of its own that stays open."""

    def __init__(self, plane: ControlPlane) -> None:
        self._plane, self._own = plane, threading.local()

    def connect(self, timeout: float) -> http.client.HTTPSConnection:
        trust = ssl.create_default_context(cafile=str(self._plane.work / "api" / "apiserver.crt"))
        return http.client.HTTPSConnection("127.0.0.1", self._plane.port, timeout=timeout, context=trust)

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._plane.token}", "Content-Type": "application/json"}

    def ask(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """:raises RuntimeError: the API server refuses it."""
        if not hasattr(self._own, "open"):
            self._own.open = self.connect(60)
        self._own.open.request(method, path, None if body is None else json.dumps(body), self.headers())
        answer = self._own.open.getresponse()
        text = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {text[:300]!r}")
        return dict(json.loads(text))


class Watch:
    """When each pod of namespace default was first seen with a node, by this process's clock."""

    PATH = "/api/v1/namespaces/default/pods"

    def __init__(self, plane: ControlPlane, seconds: float) -> None:
        self._client, self._end = Client(plane), time.monotonic() + seconds
        self.created: dict[str, float] = {}
        self.seen: dict[str, float] = {}
        self._news = threading.Condition()
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._open: http.client.HTTPSConnection | None = None

    def __enter__(self) -> Watch:
        self._version = self._client.ask("GET", self.PATH)["metadata"]["resourceVersion"]
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end = 0.0
        if self._open is not None and self._open.sock is not None:
            self._open.sock.close()

    def _follow(self) -> None:
        """The API server ends a watch after a while; the next one goes on from there."""
        while time.monotonic() < self._end:
            self._open = self._client.connect(max(1.0, self._end - time.monotonic()))
            query = f"{self.PATH}?watch=1&resourceVersion={self._version}&timeoutSeconds=600"
            try:
                self._open.request("GET", query, None, self._client.headers())
                for line in self._open.getresponse():
                    self._note(json.loads(line)["object"])
            except (OSError, http.client.HTTPException):
                if time.monotonic() < self._end:
                    raise

    def _note(self, found: dict[str, Any]) -> None:
        self._version = found["metadata"]["resourceVersion"]
        name = found["metadata"]["name"]
        if found["spec"].get("nodeName") and name not in self.seen:
            with self._news:
                self.seen[name] = time.monotonic()
                self._news.notify_all()

    def wait(self, names: list[str], said: str) -> float:
        """When the last of them had a node; now, where that takes longer than there is time.

        :param said: begins each line of progress; none is told where it is empty.
        """
        told = time.monotonic()
        began = told
        with self._news:
            while left := [name for name in names if name not in self.seen]:
                if time.monotonic() > self._end:
                    return time.monotonic()
                self._news.wait(TELL_S)
                if said and time.monotonic() - told > TELL_S:
                    told = time.monotonic()
                    text = f"{said}{len(names) - len(left)} of {len(names)} placed, {told - began:.0f} s"
                    print(text, file=sys.stderr, flush=True)
        return max(self.seen[name] for name in names)

    def latency(self, name: str) -> float:
        """Seconds; a pod may be seen with its node before its POST is answered."""
        return max(0.0, self.seen[name] - self.created[name])


def node(name: str, more: dict[str, str]) -> dict[str, Any]:
    """A Node that says it is ready, with these resources besides. Simulated: no kubelet is behind it."""
    room = {"cpu": "200", "memory": "2000Gi", "pods": "110", **more}
    ready = {"type": "Ready", "status": "True", "reason": "Simulated", "message": ""}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name}},
        "status": {"capacity": room, "allocatable": room, "conditions": [ready]},
    }


def pod(name: str, template: str | None) -> dict[str, Any]:
    """A pod with a claim of a template; without one it asks for ``nvidia.com/gpu``."""
    resources: dict[str, Any] = (
        {"claims": [{"name": "d"}]} if template else {"limits": {"nvidia.com/gpu": "1"}}
    )
    spec: dict[str, Any] = {"containers": [{"name": "c", "image": "none", "resources": resources}]}
    if template:
        spec["resourceClaims"] = [{"name": "d", "resourceClaimTemplateName": template}]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}


def peak_mib(pid: int) -> int:
    """Resident memory at its peak."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) // 1024
    return 0
