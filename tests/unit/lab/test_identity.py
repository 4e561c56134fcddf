"""An image that says it is another distribution: what it says, and that the base is never written to."""

from __future__ import annotations

from pathlib import Path

import pytest

from rackwright.errors import UsageError, WorldRefused
from rackwright.lab import identity, image
from rackwright.locks import load_lock

UBUNTU = identity.IDENTITIES["ubuntu2404-server"]


@pytest.fixture(autouse=True)
def no_mirror(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(identity.UBUNTU_MIRROR, raising=False)


def test_it_says_what_the_lock_is_for_and_that_it_is_simulated() -> None:
    lock = load_lock("h100-ubuntu2404")
    text = identity.files(identity.IDENTITIES[lock.image])["usr/lib/os-release"]
    assert f'ID="{lock.os.id}"\n' in text
    assert f'VERSION_ID="{lock.os.major}.04"\n' in text
    assert f'VERSION_CODENAME="{lock.os.codename}"\n' in text
    assert "simulated" in text
    assert "Debian" not in text, "Ansible takes a text with that name for Debian's"
    assert identity.simulated(lock.image)
    assert not identity.simulated(image.BASE)


def test_the_layer_replaces_its_own_files_and_leaves_the_base_alone(tmp_path: Path) -> None:
    base, target = tmp_path / "base", tmp_path / "target"
    (base / "usr/lib").mkdir(parents=True)
    (base / "usr/lib/os-release").write_text("ID=debian\n")
    (base / "usr/lib/big").write_text("x")
    (base / "etc").mkdir()
    (base / "etc/os-release").symlink_to("../usr/lib/os-release")
    (base / "etc").chmod(0o750)
    target.mkdir()
    identity.layer(UBUNTU, base, target)
    assert (base / "usr/lib/os-release").read_text() == "ID=debian\n"
    assert 'ID="ubuntu"' in (target / "etc/os-release").read_text()
    assert (target / "usr/lib/big").stat().st_ino == (base / "usr/lib/big").stat().st_ino
    assert (target / "etc").stat().st_mode & 0o777 == 0o750
    assert (target / "etc/dpkg/origins/default").readlink() == Path("ubuntu")


def test_images_have_digests_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    simulated = image.digest("ubuntu2404-server")
    assert simulated != image.digest()
    monkeypatch.setenv(identity.UBUNTU_MIRROR, "http://mirror.invalid/ubuntu/")
    assert image.digest("ubuntu2404-server") not in (simulated, image.digest())
    assert not identity.simulated("ubuntu2404-server")


def test_a_mirror_needs_its_keys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(identity.UBUNTU_MIRROR, "http://mirror.invalid/ubuntu/")
    monkeypatch.setattr(identity, "UBUNTU_KEYRING", tmp_path / "none.gpg")
    with pytest.raises(WorldRefused, match=r"none\.gpg is missing"):
        image.sources("ubuntu2404-server")
    monkeypatch.setattr(identity, "UBUNTU_KEYRING", tmp_path)
    assert image.sources("ubuntu2404-server")[0].endswith("http://mirror.invalid/ubuntu noble main universe")


def test_an_image_that_the_lab_does_not_have_is_named() -> None:
    with pytest.raises(
        UsageError, match="no lab image rhel9-server: there are debian13-server, ubuntu2404-server"
    ):
        image.digest("rhel9-server")
