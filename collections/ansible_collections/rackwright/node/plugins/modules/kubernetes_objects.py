"""A set of objects in Kubernetes, applied by the server under a manager of its own; nothing of it is left over."""

from __future__ import annotations

import json
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rackwright.node.plugins.module_utils import applied
from ansible_collections.rackwright.node.plugins.module_utils.kubectl import Refused, kubectl, objects

DOCUMENTATION = r"""
module: kubernetes_objects
short_description: A set of objects, applied by the server
description:
  - Applies the objects of a file (a List in JSON) by server-side apply under O(manager). What another manager holds with
    another value is refused with its name. Nothing is sent where the server would change nothing.
  - Which objects belong to the set stands in a ConfigMap of its namespace; those that the file no longer has are deleted,
    unless somebody else applied them since.
  - C(absent) deletes all of them, the namespace last. It is refused while claims hold devices of O(drivers), or while there
    are objects of a kind that the set brought.
options:
  name:
    description: Of the set.
    type: str
    required: true
  namespace:
    description: Of the set; where an object says none.
    type: str
    required: true
  path:
    description: The file; not needed where the set is to be absent.
    type: path
    default: ''
  manager:
    description: Field manager.
    type: str
    default: rackwright-dra
  drivers:
    description: DRA drivers that the set deploys.
    type: list
    elements: str
    default: []
  state:
    description: Whether it is to be there.
    type: str
    choices: [present, absent]
    default: present
  wait:
    description: Seconds for what is deleted to be gone, and for new kinds to be served.
    type: int
    default: 180
author: rackwright
"""

EXAMPLES = r"""
- name: Deploy a driver
  rackwright.node.kubernetes_objects:
    name: dranet
    namespace: dranet
    path: /etc/kubernetes/rackwright/dra/dranet.json
  delegate_to: control-01
"""

RETURN = r"""
actions: {description: What was (or would be) done., type: list, returned: always}
"""

NOTE = "objects"
LABEL = "rackwright.io/set"
SHOWN = 5
"""Fields that are said of an object that changes."""


