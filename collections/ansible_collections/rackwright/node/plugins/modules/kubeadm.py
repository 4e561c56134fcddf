"""Begin a cluster or join one with kubeadm, so that a run that was killed is finished by the next."""

from __future__ import annotations

import json
import os
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rackwright.node.plugins.module_utils.kept import note, noted
from ansible_collections.rackwright.node.plugins.module_utils.kubectl import (
    CONTAINERD,
    DONE,
    KUBELET,
    Refused,
    kubectl,
    plain,
)

DOCUMENTATION = r"""
module: kubeadm
short_description: A node made, brought to its configuration, or taken apart by kubeadm
description:
  - C(init) and C(join) do nothing on a server that is a node already. What a killed run left there is taken up
    again, since kubeadm's phases may be repeated; its checks that find its own files are told to let them be.
  - A node of another release is upgraded, the cluster first where C(first) is set. The kubelet's program is not
    restarted; do that afterwards. A worker is never taken beyond its API server.
  - Where the folder of patches is younger than the kubelet's configuration, that is written anew.
  - Nothing that kubeadm prints is returned but its errors, and tokens are struck out of these.
options:
  state:
    description: What to make of this server.
    type: str
    choices: [init, join, absent]
    required: true
  version:
    description: Release that the node is to have; empty for any.
    type: str
    default: ''
  first:
    description: This server's upgrade is the cluster's.
    type: bool
    default: false
  config:
    description: kubeadm's configuration file.
    type: path
    default: /etc/kubernetes/rackwright/kubeadm.yaml
  patches:
    description: Folder of patches.
    type: path
    default: /etc/kubernetes/patches
  ignored:
    description: Further checks of kubeadm whose errors are let pass.
    type: list
    elements: str
    default: []
author: rackwright
"""

EXAMPLES = r"""
- name: Begin the cluster
  rackwright.node.kubeadm: {state: init}
"""

RETURN = r"""
actions: {description: What was (or would be) done., type: list, returned: always}
"""

BEGUN = "/etc/kubernetes/rackwright/kubeadm-begun"
CLIENT = "/var/lib/kubelet/pki/kubelet-client-current.pem"
CONFIG = "/var/lib/kubelet/config.yaml"
BOOTSTRAP = "/etc/kubernetes/bootstrap-kubelet.conf"
LEFT = (
    "DirAvailable--var-lib-etcd", "DirAvailable--etc-kubernetes-manifests",
    "FileAvailable--etc-kubernetes-bootstrap-kubelet.conf", "FileAvailable--etc-kubernetes-kubelet.conf",
    "FileAvailable--etc-kubernetes-manifests-etcd.yaml",
    "FileAvailable--etc-kubernetes-manifests-kube-apiserver.yaml",
    "FileAvailable--etc-kubernetes-manifests-kube-controller-manager.yaml",
    "FileAvailable--etc-kubernetes-manifests-kube-scheduler.yaml",
    "FileAvailable--etc-kubernetes-pki-ca.crt",
    "Port-10250", "Port-10257", "Port-10259", "Port-2379", "Port-2380", "Port-6443",
)  # fmt: skip
"""Checks that find what a killed run of ours left."""


def is_node(state: str, control: bool) -> bool:
    """Whether this server is a node already. A worker whose kubelet has its own certificate is one, even where
    the run that made it so was killed; a control plane is one when kubeadm has said so."""
    if os.path.exists(DONE):
        return True
    return state == "join" and not control and all(os.path.exists(path) for path in (KUBELET, CLIENT, CONFIG))


def stale(patches: str) -> bool:
    """Whether a patch is younger than the kubelet's configuration."""
    try:
        written = os.stat(CONFIG).st_mtime
        names = [patches, *(entry.path for entry in os.scandir(patches))]
    except FileNotFoundError:
        return False
    return any(os.stat(name).st_mtime > written for name in names)


def ignoring(asked: list[str], resumed: bool) -> list[str]:
    """
    >>> ignoring(["Swap"], False)
    ['--ignore-preflight-errors=Swap']
    """
    names = [*asked, *(LEFT if resumed else ())]
    return [f"--ignore-preflight-errors={','.join(names)}"] if names else []


