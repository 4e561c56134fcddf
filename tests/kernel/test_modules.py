"""DKMS builds a module, the kernel loads it, and an upgrade leaves the old one in memory until a reboot."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.kernel.image import VERSIONS
from tests.kernel.machine import Machine

OLD, NEW = VERSIONS
MODULE = "rackwright_probe"
LOADED = f"cat /sys/module/{MODULE}/version"


def test_what_dkms_built_is_loaded(qemu: Machine) -> None:
    assert f"rackwright-probe/{OLD}, {qemu.disk.release}" in qemu.must("dkms status")
    qemu.must(f"modprobe {MODULE}")
    assert qemu.must(LOADED).strip() == OLD
    assert qemu.must(f"modinfo -F version {MODULE}").strip() == OLD


def test_an_upgrade_leaves_the_old_module_until_a_reboot(
    qemu: Machine, ansible: Callable[..., dict[str, Any]]
) -> None:
    asked = {"modules": [MODULE]}
    assert ansible("rackwright.node.reboot_needed", asked)["reasons"] == []
    qemu.must(f"echo {MODULE} > /etc/modules-load.d/probe.conf")
    qemu.must(f"dkms install -m rackwright-probe -v {NEW} -k {qemu.disk.release} --force", timeout=900)
    assert qemu.must(LOADED).strip() == OLD
    [reason] = ansible("rackwright.node.reboot_needed", asked)["reasons"]
    assert OLD in reason
    assert NEW in reason
    qemu.reboot()
    assert qemu.must(LOADED).strip() == NEW
    assert ansible("rackwright.node.reboot_needed", asked)["reasons"] == []
