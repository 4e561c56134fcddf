"""Kernel settings, written and read back."""

from __future__ import annotations

import os

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = r"""
module: sysctl
short_description: Kernel settings, written and read back
description: Applies the lines of a sysctl.d file to the running kernel where they differ. A setting that
  the kernel gives to this machine only to read (it belongs to the machine that hosts it) is listed, as
  systemd-sysctl leaves it alone.
options:
  text:
    description: 'Lines as in sysctl.d(5): key = value; slashes where a name holds dots.'
    type: str
    required: true
  required:
    description: Fail where a setting cannot be had.
    type: bool
    default: false
author: rackwright
"""

EXAMPLES = r"""
- name: Apply what was written
  rackwright.node.sysctl:
    text: "net.ipv4.conf.all.arp_ignore = 1\n"
"""

RETURN = r"""
applied:
  description: 'Settings that were (or would be) changed: key to [found, expected].'
  type: dict
  returned: always
not_ours:
  description: Settings that this machine may not change.
  type: dict
  returned: always
"""

ROOT = "/proc/sys"


def parsed(text: str) -> list[tuple[str, str, bool]]:
    """Lines as (key, value, optional); a leading dash lets a key be absent.

    >>> parsed("# c\\nnet.ipv4.ip_forward = 1\\n-vm.x=2\\n")
    [('net.ipv4.ip_forward', '1', False), ('vm.x', '2', True)]
    """
    rows = []
    for line in text.splitlines():
        line = line.strip()
        if line and line[0] not in "#;" and "=" in line:
            key, value = line.split("=", 1)
            rows.append((key.strip().lstrip("-"), " ".join(value.split()), line.startswith("-")))
    return rows


def path_of(key: str) -> str:
    """File of a key: dots separate unless the first separator is a slash.

    >>> path_of("net.ipv4.conf.all.rp_filter"), path_of("net/ipv4/conf/a.1/rp_filter")
    ('/proc/sys/net/ipv4/conf/all/rp_filter', '/proc/sys/net/ipv4/conf/a.1/rp_filter')
    """
    first = next((character for character in key if character in "./"), ".")
    if first == ".":
        key = key.translate(str.maketrans("./", "/."))
    return f"{ROOT}/{key}"


def read(path: str) -> str | None:
    try:
        with open(path, encoding="utf-8") as file:
            return " ".join(file.read().split())
    except FileNotFoundError:
        return None


def writable(path: str) -> bool:
    """Whether the kernel lets this machine set it: the file's mode and the mount it lies on."""
    return bool(os.stat(path).st_mode & 0o200) and not os.statvfs(path).f_flag & os.ST_RDONLY


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "text": {"type": "str", "required": True},
            "required": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    applied: dict[str, list[str]] = {}
    not_ours: dict[str, str] = {}
    broken = []
    for key, value, optional in parsed(module.params["text"]):
        path = path_of(key)
        found = read(path)
        if found == value:
            continue
        if found is None:
            if not optional:
                not_ours[key] = f"{path} does not exist"
            continue
        if not writable(path):
            not_ours[key] = f"read-only, found {found}, expected {value}"
            continue
        applied[key] = [found, value]
        if module.check_mode:
            continue
        with open(path, "w", encoding="utf-8") as file:
            file.write(value)
        if read(path) != value:
            broken.append(f"{key}: found {read(path)}, expected {value}: the kernel does not keep it")
    if module.params["required"] and not module.check_mode:
        broken += [f"{key}: {reason}" for key, reason in not_ours.items()]
    if broken:
        module.fail_json(msg="\n".join(broken), applied=applied, not_ours=not_ours)
    diff = {
        "before": "".join(f"{key} = {pair[0]}\n" for key, pair in applied.items()),
        "after": "".join(f"{key} = {pair[1]}\n" for key, pair in applied.items()),
    }
    module.exit_json(changed=bool(applied), applied=applied, not_ours=not_ours, diff=diff if applied else [])


if __name__ == "__main__":
    main()
