"""Tables of nftables that are to be gone, asked of the kernel itself: nft need not be installed."""

from __future__ import annotations

import errno
import os
import socket
import struct

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = r"""
module: nftables_table
short_description: Tables of nftables that are to be gone
description: Deletes tables that a program in a container has left behind. kube-proxy begins with what it finds in its
  tables; those of another cluster lead it astray.
options:
  tables:
    description: Names by family (C(ip), C(ip6) or C(inet)).
    type: dict
    required: true
author: rackwright
"""

EXAMPLES = r"""
- name: Take kube-proxy's tables away
  rackwright.node.nftables_table:
    tables: {ip: [kube-proxy], ip6: [kube-proxy]}
"""

RETURN = r"""
removed: {description: "Family and name of what was (or would be) removed.", type: list, returned: always}
"""

FAMILIES = {"inet": 1, "ip": 2, "ip6": 10}
NETFILTER, SUBSYSTEM = 12, 10
BEGIN, END, GET, DELETE = 0x10, 0x11, SUBSYSTEM << 8 | 1, SUBSYSTEM << 8 | 2
REQUEST, ACKNOWLEDGE = 1, 4
ERROR = 2
"""linux/netlink.h, linux/netfilter/nfnetlink.h and nf_tables.h."""


def message(kind: int, flags: int, family: int, resource: int, body: bytes = b"") -> bytes:
    """One netlink message.

    >>> len(message(BEGIN, REQUEST, 0, SUBSYSTEM))
    20
    """
    data = struct.pack("=BB", family, 0) + struct.pack(">H", resource) + body
    return struct.pack("=IHHII", 16 + len(data), kind, flags, 1, 0) + data


def named(name: str) -> bytes:
    """A table's name as an attribute, padded.

    >>> named("ab")
    b'\\x07\\x00\\x01\\x00ab\\x00\\x00'
    """
    text = name.encode() + b"\0"
    return struct.pack("=HH", 4 + len(text), 1) + text + b"\0" * (-len(text) % 4)


def error_in(answer: bytes) -> int:
    """Error number of the first message of an answer; 0 where it tells of none."""
    _, kind, _, _, _ = struct.unpack_from("=IHHII", answer)
    return -int(struct.unpack_from("=i", answer, 16)[0]) if kind == ERROR else 0


def ask(data: bytes) -> int:
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETFILTER) as kernel:
        kernel.settimeout(10)
        kernel.bind((0, 0))
        kernel.send(data)
        return error_in(kernel.recv(1 << 16))


def there(family: int, name: str) -> bool:
    """Whether the kernel has the table; a kernel without nftables has none.

    :raises OSError: it says something else.
    """
    code = ask(message(GET, REQUEST | ACKNOWLEDGE, family, 0, named(name)))
    if code not in (0, errno.ENOENT, errno.EINVAL, errno.EOPNOTSUPP):
        raise OSError(code, os.strerror(code))
    return code == 0


def delete(family: int, name: str) -> None:
    """:raises OSError: the kernel refuses."""
    batch = message(BEGIN, REQUEST, 0, SUBSYSTEM)
    batch += message(DELETE, REQUEST | ACKNOWLEDGE, family, 0, named(name))
    code = ask(batch + message(END, REQUEST, 0, SUBSYSTEM))
    if code not in (0, errno.ENOENT):
        raise OSError(code, os.strerror(code))


def main() -> None:
    module = AnsibleModule(
        argument_spec={"tables": {"type": "dict", "required": True}}, supports_check_mode=True
    )
    removed = []
    for family, names in sorted(module.params["tables"].items()):
        for name in names:
            try:
                if there(FAMILIES[family], name):
                    removed.append(f"{family} {name}")
                    if not module.check_mode:
                        delete(FAMILIES[family], name)
            except OSError as problem:
                module.fail_json(msg=f"table {family} {name}: {problem}")
    module.exit_json(changed=bool(removed), removed=removed)


if __name__ == "__main__":
    main()
