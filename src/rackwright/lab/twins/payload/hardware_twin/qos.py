"""Quality of service of a NIC port: what its driver was told. Gone with the power, and with the port.

One file for each interface in ``/run``. It names the interface's number: another number is another port,
which begins as the driver does.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from . import nics, record

FOLDER = Path("/run/hardware-twin/qos")
LINUX_METRES = 7
"""Cable length that the driver assumes: mlx5 en/port_buffer.h, MLX5E_DEFAULT_CABLE_LEN."""


@dataclass
class Qos:
    """As mlx5 begins: the firmware leads, PCP is trusted, no PFC, one queue for all that stops."""

    index: int
    host: bool = False
    """DCBX is led by the host (``os``), not by the firmware."""
    dscps: dict[int, list[int]] = field(default_factory=dict)
    """Priorities by DSCP in the application table; with the first entry the port trusts DSCP."""
    pfc: list[int] = field(default_factory=list)
    cable_m: int = LINUX_METRES
    classes: list[int] = field(default_factory=lambda: [1, 0, 2, 3, 4, 5, 6, 7])
    """Traffic class by priority."""
    kinds: list[str] = field(default_factory=lambda: ["vendor"] * 8)
    shares: list[int] = field(default_factory=lambda: [0] * 8)
    """By traffic class: ``strict``, ``ets`` or ``vendor``, and percent."""
    buffers: list[int] = field(default_factory=lambda: [0] * 8)
    """Receive buffer by priority."""
    sizes: list[int] = field(default_factory=lambda: [156096, 0, 0, 0, 0, 0, 0, 0])

    @property
    def trust(self) -> str:
        return "dscp" if self.dscps else "pcp"

    def set_pfc(self, priorities: list[int], speed_gbps: int, mtu: int) -> None:
        """Lossless priorities wait in a buffer of their own, as mlx5's driver lays it out."""
        self.pfc = sorted(priorities)
        self.buffers = [1 if number in self.pfc else 0 for number in range(8)]
        room = (301 + 216 * self.cable_m // 100) * max(speed_gbps, 40) + 272 * mtu // 100
        self.sizes[1] = -(-room // 128) * 128 if self.pfc else 0


def load(nic: dict[str, Any]) -> Qos:
    """What the port was told; a port that is new has been told nothing."""
    number = nics.index(nic) or 0
    try:
        kept = json.loads((FOLDER / f"{nic['name']}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        kept = {}
    if kept.get("index") != number:
        return Qos(number)
    kept["dscps"] = {int(dscp): list(to) for dscp, to in kept["dscps"].items()}
    return Qos(**kept)


def save(nic: dict[str, Any], qos: Qos) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{nic['name']}.json"
    part = path.with_suffix(".part")
    part.write_text(json.dumps(asdict(qos), sort_keys=True) + "\n", encoding="utf-8")
    part.replace(path)


def port(interface: str) -> dict[str, Any] | None:
    """A NIC port of the record by its interface, if the kernel has it."""
    nic = nics.named(record.load(), interface)
    return nic if nic is not None and nics.index(nic) is not None else None
