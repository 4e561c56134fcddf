"""A server of a bench and its disk: kept as layers, given back in a moment.

A disk is an overlay. Keeping it makes what the machine has written a layer below the next, empty one; to
restore a disk is to boot from the layers that it had. Nothing is copied.
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from tests.molecule.bench import Bench
from tests.molecule.failure import Failed

from rackwright import hostkeys, paths, pipeline, secrets
from rackwright.lab import hardware, image, kubelet, machine
from rackwright.lab.inside import must, run_in
from rackwright.lab.place import Place

BRICK = "/srv/gluster"
BOOT_S = 60
OFF_S = 20


@dataclass(frozen=True)
class Box:
    """One server of a bench."""

    bench: Bench
    server: str

    @property
    def place(self) -> Place:
        return self.bench.place

    @property
    def address(self) -> str:
        return next(s.management.address.ip for s in self.bench.servers if s.name == self.server)

    @property
    def machine(self) -> machine.Machine:
        """With the hardware that its BMC gives it."""
        folder = hardware.folder(self.place, self.server)
        data = self.place.machine(self.server) / "data"
        binds = ((data, BRICK),) if data.is_dir() else ()
        line = Path(hardware.INSIDE) / machine.COMMAND_LINE
        shown = ((folder, hardware.INSIDE), (line, "/proc/cmdline"))
        if not self._node.is_dir():
            return machine.Machine(self.place, self.server, binds, shown)
        binds += kubelet.binds(self._node.parent)
        return machine.Machine(self.place, self.server, binds, shown, arguments=kubelet.ARGUMENTS)

    @property
    def _node(self) -> Path:
        """What a node of Kubernetes has beside its disk."""
        return self.place.machine(self.server) / "node"

    @property
    def layers(self) -> Path:
        return self.machine.dir / "layers"

    @property
    def stack(self) -> list[str]:
        """Names of the layers that the machine runs on, the newest first."""
        path = self.machine.dir / "stack.json"
        return json.loads(path.read_text()) if path.exists() else []

    @property
    def lower(self) -> list[Path]:
        """Folders below the machine's disk, the newest first, the root image last."""
        disk = json.loads((self.machine.dir / "disk.json").read_text())
        root = image.path(self._cache, disk["image"])
        return [*(self.layers / name for name in self.stack), root]

    @property
    def _cache(self) -> Path:
        return Path(json.loads((self.place.dir / "lab.json").read_text())["cache"])

    def ssh_config(self) -> Path:
        """How testinfra gets in: by the name of the server."""
        bench = self.bench
        spec = pipeline.plan(str(bench.cluster_file())).spec
        state = paths.state_dir(self.place.name)
        lines = [f"Host {self.server}", f"HostName {self.address}", f"User {spec.access.ssh_user}"]
        lines += [f"IdentityFile {secrets.path_of(spec.access.ssh_key, bench.cluster_file(), state)}"]
        lines += [f"UserKnownHostsFile {hostkeys.known_hosts(state)}", "StrictHostKeyChecking yes"]
        path = bench.folder / f"{self.server}.ssh"
        path.write_text("\n".join(lines) + "\n")
        return path

    def keep(self, name: str) -> list[str]:
        """Shut down, and keep the disk as a layer; the stack that gives it back."""
        machine.shut_down(self.place, self.server)
        machine.require_off(self.place, self.server, OFF_S)
        self.off()
        self.layers.mkdir(exist_ok=True)
        layer = self.layers / name
        if layer.exists():
            shutil.rmtree(layer)
        self.machine.upper.rename(layer)
        if self._node.is_dir():
            shutil.rmtree(f"{layer}.node", ignore_errors=True)
            subprocess.run(["cp", "-a", self._node, f"{layer}.node"], check=True, timeout=120)
        kept = [name, *self.stack]
        (self.machine.dir / "stack.json").write_text(json.dumps(kept))
        return kept

    def restore(self, stack: list[str]) -> None:
        """Cut the power, give back a disk that was kept, and boot.

        :raises Failed: it does not come up.
        """
        self.off()
        (self.machine.dir / "stack.json").write_text(json.dumps(stack))
        if self._node.is_dir():
            shutil.rmtree(self._node)
            kept = self.layers / f"{stack[0]}.node" if stack else None
            self._node.mkdir()
            if kept is not None and kept.is_dir():
                subprocess.run(["cp", "-a", f"{kept}/.", self._node], check=True, timeout=120)
        machine.blank(self.machine)
        machine.start(self.machine, Path(":".join(map(str, self.lower))))
        self.wait()

    @property
    def connections(self) -> Path:
        """Where Ansible keeps its connections to this machine open."""
        return self.machine.dir / "cp"

    def off(self) -> None:
        """Cut the power, and end the connections that would wait for the machine that was."""
        for path in self.connections.glob("*"):
            command = ["ssh", "-o", f"ControlPath={path}", "-O", "exit", self.address]
            subprocess.run(command, capture_output=True, timeout=20, check=False)
            path.unlink(missing_ok=True)
        machine.power_off(self.place, self.server)

    def tidy(self) -> None:
        """As a person does after a removal: take away what nothing needs any more, and reboot."""
        apt = ["apt-get", "-qq", "-y", "autoremove", "--purge"]
        must(self.place, self.server, ["env", "DEBIAN_FRONTEND=noninteractive", *apt], timeout=120)
        machine.shut_down(self.place, self.server)
        machine.require_off(self.place, self.server, OFF_S)
        self.off()
        machine.start(self.machine, Path(":".join(map(str, self.lower))))
        self.wait()

    def wait(self) -> None:
        """Until it answers by SSH and its boot has come to an end."""
        end = time.monotonic() + BOOT_S
        while time.monotonic() < end:
            try:
                socket.create_connection((self.address, 22), 0.5).close()
            except OSError:
                time.sleep(0.05)
                continue
            said = run_in(self.place, self.server, ["systemctl", "is-system-running", "--wait"])
            if said.stdout.strip() in ("running", "degraded"):
                return
        raise Failed(self.bench.name, f"boot of {self.server}", f"no answer within {BOOT_S} s")
