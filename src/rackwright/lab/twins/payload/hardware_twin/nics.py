"""The NIC ports of the record: which are there now, what link they have, what firmware they run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from . import record

NET = Path("/sys/class/net")
RUN = Path("/run/hardware-twin")
FLASH = Path("/var/lib/hardware-twin/nic-flash.json")
"""What was burnt into the NICs: it outlives a reboot, as flash does."""
MAKERS = {"NVIDIA": "0x15b3", "Broadcom": "0x14e4", "AMD": "0x1dd8"}
"""PCI vendors (https://pci-ids.ucw.cz)."""
RATES = {100: "100 Gb/sec (4X EDR)", 200: "200 Gb/sec (4X HDR)", 400: "400 Gb/sec (4X NDR)"}
RATES |= {10: "10 Gb/sec (1X QDR)", 25: "25 Gb/sec (1X EDR)", 800: "800 Gb/sec (4X XDR)"}
"""Linux: drivers/infiniband/core/sysfs.c, rate_show()."""
SPEEDS = {3: "8.0", 4: "16.0", 5: "32.0", 6: "64.0"}
"""GT/s of a PCIe generation, as ``current_link_speed`` writes them."""


def present(data: dict[str, Any]) -> list[dict[str, Any]]:
    """NIC ports with an RDMA device whose interface the kernel has."""
    return [nic for nic in record.rdma(data) if index(nic) is not None]


def named(data: dict[str, Any], interface: str) -> dict[str, Any] | None:
    """A port by its interface, if it is one of the record's."""
    return next((nic for nic in record.rdma(data) if nic["name"] == interface), None)


def _read(nic: dict[str, Any], name: str) -> str | None:
    try:
        return (NET / str(nic["name"]) / name).read_text(encoding="utf-8").strip()
    except OSError:
        return None


def index(nic: dict[str, Any]) -> int | None:
    """The interface's number: another one means that the port was made anew."""
    found = _read(nic, "ifindex")
    return int(found) if found else None


def up(nic: dict[str, Any]) -> bool:
    return _read(nic, "operstate") == "up"


def link_mtu(nic: dict[str, Any]) -> int:
    found = _read(nic, "mtu") or ""
    return int(found) if found.isdigit() else 1500


def mtu(nic: dict[str, Any]) -> int:
    """Largest RDMA MTU below the link's."""
    return max((size for size in (256, 512, 1024, 2048, 4096) if size + 76 <= link_mtu(nic)), default=256)


def speed(nic: dict[str, Any]) -> int:
    return int(nic.get("speed_gbps") or 400)


def vendor(nic: dict[str, Any]) -> str:
    return str(nic.get("vendor") or "NVIDIA")


def pcie(data: dict[str, Any], nic: dict[str, Any]) -> tuple[dict[str, int], dict[str, int]]:
    """The link to the host as it is and as it could be: generation and width."""
    best = {"gen": 5 if speed(nic) >= 400 else 4, "width": 16}
    fault = (data["faults"].get("nic_pcie") or {}).get(nic["rdma"]) or {}
    return {**best, **fault}, best


def shipped(data: dict[str, Any], nic: dict[str, Any]) -> str:
    """Firmware that the NIC came with; a fault may say that it was another."""
    return str(
        (data["faults"].get("nic_firmware") or {}).get(nic["rdma"]) or nic.get("fw_version") or "unknown"
    )


def _kept(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def flash(data: dict[str, Any], nic: dict[str, Any]) -> str:
    """Firmware in the flash: what was burnt over what it was shipped with."""
    burnt = _kept(FLASH).get(nic["rdma"]) or {}
    return str(burnt["version"]) if burnt.get("over") == shipped(data, nic) else shipped(data, nic)


def _keep(path: Path, data: dict[str, Any], nic: dict[str, Any], version: str) -> None:
    kept = {**_kept(path), str(nic["rdma"]): {"version": version, "over": shipped(data, nic)}}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def burn(data: dict[str, Any], nic: dict[str, Any], version: str) -> None:
    """Write the flash. What runs stays as it is until the next reset."""
    _keep(RUN / "nic-firmware.json", data, nic, running(data, nic))
    _keep(FLASH, data, nic, version)


def running(data: dict[str, Any], nic: dict[str, Any]) -> str:
    """Firmware that runs: the flash's at the last reset."""
    entry = _kept(RUN / "nic-firmware.json").get(nic["rdma"]) or {}
    return str(entry["version"]) if entry.get("over") == shipped(data, nic) else flash(data, nic)


def reset(data: dict[str, Any], nic: dict[str, Any]) -> None:
    """Start the firmware anew, as a reset or power does."""
    _keep(RUN / "nic-firmware.json", data, nic, flash(data, nic))


def guid(mac: str) -> str:
    """EUI-64 of a MAC address, as the port GUID of an Ethernet RDMA device.

    >>> guid("02:00:00:11:22:33")
    '000000fffe112233'
    """
    octets = [int(part, 16) for part in mac.split(":")]
    octets[0] ^= 2
    return "".join(f"{part:02x}" for part in [*octets[:3], 0xFF, 0xFE, *octets[3:]])


def guid_words(mac: str) -> str:
    """The same in four words, as sysfs writes it."""
    whole = guid(mac)
    return ":".join(whole[place : place + 4] for place in range(0, 16, 4))
