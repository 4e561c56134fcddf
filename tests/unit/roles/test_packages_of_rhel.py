"""What the GPU roles would install on RHEL 9 and Rocky 9: names from the locks, commands of dnf."""

from __future__ import annotations

import pytest
from ansible_collections.rackwright.node.plugins.module_utils import apt, dnf, package_manager

from rackwright.locks import load_lock

LOCKS = pytest.mark.parametrize("name", ["h100-rhel9", "h100-rocky9"])
ROWS = ("driver", "persistence", "fabric_manager", "nccl", "cuda", "gds", "dcgm")
"""Rows of the GPU roles that both locks have."""

INSTALLS = {
    "driver": (
        "kmod-nvidia-open-dkms-3:580.159.03-1.el9 libnvidia-ml-3:580.159.03-1.el9 "
        "nvidia-driver-cuda-3:580.159.03-1.el9 nvidia-driver-cuda-libs-3:580.159.03-1.el9 "
        "nvidia-kmod-common-3:580.159.03-1.el9"
    ),
    "persistence": "nvidia-modprobe-3:580.159.03-1.el9 nvidia-persistenced-3:580.159.03-1.el9",
    "fabric_manager": "nvidia-fabricmanager-580.159.03-1",
    "nccl": "libnccl-2.28.9-1+cuda13.0",
    "cuda": "cuda-cudart-13-0-13.0.96-1",
    "gds": "libcufile-13-0-1.15.1.6-1 nvidia-fs-dkms-2.26.6-1",
    "dcgm": "datacenter-gpu-manager-4-core-1:4.5.3-1 datacenter-gpu-manager-4-cuda13-1:4.5.3-1",
}


@LOCKS
@pytest.mark.parametrize("row", ROWS)
def test_what_dnf_is_told_to_install(name: str, row: str) -> None:
    command = dnf.install_command(dict(load_lock(name).packages(row)), [])
    assert command[:3] == ["dnf", "-y", "-q"]
    assert " ".join(command[command.index("install") + 1 :]) == INSTALLS[row]


@LOCKS
def test_what_is_locked_has_an_epoch_and_any_architecture(name: str) -> None:
    packages = load_lock(name).packages("driver", "nccl")
    entries = [dnf.lock_entry(package, version) for package, version in sorted(packages.items())]
    assert "nvidia-driver-cuda-3:580.159.03-1.el9.*" in entries
    assert "libnccl-0:2.28.9-1+cuda13.0.*" in entries


@LOCKS
def test_the_repository_is_the_depots(name: str) -> None:
    lock = load_lock(name)
    assert lock.apt is None
    assert lock.dnf is not None
    assert lock.dnf.repository == "rackwright"


OS_RELEASE = [
    ('NAME="Rocky Linux"\nID="rocky"\nID_LIKE="rhel centos fedora"\n', "rhel"),
    ('ID="rhel"\nID_LIKE="fedora"\n', "rhel"),
    ("ID=debian\n", "debian"),
    ('PRETTY_NAME="Ubuntu 24.04"\nID=ubuntu\nID_LIKE=debian\n', "debian"),
    ("ID=arch\n", ""),
    ('VERSION_ID="9"\nPRETTY_NAME="rhel"\n', ""),
]


@pytest.mark.parametrize(("text", "family"), OS_RELEASE)
def test_whose_package_manager(text: str, family: str) -> None:
    assert package_manager.family(text) == family


VERSIONS = [
    ("runc\t0:1.1.15-1.el9\n", {"runc": "1.1.15-1.el9"}),
    ("nvidia-driver-cuda\t3:580.159.03-1.el9\n", {"nvidia-driver-cuda": "3:580.159.03-1.el9"}),
    ("package dcgm is not installed\n", {}),
    ("", {}),
]


@pytest.mark.parametrize(("text", "found"), VERSIONS)
def test_what_rpm_says_is_installed(text: str, found: dict) -> None:
    assert dict(dnf.rows(text)) == found


class Machine:
    """A module whose commands answer from a table; what it ran is kept."""

    def __init__(self, answers: dict[str, str]) -> None:
        self.answers, self.ran = answers, []

    def run_command(self, command: list[str], **_: object) -> tuple[int, str, str]:
        words = " ".join(command)
        self.ran.append(words)
        return 0, next((text for key, text in self.answers.items() if key in words), ""), ""

    def fail_json(self, **result: object) -> None:
        raise AssertionError(result)


def test_an_upgrade_takes_the_old_lock_off_before_it_installs_and_leaves_others_alone() -> None:
    listed = "nvidia-driver-cuda-3:570.158.01-1.el9.*\nnvidia-driver-cuda-libs-3:570.158.01-1.el9.*\n"
    machine = Machine({"versionlock list": listed})
    dnf.install(machine, {"nvidia-driver-cuda": "3:580.159.03-1.el9"}, [])
    assert machine.ran[1] == ("dnf -q versionlock delete --raw nvidia-driver-cuda-3:570.158.01-1.el9.*")
    assert machine.ran[2].endswith("install nvidia-driver-cuda-3:580.159.03-1.el9")


def test_a_lock_at_another_version_is_no_hold() -> None:
    machine = Machine({"versionlock list": "runc-0:1.1.14-1.el9.*\n"})
    assert dnf.held(machine, {"runc": "1.1.15-1.el9"}) == set()
    machine = Machine({"versionlock list": "runc-0:1.1.15-1.el9.*\n"})
    assert dnf.held(machine, {"runc": "1.1.15-1.el9"}) == {"runc"}


def test_what_the_repositories_offer_is_not_hidden_by_locks() -> None:
    machine = Machine({"repoquery": "libnccl\t0:2.26.2-1+cuda12.8\nlibnccl\t0:2.28.9-1+cuda13.0\n"})
    assert dnf.offered(machine, ["libnccl", "rccl"]) == {
        "libnccl": ["2.26.2-1+cuda12.8", "2.28.9-1+cuda13.0"],
        "rccl": [],
    }
    assert "--disableplugin=versionlock" in machine.ran[0]


def test_only_what_is_named_goes() -> None:
    assert dnf.remove_command(["b", "a"])[-4:] == ["--noautoremove", "remove", "a", "b"]
    machine = Machine({"rpm -e --test": "\tlibcuda1 is needed by (installed) dcgm-1:4.5.3-1.x86_64\n"})
    assert dnf.needed_by(machine, ["libcuda1"]) == ["dcgm-1:4.5.3-1.x86_64"]


def test_both_have_the_same_functions() -> None:
    functions = (
        "known installed held hold release offered update pins pin_path install needed_by purge headers"
    )
    for function in functions.split():
        assert callable(getattr(apt, function))
        assert callable(getattr(dnf, function))
