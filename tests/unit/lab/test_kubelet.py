"""What a server that is a node gets in the lab, and no other does."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from rackwright.lab import kubelet
from rackwright.lab.bmc.boot import machine_of
from rackwright.lab.bmc.settings import BmcSettings
from rackwright.lab.place import Place

BMC = BmcSettings("gpu-su01-n01", "u", "S1", "dgx-h100", "10.0.0.1", (("eno3", "02:00:00:00:00:01"),))


def test_a_new_disk_has_nothing_of_the_one_before(tmp_path: Path) -> None:
    for source, _ in kubelet.binds(tmp_path):
        (source / "old").touch()
    kubelet.install(tmp_path, tmp_path / "upper")
    assert [list(source.iterdir()) for source, _ in kubelet.binds(tmp_path)] == [[], [], []]
    script = tmp_path / "upper/usr/lib/rackwright-lab/node"
    assert os.access(script, os.X_OK)
    wants = tmp_path / "upper/etc/systemd/system/sysinit.target.wants" / kubelet.UNIT
    assert wants.is_symlink()


def test_only_nodes_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RACKWRIGHT_LABS", str(tmp_path))
    plain, node = (machine_of(Place("unit"), replace(BMC, node=node)) for node in (False, True))
    assert plain.binds == ()
    assert plain.arguments == ()
    assert [target for _, target in node.binds] == [f"/{name}" for name in kubelet.FOLDERS]
    assert node.arguments == kubelet.ARGUMENTS


def test_the_settings_that_are_covered_are_those_that_a_kubelet_asks_for() -> None:
    from rackwright.kubernetes.kubelet import PROTECTED_SYSCTLS

    wanted = {name.replace(".", "/") for name in PROTECTED_SYSCTLS}
    assert set(kubelet.SETTINGS) == wanted
