"""ibstat, ibv_devices and ibv_devinfo, from the record's NIC ports and the kernel's own link state."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from . import record


def _guid(mac: str) -> str:
    """EUI-64 of a MAC address, as the port GUID of an Ethernet RDMA device.

    >>> _guid("02:00:00:11:22:33")
    '00000000fffe112233'
    """
    octets = [int(part, 16) for part in mac.split(":")]
    octets[0] ^= 2
    return "".join(f"{part:02x}" for part in [*octets[:3], 0xFF, 0xFE, *octets[3:]])


def _guid_words(mac: str) -> str:
    guid = _guid(mac)
    return ":".join(guid[place : place + 4] for place in range(0, 16, 4))


def _up(nic: dict[str, Any]) -> bool:
    try:
        return Path(f"/sys/class/net/{nic['name']}/operstate").read_text(encoding="utf-8").strip() == "up"
    except OSError:
        return False


def _mtu(nic: dict[str, Any]) -> int:
    """Largest RDMA MTU below the link's."""
    try:
        link = int(Path(f"/sys/class/net/{nic['name']}/mtu").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        link = 1500
    return max((size for size in (256, 512, 1024, 2048, 4096) if size + 76 <= link), default=256)


def ibstat(arguments: list[str]) -> int:
    """All devices, or one (``ibstat mlx5_0``), or their names (``-l``)."""
    nics = record.rdma(record.load())
    names = [word for word in arguments if not word.startswith("-")]
    if "-l" in arguments:
        print("\n".join(str(nic["rdma"]) for nic in nics))
        return 0
    if names and names[0] not in {nic["rdma"] for nic in nics}:
        print(f"ibpanic: [1] main: '{names[0]}' IB device can't be found", file=sys.stderr)
        return 255
    for nic in nics:
        if names and nic["rdma"] != names[0]:
            continue
        state = ("Active", "LinkUp") if _up(nic) else ("Down", "Disabled")
        rate = nic.get("speed_gbps") or 400
        print(
            f"CA '{nic['rdma']}'\n\tCA type: MT4129\n\tNumber of ports: 1\n"
            f"\tFirmware version: {nic.get('fw_version', 'unknown')}\n\tHardware version: 0\n"
            f"\tNode GUID: 0x{_guid(nic['mac'])}\n\tSystem image GUID: 0x{_guid(nic['mac'])}\n\tPort 1:\n"
            f"\t\tState: {state[0]}\n\t\tPhysical state: {state[1]}\n\t\tRate: {rate}\n\t\tBase lid: 0\n"
            f"\t\tLMC: 0\n\t\tSM lid: 0\n\t\tCapability mask: 0x00010000\n"
            f"\t\tPort GUID: 0x{_guid(nic['mac'])}\n\t\tLink layer: Ethernet"
        )
    return 0


def ibv_devices(arguments: list[str]) -> int:
    del arguments
    print("    device          \t   node GUID\n    ------          \t----------------")
    for nic in record.rdma(record.load()):
        print(f"    {nic['rdma']:<16}\t{_guid(nic['mac'])}")
    return 0


def ibv_devinfo(arguments: list[str]) -> int:
    """All devices, or ``-d`` one."""
    nics = record.rdma(record.load())
    wanted = arguments[arguments.index("-d") + 1] if "-d" in arguments[:-1] else None
    chosen = [nic for nic in nics if wanted in (None, nic["rdma"])]
    if not chosen:
        print(f"IB device '{wanted}' wasn't found" if wanted else "No IB devices found", file=sys.stderr)
        return 255
    for nic in chosen:
        state = "PORT_ACTIVE (4)" if _up(nic) else "PORT_DOWN (1)"
        code = {256: 1, 512: 2, 1024: 3, 2048: 4, 4096: 5}
        print(
            f"hca_id:\t{nic['rdma']}\n\ttransport:\t\t\tInfiniBand (0)\n"
            f"\tfw_ver:\t\t\t\t{nic.get('fw_version', 'unknown')}\n"
            f"\tnode_guid:\t\t\t{_guid_words(nic['mac'])}\n"
            f"\tsys_image_guid:\t\t\t{_guid_words(nic['mac'])}\n\tvendor_id:\t\t\t0x02c9\n"
            f"\tvendor_part_id:\t\t\t4129\n\thw_ver:\t\t\t\t0x0\n\tboard_id:\t\t\tSIMULATED\n"
            f"\tphys_port_cnt:\t\t\t1\n\t\tport:\t1\n\t\t\tstate:\t\t\t{state}\n"
            f"\t\t\tmax_mtu:\t\t4096 (5)\n\t\t\tactive_mtu:\t\t{_mtu(nic)} ({code[_mtu(nic)]})\n"
            f"\t\t\tsm_lid:\t\t\t0\n\t\t\tport_lid:\t\t0\n\t\t\tport_lmc:\t\t0x00\n"
            f"\t\t\tlink_layer:\t\tEthernet\n"
        )
    return 0
