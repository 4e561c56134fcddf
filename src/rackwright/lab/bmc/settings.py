"""What a BMC is given when it leaves the factory, what it remembers, and the faults that it may be told to
have.
"""

from __future__ import annotations

import json
import threading
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from rackwright.atomic import write
from rackwright.lab.place import Place

Fault = Literal["slow", "failing", "password", "dead"]


@dataclass(frozen=True, slots=True)
class BmcSettings:
    """One BMC and the server behind it; fixed while the emulator runs."""

    server: str
    uuid: str
    serial: str
    model: str
    address: str
    nics: tuple[tuple[str, str], ...]
    """(port, MAC address)"""
    brick: bool = False
    """The server has a data disk beside the one that it boots from."""
    node: bool = False
    """The server is a node of a Kubernetes cluster."""


@dataclass(frozen=True, slots=True)
class Emulator:
    """Everything that the emulator reads once, at its start."""

    lab: str
    port: int
    cache: str
    """Cache directory: root images by digest."""
    bmcs: tuple[BmcSettings, ...]

    def text(self) -> str:
        return json.dumps(asdict(self), indent=1, sort_keys=True) + "\n"

    @classmethod
    def read(cls, path: Path) -> Emulator:
        raw = json.loads(path.read_text())
        bmcs = tuple(
            BmcSettings(**{**bmc, "nics": tuple((name, mac) for name, mac in bmc["nics"])})
            for bmc in raw["bmcs"]
        )
        return cls(raw["lab"], raw["port"], raw["cache"], bmcs)


def folder(place: Place) -> Path:
    return place.dir / "bmc"


def faults_file(place: Place, server: str) -> Path:
    """Read at every request, so that a fault begins and ends without a restart."""
    return folder(place) / server / "fault.json"


def fault(place: Place, server: str) -> dict[str, Any]:
    """The fault that is switched on, e.g. ``{"kind": "slow", "seconds": 30}``; empty for none."""
    try:
        found: dict[str, Any] = json.loads(faults_file(place, server).read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return found


@dataclass(slots=True)
class Memory:
    """What a BMC remembers across a restart of its process. Written whole on each change."""

    path: Path
    boot_target: str = "Hdd"
    boot_once: bool = False
    boot_mode: str = "UEFI"
    http_uri: str = ""
    media: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By device: url, name, write_protected."""
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    @classmethod
    def load(cls, path: Path) -> Memory:
        try:
            return cls(path, **json.loads(path.read_text()))
        except (FileNotFoundError, ValueError, TypeError):
            return cls(path)

    def save(self) -> None:
        kept = ("boot_target", "boot_once", "boot_mode", "http_uri", "media")
        write(self.path, json.dumps({name: getattr(self, name) for name in kept}) + "\n", mode=0o600)
