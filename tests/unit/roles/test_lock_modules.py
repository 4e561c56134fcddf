"""A host against its lock: reasons before, and the state read back."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from ansible_collections.rackwright.node.plugins.module_utils import apt_apart, lock
from ansible_collections.rackwright.node.plugins.modules import lock_preflight, lock_state

DEBIAN = 'PRETTY_NAME="Debian GNU/Linux 13 (trixie)"\nVERSION_ID="13"\nVERSION_CODENAME=trixie\nID=debian\n'
UBUNTU = 'NAME="Ubuntu"\nVERSION_ID="24.04"\nVERSION_CODENAME=noble\nID=ubuntu\nID_LIKE=debian\n'
ROCKY = 'NAME="Rocky Linux"\nVERSION_ID="9.6"\nID="rocky"\nID_LIKE="rhel centos fedora"\n'


@pytest.mark.parametrize(
    ("text", "wanted", "reasons"),
    [
        (DEBIAN, {"id": "debian", "major": 13, "codename": "trixie"}, []),
        (UBUNTU, {"id": "ubuntu", "major": 24, "codename": "noble"}, []),
        (ROCKY, {"id": "rocky", "major": 9, "codename": ""}, []),
        (DEBIAN, {"id": "ubuntu", "major": 24}, ["distribution: found debian 13, expected ubuntu 24"]),
        (UBUNTU, {"id": "ubuntu", "major": 22}, ["distribution: found ubuntu 24, expected ubuntu 22"]),
        (
            UBUNTU.replace("noble", "numbat"),
            {"id": "ubuntu", "major": 24, "codename": "noble"},
            ["distribution: found numbat, expected noble"],
        ),
        ("", {"id": "rhel", "major": 9}, ["distribution: found none , expected rhel 9"]),
    ],
)
def test_distribution(text: str, wanted: dict, reasons: list[str]) -> None:
    assert lock.distribution(lock.release(text), wanted) == reasons


def test_the_machine_gives_all_its_reasons_at_once() -> None:
    asked = {
        "os": {"id": "ubuntu", "major": 24},
        "architectures": ["arm64"],
        "kernel_minimum": "99.1",
        "roles": {"nccl": {"libnccl2": "2-1"}, "gds": {"libnccl2": "3-1"}},
    }
    reasons = lock_preflight.machine(asked, lock.release(DEBIAN), "amd64")
    assert [line.partition(":")[0] for line in reasons] == ["distribution", "architecture", "kernel", "lock"]


MADISON = """\
   libnccl2 | 2.29.1-1 | http://other/apt noble/main amd64 Packages
   libnccl2 | 2.28.9-1+cuda13.0 | http://10.112.0.2:8480/apt rackwright/main amd64 Packages
   libnccl2 | 2.28.9-1+cuda13.0 | http://10.112.0.2:8480/apt rackwright/main Sources
