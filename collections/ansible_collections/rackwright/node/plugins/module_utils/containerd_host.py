"""containerd on this machine: its version, its drop-ins, and what it makes of a configuration."""

from __future__ import annotations

import glob
import os
import re
import tempfile
from typing import TYPE_CHECKING, Any

from ansible_collections.rackwright.node.plugins.module_utils import containerd as pure

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

try:
    import tomllib
except ImportError:  # before Python 3.11
    tomllib = None  # type: ignore[assignment]


def parsed(module: AnsibleModule, path: str, text: str) -> dict[str, Any]:
    """A TOML text; the module fails, naming the file, where it is none."""
    if tomllib is None:
        module.fail_json(
            msg="Python: found older than 3.11, expected 3.11 or newer: TOML is read with its tomllib"
        )
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        module.fail_json(msg=f"{path}: not TOML: {problem}")
        raise


def read(path: str) -> str | None:
    """A file's text; None where there is none."""
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return None


def dropins(module: AnsibleModule) -> dict[str, dict[str, Any]]:
    """The drop-ins, by path."""
    return {
        path: parsed(module, path, read(path) or "") for path in sorted(glob.glob(f"{pure.FOLDER}/*.toml"))
    }


def release(module: AnsibleModule) -> str | None:
    """Version of the installed containerd; None where there is none.

    The answer is ``containerd <source> <version> <revision>``.
    """
    path = module.get_bin_path("containerd")
    if path is None:
        return None
    _, out, _ = module.run_command([path, "--version"])
    found = re.search(r"\s(v?[0-9]+\.[0-9]+\.\S+)", out)
    return found[1].lstrip("v") if found else None


def plugins(module: AnsibleModule) -> set[str]:
    """Plugins that the installed containerd can be told something; empty where there is none."""
    path = module.get_bin_path("containerd")
    if path is None:
        return set()
    _, out, _ = module.run_command([path, "config", "default"], check_rc=True)
    return set(parsed(module, "containerd config default", out).get("plugins", {}))


def dump(module: AnsibleModule, main: str = pure.MAIN) -> dict[str, Any]:
    """What containerd makes of a configuration; the module fails where it refuses it."""
    rc, out, err = module.run_command(
        [module.get_bin_path("containerd", required=True), "-c", main, "config", "dump"]
    )
    if rc != 0:
        module.fail_json(msg=f"{main}: refused by containerd config dump: {(err or out).strip()[-800:]}")
    return parsed(module, "containerd config dump", out)


def tried(module: AnsibleModule, version: str, texts: dict[str, str]) -> dict[str, Any]:
    """The dump of drop-ins that are not in place yet."""
    with tempfile.TemporaryDirectory(prefix="rackwright-containerd-") as folder:
        for path, text in texts.items():
            with open(os.path.join(folder, os.path.basename(path)), "w", encoding="utf-8") as file:
                file.write(text)
        tables = {path: parsed(module, path, text) for path, text in texts.items()}
        main = os.path.join(folder, "config")
        with open(main, "w", encoding="utf-8") as file:
            file.write(pure.assembled(version, tables).replace(pure.FOLDER, folder))
        return dump(module, main)