def control_in(path: str) -> bool:
    """Whether a configuration makes a control-plane server."""
    try:
        with open(path, encoding="utf-8") as file:
            return any(line.startswith("controlPlane:") for line in file)
    except FileNotFoundError:
        return False


def run(module: AnsibleModule, *arguments: str) -> None:
    rc, out, err = module.run_command(["kubeadm", *arguments])
    if rc != 0:
        module.fail_json(msg=f"kubeadm {arguments[0]}: {plain(err or out)}")


def make(module: AnsibleModule, asked: dict[str, Any]) -> list[str]:
    """``init`` or ``join``, or the kubelet's configuration anew; what was (or would be) done."""
    state = asked["state"]
    if not is_node(state, control_in(asked["config"])):
        if module.check_mode:
            return [state]
        resumed = os.path.exists(BEGUN)
        note(BEGUN)
        quiet = ["--skip-token-print"] if state == "init" else []
        run(module, state, "--config", asked["config"], *ignoring(asked["ignored"], resumed), *quiet)
        note(DONE, asked["version"])
        return [state]
    if not os.path.exists(DONE) and not module.check_mode:
        if os.path.exists(BOOTSTRAP):  # it holds the token of a run that was killed
            os.unlink(BOOTSTRAP)
        note(DONE, asked["version"])
    done = upgrade(module, asked)
    if done or not stale(asked["patches"]):
        return done
    if not module.check_mode:
        phase = ["upgrade", "node", "phase", "kubelet-config", "--patches", asked["patches"]]
        run(module, *phase, "--kubeconfig", KUBELET)
        os.utime(CONFIG)
    return ["kubelet-config"]


def minor(version: str) -> tuple[int, ...]:
    """
    >>> minor("v1.37.2")
    (1, 37)
    """
    return tuple(int(part) for part in version.lstrip("v").split(".")[:2])


def upgrade(module: AnsibleModule, asked: dict[str, Any]) -> list[str]:
    """To another release; what was (or would be) done. kubeadm itself refuses to leave a minor release out."""
    had, wanted = noted(DONE), asked["version"]
    if not had or not wanted or had == wanted:
        return []
    if module.check_mode:
        return [f"upgrade {had} -> {wanted}"]
    checks = ignoring(asked["ignored"], False)
    if asked["first"]:
        run(module, "upgrade", "apply", f"v{wanted}", "--yes", "--patches", asked["patches"], *checks)
    else:
        try:
            serves = json.loads(kubectl(module, "version", "-o", "json", config=KUBELET))["serverVersion"]["gitVersion"]
        except Refused as problem:
            module.fail_json(msg=str(problem))
        if minor(serves) < minor(wanted):
            text = f"API server: found {serves}, expected v{wanted} or newer; upgrade control-plane servers first"
            module.fail_json(msg=text)
        run(module, "upgrade", "node", "--patches", asked["patches"], *checks)
    if os.path.exists(CONFIG):
        os.utime(CONFIG)
    note(DONE, wanted)
    return [f"upgrade {had} -> {wanted}"]


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": ["init", "join", "absent"], "required": True},
            "version": {"type": "str", "default": ""},
            "first": {"type": "bool", "default": False},
            "config": {"type": "path", "default": "/etc/kubernetes/rackwright/kubeadm.yaml"},
            "patches": {"type": "path", "default": "/etc/kubernetes/patches"},
            "ignored": {"type": "list", "elements": "str", "default": []},
        },
        supports_check_mode=True,
    )
    if module.params["state"] != "absent":
        actions = make(module, module.params)
        module.exit_json(changed=bool(actions), actions=actions)
    there = any(os.path.exists(path) for path in (BEGUN, DONE, KUBELET, CONFIG))
    if there and not module.check_mode:
        run(module, "reset", "--force", "--cri-socket", CONTAINERD)
        for path in (BEGUN, DONE):
            if os.path.exists(path):
                os.unlink(path)
    module.exit_json(changed=there, actions=["reset"] if there else [])


if __name__ == "__main__":
    main()
