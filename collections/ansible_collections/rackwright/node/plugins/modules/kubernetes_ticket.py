"""What a server needs to join: made on a control-plane server, valid for minutes, never shown."""

from __future__ import annotations

import base64
import json
import os
import time

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rackwright.node.plugins.module_utils import etcd
from ansible_collections.rackwright.node.plugins.module_utils.kubectl import Refused, kubectl, objects, plain

DOCUMENTATION = r"""
module: kubernetes_ticket
short_description: What a server needs to join a cluster
description:
  - Makes a bootstrap token that ends by itself, and with it the kubeconfig that C(discovery.file) reads. Use it
    with C(no_log).
  - Takes away the Node that an earlier installation of the same server has left, as kubeadm refuses to join
    beside it; and that installation's member of etcd, where C(peer) is set, since kubeadm would
    take it up again, without what it had promised the others.
  - Waits for the API, which another run may be about to begin.
options:
  name:
    description: The server's name as a node.
    type: str
    required: true
  endpoint:
    description: Name or address, and port, of the API.
    type: str
    required: true
  control:
    description: It joins as a control-plane server, and gets the cluster's keys.
    type: bool
    default: false
  peer:
    description: Peer URL of the server's member of etcd, where it joins as a control-plane server and has no data of etcd.
    type: str
    default: ''
  wait:
    description: Seconds to wait for the API.
    type: int
    default: 180
  minutes:
    description: How long the token is valid.
    type: int
    default: 20
author: rackwright
"""

EXAMPLES = r"""
- name: Ask for a way in
  rackwright.node.kubernetes_ticket: {name: gpu-su01-n01, endpoint: "api.lab.internal:6443"}
  delegate_to: control-01
  no_log: true
"""

RETURN = r"""
kubeconfig: {description: Text of the kubeconfig., type: str, returned: success}
keys: {description: "The cluster's keys for a control-plane server, path to text.", type: dict, returned: success}
"""

PAUSE_S = 2
PKI = "/etc/kubernetes/pki"
SHARED = ("ca.crt", "ca.key", "sa.key", "sa.pub", "front-proxy-ca.crt", "front-proxy-ca.key", "etcd/ca.crt", "etcd/ca.key")


def kubeconfig(endpoint: str, authority: bytes, token: str) -> str:
    """For kubeadm's discovery and the kubelet's first request. JSON is YAML, too."""
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {
                "name": "cluster",
                "cluster": {
                    "server": f"https://{endpoint}",
                    "certificate-authority-data": base64.b64encode(authority).decode(),
                },
            }
        ],
        "users": [{"name": "joining", "user": {"token": token}}],
        "contexts": [{"name": "joining", "context": {"cluster": "cluster", "user": "joining"}}],
        "current-context": "joining",
    }
    return json.dumps(document) + "\n"


def forget(module: AnsibleModule, name: str, peer: str, wait: int) -> None:
    """Take away what an earlier installation of the server has left in the cluster.

    :raises Refused: the API does not answer in time, or etcd would lose its majority.
    """
    end = time.monotonic() + wait
    while True:
        try:
            left = objects(module, "node", name)
            break
        except Refused:
            if time.monotonic() > end:
                raise
        time.sleep(PAUSE_S)
    if peer:
        etcd.remove(module, name, peer)
    if left is not None:
        kubectl(module, "delete", "node", name, "--wait=false")


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "endpoint": {"type": "str", "required": True},
            "control": {"type": "bool", "default": False},
            "peer": {"type": "str", "default": ""},
            "wait": {"type": "int", "default": 180},
            "minutes": {"type": "int", "default": 20},
        },
        supports_check_mode=True,
    )
    asked = module.params
    if module.check_mode:
        module.exit_json(changed=True, kubeconfig="", keys={})
    try:
        forget(module, asked["name"], asked["peer"], asked["wait"])
    except Refused as problem:
        module.fail_json(msg=str(problem))
    words = f"rackwright: {asked['name']} joins"
    rc, out, err = module.run_command(
        ["kubeadm", "token", "create", "--ttl", f"{asked['minutes']}m", "--description", words]
    )
    if rc != 0:
        module.fail_json(msg=f"kubeadm token create: {plain(err)}")
    with open(os.path.join(PKI, "ca.crt"), "rb") as file:
        authority = file.read()
    keys = {}
    for name in SHARED if asked["control"] else ():
        with open(os.path.join(PKI, name), encoding="utf-8") as text:
            keys[os.path.join(PKI, name)] = text.read()
    module.exit_json(
        changed=True, kubeconfig=kubeconfig(asked["endpoint"], authority, out.split()[-1]), keys=keys
    )


if __name__ == "__main__":
    main()
