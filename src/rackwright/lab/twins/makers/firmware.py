"""NIC firmware: the tools that read and burn it, and an image of the lock's version."""

from __future__ import annotations

from collections.abc import Iterator

from rackwright.lab.twins.deb import Item, Package
from rackwright.lab.twins.makers.rdma import NICS
from rackwright.lab.twins.parts import TWIN, command
from rackwright.locks import HostLock

ROWS = {"bluefield3_firmware": "BlueField3", "connectx7_firmware": "ConnectX7"}
"""Rows whose NICs NVIDIA's tools burn, with the card's name in its images."""
PSIDS = {"bluefield3_firmware": "MT_0000000884", "connectx7_firmware": "MT_0000000838"}
"""Board that an image is for, as the twins' cards have it."""
MFT_VERSION = "4.34.1-18"
"""Source: https://docs.nvidia.com/networking/display/mftv434118lts"""
TOOLS = {
    "flint": ("flint", "main"),
    "mlxconfig": ("mst", "mlxconfig"),
    "mlxfwmanager": ("mlxfwmanager", "main"),
    "mlxfwreset": ("mst", "mlxfwreset"),
    "mst": ("mst", "mst"),
}
"""Function of each command."""
MST_VERSION = "0+simulated"
"""The distributions' own tool for the same cards: no lock names a version of it."""
IMAGES = "opt/mellanox/mlnx-fw-updater/firmware"
"""Folder of images in NVIDIA's own updater package."""


def packages(lock: HostLock, architecture: str) -> Iterator[Package]:
    """``mft`` and ``mlnx-fw-updater``, once for all rows; ``mstflint`` beside an inbox RDMA stack."""
    del architecture
    rows = {name: lock.rows[name] for name in ROWS if name in lock.rows}
    versions = {name: version for row in rows.values() for name, version in row.packages.items()}
    files = {f"usr/bin/{tool}": command(*function) for tool, function in TOOLS.items()}
    yield Package("mft", versions.get("mft", MFT_VERSION), "NVIDIA firmware tools", (TWIN, NICS), files=files)
    if "rdma" in lock.rows and lock.row("rdma").flavour != "doca-ofed":
        tool = {"usr/bin/mstflint": command(*TOOLS["flint"])}
        yield Package("mstflint", MST_VERSION, "Firmware tool of the distributions", (TWIN, NICS), files=tool)
    images = {
        f"{IMAGES}/fw-{ROWS[name]}-rel-{row.reports.replace('.', '_')}.bin": image(row.reports, PSIDS[name])
        for name, row in rows.items()
        if row.reports
    }
    newest = max((str(row.reports) for row in rows.values() if row.reports), default="0")
    version = versions.get("mlnx-fw-updater", f"{newest}-1")
    yield Package("mlnx-fw-updater", version, "NVIDIA NIC firmware images", ("mft",), files=images)


def bluefield3(lock: HostLock, architecture: str) -> Iterator[Package]:
    """The same where the lock has no other NIC's row, which brings them already."""
    if "connectx7_firmware" not in lock.rows:
        yield from packages(lock, architecture)


def image(version: str, psid: str) -> Item:
    """What the twins of the burning tools take for a firmware image."""
    return Item(f"SIMULATED-FIRMWARE {version} {psid}\nNo code of a vendor is in here.\n".encode())
