"""Tests that need a kernel of their own: a QEMU machine for the session. ``make kernel-test`` runs them.

Root is needed to build the disk; QEMU runs without KVM.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.kernel import image, machine, packages

from rackwright import paths

ROOT = Path(__file__).resolve().parents[2]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    missing = packages.missing()
    reason = ""
    if sys.platform != "linux" or os.geteuid() != 0:
        reason = "building the disk needs Linux and root"
    elif missing:
        reason = f"needs {' '.join(missing)}: make kernel-test installs it"
    for item in items:
        if here in Path(item.fspath).parents:
            item.add_marker(pytest.mark.timeout(1500))
            if reason:
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def qemu(tmp_path_factory: pytest.TempPathFactory) -> Iterator[machine.Machine]:
    """A machine that runs."""
    built = machine.start(image.ensure(paths.cache_dir()), tmp_path_factory.mktemp("qemu"))
    try:
        built.wait()
        yield built
    finally:
        built.end()


@pytest.fixture(scope="session")
def ansible(qemu: machine.Machine) -> Callable[..., dict[str, Any]]:
    """``ansible("rackwright.node.reboot_needed", {...})``: a module's result on the machine."""
    inventory = qemu.folder / "inventory.yml"
    variables = {
        "ansible_host": "127.0.0.1",
        "ansible_port": qemu.port,
        "ansible_user": "root",
        "ansible_ssh_private_key_file": str(qemu.disk.key),
        "ansible_ssh_common_args": f"-o UserKnownHostsFile={qemu.known_hosts} -o StrictHostKeyChecking=yes",
    }
    inventory.write_text(json.dumps({"all": {"hosts": {"kernel": variables}}}))

    def run(module: str, arguments: dict[str, Any], check: bool = True) -> dict[str, Any]:
        argv = [str(Path(sys.executable).with_name("ansible")), "kernel", "-i", str(inventory), "-m", module]
        environment = {
            **os.environ,
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_INVENTORY_ENABLED": "yaml",
            "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json",
            "ANSIBLE_LOAD_CALLBACK_PLUGINS": "1",
            "ANSIBLE_TIMEOUT": "60",
        }
        done = subprocess.run(
            [*argv, "-a", json.dumps(arguments)],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert "{" in done.stdout, done.stderr
        data = json.loads(done.stdout[done.stdout.index("{") :])
        result: dict[str, Any] = data["plays"][0]["tasks"][0]["hosts"]["kernel"]
        assert not (check and result.get("failed")), result
        return result

    return run
