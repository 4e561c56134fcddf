"""Twin packages: names and versions of the lock, dependencies that resolve, the same bytes every time."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from rackwright.errors import UsageError
from rackwright.lab import twins
from rackwright.lab.twins import deb, elf, vendor
from rackwright.lab.twins.makers import firmware
from rackwright.locks import HostLock, LockRow, load_lock

LOCK = load_lock("h100-debian13")
LOCKS = (
    "h100-debian13", "h100-debian13-570", "lab-h100-debian13", "lab-gb200-debian13", "h100-ubuntu2404",
    "h100-ubuntu2404-570", "b200-ubuntu2404", "gb200-ubuntu2404",
)  # fmt: skip
needs_dpkg = pytest.mark.skipif(not shutil.which("dpkg-deb"), reason="needs dpkg-deb")


def made(lock: HostLock = LOCK) -> dict[str, deb.Package]:
    return {package.name: package for package in vendor.packages(lock, "amd64", "6.12.1+deb13-Cloud")}


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_of_the_lock_has_a_twin_of_that_version(name: str) -> None:
    lock = load_lock(name)
    versions = {package: twin.version for package, twin in made(lock).items()}
    for package, version in lock.packages(*set(lock.rows) - vendor.REAL).items():
        assert versions[package] == version


@pytest.mark.parametrize("name", LOCKS)
def test_dependencies_are_twins_or_real_packages(name: str) -> None:
    packages = made(load_lock(name))
    for package in packages.values():
        for dependency in package.depends:
            needed, exact = re.fullmatch(r"(\S+)(?: \(= (\S+)\))?(?: \(>= \S+\))?", dependency).groups()
            assert needed in packages or needed in {*twins.DEBIAN_PACKAGES, "python3"}
            if exact:
                assert packages[needed].version == exact


@pytest.mark.parametrize("name", LOCKS)
def test_no_two_packages_bring_the_same_file(name: str) -> None:
    owners: dict[str, str] = {}
    for package in made(load_lock(name)).values():
        for path in package.files:
            assert owners.setdefault(path, package.name) == package.name, path


def test_files_that_an_owner_may_change_are_in_their_package() -> None:
    for package in made().values():
        assert set(package.conffiles) <= set(package.files)


def test_a_lock_for_dnf_has_no_lab() -> None:
    with pytest.raises(UsageError, match="its machines take packages with DNF"):
        made(load_lock("h100-rhel9"))


def test_a_lock_with_a_package_that_has_no_twin_is_refused() -> None:
    row = LockRow(source="https://example.org/", packages={"left-pad": "1.0-1"})
    lock = LOCK.model_copy(update={"rows": {**LOCK.rows, "left_pad": row}})
    with pytest.raises(UsageError, match="there are no twins of left_pad"):
        made(lock)


def test_the_headers_are_of_the_kernel_that_runs() -> None:
    package = made()["linux-headers-6.12.1+deb13-cloud"]
    assert "usr/lib/modules/6.12.1+deb13-Cloud/build" in package.files


def test_each_package_says_that_it_is_a_simulation() -> None:
    assert all("simulation" in package.control("amd64") for package in made().values())


@needs_dpkg
def test_two_builds_are_the_same_bytes(tmp_path: Path) -> None:
    sums = []
    for name in ("a", "b"):
        files = twins.build(tmp_path / name)
        sums.append({file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files})
    assert sums[0] == sums[1]
    assert len(sums[0]) == len(made())


@needs_dpkg
def test_a_package_names_its_conffiles(tmp_path: Path) -> None:
    file = next(path for path in twins.build(tmp_path) if path.name.startswith("nvidia-fabricmanager"))
    control = subprocess.run(
        ["dpkg-deb", "-I", file, "conffiles"], capture_output=True, text=True, timeout=20, check=True
    )
    assert control.stdout == "/usr/share/nvidia/nvswitch/fabricmanager.cfg\n"


@needs_dpkg
def test_a_package_holds_what_its_table_says(tmp_path: Path) -> None:
    file = next(path for path in twins.build(tmp_path) if path.name.startswith("nvidia-driver-cuda_"))
    listed = subprocess.run(["dpkg-deb", "-c", file], capture_output=True, text=True, timeout=20, check=True)
    assert re.search(r"-rwxr-xr-x root/root .* \./usr/bin/nvidia-smi\n", listed.stdout)


@pytest.mark.skipif(not shutil.which("modinfo"), reason="needs kmod")
def test_modinfo_reads_the_module(tmp_path: Path) -> None:
    path = tmp_path / "nvidia.ko"
    path.write_bytes(elf.module({"version": "580.159.03", "license": "Dual MIT/GPL"}, "amd64"))
    said = subprocess.run(
        ["modinfo", "-F", "version", path], capture_output=True, text=True, timeout=20, check=True
    )
    assert said.stdout.strip() == "580.159.03"


@pytest.mark.skipif(not Path("/sbin/ldconfig").exists(), reason="needs glibc")
def test_ldconfig_reads_the_soname(tmp_path: Path) -> None:
    (tmp_path / "libx.so.1.2.3").write_bytes(elf.library("libx.so.1", "amd64"))
    subprocess.run(["/sbin/ldconfig", "-n", tmp_path], timeout=20, check=True)
    assert (tmp_path / "libx.so.1").readlink().name == "libx.so.1.2.3"


@pytest.mark.parametrize("name", [name for name in LOCKS if set(load_lock(name).rows) & set(firmware.ROWS)])
def test_the_tool_that_burns_nics_is_there_for_either_rdma_stack(name: str) -> None:
    lock = load_lock(name)
    tool = {"doca-ofed": "usr/bin/flint", "inbox": "usr/bin/mstflint"}[str(lock.row("rdma").flavour)]
    assert [package.name for package in made(lock).values() if tool in package.files]
