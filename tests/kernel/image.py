"""The disk of the tests' QEMU machine: Debian 13 with its own kernel, headers, DKMS and the RDMA tools.

Kept in the user's cache by the digest of its recipe, as the lab's root image is.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from rackwright.lab import image as lab
from rackwright.lab import mirror
from rackwright.lab.stream import stream

PACKAGES = (
    "systemd", "systemd-sysv", "udev", "dbus", "openssh-server", "python3", "iproute2", "kmod", "procps",
    "ethtool", "linux-image-amd64", "linux-headers-amd64", "initramfs-tools", "dkms", "rdma-core",
    "ibverbs-utils", "infiniband-diags", "perftest",
)  # fmt: skip
SOURCE = Path(__file__).parent / "dkms"
VERSIONS = ("1.0", "1.1")
"""The test module: the first is built and installed in the image, the second is source beside it."""
SIZE = "4G"
NETWORK = "[Match]\nName=en* eth0\nMACAddress=52:54:00:00:00:01\n[Network]\nDHCP=yes\n"
SSHD = "PermitRootLogin prohibit-password\nUseDNS no\n"
BOOT_MODULES = ("virtio_pci", "virtio_blk", "ext4")
"""All that the initrd needs: an emulated processor takes long to unpack one with everything."""
FORMAT = 4


@dataclass(frozen=True, slots=True)
class Disk:
    """A raw file system, the kernel and initrd in it, and the key that opens it."""

    image: Path
    kernel: Path
    initrd: Path
    key: Path
    known_host: str
    """The host key, as ``known_hosts`` has it after the address."""
    release: str


def digest() -> str:
    sources = {path.name: path.read_text() for path in sorted(SOURCE.iterdir())}
    recipe = {
        "packages": PACKAGES,
        "sources": sources,
        "size": SIZE,
        "sshd": SSHD,
        "format": FORMAT,
        "boot": BOOT_MODULES,
    }
    return hashlib.sha256(json.dumps(recipe, sort_keys=True).encode()).hexdigest()


def ensure(cache: Path) -> Disk:
    """The disk; built in about three minutes where the cache has none."""
    folder = cache / "lab" / "kernel" / digest()[:32]
    if not folder.exists():
        with lab.building(folder) as target:
            if target != folder:
                _build(target)
    release = (folder / "release").read_text()
    return Disk(
        folder / "disk.img",
        folder / "vmlinuz",
        folder / "initrd.img",
        folder / "key",
        (folder / "host_key.pub").read_text().strip(),
        release,
    )


def _build(target: Path) -> None:
    root = target / "root"
    argv = ["mmdebstrap", "--mode=root", "--variant=minbase", "--format=directory", "--skip=check/qemu"]
    argv += ['--aptopt=APT::Install-Recommends "false"', "--dpkgopt=path-exclude=/usr/share/doc/*"]
    argv += [f"--include={','.join(PACKAGES)}", "trixie", str(root), mirror.find().line("trixie")]
    stream(argv, "build the disk of the QEMU machine", timeout=900)
    _sources(root)
    release = next((root / "lib/modules").iterdir()).name
    name, version = "rackwright-probe", VERSIONS[0]
    stream(
        ["chroot", str(root), "dkms", "install", "-m", name, "-v", version, "-k", release],
        "build the test module with DKMS",
        timeout=300,
    )
    (root / "etc/initramfs-tools/conf.d/tests").write_text("MODULES=list\n")
    (root / "etc/initramfs-tools/modules").write_text("\n".join(BOOT_MODULES) + "\n")
    stream(["chroot", str(root), "update-initramfs", "-u", "-k", release], "make its initrd", timeout=300)
    _access(root, target)
    (target / "release").write_text(release)
    shutil.copyfile(root / f"boot/vmlinuz-{release}", target / "vmlinuz")
    shutil.copyfile(root / f"boot/initrd.img-{release}", target / "initrd.img")
    make = ["mke2fs", "-q", "-t", "ext4", "-d", str(root), str(target / "disk.img"), SIZE]
    stream(make, "write the disk of the QEMU machine", timeout=300)
    shutil.rmtree(root)


def _sources(root: Path) -> None:
    for version in VERSIONS:
        folder = root / f"usr/src/rackwright-probe-{version}"
        folder.mkdir()
        for path in SOURCE.iterdir():
            (folder / path.name).write_text(path.read_text().replace("@version@", version))


def _access(root: Path, target: Path) -> None:
    """One key in, one host key, an address by DHCP."""
    for path in (target / "key", target / "host_key"):
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(path)], check=True, timeout=30
        )
    for left in (root / "etc/ssh").glob("ssh_host_*"):
        left.unlink()
    shutil.copyfile(target / "host_key", root / "etc/ssh/ssh_host_ed25519_key")
    (root / "etc/ssh/ssh_host_ed25519_key").chmod(0o600)
    (root / "root/.ssh").mkdir(mode=0o700, exist_ok=True)
    shutil.copyfile(target / "key.pub", root / "root/.ssh/authorized_keys")
    (root / "etc/ssh/sshd_config.d/tests.conf").write_text(SSHD)
    (root / "etc/systemd/network/10-tests.network").write_text(NETWORK)
    (root / "etc/fstab").write_text("/dev/vda / ext4 defaults 0 1\n")
    (root / "etc/hostname").write_text("kernel\n")
    wants = root / "etc/systemd/system/multi-user.target.wants"
    for unit in ("systemd-networkd.service", "ssh.service"):
        if not (wants / unit).is_symlink():
            (wants / unit).symlink_to(f"/usr/lib/systemd/system/{unit}")
