"""etcd's members, asked of and changed from a control-plane server, with the way in that role kubernetes left."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ansible_collections.rackwright.node.plugins.module_utils.kubectl import Refused, plain

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

WAY_IN = "/etc/kubernetes/rackwright/etcdctl.env"
ANSWER_S = 20


def environment() -> dict[str, str]:
    """The ``ETCDCTL_`` variables of the way in.

    :raises Refused: this server has none.
    """
    try:
        with open(WAY_IN, encoding="utf-8") as file:
            lines = [line.strip() for line in file]
    except FileNotFoundError:
        raise Refused(f"{WAY_IN}: no such file: not a control-plane server") from None
    return dict(line.split("=", 1) for line in lines if line.startswith("ETCDCTL_"))


def etcdctl(module: AnsibleModule, *words: str, endpoints: str = "", strict: bool = True) -> str:
    """What etcdctl prints. Endpoints go by the environment, where etcdctl refuses to see both.

    :raises Refused: with what it said; not where ``strict`` is off and it printed something.
    """
    variables = environment()
    if endpoints:
        variables["ETCDCTL_ENDPOINTS"] = endpoints
    command = ["etcdctl", f"--command-timeout={ANSWER_S}s", *words]
    rc, out, err = module.run_command(command, environ_update=variables)
    if rc != 0 and (strict or not out.strip()):
        raise Refused(f"etcdctl {' '.join(words[:2])}: {plain(err or out)}")
    return str(out)


def members(module: AnsibleModule) -> list[dict[str, Any]]:
    """All members.

    :raises Refused: etcd does not say.
    """
    return list(json.loads(etcdctl(module, "member", "list", "-w", "json"))["members"])


def named(found: list[dict[str, Any]], name: str, peer: str) -> dict[str, Any] | None:
    """A server's member: by its peer URL, since one that has never started has no name yet.

    >>> named([{"ID": 1, "peerURLs": ["https://10.0.0.1:2380"]}], "control-01", "https://10.0.0.1:2380")
    {'ID': 1, 'peerURLs': ['https://10.0.0.1:2380']}
    """
    return next((each for each in found if peer in each["peerURLs"] or each.get("name") == name), None)


def healthy(module: AnsibleModule, some: list[dict[str, Any]]) -> int:
    """How many of some members answer."""
    urls = [each["clientURLs"][0] for each in some if each.get("clientURLs")]
    if not urls:
        return 0
    answer = etcdctl(module, "endpoint", "health", "-w", "json", endpoints=",".join(urls), strict=False)
    return sum(bool(each.get("health")) for each in json.loads(answer))


def remove(module: AnsibleModule, name: str, peer: str) -> list[str]:
    """Take a server's member out; what was (or would be) done.

    :raises Refused: it is the only one, or too few of the others answer to go on without it.
    """
    found = members(module)
    member = named(found, name, peer)
    if member is None:
        return []
    voters = [each for each in found if each is not member and not each.get("isLearner")]
    alive, needed = healthy(module, voters), len(voters) // 2 + 1
    if alive < needed:
        text = f"etcd without {name}: found {alive} of {len(voters)} other members healthy, expected at least {needed}"
        raise Refused(f"{text}; bring one back first")
    if not module.check_mode:
        etcdctl(module, "member", "remove", f"{member['ID']:x}")
    return [f"remove etcd member {name}"]
