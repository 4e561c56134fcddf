"""Role kernel: command lines, boot loaders' files, commands of both families of distributions."""

from __future__ import annotations

import doctest

import pytest
import yaml
from ansible_collections.rackwright.node.plugins.module_utils import command_line, dnf
from ansible_collections.rackwright.node.plugins.modules import kernel_preflight, reboot_needed
from pydantic import ValidationError

from rackwright.inventory.roles import kernel
from rackwright.locks import load_lock
from rackwright.paths import home


@pytest.mark.parametrize("module", [command_line, kernel_preflight])
def test_doctests(module) -> None:
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0


@pytest.mark.parametrize(
    ("arguments", "line", "expected"),
    [
        (["iommu=pt"], "ro iommu=pt quiet", []),
        (["iommu=pt"], "ro quiet", ["iommu: found none, expected pt"]),
        (["iommu=pt"], "iommu=pt iommu=off", ["iommu: found off, expected pt"]),
        (["iommu=pt"], "iommu=off iommu=pt", []),
        (["iommu=pt"], "iommu=off -- iommu=pt", ["iommu: found off, expected pt"]),
        (["nosmt"], "ro", ["nosmt: found none, expected it"]),
        (["intel-iommu=on"], "intel_iommu=on", []),
        (["pci=realloc=off"], "pci=nocrs pci=realloc=off", []),
        (["pci=realloc=off"], "pci=realloc=on", ["pci=realloc: found on, expected off"]),
        (["hugepagesz=1G", "hugepages=16"], "hugepagesz=1G hugepages=16 hugepagesz=2M hugepages=8", []),
        (
            ["hugepagesz=1G", "hugepages=16"],
            "hugepagesz=2M hugepages=16",
            ["hugepages of 1G: found none, expected 16"],
        ),
    ],
)
def test_differences(arguments, line, expected) -> None:
    assert command_line.differences(arguments, line) == expected


@pytest.mark.parametrize("bad", ['a="b"', "a=$(b)", "a=`b`", "a b", "a;b", "a\\", ""])
def test_what_a_shell_would_read_otherwise_is_no_argument(bad) -> None:
    assert command_line.unsafe(["iommu=pt", bad]) == [bad]


MENU = """
menuentry 'Debian GNU/Linux' {
\tlinux\t/boot/vmlinuz-6.12.63+deb13-amd64 root=UUID=1 ro quiet iommu=pt
\tinitrd\t/boot/initrd.img-6.12.63+deb13-amd64
}
submenu 'Advanced options' {
\tmenuentry 'recovery' {
\t\tlinux\t/boot/vmlinuz-6.12.63+deb13-amd64 root=UUID=1 ro single
\t}
}
"""


def test_a_menu_without_its_recovery_entries() -> None:
    assert command_line.from_grub(MENU) == ["root=UUID=1 ro quiet iommu=pt"]


@pytest.mark.parametrize(
    ("arguments", "release", "lines"),
    [
        ([], "", ["# us"]),
        (["a=1", "b"], "", ["# us", 'GRUB_CMDLINE_LINUX_DEFAULT="$GRUB_CMDLINE_LINUX_DEFAULT a=1 b"']),
        ([], "6.8.0-124-generic", ["# us", 'GRUB_TOP_LEVEL="/boot/vmlinuz-6.8.0-124-generic"']),
    ],
)
def test_drop_in(arguments, release, lines) -> None:
    assert command_line.drop_in(arguments, release, "us").splitlines() == lines


def rhel(name: str) -> tuple[dict[str, str], str]:
    lock = load_lock(name)
    return lock.packages("kernel"), lock.row("kernel").reports or ""


def test_rhel_gets_the_locked_kernel_and_keeps_it() -> None:
    packages, release = rhel("h100-rhel9")
    version = packages["kernel-core"]
    assert release == f"{version}.x86_64"
    assert dnf.install_command(packages, [])[-len(packages) :] == [
        f"{n}-{v}" for n, v in sorted(packages.items())
    ]
    assert dnf.lock_entry("kernel-core", version) == f"kernel-core-0:{version}.*"


@pytest.mark.parametrize(
    ("arguments", "release", "commands"),
    [
        ([], "", []),
        (["iommu=pt"], "", ["grubby --update-kernel=ALL --args=iommu=pt"]),
        ([], "5.14.0-570.el9.x86_64", ["grubby --set-default=/boot/vmlinuz-5.14.0-570.el9.x86_64"]),
        (
            ["iommu=pt", "intel_iommu=on"],
            "5.14.0-570.el9.x86_64",
            [
                "grubby --update-kernel=ALL --args=iommu=pt intel_iommu=on",
                "grubby --set-default=/boot/vmlinuz-5.14.0-570.el9.x86_64",
            ],
        ),
    ],
)
def test_grubby(arguments, release, commands) -> None:
    assert [" ".join(command) for command in command_line.grubby(arguments, release)] == commands


@pytest.mark.parametrize(
    "lock", ["h100-debian13", "h100-ubuntu2404", "mi300x-ubuntu2404", "gb200-ubuntu2404"]
)
def test_a_lock_with_a_kernel_names_the_release_that_its_packages_bring(lock) -> None:
    row = load_lock(lock).row("kernel")
    assert f"linux-image-{row.reports}" in row.packages


def test_the_catalog_has_a_source_for_each_argument() -> None:
    rows = kernel.arguments(home() / "catalog" / "kernel.yaml")
    assert {"iommu-passthrough", "intel-iommu"} <= set(rows)
    assert list(rows) == sorted(rows)


@pytest.mark.parametrize(
    "change",
    [{"source": "a friend"}, {"argument": "a=$(b)"}, {"gpus": []}, {"cpu": "Intel"}, {"acs": "off"}],
)
def test_a_wrong_row_is_refused(tmp_path, change) -> None:
    rows = yaml.safe_load((home() / "catalog" / "kernel.yaml").read_text())
    rows["iommu-passthrough"] |= change
    path = tmp_path / "kernel.yaml"
    path.write_text(yaml.safe_dump(rows))
    with pytest.raises(ValidationError):
        kernel.arguments(path)


class Answers:
    """A module whose ``modinfo`` says one version."""

    def __init__(self, version: str) -> None:
        self.version = version

    def get_bin_path(self, name: str) -> str:
        return name

    def run_command(self, command: list[str]) -> tuple[int, str, str]:
        return (0, self.version, "") if command[2] == "version" else (0, "", "")


@pytest.mark.parametrize(
    ("running", "reason"), [("580.1", None), ("570.1", "570.1 is loaded, 580.1 is on disk")]
)
def test_a_loaded_module_against_the_one_on_disk(monkeypatch, running, reason) -> None:
    monkeypatch.setattr(
        reboot_needed, "first_line", lambda path: running if path.endswith("/version") else None
    )
    said = reboot_needed.module_reason(Answers("580.1"), "nvidia")
    assert said == (f"module nvidia: version {reason}" if reason else None)
