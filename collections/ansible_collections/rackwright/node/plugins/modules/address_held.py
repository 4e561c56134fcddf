"""Whether some machine has an address that moves between machines."""

from __future__ import annotations

import socket
import time

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = r"""
module: address_held
short_description: A virtual address that some machine has
description: Opens a TCP connection to the address. A machine that has it takes the connection or refuses it; where nobody has
  it, nobody answers. Changes nothing.
options:
  address:
    description: The address.
    type: str
    required: true
  port:
    description: Any port; whether something listens there does not matter.
    type: int
    required: true
  wait:
    description: Seconds until somebody must have it.
    type: int
    default: 20
author: rackwright
"""

EXAMPLES = r"""
- name: Is it there?
  rackwright.node.address_held: {address: 10.112.0.3, port: 6443}
"""

RETURN = r"""
listens: {description: Whether something listens at the port., type: bool, returned: success}
"""

ANSWER_S = 2
PAUSE_S = 0.5


def ask(address: str, port: int) -> bool | None:
    """True: something listens; False: the machine that has the address refuses; None: no machine has it."""
    try:
        socket.create_connection((address, port), timeout=ANSWER_S).close()
    except ConnectionRefusedError:
        return False
    except OSError:
        return None
    return True


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "address": {"type": "str", "required": True},
            "port": {"type": "int", "required": True},
            "wait": {"type": "int", "default": 20},
        },
        supports_check_mode=True,
    )
    asked = module.params
    end = time.monotonic() + asked["wait"]
    while True:
        found = ask(asked["address"], asked["port"])
        if found is not None:
            module.exit_json(changed=False, listens=found)
        if time.monotonic() > end:
            module.fail_json(msg=f"{asked['address']}: found no machine that has it after {asked['wait']} s; look at the "
                             "journal of keepalived on the control-plane servers")
        time.sleep(PAUSE_S)


if __name__ == "__main__":
    main()
