"""What the firmware of a simulated server accepts, and what it says when it does not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rackwright.lab import image
from rackwright.lab.bmc.boot import NothingToBoot, disk, fetch, insert_seed, install, read_disc
from rackwright.lab.bmc.settings import BmcSettings, Memory
from rackwright.lab.place import Place
from rackwright.resources.seed import disc

BMC = BmcSettings("gpu-su01-n01", "u", "S1", "dgx-h100", "10.0.0.1", (("eno3", "02:00:00:00:00:01"),))
SEED = {"user-data": "#cloud-config\n{}\n", "meta-data": "instance-id: a\n", "network-config": "version: 2\n"}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setenv("RACKWRIGHT_LABS", str(tmp_path / "labs"))
    return Place("unit")


def test_a_seed_disc_is_read_back_whole() -> None:
    assert {name: data.decode() for name, data in read_disc(disc(SEED)).items()} == SEED


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"not an iso", "not an ISO 9660 image"),
        (disc({"user-data": ""}), "a seed has user-data and meta-data"),
        (disc(SEED).replace(b"CIDATA", b"WINDOW"), "cloud-init looks for cidata"),
    ],
)
def test_other_discs_are_refused(data: bytes, words: str) -> None:
    with pytest.raises(NothingToBoot, match=words):
        read_disc(data)


def test_seed_is_private_and_goes_with_the_disc(tmp_path: Path) -> None:
    media = tmp_path / "Cd.iso"
    media.write_bytes(disc(SEED))
    insert_seed(tmp_path / "upper", media)
    seed = tmp_path / "upper/var/lib/cloud/seed/nocloud"
    assert (seed / "user-data").read_text() == SEED["user-data"]
    assert (seed / "user-data").stat().st_mode & 0o777 == 0o600
    insert_seed(tmp_path / "upper", None)
    assert not seed.exists()


def test_blank_disk_does_not_boot(place: Place, tmp_path: Path) -> None:
    with pytest.raises(NothingToBoot, match="No bootable device"):
        disk(place, BMC, tmp_path)


@pytest.mark.parametrize(
    ("manifest", "words"),
    [
        (b"<html>", "not an image manifest"),
        (b'{"name": "x"}', "not an image manifest"),
        (json.dumps({"name": "x", "digest": "sha256:" + "0" * 64}).encode(), "cannot be had"),
    ],
)
def test_install_refuses(place: Place, tmp_path: Path, manifest: bytes, words: str) -> None:
    with pytest.raises(NothingToBoot, match=words):
        install(place, BMC, tmp_path, manifest)


def test_install_blanks_the_disk_and_remembers_the_image(place: Place, tmp_path: Path) -> None:
    root = image.path(tmp_path, "a" * 64)
    root.mkdir(parents=True)
    old = place.machine(BMC.server) / "upper/left-over"
    old.parent.mkdir(parents=True)
    old.touch()
    assert (
        install(place, BMC, tmp_path, json.dumps({"name": "x", "digest": "sha256:" + "a" * 64}).encode())
        == root
    )
    assert not old.exists()
    assert disk(place, BMC, tmp_path) == root


def test_only_http_is_fetched(place: Place) -> None:
    with pytest.raises(NothingToBoot, match="only http"):
        fetch(place, BMC.server, "file:///etc/shadow")


def test_memory_survives_a_restart_and_damage(tmp_path: Path) -> None:
    path = tmp_path / "memory.json"
    memory = Memory.load(path)
    memory.boot_target, memory.boot_once, memory.http_uri = "UefiHttp", True, "http://x/y"
    memory.save()
    again = Memory.load(path)
    assert (again.boot_target, again.boot_once, again.http_uri) == ("UefiHttp", True, "http://x/y")
    path.write_text("{")
    assert Memory.load(path).boot_target == "Hdd"
