"""Where nodes sit in the fabric: labels of nodes, and the topology objects of the schedulers that are installed."""

from __future__ import annotations

import json
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rackwright.node.plugins.module_utils.kubectl import Refused, kubectl, objects

DOCUMENTATION = r"""
module: topology
short_description: Where nodes sit in the fabric, as schedulers read it
description:
  - Runs on a control-plane server, and speaks with kubectl as its administrator.
  - Labels nodes that have joined by server-side apply; a node that has not is said. A label that another manager
    holds with another value is refused by that manager's name.
  - Applies the objects of each scheduler whose kinds the API server serves; says which it does not.
  - What would change nothing is not sent.
options:
  nodes:
    description: Labels by node.
    type: dict
    default: {}
  objects:
    description: Objects by scheduler. Their names are this cluster's own, so that they are held by force.
    type: dict
    default: {}
  labels_manager:
    description: Field manager of the labels.
    type: str
    default: rackwright-nodes
  objects_manager:
    description: Field manager of the objects.
    type: str
    default: rackwright
  state:
    description: C(absent) withdraws our labels, and deletes the objects that we applied.
    type: str
    choices: [present, absent]
    default: present
author: rackwright
"""

EXAMPLES = r"""
- name: Say where a node sits
  rackwright.node.topology:
    nodes: {gpu-01: {rackwright.dev/unit: su01}}
  delegate_to: control-01
"""

RETURN = r"""
actions: {description: What was (or would be) done., type: list, returned: always}
waiting: {description: Nodes that have not joined., type: list, returned: always}
unserved: {description: "Kinds that the API server does not serve, by scheduler.", type: dict, returned: always}
"""

PASSING = ("managedFields", "resourceVersion", "generation", "uid", "creationTimestamp")
Json = dict[str, Any]


def ours(found: Json, manager: str) -> set[str]:
    """Label keys that a manager holds by apply.

    >>> entry = {"manager": "m", "operation": "Apply", "fieldsV1": {"f:metadata": {"f:labels": {"f:a/b": {}, ".": {}}}}}
    >>> ours({"metadata": {"managedFields": [entry]}}, "m")
    {'a/b'}
    """
    return {
        key[2:]
        for entry in held(found, manager)
        for key in ((entry.get("fieldsV1") or {}).get("f:metadata") or {}).get("f:labels") or {}
        if key != "."
    }


def held(found: Json, manager: str) -> list[Json]:
    """Entries of a manager's own."""
    entries = found["metadata"].get("managedFields") or ()
    return [entry for entry in entries if entry.get("manager") == manager and entry.get("operation") == "Apply"]


def lacking(node: Json, wanted: dict[str, str], manager: str) -> bool:
    """Whether its labels have to be applied: one differs, or one of ours is not wanted any more."""
    have = node["metadata"].get("labels") or {}
    return any(have.get(key) != value for key, value in wanted.items()) or bool(ours(node, manager) - set(wanted))


def plain(found: Json) -> Json:
    """An object without what every write changes."""
    metadata = {key: value for key, value in found["metadata"].items() if key not in PASSING}
    return {**found, "metadata": metadata}


class Cluster:
    """One run against one cluster."""

    def __init__(self, module: AnsibleModule) -> None:
        self.module, self.asked = module, module.params
        self.actions: list[str] = []
        self.waiting: list[str] = []
        self.unserved: dict[str, list[str]] = {}

    def _apply(self, wanted: Json, manager: str, *more: str) -> Json:
        options = ["--server-side", f"--field-manager={manager}", "--show-managed-fields", "-o", "json", *more, "-f", "-"]
        return dict(json.loads(kubectl(self.module, "apply", *options, data=json.dumps(wanted))))

    def label(self) -> None:
        """Every node that has joined.

        :raises Refused: a node's label is another manager's.
        """
        present, manager = self.asked["state"] == "present", self.asked["labels_manager"]
        found = {each["metadata"]["name"]: each for each in self._nodes()}
        for name, labels in sorted(self.asked["nodes"].items()):
            node, wanted = found.get(name), labels if present else {}
            if node is None:
                self.waiting += [name] if present else []
                continue
            if not lacking(node, wanted, manager):
                continue
            # Its identity stands in it: a node that leaves meanwhile is not made anew.
            metadata = {"name": name, "uid": node["metadata"]["uid"], **({"labels": wanted} if wanted else {})}
            body = {"apiVersion": "v1", "kind": "Node", "metadata": metadata}
            force = [] if present else ["--force-conflicts"]
            self._apply(body, manager, *force, *(["--dry-run=server"] if self.module.check_mode else []))
            self.actions.append(f"{'label' if present else 'unlabel'} {name}")

    def _nodes(self) -> list[Json]:
        names = sorted(self.asked["nodes"])
        if not names:
            return []
        options = ["--ignore-not-found", "--show-managed-fields"]
        if len(names) > 1:
            return list((objects(self.module, "nodes", "--show-managed-fields") or {}).get("items", []))
        text = kubectl(self.module, "get", "node", names[0], *options, "-o", "json")
        return [json.loads(text)] if text.strip() else []

    def _served(self, version: str, kind: str) -> str | None:
        """Name of a kind as kubectl asks for it; None where it is not served."""
        try:
            listed = json.loads(kubectl(self.module, "get", "--raw", f"/apis/{version}"))
        except Refused as problem:
            if "NotFound" in str(problem) or "could not find" in str(problem):
                return None
            raise
        rows = [row for row in listed.get("resources", ()) if row["kind"] == kind and "/" not in row["name"]]
        return f"{rows[0]['name']}.{version.partition('/')[2]}.{version.partition('/')[0]}" if rows else None

    def put(self) -> None:
        """Objects of the schedulers that are there, in their order."""
        known: dict[tuple[str, str], str | None] = {}
        for scheduler, rows in sorted(self.asked["objects"].items()):
            for each in rows:
                key = (each["apiVersion"], each["kind"])
                if key not in known:
                    known[key] = self._served(*key)
                resource = known[key]
                if resource is None:
                    missing = self.unserved.setdefault(scheduler, [])
                    missing += [] if f"{key[0]} {key[1]}" in missing else [f"{key[0]} {key[1]}"]
                else:
                    self._one(resource, each)

    def _one(self, resource: str, each: Json) -> None:
        name, manager = each["metadata"]["name"], self.asked["objects_manager"]
        live = objects(self.module, resource, name, "--show-managed-fields")
        if self.asked["state"] == "absent":
            if live is not None and held(live, manager):
                if not self.module.check_mode:
                    kubectl(self.module, "delete", resource, name, "--wait=false")
                self.actions.append(f"delete {each['kind']} {name}")
            return
        would = self._apply(each, manager, "--force-conflicts", "--dry-run=server")
        if live is not None and held(live, manager) and plain(would) == plain(live):
            return
        if not self.module.check_mode:
            self._apply(each, manager, "--force-conflicts")
        self.actions.append(f"{'make' if live is None else 'change'} {each['kind']} {name}")


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "nodes": {"type": "dict", "default": {}},
            "objects": {"type": "dict", "default": {}},
            "labels_manager": {"type": "str", "default": "rackwright-nodes"},
            "objects_manager": {"type": "str", "default": "rackwright"},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        supports_check_mode=True,
    )
    cluster = Cluster(module)
    try:
        cluster.label()
        cluster.put()
    except Refused as problem:
        module.fail_json(msg=str(problem), actions=cluster.actions)
    module.exit_json(
        changed=bool(cluster.actions), actions=cluster.actions, waiting=cluster.waiting, unserved=cluster.unserved
    )


if __name__ == "__main__":
    main()
