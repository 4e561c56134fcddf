"""The boot loader on a disk: update-grub's menu, and the line that a boot takes from it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from rackwright.lab import bootloader, machine


def test_the_files_are_where_debian_has_them(tmp_path: Path) -> None:
    bootloader.install(tmp_path)
    assert os.access(tmp_path / "usr/sbin/update-grub", os.X_OK)
    assert "\tlinux /boot/vmlinuz " in (tmp_path / machine.GRUB).read_text()
    assert oct((tmp_path / "etc/default/grub.d").stat().st_mode)[-3:] == "755"


def test_drop_ins_are_read_after_the_defaults(tmp_path: Path) -> None:
    bootloader.install(tmp_path)
    (tmp_path / "etc/default/grub.d/90-a.cfg").write_text(
        'GRUB_CMDLINE_LINUX_DEFAULT="$GRUB_CMDLINE_LINUX_DEFAULT iommu=pt"\n'
    )
    script = bootloader.UPDATE.replace("/etc/default", f"{tmp_path}/etc/default")
    script = script.replace("/boot/grub/", f"{tmp_path}/boot/grub/")
    subprocess.run(["/bin/sh", "-c", script], check=True, capture_output=True, timeout=20)
    line = next(text for text in (tmp_path / machine.GRUB).read_text().splitlines() if "linux /" in text)
    assert line.split()[2:] == ["root=LABEL=root", "ro", "quiet", "iommu=pt"]


def test_the_supervisor_shows_the_line_of_the_disk(tmp_path: Path) -> None:
    """Run without the mount: root is a plain folder, nspawn a command that reads what it is shown."""
    bootloader.install(tmp_path / "root")
    (tmp_path / "hardware").mkdir()
    text = "\n".join(line for line in machine.SUPERVISOR.splitlines() if not line.startswith("mount "))
    argv = ["/bin/sh", "-c", text, "name", f"{tmp_path}/root", "l", "u", "w", "--", "/bin/true"]
    subprocess.run(argv, check=True, timeout=20)
    assert (tmp_path / "hardware" / machine.COMMAND_LINE).read_text() == (
        "BOOT_IMAGE=/boot/vmlinuz root=LABEL=root ro  quiet\n"
    )
