"""Faults that show at a reboot: planned with a place, and the supervisor of a machine plays them."""

from __future__ import annotations

import subprocess
import time

import pytest

from rackwright.lab.faults.plant import KINDS
from rackwright.lab.machine import CHANGED_HARDWARE, REBOOT, STUCK, SUPERVISOR
from rackwright.lab.world import world

NAMES = ("reboot-never-returns", "gpu-gone-at-reboot", "hung-host")


@pytest.mark.parametrize("name", NAMES)
def test_place_and_cure_are_named(name, tmp_path, monkeypatch):
    monkeypatch.setenv("RACKWRIGHT_STATE", str(tmp_path))
    fault = KINDS[name].plan(world("lab"), ["gpu-su01-n02"])
    assert fault.place == "gpu-su01-n02"
    assert "gpu-su01-n02" in fault.broke
    assert f"{name} --clear" in fault.heals
    assert "hardware" not in fault.data, "nothing is wrong before the reboot"


def supervise(folder, boots):
    """The supervisor with a machine that only writes a line and asks for reboots so many times."""
    script = SUPERVISOR.replace("mount -t overlay", ": mount")
    guest = f"echo boot >> log; [ $(wc -l < log) -gt {boots} ] && exit 0; exit {REBOOT}"
    (folder / "root").mkdir(parents=True)
    (folder / "hardware").mkdir()
    argv = [
        "sh",
        "-c",
        script,
        "machine",
        f"{folder}/root",
        "-",
        "-",
        "-",
        "--",
        "sh",
        "-c",
        f"cd {folder}; {guest}",
    ]
    return subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)


def test_a_machine_that_asks_for_a_reboot_boots_again(tmp_path):
    process = supervise(tmp_path, 2)
    assert process.wait(20) == 0
    assert (tmp_path / "log").read_text() == "boot\n" * 3


def test_one_that_is_stuck_stays_on_and_boots_nothing(tmp_path):
    (tmp_path / STUCK).touch()
    with supervise(tmp_path, 5) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "the firmware does not go on\n"
        time.sleep(0.2)
        assert process.poll() is None
        assert (tmp_path / "log").read_text() == "boot\n"
        process.kill()


def test_changed_hardware_shows_at_the_first_reboot_and_not_before(tmp_path):
    (tmp_path / CHANGED_HARDWARE).write_text("new")
    process = supervise(tmp_path, 1)
    assert process.wait(20) == 0
    assert (tmp_path / "hardware/record.json").read_text() == "new"
    assert not (tmp_path / CHANGED_HARDWARE).exists()
