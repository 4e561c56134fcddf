"""kubectl on a control-plane server, as its administrator; and kubeadm, of whose answers only errors are told."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

ADMIN = "/etc/kubernetes/admin.conf"
KUBELET = "/etc/kubernetes/kubelet.conf"
CONTAINERD = "unix:///run/containerd/containerd.sock"
ANSWER_S = 20
TOKEN = re.compile(r"\b[a-z0-9]{6}\.[a-z0-9]{16}\b")


class Refused(Exception):
    """The API server, or kubectl before it, said no; or nobody answered."""


def kubectl(
    module: AnsibleModule, *arguments: str, config: str = ADMIN, data: str | None = None, answer: int = ANSWER_S
) -> str:
    """What kubectl prints.

    :raises Refused: with what it said.
    """
    command = ["kubectl", "--kubeconfig", config, f"--request-timeout={answer}s", *arguments]
    rc, out, err = module.run_command(command, data=data)
    if rc != 0:
        raise Refused(f"kubectl {arguments[0]}: {plain(err or out)}")
    return str(out)


def objects(module: AnsibleModule, *arguments: str, config: str = ADMIN) -> Any:  # noqa: ANN401 (JSON)
    """The same as JSON; None where the object is not there.

    :raises Refused: with what it said.
    """
    try:
        return json.loads(kubectl(module, "get", *arguments, "-o", "json", config=config))
    except Refused as problem:
        if "(NotFound)" in str(problem):
            return None
        raise


def plain(text: str) -> str:
    """The end of what a program said, without anything that lets somebody in.

    >>> plain("a\\ntoken abcdef.0123456789abcdef")
    'a token ******'
    >>> plain('conflict with "helm": .spec.a\\nPlease review the fields above--they have other managers. Here')
    'conflict with "helm": .spec.a'
    """
    said = " ".join(text.split()).partition(" Please review the fields above")[0]
    return TOKEN.sub("******", said)[-600:]


def ready(node: dict[str, Any] | None) -> bool:
    """Whether a Node object says that it is ready.

    >>> ready({"status": {"conditions": [{"type": "Ready", "status": "True"}]}}), ready(None)
    (True, False)
    """
    found = ((node or {}).get("status") or {}).get("conditions") or []
    return any(each["type"] == "Ready" and each["status"] == "True" for each in found)


def why(node: dict[str, Any] | None) -> str:
    """What a Node object that is not ready says of itself.

    >>> why({"status": {"conditions": [{"type": "Ready", "status": "False", "message": "no network"}]}})
    'no network'
    """
    if node is None:
        return "there is no such node"
    found = (node.get("status") or {}).get("conditions") or []
    return next((str(each.get("message")) for each in found if each["type"] == "Ready"), "it says nothing")
