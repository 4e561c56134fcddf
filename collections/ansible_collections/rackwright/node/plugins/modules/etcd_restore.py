"""Bring etcd back to a snapshot, on each control-plane server; a killed run is finished by the next."""

from __future__ import annotations

import os
import shutil
import time

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rackwright.node.plugins.module_utils.kept import digest, note, noted
from ansible_collections.rackwright.node.plugins.module_utils.kubectl import CONTAINERD, Refused, kubectl, plain

DOCUMENTATION = r"""
module: etcd_restore
short_description: etcd as a snapshot has it
description:
  - Proves the snapshot, stops the static pods, lays the snapshot out beside the data, changes the two, and starts the
    pods again. What was there before stays in the data folder until somebody takes it away.
  - Revisions go on far above the old ones, so that nobody who watches takes the past for the present.
  - A snapshot is restored once; its digest is kept in the data. Where these are lost, so is it, and the snapshot is
    restored again.
options:
  snapshot:
    description: File on this server.
    type: path
    required: true
  name:
    description: Name of this member.
    type: str
    required: true
  members:
    description: Name to peer URL of every member.
    type: dict
    required: true
  wait:
    description: Seconds to wait for pods to end, and for the API server to be ready.
    type: int
    default: 180
author: rackwright
"""

EXAMPLES = r"""
- name: Go back
  rackwright.node.etcd_restore:
    snapshot: /var/backups/etcd/20260101T000000Z.db
    name: control-01
    members: {control-01: "https://10.0.0.1:2380"}
"""

RETURN = r"""
actions: {description: What was (or would be) done., type: list, returned: always}
"""

DATA = "/var/lib/etcd"
MANIFESTS = "/etc/kubernetes/manifests"
HELD = "/etc/kubernetes/rackwright/held"
MARK = "member/rackwright-restored"
"""Below the data: it goes where they go."""
BUMP = 1_000_000_000
"""As etcd's page on disaster recovery has it: more than a cluster writes in a week."""


def move_all(source: str, target: str) -> None:
    """Manifests from one folder to another; the kubelet ends, or starts, what they describe."""
    os.makedirs(target, mode=0o700, exist_ok=True)
    for name in sorted(os.listdir(source)) if os.path.isdir(source) else ():
        if name.endswith(".yaml"):
            shutil.move(os.path.join(source, name), os.path.join(target, name))


def stopped(module: AnsibleModule, wait: int) -> bool:
    """Whether etcd and the API server have ended in time."""
    end = time.monotonic() + wait
    while True:
        command = ["crictl", "--runtime-endpoint", CONTAINERD, "ps", "-q", "--name", "^(etcd|kube-apiserver)$"]
        rc, out, _ = module.run_command(command)
        if rc == 0 and not out.strip():
            return True
        if time.monotonic() > end:
            return False
        time.sleep(1)


def lay_out(module: AnsibleModule, asked: dict, marked: str) -> None:
    """The snapshot as data, beside what is there; then change the two. Each step may have been done."""
    fresh, ready = os.path.join(DATA, ".restoring"), os.path.join(DATA, ".restoring-of")
    member, new = os.path.join(DATA, "member"), os.path.join(fresh, "member")
    if not os.path.exists(ready) or noted(ready) != marked:
        shutil.rmtree(fresh, ignore_errors=True)
        cluster = ",".join(f"{name}={url}" for name, url in sorted(asked["members"].items()))
        command = [
            "etcdutl", "snapshot", "restore", asked["snapshot"], "--data-dir", fresh, "--name", asked["name"],
            "--initial-cluster", cluster, "--initial-advertise-peer-urls", asked["members"][asked["name"]],
            "--initial-cluster-token", f"restored-{marked[:12]}", "--bump-revision", str(BUMP),
            "--mark-compacted",
        ]  # fmt: skip
        rc, out, err = module.run_command(command)
        if rc != 0:
            module.fail_json(msg=f"etcdutl snapshot restore: {plain(err or out)}")
        note(os.path.join(fresh, MARK), marked)
        note(ready, marked)
    if os.path.isdir(new):
        if os.path.isdir(member):
            os.rename(member, os.path.join(DATA, f"before-{marked[:12]}-{int(time.time())}"))
        os.rename(new, member)
    os.unlink(ready)
    shutil.rmtree(fresh, ignore_errors=True)


def answers(module: AnsibleModule, wait: int) -> str:
    """Empty when the API server is ready in time; else what it says."""
    end = time.monotonic() + wait
    while True:
        try:
            kubectl(module, "get", "--raw", "/readyz")
            return ""
        except Refused as problem:
            if time.monotonic() > end:
                return str(problem)
        time.sleep(1)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "snapshot": {"type": "path", "required": True},
            "name": {"type": "str", "required": True},
            "members": {"type": "dict", "required": True},
            "wait": {"type": "int", "default": 180},
        },
        supports_check_mode=True,
    )
    asked = module.params
    if not os.path.isfile(asked["snapshot"]):
        module.fail_json(msg=f"{asked['snapshot']}: no such file")
    marked = digest(asked["snapshot"])
    if noted(os.path.join(DATA, MARK)) == marked and not os.path.isdir(HELD):
        module.exit_json(changed=False, actions=[])
    if module.check_mode:
        module.exit_json(changed=True, actions=["restore"])
    rc, out, err = module.run_command(["etcdutl", "snapshot", "status", asked["snapshot"]])
    if rc != 0:
        module.fail_json(msg=f"{asked['snapshot']}: not a whole snapshot: {plain(err or out)}")
    move_all(MANIFESTS, HELD)
    if not stopped(module, asked["wait"]):
        module.fail_json(msg=f"etcd and API server still run after {asked['wait']} s; their manifests are in {HELD}")
    lay_out(module, asked, marked)
    move_all(HELD, MANIFESTS)
    shutil.rmtree(HELD)
    problem = answers(module, asked["wait"])
    if problem:
        module.fail_json(msg=f"the API server is not ready after {asked['wait']} s: {problem}")
    module.exit_json(changed=True, actions=["restore"])


if __name__ == "__main__":
    main()
