"""NVIDIA's NICs as the firmware tools see them: card, board, image. What is burnt runs after the next reset.

The tools' texts follow https://github.com/Mellanox/mstflint and the MFT manual,
https://docs.nvidia.com/networking/display/mftv434118lts
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from . import nics, sysfs_files

MAGIC = "SIMULATED-FIRMWARE"
STARTED = Path("/run/hardware-twin/mst")
CARDS = {
    "connectx-6-dx-100g": ("ConnectX6DX", "MT_0000000359", 4125),
    "bluefield-3-400g": ("BlueField3", "MT_0000000884", 41692),
    "connectx-8-800g": ("ConnectX8", "MT_0000001222", 4131),
}
"""Device type, PSID and PCI device by NIC model; the others are ConnectX-7."""
CONNECTX7 = ("ConnectX7", "MT_0000000838", 4129)


def card(nic: dict[str, Any]) -> tuple[str, str, int]:
    return CARDS.get(str(nic.get("model")), CONNECTX7)


def cards(data: dict[str, Any]) -> list[dict[str, Any]]:
    """NVIDIA's NICs that the kernel shows, in the order of their devices."""
    return [nic for nic in nics.present(data) if nics.vendor(nic) == "NVIDIA"]


def mst_name(data: dict[str, Any], nic: dict[str, Any]) -> str:
    """``/dev/mst`` name: cards of one kind are counted."""
    alike = [each for each in cards(data) if card(each)[2] == card(nic)[2]]
    return f"/dev/mst/mt{card(nic)[2]}_pciconf{alike.index(nic)}"


def named(data: dict[str, Any], text: str) -> dict[str, Any] | None:
    """A card by PCI address (with or without domain), RDMA device or ``/dev/mst`` name."""
    for nic in cards(data):
        place = sysfs_files.address(nic)
        if text in (place, place.partition(":")[2], nic["rdma"], mst_name(data, nic)):
            return nic
    return None


def value(arguments: list[str], *names: str) -> str | None:
    for at, word in enumerate(arguments[:-1]):
        if word in names:
            return arguments[at + 1]
    return None


def image(path: str) -> tuple[str, str] | None:
    """Version and PSID of an image file; a real one is not simulated firmware, and is refused."""
    try:
        words = Path(path).read_text(encoding="utf-8", errors="replace").split("\n", 1)[0].split()
    except OSError:
        return None
    return (words[1], words[2]) if len(words) == 3 and words[0] == MAGIC else None