"""


def test_offers_and_what_nobody_offers() -> None:
    offers = apt_apart.offers(MADISON)
    assert [version for _, version, _ in offers] == ["2.29.1-1", "2.28.9-1+cuda13.0"]
    assert lock_preflight.absent({"libnccl2": "2.28.9-1+cuda13.0"}, offers) == []
    assert lock_preflight.absent({"libnccl2": "2.27.1-1", "x": "1"}, offers) == [
        "repository: libnccl2: found 2.29.1-1, 2.28.9-1+cuda13.0, expected 2.27.1-1",
        "repository: x: found none, expected 1",
    ]


def test_a_second_source_with_a_higher_version_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apt_apart, "newer", lambda _module, first, second: first > second)
    wanted = {"libnccl2": "2.28.9-1+cuda13.0"}
    offers = apt_apart.offers(MADISON)
    assert lock_preflight.elsewhere(None, wanted, offers, "http://10.112.0.2:8480/apt") == [
        "two sources: libnccl2: found 2.29.1-1 at http://other/apt, expected none above 2.28.9-1+cuda13.0"
    ]
    assert lock_preflight.elsewhere(None, wanted, offers[1:], "http://10.112.0.2:8480/apt") == []


class Apt:
    """Answers as apt does; ``refuses`` as its last word. Whatever would change the machine is an error."""

    def __init__(self, refuses: str = "") -> None:
        self.refuses = refuses

    def run_command(self, argv: list[str], **_: object) -> tuple[int, str, str]:
        if argv[0] == "apt-get":
            assert "--simulate" in argv, "it would install: apt asks nobody where all is named"
            if self.refuses:
                return 100, "Reading package lists...\n", f"W: x\n{self.refuses}\n"
            return 0, "Inst a [1-1] (2-1 only:main [amd64]) []\nInst b (3-1 x [all])\nConf a (2-1 x)\n", ""
        if argv[0] == "apt-cache":
            assert argv[-2:] == ["a=2-1", "b=3-1"]
            sizes = ("Installed-Size: 10240\nSize: 1048576\n", "Installed-Size: 1024\nSize: 0\n")
            return 0, "\n".join(sizes), ""
        assert argv[0] == "dpkg-query"
        return 1, "2048\n", "dpkg-query: no packages found matching b\n"


def test_a_rehearsal_changes_nothing_and_says_the_room() -> None:
    assert apt_apart.rehearse(Apt(), {"a": "2-1"}, []) == (10, "")


def test_a_rehearsal_says_why_not() -> None:
    said = "E: Unable to correct problems, you have held broken packages."
    assert apt_apart.rehearse(Apt(said), {"a": "2-1"}, []) == (0, said)
    needed, why = apt_apart.rehearse(Apt("N: nothing with an E"), {"a": "2-1"}, [])
    assert (needed, why.startswith("apt-get ended with 100:")) == (0, True)


def test_too_little_room_is_named() -> None:
    assert lock_preflight.room(0, 0) == []
    assert "expected 1 MiB and 1000000000 MiB to spare" in lock_preflight.room(1, 10**9)[0]


@pytest.mark.parametrize(("last", "on"), [(b"\x01", True), (b"\x00", False)])
def test_secure_boot(last: bytes, on: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "SecureBoot-8be4df61").write_bytes(b"\x06\x00\x00\x00" + last)
    monkeypatch.setattr(lock, "SECURE_BOOT", f"{tmp_path}/SecureBoot-*")
    assert lock.secure_boot() is on


PINS = "Package: a\nPin: version 1-1\nPin-Priority: 1001\n\nPackage: b\nPin: version 2-1\nPin-Priority: 500\n"


@pytest.mark.parametrize(
    ("have", "held", "pins", "lines"),
    [
        ({"a": "1-1"}, {"a"}, {"a": "1-1"}, []),
        ({"a": "1-1"}, {"a"}, None, []),
        ({}, set(), {}, ["a: found none, expected 1-1"]),
        ({"a": "1-2"}, {"a"}, {"a": "1-1"}, ["a: found 1-2, expected 1-1"]),
        ({"a": "1-1"}, set(), {"a": "1-1"}, ["a: found it free, expected it held"]),
        ({"a": "1-1"}, {"a"}, {}, ["a: found it pinned to nothing, expected 1-1"]),
    ],
)
def test_state(have: dict, held: set, pins: dict | None, lines: list[str]) -> None:
    assert lock.state({"a": "1-1"}, have, held, pins) == lines


def test_a_low_priority_is_no_pin() -> None:
    assert lock.pinned([PINS]) == {"a": "1-1"}


@pytest.mark.parametrize(
    ("have", "held", "pins", "never"),
    [
        ({}, set(), {}, True),
        ({"a": "0"}, set(), {}, False),
        ({}, {"a"}, {}, False),
        ({}, set(), {"a": "1"}, False),
    ],
)
def test_a_role_that_never_ran_left_nothing(have: dict, held: set, pins: dict, never: bool) -> None:
    assert lock_state.untouched({"a": "1"}, have, held, pins) is never


def test_a_file_with_another_content_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("x")
    good = hashlib.sha256(b"x").hexdigest()
    assert lock_state.altered([{"path": str(path), "sha256": good}]) == []
    assert lock_state.altered([{"path": str(tmp_path / "none"), "sha256": good}]) == []
    assert lock_state.altered([{"path": str(path), "sha256": "0" * 64}]) == [
        f"{path}: found sha256 {good}, expected {'0' * 64}"
    ]
