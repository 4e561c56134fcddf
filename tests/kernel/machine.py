"""A QEMU machine without KVM: a kernel of its own, for what the lab's shared kernel lacks."""

from __future__ import annotations

import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from tests.kernel.image import Disk

BOOT_S = 400
"""Under emulation on two busy cores; about 30 s on idle ones."""
MEMORY_MIB = 1536


@dataclass(slots=True)
class Machine:
    """One machine that runs. Its disk forgets what was written when it ends."""

    disk: Disk
    folder: Path
    process: subprocess.Popen[bytes]
    port: int

    @property
    def known_hosts(self) -> Path:
        return self.folder / "known_hosts"

    @property
    def console(self) -> Path:
        return self.folder / "console.log"

    def ssh(self) -> list[str]:
        options = {
            "UserKnownHostsFile": str(self.known_hosts),
            "GlobalKnownHostsFile": "/dev/null",
            "StrictHostKeyChecking": "yes",
            "IdentitiesOnly": "yes",
            "ConnectTimeout": "10",
        }
        words = [word for key, value in options.items() for word in ("-o", f"{key}={value}")]
        return ["ssh", "-q", "-i", str(self.disk.key), "-p", str(self.port), *words, "root@127.0.0.1"]

    def run(self, command: str, timeout: float = 180) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*self.ssh(), command], capture_output=True, text=True, timeout=timeout, check=False
        )

    def must(self, command: str, timeout: float = 180) -> str:
        done = self.run(command, timeout)
        assert done.returncode == 0, f"{command}: exit {done.returncode}: {done.stdout}{done.stderr}"
        return done.stdout

    def wait(self, seconds: float = BOOT_S) -> None:
        """Until it can be logged in to."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            assert self.process.poll() is None, (
                f"QEMU ended: {self.console.read_text(errors='replace')[-2000:]}"
            )
            try:
                if self.run("true", 30).returncode == 0:
                    return
            except subprocess.TimeoutExpired:
                continue
            time.sleep(1)
        raise AssertionError(f"no login: {self.console.read_text(errors='replace')[-2000:]}")

    def reboot(self) -> None:
        """Until another boot can be logged in to: the one before answers for a while yet."""
        asked = "cat /proc/sys/kernel/random/boot_id"
        before, end = self.must(asked), time.monotonic() + BOOT_S
        self.run("systemctl reboot", timeout=60)
        while time.monotonic() < end:
            time.sleep(2)
            self.wait(max(end - time.monotonic(), 1))
            done = self.run(asked)
            if done.returncode == 0 and done.stdout != before:
                return
        raise AssertionError(f"no other boot: {self.console.read_text(errors='replace')[-2000:]}")

    def end(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(timeout=20)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(disk: Disk, folder: Path) -> Machine:
    """Power on: two cores, a management port, and two ports on one wire for the planes."""
    port = free_port()
    (folder / "known_hosts").write_text(f"[127.0.0.1]:{port} {disk.known_host}\n")
    argv = ["qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2"]
    argv += ["-m", str(MEMORY_MIB), "-nographic", "-nodefaults", "-serial", f"file:{folder / 'console.log'}"]
    argv += ["-kernel", str(disk.kernel), "-initrd", str(disk.initrd), "-append"]
    argv += ["root=/dev/vda rw console=ttyS0 net.ifnames=0 quiet"]
    argv += ["-drive", f"file={disk.image},format=raw,if=virtio,snapshot=on"]
    argv += ["-netdev", f"user,id=m,restrict=on,hostfwd=tcp:127.0.0.1:{port}-:22"]
    argv += ["-device", "virtio-net-pci,netdev=m,mac=52:54:00:00:00:01"]
    for number in (2, 3):
        argv += ["-netdev", f"hubport,id=p{number},hubid=1"]
        argv += ["-device", f"virtio-net-pci,netdev=p{number},mac=52:54:00:00:00:0{number}"]
    process = subprocess.Popen(
        argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=(folder / "qemu.err").open("wb")
    )
    return Machine(disk, folder, process, port)
