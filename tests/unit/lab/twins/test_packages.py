"""Twin packages: names and versions of the lock, dependencies that resolve, the same bytes every time."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from rackwright.lab import twins
from rackwright.lab.twins import elf, vendor
from rackwright.locks import load_lock

LOCK = load_lock("h100-debian13")
needs_dpkg = pytest.mark.skipif(not shutil.which("dpkg-deb"), reason="needs dpkg-deb")


def made() -> dict[str, vendor.Package]:
    return {package.name: package for package in vendor.packages(LOCK, "amd64", "6.12.1+deb13-Cloud")}


def test_every_package_of_the_lock_has_a_twin_of_that_version() -> None:
    versions = {name: package.version for name, package in made().items()}
    for name, version in LOCK.packages().items():
        assert versions[name] == version


def test_dependencies_are_twins_or_real_packages() -> None:
    packages = made()
    for package in packages.values():
        for dependency in package.depends:
            name, exact = re.fullmatch(r"(\S+)(?: \(= (\S+)\))?(?: \(>= \S+\))?", dependency).groups()
            assert name in packages or name in {*twins.DEBIAN_PACKAGES, "python3"}
            if exact:
                assert packages[name].version == exact


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
    assert len(sums[0]) == len({*LOCK.packages(), "hardware-twin", "dkms", "headers"})


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
