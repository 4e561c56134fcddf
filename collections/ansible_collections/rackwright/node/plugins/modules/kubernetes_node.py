"""One node, asked about and looked after from a control-plane server."""

from __future__ import annotations

import base64
import json
import re
import time
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rackwright.node.plugins.module_utils.kubectl import (
    Refused,
    kubectl,
    objects,
    ready,
    why,
)

DOCUMENTATION = r"""
module: kubernetes_node
short_description: A node that is ready, or gone
description:
  - Approves the serving certificate that the node's own kubelet asks for, where it names nothing but this node and
    its address. Kubernetes leaves that to somebody who knows the machines.
  - Sets the node's part of the pods' prefix, once, and waits until the node is ready.
  - C(drained) cordons it and moves its pods; C(absent) takes it out of the cluster then.
options:
  name:
    description: Of the node.
    type: str
    required: true
  address:
    description: The node's address.
    type: str
    default: ''
  pods:
    description: Its part of the pods' prefix; empty for none.
    type: str
    default: ''
  state:
    description: C(present) leaves a cordoned node cordoned; who drained it lets pods come again.
    type: str
    choices: [present, drained, absent]
    default: present
  ready:
    description: Wait until it is ready.
    type: bool
    default: true
  version:
    description: Version that its kubelet must report; empty for any.
    type: str
    default: ''
  wait:
    description: Seconds.
    type: int
    default: 180
author: rackwright
"""

EXAMPLES = r"""
- name: Ready?
  rackwright.node.kubernetes_node: {name: gpu-su01-n01, address: 10.0.0.9, pods: 10.0.0.0/24}
  delegate_to: control-01
"""

RETURN = r"""
actions: {description: What was (or would be) done., type: list, returned: always}
"""

SIGNER = "kubernetes.io/kubelet-serving"
PAUSE_S = 2


def asks(request: dict[str, Any], name: str) -> bool:
    """Whether a certificate request is this node's, for serving, and undecided."""
    spec = request["spec"]
    return (
        spec.get("signerName") == SIGNER
        and spec.get("username") == f"system:node:{name}"
        and "system:nodes" in spec.get("groups", ())
        and not request.get("status", {}).get("conditions")
    )


def beyond(text: str, name: str, address: str) -> list[str]:
    """Names in a request, as openssl prints it, that are not the node's.

    >>> beyond("DNS:gpu-01, IP Address:10.0.0.9, DNS:api", "gpu-01", "10.0.0.9")
    ['DNS:api']
    """
    found = re.findall(r"(?:DNS|IP Address|URI|email):[^,\s]+", text)
    return [each for each in found if each not in (f"DNS:{name}", f"IP Address:{address}")]


def approve(module: AnsibleModule, name: str, address: str) -> list[str]:
    """Approve what may be approved.

    :raises Refused: a request names something else.
    """
    done = []
    for request in (objects(module, "csr") or {}).get("items", []):
        if not asks(request, name):
            continue
        pem = base64.b64decode(request["spec"]["request"]).decode()
        rc, text, err = module.run_command(["openssl", "req", "-noout", "-text"], data=pem)
        wrong = beyond(text, name, address) if rc == 0 else [err.strip()]
        if wrong:
            raise Refused(f"request {request['metadata']['name']} of {name} asks for {', '.join(wrong)}")
        if not module.check_mode:
            kubectl(module, "certificate", "approve", request["metadata"]["name"])
        done.append(f"approve {request['metadata']['name']}")
    return done


def shape(module: AnsibleModule, node: dict[str, Any], pods: str) -> list[str]:
    """Its part of the pods' prefix."""
    found = node["spec"].get("podCIDR")
    done = []
    if pods and found != pods:
        if found:
            raise Refused(f"pods of {node['metadata']['name']}: found {found}, expected {pods}; remove the node first")
        patch = json.dumps({"spec": {"podCIDR": pods, "podCIDRs": [pods]}})
        if not module.check_mode:
            kubectl(module, "patch", "node", node["metadata"]["name"], "--type=merge", "-p", patch)
        done.append(f"pods {pods}")
    return done


def runs(node: dict[str, Any] | None) -> str:
    """Version that its kubelet reports."""
    return str(((node or {}).get("status") or {}).get("nodeInfo", {}).get("kubeletVersion", "")).lstrip("v")


def keep(module: AnsibleModule, asked: dict[str, Any]) -> list[str]:
    """Look after it until it is as asked.

    :raises Refused: it is not in time.
    """
    end, done, last = time.monotonic() + asked["wait"], [], ""
    while True:
        node = None
        try:
            done += approve(module, asked["name"], asked["address"])
            node = objects(module, "node", asked["name"])
            if node is not None:
                done += shape(module, node, asked["pods"])
            last = "" if ready(node) else why(node)
            if asked["address"] and not last:  # the API server takes no serving certificate that nobody approved
                kubectl(module, "get", "--raw", f"/api/v1/nodes/{asked['name']}/proxy/healthz")
            if asked["version"] and not last and runs(node) != asked["version"]:
                last = f"kubelet: found {runs(node) or 'none'}, expected {asked['version']}"
        except Refused as problem:
            if "asks for" in str(problem) or "expected" in str(problem):
                raise
            last = str(problem)
        if module.check_mode or not last or (node is not None and not asked["ready"]):
            return done
        if time.monotonic() > end:
            raise Refused(f"{asked['name']} is not ready after {asked['wait']} s: {last}")
        time.sleep(PAUSE_S)


def leave(module: AnsibleModule, asked: dict[str, Any]) -> list[str]:
    """Drain it, and take it out where it is to be absent."""
    node = objects(module, "node", asked["name"])
    if node is None:
        return []
    done = []
    if not node["spec"].get("unschedulable") or asked["state"] == "absent":
        done.append("drain")
        options = ["--ignore-daemonsets", "--delete-emptydir-data", f"--timeout={asked['wait']}s"]
        # A node that does not answer never says that its pods have ended: waiting for it would be in vain.
        options += [] if ready(node) else ["--force", "--grace-period=0", "--disable-eviction"]
        if not module.check_mode:
            kubectl(module, "drain", asked["name"], *options, answer=0)
    if asked["state"] == "absent":
        done.append("delete")
        if not module.check_mode:
            kubectl(module, "delete", "node", asked["name"])
    return done


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "address": {"type": "str", "default": ""},
            "pods": {"type": "str", "default": ""},
            "state": {"type": "str", "choices": ["present", "drained", "absent"], "default": "present"},
            "ready": {"type": "bool", "default": True},
            "version": {"type": "str", "default": ""},
            "wait": {"type": "int", "default": 180},
        },
        supports_check_mode=True,
    )
    asked = module.params
    try:
        done = keep(module, asked) if asked["state"] == "present" else leave(module, asked)
    except Refused as problem:
        module.fail_json(msg=str(problem))
    module.exit_json(changed=bool(done), actions=done)


if __name__ == "__main__":
    main()
