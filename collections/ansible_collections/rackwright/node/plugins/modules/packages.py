"""Packages at exact versions, pinned and held."""

from __future__ import annotations

import os

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rackwright.node.plugins.module_utils import apt

DOCUMENTATION = r"""
module: packages
short_description: Packages at exact versions, pinned and held
description: Installs what is missing or at another version in one apt transaction, pins the versions
  for apt and holds the packages, and finishes what an interrupted dpkg left behind. Nothing is asked
  of the network when all is there.
options:
  packages:
    description: Package to full version; an empty version takes any.
    type: dict
    required: true
  pin:
    description: Name of the file in C(/etc/apt/preferences.d); empty for no pins.
    type: str
    default: ''
  hold:
    description: Hold the packages.
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
"""

APT = ["apt-get", "-y", "-q", "--no-install-recommends", "--allow-downgrades", "--allow-change-held-packages"]
OPTIONS = ["-o", "Dpkg::Options::=--force-confdef", "-o", "Dpkg::Options::=--force-confold"]
OPTIONS += ["-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=3"]


def pin_file(module: AnsibleModule, name: str, text: str) -> dict[str, str] | None:
    """Write the pins; what changed, as a diff."""
    path = f"/etc/apt/preferences.d/{name}"
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


def finish_interrupted(module: AnsibleModule) -> None:
    """A killed dpkg leaves packages unpacked; apt refuses to work until they are configured."""
    rc, out, _ = module.run_command(["dpkg", "--audit"], environ_update=apt.ENVIRONMENT)
    if rc == 0 and not out.strip() and not os.listdir("/var/lib/dpkg/updates"):
        return
    rc, out, err = module.run_command(
        ["dpkg", "--configure", "-a", "--force-confold"], environ_update=apt.ENVIRONMENT
    )
    if rc != 0:
        module.fail_json(msg=f"dpkg was interrupted and cannot finish: {(err or out).strip()[-800:]}")


def install(module: AnsibleModule, wanted: dict[str, str]) -> None:
    """One transaction; the lists are read again when they do not know a version."""
    finish_interrupted(module)
    exact = {name: version for name, version in wanted.items() if version}
    known = apt.offered(module, list(exact)) if exact else {}
    if any(version not in known[name] for name, version in exact.items()):
        apt.update(module)
    names = [f"{name}={version}" if version else name for name, version in sorted(wanted.items())]
    rc, out, err = module.run_command([*APT, *OPTIONS, "install", *names], environ_update=apt.ENVIRONMENT)
    if rc != 0:
        module.fail_json(msg=f"apt-get install {' '.join(names)}: {(err.strip() or out.strip())[-1200:]}")


def known(module: AnsibleModule, names: list[str]) -> list[str]:
    """Those of which dpkg holds anything at all: a removed package's configuration files, too."""
    form = "${Package}\t${db:Status-Status}\n"
    _, out, _ = module.run_command(["dpkg-query", "-W", "-f", form, *names], environ_update=apt.ENVIRONMENT)
    rows = [line.split("\t") for line in out.splitlines() if "\t" in line]
    return sorted({name for name, state in rows if state != "not-installed"})


def remove(module: AnsibleModule, names: list[str]) -> None:
    """Take packages, pins and holds away; end the module.

    Only what is named goes: apt is asked first what else would, and a package that somebody else needs is a
    reason to stop.
    """
    there = known(module, names) if names else []
    pin = f"/etc/apt/preferences.d/{module.params['pin']}" if module.params["pin"] else ""
    diffs: list[dict[str, str]] = []
    if there:
        before = "".join(f"{name}\n" for name in there)
        diffs.append({"before_header": "installed", "after_header": "installed", "before": before, "after": ""})
        rc, out, err = module.run_command([*APT, "-s", "purge", *there], environ_update=apt.ENVIRONMENT)
        if rc != 0:
            module.fail_json(msg=f"apt-get -s purge {' '.join(there)}: {(err or out).strip()[-800:]}")
        purged = {line.split()[1] for line in out.splitlines() if line.startswith(("Purg ", "Remv "))}
        others = sorted(purged - set(there))
        if others:
            module.fail_json(msg=f"{', '.join(others)}: installed, and would go with {', '.join(there)}")
    if pin and os.path.exists(pin):
        diffs.append({"before_header": pin, "after_header": "/dev/null", "before": "pins\n", "after": ""})
    if not module.check_mode:
        if there:
            finish_interrupted(module)
            rc, out, err = module.run_command(
                [*APT, *OPTIONS, "purge", *there], environ_update=apt.ENVIRONMENT
            )
            if rc != 0:
                module.fail_json(msg=f"apt-get purge {' '.join(there)}: {(err or out).strip()[-1200:]}")
        if pin and os.path.exists(pin):
            os.unlink(pin)
        left = known(module, names) if names else []
        if left:
            module.fail_json(msg=f"purged, and still there: {', '.join(left)}")
    module.exit_json(changed=bool(diffs), installed={}, diff=diffs)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "packages": {"type": "dict", "required": True},
            "pin": {"type": "str", "default": ""},
            "hold": {"type": "bool", "default": False},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        supports_check_mode=True,
    )
    wanted = {name: str(version or "") for name, version in module.params["packages"].items()}
    if module.params["state"] == "absent":
        remove(module, list(wanted))
    before = apt.installed(module, list(wanted)) if wanted else {}
    other = {n: v for n, v in wanted.items() if n not in before or (v and before[n] != v)}
    diffs = []
    if module.params["pin"]:
        diff = pin_file(module, module.params["pin"], apt.pins(wanted))
        diffs += [diff] if diff else []
    if other:
        diffs.append(
            {
                "before_header": "installed",
                "after_header": "installed",
                "before": "".join(f"{name} {before.get(name, '(none)')}\n" for name in sorted(other)),
                "after": "".join(f"{name} {version or '(any)'}\n" for name, version in sorted(other.items())),
            }
        )
        if not module.check_mode:
            install(module, other)
    loose = sorted(set(wanted) - apt.held(module)) if module.params["hold"] and wanted else []
    if loose:
        diffs.append({"before": "", "after": "".join(f"{name} hold\n" for name in loose)})
        if not module.check_mode:
            rc, _, err = module.run_command(["apt-mark", "hold", *loose], environ_update=apt.ENVIRONMENT)
            if rc != 0:
                module.fail_json(msg=f"apt-mark hold: {err.strip()}")
    after = before if module.check_mode else apt.installed(module, list(wanted)) if wanted else {}
    wrong = {n: after.get(n) for n, v in wanted.items() if n not in after or (v and after[n] != v)}
    if wrong and not module.check_mode:
        module.fail_json(msg=f"installed, but found {wrong}, expected {wanted}")
    module.exit_json(changed=bool(diffs), installed=after, diff=diffs)


if __name__ == "__main__":
    main()
