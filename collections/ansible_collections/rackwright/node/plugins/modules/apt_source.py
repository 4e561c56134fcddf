"""The package source that a machine trusts, and its key."""

from __future__ import annotations

import glob
import os

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = r"""
module: apt_source
short_description: The one package source and its key
description: Writes the signing key and a deb822 source that trusts only that key, sets other sources
  aside when asked, and refreshes the package lists when the source changed or was never read.
options:
  name:
    description: Name of the source file.
    type: str
    required: true
  uri:
    description: Repository URL.
    type: str
    required: true
  suite:
    description: Suite.
    type: str
    required: true
  component:
    description: Component.
    type: str
    required: true
  key:
    description: The public key in ASCII armour.
    type: str
    required: true
    no_log: false
  only:
    description: Set every other source aside (renamed to C(.disabled)).
    type: bool
    default: false
author: rackwright
"""

EXAMPLES = r"""
- name: Take packages from the depot
  rackwright.node.apt_source:
    {name: depot, uri: http://10.0.0.2:8480/apt, suite: stable, component: main, key: "{{ key }}", only: true}
"""

RETURN = r"""
disabled: {description: Sources that were (or would be) set aside., type: list, returned: always}
updated: {description: Whether the package lists were read again., type: bool, returned: always}
"""

FOLDER = "/etc/apt/sources.list.d"
STAMP = "/var/lib/apt/rackwright-source"
ENVIRONMENT = {"LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}


def read(path: str) -> str | None:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return None


def write(path: str, text: str) -> None:
    """Whole or not at all."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(f"{path}.new~", "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.chmod(f"{path}.new~", 0o644)
    os.replace(f"{path}.new~", path)


def others(keep: str) -> list[str]:
    """Sources beside ours that hold at least one entry."""
    paths = ["/etc/apt/sources.list", *glob.glob(f"{FOLDER}/*.list"), *glob.glob(f"{FOLDER}/*.sources")]
    lines = {path: (read(path) or "").splitlines() for path in paths if path != keep}
    return sorted(
        path
        for path, text in lines.items()
        if any(line.strip() and not line.startswith("#") for line in text)
    )


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **{name: {"type": "str", "required": True} for name in ("name", "uri", "suite", "component")},
            "key": {"type": "str", "required": True, "no_log": False},
            "only": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    asked = module.params
    key_path = f"/etc/apt/keyrings/{asked['name']}.asc"
    source_path = f"{FOLDER}/{asked['name']}.sources"
    source = (
        f"Types: deb\nURIs: {asked['uri']}\nSuites: {asked['suite']}\nComponents: {asked['component']}\n"
        f"Signed-By: {key_path}\n"
    )
    wanted = {key_path: asked["key"].rstrip("\n") + "\n", source_path: source}
    diffs = [
        {"before_header": path, "after_header": path, "before": read(path) or "", "after": text}
        for path, text in wanted.items()
        if read(path) != text
    ]
    disabled = others(source_path) if asked["only"] else []
    diffs += [{"before": f"{path}\n", "after": f"{path}.disabled\n"} for path in disabled]
    changed = bool(diffs)
    # The stamp is written after a good update: a run that was killed in between reads the lists again.
    never_read = read(STAMP) != "".join(wanted.values())
    if module.check_mode:
        module.exit_json(changed=changed, disabled=disabled, updated=False, diff=diffs)
    for path in disabled:
        os.replace(path, f"{path}.disabled")
    for path, text in wanted.items():
        if read(path) != text:
            write(path, text)
    if changed or never_read:
        rc, out, err = module.run_command(
            ["apt-get", "update", "-o", "Acquire::Retries=3", "-o", "APT::Update::Error-Mode=any"],
            environ_update=ENVIRONMENT,
        )
        if rc != 0:
            module.fail_json(
                msg=f"{asked['uri']}: package lists cannot be read: {(err or out).strip()[-800:]}"
            )
        write(STAMP, "".join(wanted.values()))
    module.exit_json(changed=changed, disabled=disabled, updated=changed or never_read, diff=diffs)


if __name__ == "__main__":
    main()
