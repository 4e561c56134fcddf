"""One machine: a systemd-nspawn container on an overlay over the root image.

The overlay is mounted in a mount namespace that lives and dies with the machine, so that neither a power
cut nor a killed ``lab up`` leaves a mount behind. Power is what the kernel says: a machine is on while its
control group has processes.
"""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from rackwright.errors import WorldRefused
from rackwright.lab import cgroups, netns, ports
from rackwright.lab.place import Place

REBOOT = 133
"""Exit status of systemd-nspawn --keep-unit when the machine asked for a reboot."""

STUCK = "stuck-in-firmware"
"""A file of this name in the machine's directory: its next reboot ends in the firmware."""
CHANGED_HARDWARE = "record-after-reboot.json"
"""The hardware record that the next reboot puts in place."""
COMMAND_LINE = "cmdline"
"""Beside the hardware record: what the boot loader gave to the kernel at this boot."""

GRUB = "boot/grub/grub.cfg"
"""Its first entry is what boots."""

# $1 root, $2 lower, $3 upper, $4 work; then "--" and nspawn's arguments.
SUPERVISOR = f"""
set -eu
root=$1 lower=$2 upper=$3 work=$4; shift 5
mount -t overlay overlay -o "lowerdir=$lower,upperdir=$upper,workdir=$work" "$root"
while :; do
  if [ -d "$root/../hardware" ]; then
    line=
    if [ -e "$root/{GRUB}" ]; then
      line=$(sed -n '/^[[:blank:]]*linux /{{s//BOOT_IMAGE=/p;q}}' "$root/{GRUB}")
    fi
    if [ -z "$line" ]; then line=$(cat /proc/cmdline); fi
    printf '%s\\n' "$line" >"$root/../hardware/{COMMAND_LINE}"
  fi
  status=0
  "$@" || status=$?
  [ "$status" = {REBOOT} ] || exit "$status"
  cd "$root/.."
  if [ -e {CHANGED_HARDWARE} ]; then mv {CHANGED_HARDWARE} hardware/record.json; fi
  if [ -e {STUCK} ]; then echo "the firmware does not go on"; exec sleep infinity; fi
  cd /
done
"""


@dataclass(frozen=True, slots=True)
class Machine:
    """What to start: ``device`` is the design's name."""

    place: Place
    device: str
    binds: tuple[tuple[Path, str], ...] = ()
    """Directories of the host shown inside, read-write."""
    binds_ro: tuple[tuple[Path, str], ...] = ()
    devices: tuple[str, ...] = field(default=("/dev/fuse",))
    arguments: tuple[str, ...] = ()
    """Further arguments of systemd-nspawn."""

    @property
    def dir(self) -> Path:
        return self.place.machine(self.device)

    @property
    def upper(self) -> Path:
        """Its disk: what differs from the root image."""
        return self.dir / "upper"

    @property
    def cgroup(self) -> str:
        return f"{self.place.cgroup}/{self.device}"

    @property
    def console(self) -> Path:
        return self.dir / "console.log"


def on(place: Place, device: str) -> bool:
    """Whether it has power."""
    return bool(cgroups.pids(f"{place.cgroup}/{device}"))


def leader(place: Place, device: str) -> int | None:
    """Process id, on the host, of its first process; None while it is off or in its firmware."""
    return cgroups.leader(f"{place.cgroup}/{device}")


def blank(machine: Machine) -> None:
    """Give it an empty disk."""
    for name in ("upper", "work", "root"):
        shutil.rmtree(machine.dir / name, ignore_errors=True)
        (machine.dir / name).mkdir(parents=True)
    machine.upper.chmod(0o755)


