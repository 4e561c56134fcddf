"""containerd's configuration, written by one hand and proven by its own dump."""

from __future__ import annotations

import os

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rackwright.node.plugins.module_utils import containerd as pure
from ansible_collections.rackwright.node.plugins.module_utils import containerd_host as host

DOCUMENTATION = r"""
module: containerd_config
short_description: containerd's configuration, by one writer and proven by its own dump
description: 'Writes one drop-in of C(/etc/containerd/conf.d), with the settings in the tables that this
  release reads, and C(config.toml) with them: 2.x imports the drop-ins, 1.7 would lose whole tables that way
  and gets them merged. Nothing is put in place before C(containerd config dump), read as TOML, has every
  value of every drop-in. A drop-in of another version or with a table that this release ignores is refused
  by name.'
options:
  name:
    description: Name of the drop-in, without C(.toml); the last in order wins.
    type: str
    required: true
  release:
    description: Version of containerd, for a machine that does not have it yet (check mode).
    type: str
    required: true
  settings:
    description: What to set; see the role C(containerd).
    type: dict
    default: {}
    suboptions:
      cdi: {description: Let containers ask for devices by CDI names., type: bool}
      cdi_dirs: {description: Where CDI files are., type: list, elements: str}
      cni_bin_dirs: {description: Where CNI plugins are., type: list, elements: str}
      cni_conf_dir: {description: Where CNI's configuration is., type: str}
      default_runtime: {description: Runtime of pods that name none., type: str}
      nri: {description: Let NRI plugins connect., type: bool}
      registry_dir: {description: Where hosts.toml files of registries are., type: str}
      restrict_oom_score_adj: {description: Never ask for a lower OOM score than its own., type: bool}
      runtimes: {description: 'Further runtimes: name to C(binary), C(type), C(systemd_cgroup).', type: dict}
      sandbox_image: {description: Image of a pod's first container., type: str}
      snapshotter: {description: Snapshotter of images., type: str}
      systemd_cgroup: {description: Let systemd make the control groups., type: bool}
      tables: {description: 'Anything else, in the tables of this release.', type: dict}
  state:
    description: C(absent) takes the drop-in away.
    type: str
    choices: [present, absent]
    default: present
author: rackwright
"""

EXAMPLES = r"""
- name: Offer the nvidia runtime
  rackwright.node.containerd_config:
    name: 50-nvidia
    release: 1.7.24
    settings: {runtimes: {nvidia: {binary: /usr/bin/nvidia-container-runtime}}}
"""

RETURN = r"""
written: {description: Paths that were (or would be) written., type: list, returned: always}
"""

OPTIONS = {
    "cdi": {"type": "bool"},
    "cdi_dirs": {"type": "list", "elements": "str"},
    "cni_bin_dirs": {"type": "list", "elements": "str"},
    "cni_conf_dir": {"type": "str"},
    "default_runtime": {"type": "str"},
    "nri": {"type": "bool"},
    "registry_dir": {"type": "str"},
    "restrict_oom_score_adj": {"type": "bool"},
    "runtimes": {"type": "dict"},
    "sandbox_image": {"type": "str"},
    "snapshotter": {"type": "str"},
    "systemd_cgroup": {"type": "bool"},
    "tables": {"type": "dict"},
}


def wanted(module: AnsibleModule, release: str) -> dict[str, str]:
    """Texts of the drop-ins as they are to be, by path.

    One that this module wrote for another release goes: who asked for it asks again.
    """
    own = f"{pure.FOLDER}/{module.params['name']}.toml"
    texts = {}
    for path, table in host.dropins(module).items():
        text = host.read(path) or ""
        stale = text.startswith(pure.MARK) and table.get("version") != pure.config_version(release)
        if path != own and not stale:
            texts[path] = text
    if module.params["state"] == "present":
        texts[own] = pure.MARK + pure.toml(pure.tables(release, module.params["settings"] or {}))
    return texts


def judged(module: AnsibleModule, release: str, texts: dict[str, str], here: bool) -> None:
    """Every drop-in is one of this release, and containerd's dump has all that they say."""
    tables = {path: host.parsed(module, path, text) for path, text in texts.items()}
    known = host.plugins(module) if here else set()
    reasons = [line for path, table in tables.items() for line in pure.judge(path, table, release, known)]
    if not reasons and here:
        reasons = pure.differences(tables, host.tried(module, release, texts))
    if reasons:
        module.fail_json(msg="containerd's configuration would not do what it says:\n" + "\n".join(reasons))


def put(path: str, text: str) -> None:
    """Whole or not at all, and on disk before it counts."""
    os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
    with open(f"{path}.new~", "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.chmod(f"{path}.new~", 0o644)
    os.replace(f"{path}.new~", path)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "release": {"type": "str", "required": True},
            "settings": {"type": "dict", "default": {}, "options": OPTIONS},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        supports_check_mode=True,
    )
    found = host.release(module)
    if found is None and not module.check_mode:
        module.fail_json(msg="containerd: found none, expected it installed")
    # In check mode an earlier task may have meant to replace it: the old one cannot judge the new tables.
    release = module.params["release"] if module.check_mode else str(found)
    here = found is not None and pure.config_version(found) == pure.config_version(release)
    texts = wanted(module, release)
    judged(module, release, texts, here)
    tables = {path: host.parsed(module, path, text) for path, text in texts.items()}
    files = {**texts, pure.MAIN: pure.assembled(release, tables)}
    gone = sorted(set(host.dropins(module)) - set(texts))
    changed = {path: text for path, text in files.items() if host.read(path) != text}
    diffs = [
        {"before_header": path, "after_header": path, "before": host.read(path) or "", "after": text}
        for path, text in changed.items()
    ]
    diffs += [
        {"before_header": path, "after_header": "/dev/null", "before": host.read(path) or "", "after": ""}
        for path in gone
    ]
    if not module.check_mode:
        for path, text in changed.items():
            put(path, text)
        for path in gone:
            os.unlink(path)
    module.exit_json(changed=bool(changed or gone), written=sorted([*changed, *gone]), diff=diffs)


if __name__ == "__main__":
    main()
