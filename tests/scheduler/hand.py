"""A kubelet's hand in a control plane without nodes: pods of claim tests start, warn, and go."""

from __future__ import annotations

import threading
import urllib.error

from tests.scheduler.control_plane import ControlPlane

PREFIX = "rackwright-verify-"


class Hand:
    """While it is entered it does to each pod on a node what ``does`` says: ``start``, or ``warn`` only."""

    def __init__(self, api: ControlPlane, does: str = "start") -> None:
        self.api, self.does, self.over = api, does, threading.Event()
        self.thread = threading.Thread(target=self._work, daemon=True)
        self.warned: set[str] = set()

    def __enter__(self) -> Hand:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.thread.join(20)

    def _work(self) -> None:
        while not self.over.wait(0.3):
            for pod in self.api.ask("GET", "/api/v1/pods")["items"]:
                if pod["metadata"]["namespace"].startswith(PREFIX) and pod["spec"].get("nodeName"):
                    try:
                        self._one(pod)
                    except urllib.error.HTTPError as error:
                        if error.code not in (404, 409):
                            raise

    def _one(self, pod: dict) -> None:
        meta = pod["metadata"]
        path = f"/api/v1/namespaces/{meta['namespace']}/pods/{meta['name']}"
        if meta.get("deletionTimestamp"):
            self.api.ask("DELETE", path, {"gracePeriodSeconds": 0})
        elif self.does == "warn":
            if meta["uid"] not in self.warned:
                self.warned.add(meta["uid"])
                self._warn(meta)
        elif pod["status"].get("phase") != "Running":
            state = {"running": {"startedAt": "2026-11-26T12:00:00Z"}}
            container = {
                "name": "pause",
                "image": "p",
                "imageID": "p",
                "ready": True,
                "restartCount": 0,
                "state": state,
            }
            pod["status"] |= {"phase": "Running", "containerStatuses": [container]}
            self.api.ask("PUT", f"{path}/status", pod)

    def _warn(self, meta: dict) -> None:
        space = meta["namespace"]
        event = {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": f"{meta['name']}.1", "namespace": space},
            "involvedObject": {"kind": "Pod", "namespace": space, "name": meta["name"], "uid": meta["uid"]},
            "type": "Warning",
            "reason": "FailedPrepareDynamicResources",
            "message": "DRA driver gpu.nvidia.com is not registered",
            "lastTimestamp": "2026-11-26T12:00:00Z",
        }
        self.api.ask("POST", f"/api/v1/namespaces/{space}/events", event)
