"""The lab's DRA drivers as processes, each with a simulated server's file system to look at."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rackwright.lab import hardware
from rackwright.lab.dra import plugin
from rackwright.lab.place import Place
from rackwright.lab.wiring import Wiring
from rackwright.pipeline import Planned

VERSION = "580.159.03"
BUILD_SECONDS = 2400


def go() -> str | None:
    """Go, where it is installed."""
    usual = Path("/usr/local/go/bin/go")
    return shutil.which("go") or (str(usual) if usual.is_file() else None)


def build(target: Path) -> Path:
    """The driver's program; Go keeps what it has compiled."""
    env = {**os.environ, "CGO_ENABLED": "0", "GOWORK": "off", "GOFLAGS": "-trimpath -mod=readonly"}
    argv = [go(), "build", "-buildvcs=false", "-o", target, "."]
    done = subprocess.run(
        argv, cwd=plugin.FOLDER, env=env, capture_output=True, text=True, timeout=BUILD_SECONDS, check=False
    )
    assert done.returncode == 0, done.stderr
    return target


@dataclass
class Machine:
    """A simulated server's files below ``root``: the record, the driver, device nodes, interfaces."""

    root: Path
    record: dict[str, Any]
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @classmethod
    def of(cls, root: Path, planned: Planned, name: str) -> Machine:
        server = next(server for server in planned.design.servers if server.name == name)
        wiring = Wiring(Place(planned.design.name), planned.design, planned.tables)
        made = cls(root, hardware.record(wiring, server))
        made.save()
        for gpu in made.record["gpus"]:
            made.node(f"nvidia{gpu['index']}")
        made.node("nvidiactl")
        made.node("nvidia-uvm")
        made.write("usr/bin/nvidia-smi", "")
        made.write(
            "proc/driver/nvidia/version",
            f"NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  {VERSION}  Release Build\n",
        )
        library = root / "usr/lib/x86_64-linux-gnu/libnvidia-ml.so.1"
        library.parent.mkdir(parents=True)
        library.symlink_to(f"libnvidia-ml.so.{VERSION}")
        for nic in made.record["nics"]:
            made.write(f"sys/class/net/{nic['name']}/mtu", "9216\n")
        made.write("proc/1/net/route", "Iface\tDestination\neno3\t00000000\t0\t3\t0\t0\t0\t00000000\n")
        return made

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f".{path.name}.new")
        fresh.write_text(text)
        fresh.replace(path)

    def save(self, **faults: Any) -> None:
        """Write the record, with these faults."""
        self.write("run/host-hardware/record.json", json.dumps({**self.record, "faults": faults}))

    def node(self, name: str) -> None:
        """A link to a character device that every machine has: making one takes privileges."""
        (self.root / "dev").mkdir(parents=True, exist_ok=True)
        (self.root / "dev" / name).symlink_to("/dev/null")

    def start(self, program: Path, driver: str, kubeconfig: Path, *arguments: str) -> None:
        node = self.record["server"]
        argv = [program, f"--driver={driver}", f"--node-name={node}", f"--kubeconfig={kubeconfig}",
                f"--host-root={self.root}", f"--cdi-root={self.root}/cdi", "--every=300ms",
                f"--kubelet-plugins-directory={self.root}/p", f"--kubelet-registry-directory={self.root}/r",
                *arguments]  # fmt: skip
        for name in ("p", "r", "cdi"):
            (self.root / name).mkdir(exist_ok=True)
        with (self.root / f"{driver}.log").open("ab") as log:
            self.running[driver] = subprocess.Popen(argv, stdout=log, stderr=log)

    def ended(self) -> list[str]:
        """Drivers that ended by themselves."""
        return [driver for driver, child in self.running.items() if child.poll() is not None]

    def kill(self, driver: str) -> None:
        child = self.running.pop(driver)
        child.kill()
        child.wait(15)

    def stop(self) -> None:
        for child in self.running.values():
            child.terminate()
        for child in self.running.values():
            try:
                child.wait(15)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait(15)

    def spec(self, driver: str, uid: str) -> dict[str, Any] | None:
        """The CDI specification of a claim."""
        path = self.root / "cdi" / f"k8s.{driver}-claim_{uid}.json"
        return json.loads(path.read_text()) if path.exists() else None


def until(condition, what: str, seconds: float = 60.0):
    """What a condition gives, once it gives something."""
    end = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        assert time.monotonic() < end, f"not after {seconds} s: {what}"
        time.sleep(0.2)
