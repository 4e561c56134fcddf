"""A node's part in dynamic resource allocation: its labels, the plugins on it, and what they publish."""

from __future__ import annotations

import json
import time
from datetime import datetime
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rackwright.node.plugins.module_utils import applied
from ansible_collections.rackwright.node.plugins.module_utils.kubectl import Refused, kubectl, objects, ready

DOCUMENTATION = r"""
module: dra_node
short_description: DRA plugins on a node, and what they publish
description:
  - Sets the labels by which the plugins' DaemonSets find the node, under a field manager of their own.
  - Restarts a plugin that is older than what it read when it began (driver, toolkit, device nodes), since it would go on with
    what is not there any more (kubernetes-sigs/dra-driver-nvidia-gpu#1144, #1380). Containers that run are not touched.
  - Waits until each plugin is ready, of its DaemonSet's newest revision, and has published at least the expected devices.
  - C(absent) takes the labels away, and waits until the plugins are gone; refused while claims hold devices of this node.
options:
  name:
    description: Of the node.
    type: str
    required: true
  releases:
    description: Each with C(name), C(namespace), C(labels) and C(drivers), the number of devices by driver.
    type: list
    elements: dict
    required: true
  since:
    description: Seconds since 1970, by the node's clock, of the last change to what plugins read.
    type: float
    default: 0
  state:
    description: Whether plugins are to run there.
    type: str
    choices: [present, absent]
    default: present
  wait:
    description: Seconds.
    type: int
    default: 180
author: rackwright
"""

EXAMPLES = r"""
- name: Ready?
  rackwright.node.dra_node:
    name: gpu-su01-n01
    releases: [{name: dranet, namespace: dranet, labels: {rackwright.io/dra-network: 'true'}, drivers: {dra.net: 8}}]
  delegate_to: control-01
"""

RETURN = r"""
actions: {description: What was (or would be) done., type: list, returned: always}
"""

MANAGER = "rackwright-dra-node"
PAUSE_S = 2


def labelled(module: AnsibleModule, node: dict[str, Any], labels: dict[str, str]) -> list[str]:
    """Set the labels, and take away those that we set once and that are not asked for any more.

    :raises Refused: another manager holds one of them with another value.
    """
    held = node["metadata"].get("labels") or {}
    ours = {
        key[2:]
        for entry in node["metadata"].get("managedFields") or ()
        if entry.get("manager") == MANAGER
        for key in ((entry.get("fieldsV1") or {}).get("f:metadata") or {}).get("f:labels") or {}
        if key != "."
    }
    done = [
        f"label {key}={value}" for key, value in labels.items() if held.get(key) != value or key not in ours
    ]
    done += [f"unlabel {key}" for key in sorted(ours - set(labels))]
    if done and not module.check_mode:
        # With the uid it cannot make a node that is gone by now.
        meta = {"name": node["metadata"]["name"], "uid": node["metadata"]["uid"], "labels": labels}
        text = json.dumps({"apiVersion": "v1", "kind": "Node", "metadata": meta})
        kubectl(module, "apply", "--server-side", f"--field-manager={MANAGER}", "-f", "-", data=text)
    return done


def plugins(module: AnsibleModule, node: str, namespace: str) -> list[dict[str, Any]]:
    """Pods of DaemonSets on a node, in a release's namespace."""
    found = objects(module, "pods", "-n", namespace, f"--field-selector=spec.nodeName={node}") or {}
    return [
        pod
        for pod in found.get("items", [])
        if any(each.get("kind") == "DaemonSet" for each in pod["metadata"].get("ownerReferences") or ())
    ]


def began(pod: dict[str, Any]) -> float | None:
    """When the container that runs longest began, in seconds since 1970; None where none runs.

    >>> began({"status": {"containerStatuses": [{"state": {"running": {"startedAt": "1970-01-01T00:01:00Z"}}}]}})
    60.0
    """
    states = [each.get("state") or {} for each in (pod.get("status") or {}).get("containerStatuses") or []]
    texts = [state["running"]["startedAt"] for state in states if state.get("running")]
    return min(
        (datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() for text in texts), default=None
    )


def stale(pod: dict[str, Any], since: float) -> bool:
    """Whether a plugin began before what it reads was changed, or in the same second."""
    start = began(pod)
    return start is not None and start <= since and not pod["metadata"].get("deletionTimestamp")


def newest(module: AnsibleModule, namespace: str) -> dict[str, str]:
    """DaemonSet to the hash of its newest revision."""
    found: dict[str, tuple[int, str]] = {}
    for each in (objects(module, "controllerrevisions", "-n", namespace) or {}).get("items", []):
        for owner in each["metadata"].get("ownerReferences") or ():
            word = (each["metadata"].get("labels") or {}).get("controller-revision-hash", "")
            found[owner["name"]] = max(found.get(owner["name"], (0, "")), (int(each["revision"]), word))
    return {name: word for name, (_, word) in found.items()}


def lacking(pods: list[dict[str, Any]], revisions: dict[str, str], release: dict[str, Any]) -> str:
    """What a release's plugins on a node lack; empty where they are all ready."""
    if not pods:
        return f"{release['name']}: no plugin runs here yet"
    for pod in pods:
        name = pod["metadata"]["name"]
        owner = next(
            each["name"] for each in pod["metadata"]["ownerReferences"] if each["kind"] == "DaemonSet"
        )
        if pod["metadata"].get("deletionTimestamp"):
            return f"{name}: it is ending"
        if not ready(pod):
            return f"{name}: {why(pod)}"
        found = (pod["metadata"].get("labels") or {}).get("controller-revision-hash")
        if owner in revisions and found != revisions[owner]:
            return f"{name}: found revision {found}, expected {revisions[owner]}"
    return ""


