"""Packages at exact versions, pinned and held."""

from __future__ import annotations

import os
from types import ModuleType

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rackwright.node.plugins.module_utils import apt
from ansible_collections.rackwright.node.plugins.module_utils.package_manager import manager

DOCUMENTATION = r"""
module: packages
short_description: Packages at exact versions, pinned and held
description: Installs what is missing or at another version in one transaction of apt or dnf, pins the
  versions and holds the packages, and finishes what an interrupted dpkg left behind. Nothing is asked of
  the network when all is there.
options:
  packages:
    description: 'Package to full version; an empty version takes any. With dnf: [epoch:]version-release.'
    type: dict
    required: true
  pin:
    description: 'Name of the file in C(/etc/apt/preferences.d); empty for no pins. Dnf has no such file:
      its versionlock does both.'
    type: str
    default: ''
  hold:
    description: Hold the packages.
    type: bool
    default: false
  companions:
    description: Packages of others, to full version, that depend on exactly these versions; where anything
      has to be installed they come along in the same transaction. They are neither pinned nor held here.
    type: dict
    default: {}
  instead_of:
    description: Patterns of packages that these take the place of (another branch's name); those that are
      not in O(packages) go in the same transaction.
    type: list
    elements: str
    default: []
  keep_needed:
    description: 'With O(state=absent): a package that another one needs stays, without its hold, and is named
      in RV(kept); otherwise it is a reason to stop.'
    type: bool
    default: false
  state:
    description: C(absent) purges the packages, with the pins and holds that are ours; what others need is not
      removed with them.
    type: str
    choices: [present, absent]
    default: present
author: rackwright
"""

EXAMPLES = r"""
- name: Install a locked version
  rackwright.node.packages:
    packages: {libnccl2: 2.28.9-1+cuda13.0}
    pin: nccl
    hold: true
"""

RETURN = r"""
installed: {description: Versions by package afterwards., type: dict, returned: always}
kept: {description: Packages that others need., type: list, returned: when absent}
"""


def shown(before: dict[str, str | None], after: dict[str, str]) -> dict[str, str]:
    """Packages as a diff: a line for each."""
    return {
        "before_header": "installed",
        "after_header": "installed",
        "before": "".join(f"{name} {version or '(none)'}\n" for name, version in sorted(before.items())),
        "after": "".join(f"{name} {version or '(any)'}\n" for name, version in sorted(after.items())),
    }


def pin_file(module: AnsibleModule, path: str, text: str) -> dict[str, str] | None:
    """Write the pins; what changed, as a diff."""
    try:
        with open(path, encoding="utf-8") as file:
            before = file.read()
    except FileNotFoundError:
        before = ""
    if before == text:
        return None
    if not module.check_mode:
        with open(f"{path}.new~", "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(f"{path}.new~", 0o644)
        os.replace(f"{path}.new~", path)
    return {"before_header": path, "after_header": path, "before": before, "after": text}


def remove(module: AnsibleModule, names: list[str]) -> None:
    """Take packages, pins and holds away; end the module.

    Only what is named goes: the package manager is asked first what else would, and a package that somebody
    else needs is a reason to stop, or stays with them where the caller says so.
    """
    tool = manager(module)
    patterns = [*names, *module.params["instead_of"]]
    there = tool.known(module, patterns) if patterns else []
    others = tool.needed_by(module, there) if there else []
    kept: list[str] = []
    if others and not module.params["keep_needed"]:
        module.fail_json(msg=f"{', '.join(others)}: installed, and would go with {', '.join(there)}")
    if others:
        kept = [name for name in there if tool.needed_by(module, [name])]
        there = [name for name in there if name not in kept]
    loose = sorted(tool.held(module, tool.installed(module, kept)) & set(kept)) if kept else []
    pin = tool.pin_path(module.params["pin"]) if module.params["pin"] else ""
    diffs: list[dict[str, str]] = [shown(dict.fromkeys(there, "any"), {})] if there else []
    if loose:
        diffs.append({"before": "".join(f"{name} hold\n" for name in loose), "after": ""})
    if pin and os.path.exists(pin):
        diffs.append({"before_header": pin, "after_header": "/dev/null", "before": "pins\n", "after": ""})
    if not module.check_mode:
        if there:
            tool.purge(module, there)
        if loose:
            tool.release(module, loose)
        if pin and os.path.exists(pin):
            os.unlink(pin)
        left = sorted(set(tool.known(module, patterns)) - set(kept)) if patterns else []
        if left:
            module.fail_json(msg=f"purged, and still there: {', '.join(left)}")
    module.exit_json(changed=bool(diffs), installed={}, kept=kept, diff=diffs)


def together(module: AnsibleModule) -> dict[str, str]:
    """Packages of others that this transaction has to move along."""
    return {name: str(version or "") for name, version in module.params["companions"].items()}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "packages": {"type": "dict", "required": True},
            "pin": {"type": "str", "default": ""},
            "hold": {"type": "bool", "default": False},
            "companions": {"type": "dict", "default": {}},
            "instead_of": {"type": "list", "elements": "str", "default": []},
            "keep_needed": {"type": "bool", "default": False},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        supports_check_mode=True,
    )
    wanted = {name: str(version or "") for name, version in module.params["packages"].items()}
    tool = manager(module)
    with apt.alone(module):
        if module.params["state"] == "absent":
            remove(module, list(wanted))
        have(module, tool, wanted)


def have(module: AnsibleModule, tool: ModuleType, wanted: dict[str, str]) -> None:
    """Install, pin and hold; end the module."""
    before = tool.installed(module, list(wanted)) if wanted else {}
    other = {n: v for n, v in wanted.items() if n not in before or (v and before[n] != v)}
    patterns = module.params["instead_of"]
    ours = {*wanted, *together(module)}  # another role's package of this branch is no other branch
    without = [name for name in tool.known(module, patterns) if name not in ours] if patterns else []
    diffs = []
    pin = tool.pin_path(module.params["pin"]) if module.params["pin"] else ""
    if pin:
        diff = pin_file(module, pin, tool.pins(wanted))
        diffs += [diff] if diff else []
    if other or without:
        diffs.append(shown({name: before.get(name) for name in [*other, *without]}, other))
        if not module.check_mode:
            tool.install(module, {**together(module), **(other or wanted)}, without)
    loose = sorted(set(wanted) - tool.held(module, wanted)) if module.params["hold"] and wanted else []
    if loose:
        diffs.append({"before": "", "after": "".join(f"{name} hold\n" for name in loose)})
        if not module.check_mode:
            tool.hold(module, {name: wanted[name] for name in loose})
    after = before if module.check_mode else tool.installed(module, list(wanted)) if wanted else {}
    wrong = {n: after.get(n) for n, v in wanted.items() if n not in after or (v and after[n] != v)}
    if wrong and not module.check_mode:
        module.fail_json(msg=f"installed, but found {wrong}, expected {wanted}")
    module.exit_json(changed=bool(diffs), installed=after, diff=diffs)


if __name__ == "__main__":
    main()
