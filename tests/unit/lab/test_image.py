"""The cache never shows a half-made image, and a killed build is made again."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from rackwright.lab import image
from rackwright.lab.finish import FILES, MASKED, finish


def test_a_build_that_fails_leaves_no_image_and_the_next_succeeds(tmp_path: Path) -> None:
    folder = tmp_path / "image"

    def fail() -> None:
        with image.building(folder) as target:
            (target / "half").touch()
            raise RuntimeError("mirror is away")

    with pytest.raises(RuntimeError, match="mirror"):
        fail()
    assert not folder.exists()
    with image.building(folder) as target:
        assert not (target / "half").exists()
        (target / "whole").touch()
    assert [path.name for path in folder.iterdir()] == ["whole"]


def test_two_builders_build_once(tmp_path: Path) -> None:
    folder, built = tmp_path / "image", []

    def build() -> None:
        with image.building(folder) as target:
            if target != folder:
                built.append(1)
                time.sleep(0.1)

    threads = [threading.Thread(target=build) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=10)
    assert built == [1]


def test_digest_follows_the_recipe(monkeypatch: pytest.MonkeyPatch) -> None:
    before = image.digest()
    monkeypatch.setattr(image, "PACKAGES", (*image.PACKAGES, "cowsay"))
    assert image.digest() != before


def test_finish(tmp_path: Path) -> None:
    wants = tmp_path / "etc/systemd/system/multi-user.target.wants"
    wants.mkdir(parents=True)
    (wants / "frr.service").symlink_to("/usr/lib/systemd/system/frr.service")
    ssh = tmp_path / "etc/ssh"
    ssh.mkdir()
    (ssh / "ssh_host_rsa_key").touch()
    (tmp_path / "var").mkdir()
    finish(tmp_path)
    assert not (ssh / "ssh_host_rsa_key").exists()
    assert not (wants / "frr.service").is_symlink()
    assert (wants / "systemd-networkd.service").is_symlink()
    assert all((tmp_path / "etc/systemd/system" / name).readlink() == Path("/dev/null") for name in MASKED)
    assert all((tmp_path / name).read_text() == text for name, text in FILES.items())
