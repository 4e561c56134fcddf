"""kubectl and the API server behind it, as modules see them: server-side apply with owners, and faults."""

from __future__ import annotations

import copy
import json
from typing import Any

CLUSTER_WIDE = {
    "Namespace",
    "ClusterRole",
    "DeviceClass",
    "Node",
    "CustomResourceDefinition",
    "ResourceSlice",
}
PLURALS = {
    "pod": "Pod",
    "pods": "Pod",
    "resourceclaims": "ResourceClaim",
    "resourceslices": "ResourceSlice",
    "resourceslice": "ResourceSlice",
    "controllerrevisions": "ControllerRevision",
    "node": "Node",
    "configmap": "ConfigMap",
    "things.example.com": "Thing",
}


class Failed(AssertionError):
    """What a module failed with."""


class Kubectl:
    """Stands for AnsibleModule and for the cluster. ``holds``: kind, namespace and name to object."""

    def __init__(self, check_mode: bool = False, **params: Any) -> None:
        self.params, self.check_mode = params, check_mode
        self.holds: dict[tuple[str, str, str], dict[str, Any]] = {}
        self.ran: list[str] = []
        self.writes = 0
        self.refuses: dict[str, str] = {}
        """Word of a command to what it is refused with."""

    # -- of AnsibleModule -----------------------------------------------------------------------------

    def run_command(self, command: list[str], data: str | None = None) -> tuple[int, str, str]:
        words = command[4:]
        self.ran.append(" ".join(words))
        for word, said in self.refuses.items():
            if word in " ".join(words):
                return 1, "", said
        try:
            return 0, self._answer(words, data), ""
        except LookupError as problem:
            return 1, "", f"Error from server (NotFound): {problem.args[0]} not found"
        except ValueError as problem:
            return 1, "", f"error: {problem}"

    def fail_json(self, msg: str, **rest: Any) -> None:
        raise Failed(msg)

    # -- of the cluster -------------------------------------------------------------------------------

    def put(self, each: dict[str, Any], manager: str | None = None) -> dict[str, Any]:
        """Put an object there."""
        made = copy.deepcopy(each)
        made["metadata"].setdefault("uid", "u")
        if manager:
            made["metadata"]["managedFields"] = [{"manager": manager, "operation": "Apply", "fieldsV1": {}}]
        self.holds[self._key(made, "")] = made
        return made

    def _key(self, each: dict[str, Any], namespace: str) -> tuple[str, str, str]:
        space = "" if each["kind"] in CLUSTER_WIDE else each["metadata"].get("namespace") or namespace
        return each["kind"], space, each["metadata"]["name"]

    def _answer(self, words: list[str], data: str | None) -> str:
        namespace = words[words.index("-n") + 1] if "-n" in words else ""
        if words[0] == "apply":
            made = [self._apply(each, words, namespace) for each in items(data)]
            return json.dumps(listed(made)) if "-o" in words else ""
        if words[0] == "delete":
            self.writes += 1
            kind = PLURALS.get(words[1], words[1].partition(".")[0])
            space = "" if kind in CLUSTER_WIDE else namespace
            self.holds.pop((kind, space, words[2]), None)
            return ""
        if words[0] == "get" and "-f" in words:
            found = [self.holds.get(self._key(each, namespace)) for each in items(data)]
            return json.dumps(listed([each for each in found if each]))
        if words[0] == "get":
            return self._get(words, namespace)
        return ""

    def _get(self, words: list[str], namespace: str) -> str:
        kind = PLURALS.get(words[1], words[1].partition(".")[0])
        if len(words) > 2 and not words[2].startswith("-"):
            space = "" if kind in CLUSTER_WIDE else namespace
            found = self.holds.get((kind, space, words[2]))
            if found is None:
                raise LookupError(words[2])
            return json.dumps(found)
        field = next((word.partition("=")[2] for word in words if word.startswith("--field-selector=")), "")
        wanted = field.partition("=")[2]
        every = [
            each
            for (one, space, _), each in self.holds.items()
            if one == kind and space in ("", namespace or space)
        ]
        return json.dumps(listed([each for each in every if wanted in ("", each["spec"].get("nodeName"))]))

    def _apply(self, each: dict[str, Any], words: list[str], namespace: str) -> dict[str, Any]:
        key = self._key(each, namespace)
        if key[1] and ("Namespace", "", key[1]) not in self.holds:
            raise LookupError(f'namespaces "{key[1]}"')
        manager = next(word.partition("=")[2] for word in words if word.startswith("--field-manager="))
        there = self.holds.get(key)
        others = [
            one["manager"] for one in (there or {"metadata": {}})["metadata"].get("managedFields") or ()
        ]
        if there and others and manager not in others and {**there, "metadata": 0} != {**each, "metadata": 0}:
            raise ValueError(f'Apply failed with 1 conflict: conflict with "{others[0]}": .spec')
        made = copy.deepcopy(each)
        made["metadata"] = {**(there or {"metadata": {"uid": "u"}})["metadata"], **made["metadata"]}
        if key[1]:
            made["metadata"]["namespace"] = key[1]
        labels = {f"f:{name}": {} for name in each["metadata"].get("labels") or {}}
        fields = {"f:metadata": {"f:labels": labels}} if labels else {}
        rest = [one for one in made["metadata"].get("managedFields") or () if one["manager"] != manager]
        made["metadata"]["managedFields"] = [
            *rest,
            {"manager": manager, "operation": "Apply", "fieldsV1": fields},
        ]
        if there:
            made = {**there, **made}
        if "--dry-run=server" not in words:
            self.writes += 1
            self.holds[key] = made
        return made


def items(data: str | None) -> list[dict[str, Any]]:
    said = json.loads(data or "{}")
    return list(said["items"]) if said.get("kind") == "List" else [said]


def listed(found: list[dict[str, Any]]) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "List", "items": found}
