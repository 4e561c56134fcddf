"""Which control-plane servers of a cluster answer, as seen from this machine."""

from __future__ import annotations

import http.client
import os
import ssl
from concurrent.futures import ThreadPoolExecutor

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rackwright.node.plugins.module_utils.kubectl import DONE

DOCUMENTATION = r"""
module: kubernetes_servers
short_description: Which control-plane servers answer
description:
  - Asks each API server whether it is alive, all at once; it answers that without a name. What is trusted is found out
    later, over SSH. Changes nothing.
options:
  servers:
    description: Name to address of every control-plane server.
    type: dict
    required: true
  port:
    description: Of the API servers.
    type: int
    default: 6443
  wait:
    description: Seconds that each may take.
    type: int
    default: 5
author: rackwright
"""

EXAMPLES = r"""
- name: Who is there?
  rackwright.node.kubernetes_servers: {servers: {control-01: 10.0.0.1}}
"""

RETURN = r"""
answers: {description: Names of those that are alive, in order of their names., type: list, returned: always}
joined: {description: Whether this machine is a node of the cluster., type: bool, returned: always}
"""


def alive(address: str, port: int, wait: int) -> bool:
    """Whether an API server says so."""
    # Nothing is told to it and nothing of what it says is believed but that it answers.
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    connection = http.client.HTTPSConnection(address, port, timeout=wait, context=context)
    try:
        connection.request("GET", "/livez")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "servers": {"type": "dict", "required": True},
            "port": {"type": "int", "default": 6443},
            "wait": {"type": "int", "default": 5},
        },
        supports_check_mode=True,
    )
    asked = module.params
    names = sorted(asked["servers"])
    with ThreadPoolExecutor(max(1, len(names))) as pool:
        found = list(pool.map(lambda name: alive(asked["servers"][name], asked["port"], asked["wait"]), names))
    answers = [name for name, up in zip(names, found) if up]
    module.exit_json(changed=False, answers=answers, joined=os.path.exists(DONE))


if __name__ == "__main__":
    main()
