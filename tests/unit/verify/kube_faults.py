"""Faults of Kubernetes that a world on paper can have: each changes what nodes and the API would say."""

from __future__ import annotations

import copy
from dataclasses import replace

import kube_world

from rackwright.verify.kubernetes.drivers import TABLE
from rackwright.verify.kubernetes.seen import Tried

DRIVERS = {driver.name: driver for driver in TABLE.values()}


class Faults:
    """Methods of ``World``; cases in ``tests/golden/verify`` name them."""

    def api_down(self, why: str = "no answer within 30 s") -> None:
        self.seen = type(self.seen)(wrong=why)

    def expire(self, device: str, path: str, days: int = -3, begun: int = -368) -> None:
        """A certificate is valid until so many days from now."""
        node, pem = self.expected[device].node, kube_world.certificate(begun, days)
        self.answer(device, "certificates", kube_world.certificates(node, {path: pem}))

    def certificate_gone(self, device: str, path: str) -> None:
        node = self.expected[device].node
        self.answer(device, "certificates", kube_world.certificates(node, {path: None}))

    def etcd_stopped(self, device: str) -> None:
        """The API server answers nothing without it."""
        self.answer(device, "etcd", kube_world.STOPPED_ETCD)
        self.api_down("the API server refuses: HTTP 500 etcdserver: request timed out")

    def kubelet_stopped(self, device: str) -> None:
        self.answer(device, "node_units", "failed\nactive\n")
        self.not_ready(device, "Kubelet stopped posting node status.")

    def not_ready(self, device: str, why: str) -> None:
        """The controller manager says so of a node; its pods are not ready then, and it tells nothing."""
        self._live()["nodes"][device]["status"]["conditions"] = [
            {"type": "Ready", "status": "Unknown", "message": why}
        ]
        self.seen.kubelets[device] = "error trying to reach service: dial tcp: connect: connection refused"
        for pod in self.seen.pods:
            if pod["spec"]["nodeName"] == device:
                pod["status"]["conditions"] = [{"type": "Ready", "status": "False"}]
        if device in self.claimed:
            self.claimed[device] = Tried("not measured", "the node is not ready")

    def node_gone(self, device: str) -> None:
        del self._live()["nodes"][device]
        self.seen.kubelets.pop(device)

    def node(self, device: str, *path_and_value: str) -> None:
        """Another value at a path of a Node."""
        *path, last, value = path_and_value
        at = self._live()["nodes"].setdefault(
            device, {"metadata": {}, "spec": {}, "status": {"nodeInfo": {}}}
        )
        for key in path:
            at = at[key]
        at[last] = value

    def label(self, device: str, key: str, value: str) -> None:
        self._live()["nodes"][device]["metadata"]["labels"][key] = value

    def no_label(self, device: str, key: str) -> None:
        del self._live()["nodes"][device]["metadata"]["labels"][key]

    def in_force(self, device: str, key: str, value: object) -> None:
        """What a kubelet runs with is not what its file says."""
        self.seen.kubelets[device][key] = value

    def kubelet_silent(self, device: str, why: str) -> None:
        self.seen.kubelets[device] = why

    def plugin_stopped(self, driver: str, devices: list[str]) -> None:
        """No pod of it on these nodes; kubelets have taken its slices away (30 s later); claims fail."""
        live = self._live()
        space = DRIVERS[driver].namespace
        gone = {(space, name) for name in devices}
        live["pods"] = tuple(
            p for p in live["pods"] if (p["metadata"]["namespace"], p["spec"]["nodeName"]) not in gone
        )
        live["slices"] = tuple(
            s
            for s in live["slices"]
            if not (s["spec"]["driver"] == driver and s["spec"]["nodeName"] in devices)
        )
        for each in live["sets"]:
            if each["metadata"]["namespace"] == space:
                each["status"]["desiredNumberScheduled"] -= len(devices)
                each["status"]["numberReady"] -= len(devices)
        self.seen = replace(self.seen, pods=live["pods"], slices=live["slices"])
        for name in devices:
            self.claimed[name] = Tried("not measured", f"the plugin of {driver} does not run: no pod")

    def device_missing(self, node: str, driver: str, name: str) -> None:
        """A slice without a device."""
        for spec in self._specs(node, driver):
            spec["devices"] = [each for each in spec["devices"] if each["name"] != name]

    def device_extra(self, node: str, driver: str, name: str) -> None:
        for spec in self._specs(node, driver):
            spec["devices"].append({**copy.deepcopy(spec["devices"][0]), "name": name})

    def slice_missing(self, node: str, driver: str) -> None:
        """The pool announces one slice more than there are."""
        for spec in self._specs(node, driver):
            spec["pool"]["resourceSliceCount"] += 1

    def attribute(self, node: str, driver: str, name: str, key: str, value: dict) -> None:
        """An attribute of one device (of all: ``*``)."""
        for spec in self._specs(node, driver):
            for each in spec["devices"]:
                if name in ("*", each["name"]):
                    each["attributes"][key] = value

    def taint(self, node: str, driver: str, name: str, key: str, effect: str) -> None:
        for spec in self._specs(node, driver):
            for each in spec["devices"]:
                if each["name"] == name:
                    each["taints"] = [{"key": key, "effect": effect}]

    def no_class(self, name: str) -> None:
        del self._live()["classes"][name]

    def class_selects(self, name: str, expression: str) -> None:
        self.seen.classes[name]["spec"]["selectors"] = [{"cel": {"expression": expression}}]

    def claim(self, node: str, outcome: str, found: str, due: bool = True) -> None:
        self.claimed[node] = Tried(outcome, found, due)

    def claims_left(self, what: str) -> None:
        self.left = what

    def _live(self):
        """The parts of what was seen, to be changed in place."""
        return {
            "nodes": self.seen.nodes,
            "classes": self.seen.classes,
            "pods": self.seen.pods,
            "slices": self.seen.slices,
            "sets": self.seen.sets,
        }

    def _specs(self, node: str, driver: str):
        found = [
            s["spec"]
            for s in self.seen.slices
            if (s["spec"]["nodeName"], s["spec"]["driver"]) == (node, driver)
        ]
        assert found, f"no slice of {driver} on {node}"
        return found