def why(pod: dict[str, Any]) -> str:
    """What a pod that is not ready waits for, its containers' own words first.

    >>> why({"status": {"phase": "Pending"}})
    'it is Pending'
    """
    status = pod.get("status") or {}
    every = [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]
    for each in every:
        state = each.get("state") or {}
        last = (each.get("lastState") or {}).get("terminated") or state.get("terminated") or {}
        waiting = state.get("waiting") or {}
        if waiting.get("reason") not in (None, "PodInitializing", "ContainerCreating") or last.get(
            "exitCode"
        ):
            words = [waiting.get("reason"), waiting.get("message"), last.get("message")]
            if last.get("exitCode"):
                words.append(f"ended with {last['exitCode']}")
            return f"{each['name']}: {', '.join(str(word) for word in words if word)[:300]}"
    conditions = status.get("conditions") or []
    said = next(
        (each.get("message") for each in conditions if each.get("status") == "False" and each.get("message")),
        "",
    )
    return str(said) or f"it is {status.get('phase') or 'unknown'}"


def published(slices: list[dict[str, Any]], node: str, drivers: dict[str, int]) -> str:
    """What is lacking of a node's slices; empty where each driver's pool is whole and large enough.

    Only slices of a pool's newest generation count.
    """
    for driver, expected in drivers.items():
        own = [
            each["spec"]
            for each in slices
            if (each["spec"].get("driver"), each["spec"].get("nodeName")) == (driver, node)
        ]
        if not own:
            return f"{driver}: no ResourceSlice"
        last = max(each["pool"]["generation"] for each in own)
        whole = [each for each in own if each["pool"]["generation"] == last]
        if len(whole) != whole[0]["pool"]["resourceSliceCount"]:
            return f"{driver}: found {len(whole)} of {whole[0]['pool']['resourceSliceCount']} ResourceSlices"
        found = sum(len(each.get("devices") or []) for each in whole)
        if found < expected:
            return f"{driver}: found {found} devices, expected {expected}"
    return ""


def keep(module: AnsibleModule, asked: dict[str, Any]) -> list[str]:
    """Look after the node until its plugins are ready.

    :raises Refused: they are not in time, or the node is none.
    """
    node, name = objects(module, "node", asked["name"], "--show-managed-fields"), asked["name"]
    if node is None:
        if module.check_mode:
            return [f"label {name}"]
        raise Refused(f"{name}: there is no such node")
    done = labelled(
        module, node, {key: value for each in asked["releases"] for key, value in each["labels"].items()}
    )
    for release in asked["releases"]:
        for pod in plugins(module, name, release["namespace"]):
            if stale(pod, asked["since"]):
                done.append(
                    f"restart {release['namespace']}/{pod['metadata']['name']}: older than what it read"
                )
                if not module.check_mode:
                    words = [
                        "delete",
                        "pod",
                        pod["metadata"]["name"],
                        "-n",
                        release["namespace"],
                        "--wait=false",
                    ]
                    kubectl(module, *words, "--ignore-not-found")
    end = time.monotonic() + asked["wait"]
    while not module.check_mode:
        lacks = look(module, name, asked)
        if not lacks:
            break
        if time.monotonic() > end:
            raise Refused(f"{name}: after {asked['wait']} s: {'; '.join(lacks)}")
        time.sleep(PAUSE_S)
    return done


def look(module: AnsibleModule, name: str, asked: dict[str, Any]) -> list[str]:
    """What is lacking now; an API server that does not answer is asked again."""
    lacks = []
    try:
        slices = (objects(module, "resourceslices", f"--field-selector=spec.nodeName={name}") or {}).get(
            "items", []
        )
        for release in asked["releases"]:
            space = release["namespace"]
            pods = plugins(module, name, space)
            own = lacking(pods, newest(module, space), release) or published(slices, name, release["drivers"])
            lacks += [own] if own else []
            lacks += [
                f"{pod['metadata']['name']}: older than what it read"
                for pod in pods
                if stale(pod, asked["since"])
            ]
    except Refused as problem:
        lacks.append(str(problem))
    return lacks


def leave(module: AnsibleModule, asked: dict[str, Any]) -> list[str]:
    """Take the labels away, and wait until no plugin is left.

    :raises Refused: devices are in use, or a plugin stays.
    """
    name = asked["name"]
    node = objects(module, "node", name, "--show-managed-fields")
    if node is None:
        return []
    drivers = [driver for each in asked["releases"] for driver in each["drivers"]]
    used = applied.claims_of((objects(module, "resourceclaims", "-A") or {}).get("items", []), drivers, name)
    if used:
        raise Refused(f"{name}: claims in use: {', '.join(used)}; drain the node first")
    done = labelled(module, node, {})
    end = time.monotonic() + asked["wait"]
    while done and not module.check_mode:
        left = [
            pod["metadata"]["name"]
            for each in asked["releases"]
            for pod in plugins(module, name, each["namespace"])
        ]
        if not left:
            break
        if time.monotonic() > end:
            raise Refused(f"{name}: after {asked['wait']} s there are still {', '.join(left)}")
        time.sleep(PAUSE_S)
    return done


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "releases": {"type": "list", "elements": "dict", "required": True},
            "since": {"type": "float", "default": 0},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "wait": {"type": "int", "default": 180},
        },
        supports_check_mode=True,
    )
    asked = module.params
    try:
        done = keep(module, asked) if asked["state"] == "present" else leave(module, asked)
    except Refused as problem:
        module.fail_json(msg=str(problem))
    diff = {"before": "", "after": "".join(f"{line}\n" for line in done)}
    module.exit_json(changed=bool(done), actions=done, diff=diff)


if __name__ == "__main__":
    main()