class Set:
    """The set that a module is asked about."""

    def __init__(self, module: AnsibleModule) -> None:
        self.module, asked = module, module.params
        self.name, self.namespace, self.manager = asked["name"], asked["namespace"], asked["manager"]
        self.wait = asked["wait"]
        self.actions: list[str] = []

    def ask(self, *arguments: str, data: str | None = None) -> str:
        """kubectl in the set's namespace; a batch may take the API server longer than one answer."""
        return kubectl(self.module, *arguments, "-n", self.namespace, data=data, answer=60)

    def live(self, wanted: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
        """What is there of some objects, by identity; nothing where their kind or namespace is not there yet."""
        if not wanted:
            return {}
        try:
            words = ["get", "-f", "-", "--ignore-not-found", "-o", "json", "--show-managed-fields"]
            text = self.ask(*words, data=as_list(wanted))
        except Refused as problem:
            if "no matches for kind" in str(problem) or "(NotFound)" in str(problem):
                return {}
            raise
        return {applied.identity(each): each for each in applied.items(text)}

    def apply(self, wanted: list[dict[str, Any]]) -> list[str]:
        """Apply some objects where the server would change something; their identities, as the server has them.

        :raises Refused: it refuses them; with what it said.
        """
        if not wanted:
            return []
        there, text = self.live(wanted), as_list(wanted)
        words = ["apply", "--server-side", f"--field-manager={self.manager}", "-f", "-"]
        try:
            said = self.ask(*words, "--dry-run=server", "-o", "json", "--show-managed-fields", data=text)
        except Refused as problem:
            # In check mode what they stand on may not be there.
            lacks = any(word in str(problem) for word in ("not found", "no matches for kind"))
            if not (self.module.check_mode and lacks and not there):
                raise
            plain = [applied.identity(each, self.namespace) for each in wanted]
            self.actions += [f"create {short(key)}" for key in plain]
            return plain
        lines, keys = [], []
        for each in applied.items(said):
            key = applied.identity(each)
            keys.append(key)
            if key not in there:
                lines.append(f"create {short(key)}")
            elif found := applied.differences(there[key], each):
                lines.append(f"change {short(key)}: {'; '.join(found[:SHOWN])}")
            elif not applied.is_of(there[key], self.manager):
                lines.append(f"own {short(key)}")
        if lines and not self.module.check_mode:
            if wanted[0]["kind"] != applied.FIRST[0]:  # before there is a namespace nothing can be noted
                self.write([*self.noted(), *keys])
            self.ask(*words, data=text)
        self.actions += lines
        return keys

    def noted(self) -> list[str]:
        """Identities of what belongs to the set as far as anybody noted."""
        found = objects(self.module, "configmap", self.note, "-n", self.namespace)
        return json.loads((found or {}).get("data", {}).get(NOTE) or "[]")

    @property
    def note(self) -> str:
        return f"rackwright-{self.name}"

    def write(self, keys: list[str]) -> None:
        """Note what belongs to the set: before it is made, so that a killed run leaves nothing behind."""
        wanted = sorted(set(keys))
        if self.module.check_mode or wanted == self.noted():
            return
        meta = {"name": self.note, "namespace": self.namespace}
        data = {NOTE: json.dumps(wanted)}
        text = json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": data})
        words = ["apply", "--server-side", f"--field-manager={self.manager}", "--force-conflicts", "-f", "-"]
        self.ask(*words, data=text)

    def delete(self, keys: list[str]) -> None:
        """Delete objects, unless they are somebody else's by now.

        :raises Refused: one stays.
        """
        for key in keys:
            group, kind, namespace, name = key.split("|")
            where = ["-n", namespace] if namespace else []
            kinds = f"{kind}.{group}" if group else kind
            try:
                found = objects(self.module, kinds, name, *where, "--show-managed-fields")
            except Refused as problem:
                if "doesn't have a resource type" in str(problem):
                    continue
                raise
            mine = found is not None and applied.identity(found) == key and applied.is_of(found, self.manager)
            if not mine:
                continue
            self.actions.append(f"delete {short(key)}")
            if not self.module.check_mode:
                words = ["delete", kinds, name, *where, "--ignore-not-found", f"--timeout={self.wait}s"]
                kubectl(self.module, *words, answer=0)


def as_list(wanted: list[dict[str, Any]]) -> str:
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": wanted})


def short(key: str) -> str:
    """An identity as people say it.

    >>> short("apps|DaemonSet|n|a"), short("|Namespace||n")
    ('DaemonSet n/a', 'Namespace n')
    """
    _, kind, namespace, name = key.split("|")
    return f"{kind} {namespace}/{name}" if namespace else f"{kind} {name}"


def stamped(each: dict[str, Any], name: str) -> dict[str, Any]:
    """An object with the set's label: people see where it comes from, and one without fields has an owner, too."""
    labels = {**(each["metadata"].get("labels") or {}), LABEL: name}
    return {**each, "metadata": {**each["metadata"], "labels": labels}}


def present(group: Set, wanted: list[dict[str, Any]]) -> None:
    """Make the set what the file has.

    :raises Refused: the server refuses something.
    """
    wanted = [stamped(each, group.name) for each in wanted]
    now: list[str] = []
    for kind in applied.FIRST:
        some = [each for each in wanted if each["kind"] == kind]
        now += group.apply(some)
        if kind != applied.FIRST[0] and not group.module.check_mode:
            for each in some:
                name = f"crd/{each['metadata']['name']}"
                group.ask("wait", "--for=condition=Established", name, f"--timeout={group.wait}s")
    now += group.apply([each for each in wanted if each["kind"] not in applied.FIRST])
    group.delete([key for key in group.noted() if key not in now and key.split("|")[1] not in applied.FIRST])
    group.write(now)


def absent(group: Set, drivers: list[str]) -> None:
    """Delete the set, what stands on others first.

    :raises Refused: something of it is in use.
    """
    keys = group.noted()
    used = applied.claims_of((objects(group.module, "resourceclaims", "-A") or {}).get("items", []), drivers)
    if keys and used:
        raise Refused(f"{group.name}: claims in use: {', '.join(used)}; end their pods first")
    for key in keys:
        _, kind, _, name = key.split("|")
        if kind == applied.FIRST[1]:
            left = (objects(group.module, name, "-A") or {}).get("items", [])
            if left:
                raise Refused(f"{group.name}: {len(left)} objects of {name} are left; they would go with it")
    rank = {kind: place for place, kind in enumerate(applied.FIRST, 1)}
    order = sorted(keys, key=lambda key: (3 - rank.get(key.split("|")[1], 3), key))
    group.delete([key for key in order if key.split("|")[1] not in applied.FIRST])
    if keys and not group.module.check_mode:
        slices = (objects(group.module, "resourceslices") or {}).get("items", [])
        for each in [one["metadata"]["name"] for one in slices if one["spec"].get("driver") in drivers]:
            kubectl(group.module, "delete", "resourceslice", each, "--ignore-not-found")
    group.delete([key for key in order if key.split("|")[1] in applied.FIRST])


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "namespace": {"type": "str", "required": True},
            "path": {"type": "path", "default": ""},
            "manager": {"type": "str", "default": "rackwright-dra"},
            "drivers": {"type": "list", "elements": "str", "default": []},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "wait": {"type": "int", "default": 180},
        },
        supports_check_mode=True,
    )
    group = Set(module)
    try:
        if module.params["state"] == "present":
            try:
                with open(module.params["path"], encoding="utf-8") as file:
                    wanted = applied.items(file.read())
            except FileNotFoundError:
                if not module.check_mode:
                    raise
                module.exit_json(changed=True, actions=[f"apply {module.params['path']}"])
            present(group, wanted)
        else:
            absent(group, module.params["drivers"])
    except (Refused, OSError, ValueError, KeyError) as problem:
        said = str(problem) if isinstance(problem, Refused) else f"{type(problem).__name__}: {problem}"
        module.fail_json(msg=f"{group.name}: {said}", actions=group.actions)
    diff = {"before": "", "after": "".join(f"{line}\n" for line in group.actions)}
    module.exit_json(changed=bool(group.actions), actions=group.actions, diff=diff)


if __name__ == "__main__":
    main()
