"""Simulation: ibsim in place of the fabric, the real opensm and the real tools on it.

Each simulation has a folder and a socket name of its own, so that many run side by side. Every process is
ended by its id; if we are killed, ibsim goes with us.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from rackwright.errors import WorldRefused
from rackwright.validate.subnet.files import SubnetFiles

LIBRARIES = ("/usr/lib/*-linux-gnu/umad2sim/libumad2sim.so", "/usr/lib*/umad2sim/libumad2sim.so")
_UP, _OVER = "SUBNET UP", "No routing engine able to successfully configure"
_PAUSE = 0.02


@dataclass(frozen=True, slots=True)
class Managed:
    """What one run of the subnet manager gave."""

    up: bool
    log: str
    seconds: float


def library() -> Path | None:
    """The library that turns the tools' requests to ibsim."""
    for pattern in LIBRARIES:
        for path in Path("/").glob(pattern.lstrip("/")):
            return path
    return None


class Simulation:
    """A fabric that is cabled as ``fabric.net`` says, for as long as the context lasts.

    :raises WorldRefused: a program is missing, dies, or does not end in time.
    """

    def __init__(self, subnet: SubnetFiles, patience: float = 120) -> None:
        """``patience``: seconds for the subnet manager's run; other tools have as long."""
        self.subnet, self.patience = subnet, patience
        self._ibsim: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Simulation:
        preload = library()
        if preload is None:
            raise WorldRefused("ibsim", "find its library", "libumad2sim.so is not here", "libumad2sim0")
        self.folder = Path(tempfile.mkdtemp(prefix="rackwright-ib-"))
        for name, text in self.subnet.ready(str(self.folder)).items():
            (self.folder / name).write_text(text)
        self._socket = f"rackwright-{uuid.uuid4().hex[:12]}"
        self._env = {
            **os.environ,
            "PATH": f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin",
            "IBSIM_SOCKNAME": self._socket,
            "OSM_TMP_DIR": str(self.folder),
            "OSM_CACHE_DIR": str(self.folder),
        }
        self._loaded = {**self._env, "LD_PRELOAD": str(preload)}
        try:
            self._start()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    def manage(self, config: str = "opensm.conf") -> Managed:
        """Run the subnet manager until the subnet is up, or it says that it cannot be, or patience ends."""
        log = self.folder / "opensm.log"
        log.unlink(missing_ok=True)
        argv = ["opensm", "-o", "-F", str(self.folder / config), "-f", str(log)]
        began = time.monotonic()
        with (self.folder / "opensm.out").open("wb") as said:
            manager = self._begin(argv, self._loaded, said)
            try:
                while manager.poll() is None and time.monotonic() - began < self.patience:
                    if not self._alive():
                        raise self._died()
                    text = log.read_text(errors="replace") if log.exists() else ""
                    if _OVER in text:
                        break
                    time.sleep(_PAUSE)
            finally:
                _kill(manager)
        seconds = time.monotonic() - began
        text = log.read_text(errors="replace") if log.exists() else ""
        text += (self.folder / "opensm.out").read_text(errors="replace")
        return Managed(_UP in text, text, seconds)

    def tool(self, argv: Sequence[str], text: str = "") -> str:
        """Standard output of a tool on the simulated fabric."""
        try:
            done = subprocess.run(  # noqa: S603 - argv is a list, no shell
                _mortal(argv),
                env=self._loaded,
                cwd=self.folder,
                input=text,
                capture_output=True,
                text=True,
                timeout=self.patience,
                check=False,
            )
        except subprocess.TimeoutExpired as problem:
            raise WorldRefused(
                "ibsim", f"run {argv[0]}", f"it did not end within {self.patience:g} s"
            ) from problem
        if done.returncode:
            raise WorldRefused("ibsim", f"run {' '.join(argv)}", (done.stderr or done.stdout)[-400:].strip())
        return done.stdout

    def _begin(self, argv: Sequence[str], env: dict[str, str], said: BinaryIO) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603 - argv is a list, no shell
            _mortal(argv), env=env, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=said, stderr=said
        )

    def _start(self) -> None:
        """Start ibsim and wait for its socket."""
        nodes, switches, ports = self.subnet.size()
        limits = ["-N", str(nodes + 8), "-S", str(switches + 8), "-P", str(ports + 64)]
        argv = ["ibsim", "-s", "-n", *limits, "-M", "1024", str(self.folder / "fabric.net")]
        with (self.folder / "ibsim.out").open("wb") as said:
            try:
                self._ibsim = self._begin(argv, self._env, said)
            except FileNotFoundError as problem:
                raise WorldRefused("ibsim", "start", "it is not installed", "ibsim-utils") from problem
        deadline = time.monotonic() + self.patience
        while f"@{self._socket}:ctl" not in Path("/proc/net/unix").read_text():
            if not self._alive():
                raise self._died()
            if time.monotonic() > deadline:
                raise WorldRefused("ibsim", "start", f"it did not listen within {self.patience:g} s")
            time.sleep(_PAUSE)

    def _alive(self) -> bool:
        return self._ibsim is not None and self._ibsim.poll() is None

    def _died(self) -> WorldRefused:
        """The network file is not to ibsim's liking: its own words."""
        said = [line for line in (self.folder / "ibsim.out").read_text(errors="replace").splitlines() if line]
        return WorldRefused("ibsim", "read fabric.net", " / ".join(said[-4:]))

    def _end(self) -> None:
        if self._ibsim is not None:
            _kill(self._ibsim)
        shutil.rmtree(self.folder, ignore_errors=True)


def _mortal(argv: Sequence[str]) -> list[str]:
    """The command so that it does not outlive us."""
    return ["setpriv", "--pdeathsig", "KILL", *argv]


def _kill(process: subprocess.Popen[bytes]) -> None:
    """opensm does not heed SIGTERM while it waits for answers that no longer come."""
    if process.poll() is None:
        process.kill()
    process.wait()
