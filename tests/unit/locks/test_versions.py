"""Versions in dpkg's order, and which package holds which program."""

from __future__ import annotations

import itertools
import shutil
import subprocess

import pytest

from rackwright.locks.versions import Version, agrees

SORTED = [
    "1.0~~", "1.0~rc1", "1.0", "1.0-1~x", "1.0-1", "1.0-1+b1", "1.0a", "1.0+dfsg-1", "1.0.1", "1.9", "1.10",
    "565", "570.158.01-0ubuntu1", "580.159.03", "580.159.03-1ubuntu1", "1:0.1",
]  # fmt: skip


def test_newer_and_older() -> None:
    assert sorted(map(Version, reversed(SORTED))) == list(map(Version, SORTED))


@pytest.mark.skipif(not shutil.which("dpkg"), reason="needs dpkg")
def test_dpkg_agrees() -> None:
    for older, newer in itertools.pairwise(SORTED):
        done = subprocess.run(["dpkg", "--compare-versions", older, "lt", newer], check=False)
        assert done.returncode == 0, (older, newer)


def test_equal_versions_are_equal_in_sets() -> None:
    assert Version("1.0") == Version("1.0-0")
    assert Version("1.0") != "1.0"
    assert len({Version("2.1"), Version("2.1")}) == 1


@pytest.mark.parametrize(
    ("package", "reports", "same"),
    [
        ("1.7.24~ds1-6+deb13u1", "1.7.24", True),
        ("1:6.16.13.30300300-2327507.24.04", "6.16.13", True),
        ("2.28.9-1+cuda13.0", "2.28.9", True),
        ("3:580.159.03-1.el9", "580.159.03", True),
        ("580.159.03-1", "580", True),
        ("580.159.03-1", "580.159.0", False),
        ("2.28.9-1", "2.28.90", False),
    ],
)
def test_what_a_package_holds(package: str, reports: str, same: bool) -> None:
    assert agrees(package, reports) is same