def _nspawn(machine: Machine) -> list[str]:
    # The host's clock must not be steered from inside. Names are unique on the host, so they carry the lab's.
    argv = ["systemd-nspawn", "--quiet", "--directory", str(machine.dir / "root")]
    argv += ["--machine", f"{machine.place.name}.{machine.device}", "--hostname", machine.device]
    argv += ["--boot", "--register=no", "--keep-unit", "--console=passive", "--kill-signal=SIGRTMIN+3"]
    argv += [f"--network-namespace-path={netns.RUN / machine.place.netns(machine.device)}"]
    argv += ["--capability=all", "--drop-capability=CAP_SYS_TIME"]
    argv += ["--link-journal=no", "--timezone=off", "--resolv-conf=off"]
    argv += [f"--bind={device}" for device in machine.devices if Path(device).exists()]
    argv += [f"--bind={source}:{target}" for source, target in machine.binds]
    argv += [f"--bind-ro={source}:{target}" for source, target in machine.binds_ro]
    argv += machine.arguments
    # Nobody reads a passive console: once it is full, systemd waits for it, in the middle of a shutdown.
    return [*argv, "systemd.show_status=no"]


def _launch(machine: Machine, argv: list[str]) -> None:
    """Start ``argv`` in the machine's control group, apart from this process."""
    groups = cgroups.make(machine.cgroup)

    def enter() -> None:
        for procs in groups:
            procs.write_text(str(os.getpid()))

    with machine.console.open("ab") as console:
        subprocess.Popen(  # noqa: S603
            argv,
            stdin=subprocess.DEVNULL,
            stdout=console,
            stderr=console,
            start_new_session=True,
            close_fds=True,
            cwd="/",
            preexec_fn=enter,
            env={
                "PATH": os.environ.get("PATH", "/usr/sbin:/usr/bin:/sbin:/bin"),
                "LC_ALL": "C.UTF-8",
                # The machine's own network sysctls are its own to write; the rest of /proc/sys is not.
                "SYSTEMD_NSPAWN_API_VFS_WRITABLE": "network",
            },
        )


def start(machine: Machine, root_image: Path) -> None:
    """Boot it from its disk."""
    for path in (machine.dir / "work", machine.dir / "root"):
        path.mkdir(parents=True, exist_ok=True)
    # A slave tree: the removal of another machine's network namespace must reach this mount namespace too,
    # or that namespace would stay alive as long as this machine does.
    argv = [
        "unshare",
        "--mount",
        "--propagation",
        "slave",
        "/bin/sh",
        "-c",
        SUPERVISOR,
        f"machine {machine.device}",
    ]
    argv += [str(machine.dir / "root"), str(root_image), str(machine.upper), str(machine.dir / "work"), "--"]
    _launch(machine, [*argv, *_nspawn(machine)])


def start_firmware(machine: Machine, message: str) -> None:
    """Power without anything to boot: the machine is on, and its firmware waits."""
    _launch(machine, ["/bin/sh", "-c", f"echo {shlex.quote(message)}; exec sleep infinity"])


def power_off(place: Place, device: str) -> None:
    """Cut its power, and let its network ports forget what they were told."""
    group = f"{place.cgroup}/{device}"
    first = cgroups.leader(group)
    if first is not None:
        try:
            os.kill(first, signal.SIGKILL)
        except ProcessLookupError:
            first = None
        time.sleep(0.05)
    cgroups.kill(group)
    cgroups.remove(group)
    # systemd-nspawn leaves a directory behind when it is killed.
    propagate = Path("/run/systemd/nspawn/propagate") / f"{place.name}.{device}"
    if propagate.is_dir():
        shutil.rmtree(propagate, ignore_errors=True)
    ports.reset(place.netns(device))


def shut_down(place: Place, device: str) -> None:
    """Press the power button: the machine's systemd shuts it down by itself."""
    first = leader(place, device)
    if first is None:
        power_off(place, device)
        return
    os.kill(first, signal.SIGRTMIN + 4)


def wait_off(place: Place, device: str, timeout: float) -> bool:
    """Wait until it has no power; False when it still has."""
    deadline = time.monotonic() + timeout
    while on(place, device):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def require_off(place: Place, device: str, timeout: float) -> None:
    if not wait_off(place, device, timeout):
        raise WorldRefused(device, "power off", f"still on after {timeout:g} s")
