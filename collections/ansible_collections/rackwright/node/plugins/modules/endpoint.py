"""An HTTP endpoint that answers, on the addresses that it was given and on no other."""

from __future__ import annotations

import glob
import http.client
import ipaddress
import re

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = r"""
module: endpoint
short_description: An HTTP endpoint that answers on its own address only
description: Reads from the kernel on which addresses a port is listened on, asks the path on the given
  address, and fails with layer, found and expected. A figure that any plane can read is one that any
  tenant can read.
options:
  address:
    description: Address that it must listen on.
    type: str
    required: true
  port:
    description: Port.
    type: int
    required: true
  path:
    description: What is asked.
    type: str
    default: /metrics
  pattern:
    description: Regular expression that the answer must match on some line.
    type: str
    default: ''
  timeout:
    description: Seconds to wait for an answer.
    type: int
    default: 10
author: rackwright
"""

EXAMPLES = r"""
- name: Does it answer?
  rackwright.node.endpoint: {address: 10.0.0.4, port: 9400, pattern: ^DCGM_FI_}
"""

RETURN = r"""
listens: {description: Addresses that the port is listened on., type: list, returned: always}
"""

LISTEN = "0A"
"""TCP_LISTEN in the kernel's table (include/net/tcp_states.h)."""


def address(text: str) -> str:
    """An address in the kernel's notation: words of four octets, each in the machine's order.

    >>> address("0100007F"), address("00000000000000000000000000000000")
    ('127.0.0.1', '::')
    """
    octets = bytes.fromhex(text)
    words = b"".join(octets[place : place + 4][::-1] for place in range(0, len(octets), 4))
    found = ipaddress.ip_address(words)
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return str(mapped or found)


def listens(table: str, port: int) -> list[str]:
    """Addresses of a port's listening sockets, in the text of ``/proc/net/tcp`` or ``tcp6``.

    >>> listens("  sl  local\\n   0: 0100007F:24B8 00000000:0000 0A 0 0 0\\n", 9400)
    ['127.0.0.1']
    """
    rows = re.findall(r"^\s*\d+: ([0-9A-F]+):([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} (..) ", table, re.MULTILINE)
    return sorted(
        address(local) for local, number, state in rows if state == LISTEN and int(number, 16) == port
    )


def sockets(port: int) -> list[str]:
    """Addresses that this machine listens on at a port."""
    found: set[str] = set()
    for path in glob.glob("/proc/net/tcp") + glob.glob("/proc/net/tcp6"):
        with open(path, encoding="utf-8") as file:
            found.update(listens(file.read(), port))
    return sorted(found)


def answer(host: str, port: int, path: str, pattern: str, timeout: int) -> str:
    """What is wrong with the answer; empty: nothing."""
    url = f"http://{f'[{host}]' if ':' in host else host}:{port}{path}"
    try:
        asked = http.client.HTTPConnection(host, port, timeout=timeout)
        asked.request("GET", path)
        response = asked.getresponse()
        text = response.read().decode("utf-8", "replace")
    except (OSError, http.client.HTTPException) as problem:
        return f"{url}: found {problem}, expected an answer"
    if response.status != http.client.OK:
        return f"{url}: found status {response.status}, expected 200"
    if pattern and not re.search(pattern, text, re.MULTILINE):
        return f"{url}: found {len(text.splitlines())} lines, expected one that matches {pattern}"
    return ""


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "address": {"type": "str", "required": True},
            "port": {"type": "int", "required": True},
            "path": {"type": "str", "default": "/metrics"},
            "pattern": {"type": "str", "default": ""},
            "timeout": {"type": "int", "default": 10},
        },
        supports_check_mode=True,
    )
    asked = module.params
    found = sockets(asked["port"])
    wrong = []
    if found != [asked["address"]]:
        text = f"port {asked['port']}: found it on {', '.join(found) or 'no address'}"
        wrong.append(f"{text}, expected {asked['address']} only")
    problem = answer(asked["address"], asked["port"], asked["path"], asked["pattern"], asked["timeout"])
    wrong += [problem] if problem else []
    if wrong and not module.check_mode:
        module.fail_json(msg="\n".join(wrong), listens=found)
    module.exit_json(changed=False, listens=found, differences=wrong)


if __name__ == "__main__":
    main()
