"""nccl.conf as NCCL's own parser reads it."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rackwright.node.plugins.module_utils import driver

DOCUMENTATION = r"""
module: nccl_conf
short_description: nccl.conf as NCCL's own parser reads it
description: Reads a file by the rules of NCCL's parser (split at the first equals sign, nothing trimmed,
  a comment only at column 0, 1023 characters a side) and compares it with what the designed text means
  to a person. A space or a quote that a person does not see changes what NCCL does.
options:
  path:
    description: The file.
    type: path
    default: /etc/nccl.conf
  expected:
    description: The designed text.
    type: str
    required: true
  library:
    description: Soname of the library that reads it.
    type: str
    default: libnccl.so.2
  version:
    description: 'Version that the library must have; empty: not asked.'
    type: str
    default: ''
author: rackwright
"""

EXAMPLES = r"""
- name: Read it as NCCL does
  rackwright.node.nccl_conf:
    expected: "NCCL_IB_HCA==mlx5_0:1\n"
"""

RETURN = r"""
values: {description: What NCCL gets., type: dict, returned: always}
"""

LIMIT = 1023
"""Characters on either side of the equals sign (NVIDIA/nccl, src/misc/param.cc)."""


def parsed(text: str) -> tuple[dict[str, str], list[str]]:
    """What NCCL's parser makes of a text, and what would surprise its writer.

    >>> parsed("NCCL_SOCKET_IFNAME==eth0\\n# c\\n")
    ({'NCCL_SOCKET_IFNAME': '=eth0'}, [])
    >>> parsed("NCCL_DEBUG= INFO\\n")[1]
    ["line 1: NCCL_DEBUG: white space is part of ' INFO'"]
    """
    values: dict[str, str] = {}
    problems = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line or line.startswith("#"):
            continue
        key, equals, value = line.partition("=")
        where = f"line {number}"
        if not equals:
            problems.append(f"{where}: {line!r} has no equals sign and is ignored")
            continue
        if key != key.strip() or not key:
            problems.append(f"{where}: {key!r}: white space is part of the name")
        if value != value.strip():
            problems.append(f"{where}: {key}: white space is part of {value!r}")
        if value[:1] in "\"'" and value:
            problems.append(f"{where}: {key}: quotes are part of {value!r}")
        if "#" in value:
            problems.append(f"{where}: {key}: a comment starts only at column 0")
        if len(key) > LIMIT or len(value) > LIMIT:
            problems.append(f"{where}: {key[:40]}: longer than {LIMIT} characters, NCCL cuts it")
        if not key.strip().startswith("NCCL_"):
            problems.append(f"{where}: {key}: not a variable of NCCL's")
        if key in values:
            problems.append(f"{where}: {key}: given twice")
        values[key] = value
    return values, problems


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path", "default": "/etc/nccl.conf"},
            "expected": {"type": "str", "required": True},
            "library": {"type": "str", "default": "libnccl.so.2"},
            "version": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
    )
    expected, problems = parsed(module.params["expected"])
    if problems:
        module.fail_json(msg="the designed file does not mean what it says:\n" + "\n".join(problems))
    try:
        with open(module.params["path"], encoding="utf-8") as file:
            found, problems = parsed(file.read())
    except FileNotFoundError:
        found, problems = {}, ["there is no such file"]
    for key in sorted({*found, *expected}):
        if found.get(key) != expected.get(key):
            problems.append(f"{key}: found {found.get(key)}, expected {expected.get(key)}")
    soname = module.params["library"]
    library = driver.library(soname)
    if module.params["version"] and library != module.params["version"]:
        problems.append(f"{soname}: found {library or 'none'}, expected {module.params['version']}")
    if problems and not module.check_mode:
        module.fail_json(msg=f"{module.params['path']}:\n" + "\n".join(problems), values=found)
    module.exit_json(changed=False, values=found, library=library, differences=problems)


if __name__ == "__main__":
    main()
