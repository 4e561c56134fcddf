"""Where a lab keeps its things, and what they are called: everything kernel-global carries the lab's name.

A lab belongs to the machine, not to a user: its directory does not follow ``$HOME``, so that ``lab down``
finds what an interrupted ``lab up`` of another shell has left.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from rackwright.atomic import write

CONTROLLER = "controller"
"""The device name of the machine that rackwright runs on, as the design's cables name it."""


def labs() -> Path:
    """The directory of all labs on this machine; ``$RACKWRIGHT_LABS`` overrides it."""
    return Path(os.environ.get("RACKWRIGHT_LABS", "/var/lib/rackwright/labs"))


@dataclass(frozen=True, slots=True)
class Place:
    """One lab's names. A dot parts them, which no cluster or device name can hold.

    >>> Place("lab").netns("gpu-su01-n01")
    'rw.lab.gpu-su01-n01'
    """

    name: str

    @property
    def dir(self) -> Path:
        return labs() / self.name

    @property
    def prefix(self) -> str:
        """What the names of all its network namespaces begin with."""
        return f"rw.{self.name}."

    @property
    def cgroup(self) -> str:
        """Its control group, below the root of each hierarchy."""
        return f"rackwright.{self.name}"

    @property
    def controller_link(self) -> str:
        """The controller's port to the out-of-band switch, in the root namespace (15 characters at most)."""
        return "rwc" + hashlib.sha256(self.name.encode()).hexdigest()[:8]

    @property
    def lock(self) -> Path:
        return labs() / f".{self.name}.lock"

    def machine(self, device: str) -> Path:
        """Disk, console and hardware record of one machine."""
        return self.dir / "machines" / device

    def netns(self, device: str) -> str:
        return self.prefix + device

    def bmc_netns(self, server: str) -> str:
        """A BMC is a computer of its own: it has a namespace beside its server's."""
        return f"{self.prefix}{server}.bmc"

    @property
    def dangling(self) -> str:
        """The namespace that holds the far ends of pulled cables."""
        return f"{self.prefix}.nowhere"

    def exists(self) -> bool:
        return self.dir.is_dir()


@dataclass(frozen=True, slots=True)
class LabRecord:
    """What a lab was built for; written before anything else is made."""

    cluster_file: str
    state: str
    """The state directory whose keys and secrets its machines were given."""
    cache: str
    management: str
    """Prefix of its management plane."""
    boot: str
    """The kernel's boot id when it was last brought up."""


def read_record(place: Place) -> LabRecord | None:
    """None where no such lab is; a record that was cut short counts as none."""
    try:
        found = json.loads((place.dir / "lab.json").read_text())
        return LabRecord(**{field.name: found[field.name] for field in fields(LabRecord)})
    except (FileNotFoundError, ValueError, TypeError, KeyError):
        return None


def write_record(place: Place, record: LabRecord) -> None:
    write(place.dir / "lab.json", json.dumps(asdict(record), indent=1) + "\n")


def known() -> list[Place]:
    """Every lab that has left a directory on this machine."""
    root = labs()
    return [Place(path.name) for path in sorted(root.iterdir()) if path.is_dir()] if root.is_dir() else []
