"""ibstat, ibv_devices and ibv_devinfo, from the record's NIC ports and the kernel's own link state."""

from __future__ import annotations

import sys

from . import nics, record

PARTS = {
    "NVIDIA": ("0x02c9", 4129, "MT4129"),
    "Broadcom": ("0x14e4", 5984, "BCM57608"),
    "AMD": ("0x1dd8", 4098, ""),
}
"""Vendor and part as verbs print them: ConnectX-7, Thor2, Pollara 400."""
CODES = {256: 1, 512: 2, 1024: 3, 2048: 4, 4096: 5}


def ibstat(arguments: list[str]) -> int:
    """All devices, or one (``ibstat mlx5_0``), or their names (``-l``)."""
    data = record.load()
    found = record.rdma(data)
    names = [word for word in arguments if not word.startswith("-")]
    if "-l" in arguments:
        print("\n".join(str(nic["rdma"]) for nic in found))
        return 0
    if names and names[0] not in {nic["rdma"] for nic in found}:
        print(f"ibpanic: [1] main: '{names[0]}' IB device can't be found", file=sys.stderr)
        return 255
    for nic in found:
        if names and nic["rdma"] != names[0]:
            continue
        state = ("Active", "LinkUp") if nics.up(nic) else ("Down", "Disabled")
        guid = nics.guid(nic["mac"])
        print(
            f"CA '{nic['rdma']}'\n\tCA type: {PARTS[nics.vendor(nic)][2]}\n\tNumber of ports: 1\n"
            f"\tFirmware version: {nics.running(data, nic)}\n\tHardware version: 0\n"
            f"\tNode GUID: 0x{guid}\n\tSystem image GUID: 0x{guid}\n\tPort 1:\n"
            f"\t\tState: {state[0]}\n\t\tPhysical state: {state[1]}\n\t\tRate: {nics.speed(nic)}\n"
            f"\t\tBase lid: 0\n\t\tLMC: 0\n\t\tSM lid: 0\n\t\tCapability mask: 0x00010000\n"
            f"\t\tPort GUID: 0x{guid}\n\t\tLink layer: Ethernet"
        )
    return 0


def ibv_devices(arguments: list[str]) -> int:
    del arguments
    print("    device          \t   node GUID\n    ------          \t----------------")
    for nic in record.rdma(record.load()):
        print(f"    {nic['rdma']:<16}\t{nics.guid(nic['mac'])}")
    return 0


def ibv_devinfo(arguments: list[str]) -> int:
    """All devices, or ``-d`` one."""
    data = record.load()
    found = record.rdma(data)
    wanted = arguments[arguments.index("-d") + 1] if "-d" in arguments[:-1] else None
    chosen = [nic for nic in found if wanted in (None, nic["rdma"])]
    if not chosen:
        print(f"IB device '{wanted}' wasn't found" if wanted else "No IB devices found", file=sys.stderr)
        return 255
    for nic in chosen:
        state = "PORT_ACTIVE (4)" if nics.up(nic) else "PORT_DOWN (1)"
        vendor, part, _ = PARTS[nics.vendor(nic)]
        guid, mtu = nics.guid_words(nic["mac"]), nics.mtu(nic)
        print(
            f"hca_id:\t{nic['rdma']}\n\ttransport:\t\t\tInfiniBand (0)\n"
            f"\tfw_ver:\t\t\t\t{nics.running(data, nic)}\n"
            f"\tnode_guid:\t\t\t{guid}\n"
            f"\tsys_image_guid:\t\t\t{guid}\n\tvendor_id:\t\t\t{vendor}\n"
            f"\tvendor_part_id:\t\t\t{part}\n\thw_ver:\t\t\t\t0x0\n\tboard_id:\t\t\tSIMULATED\n"
            f"\tphys_port_cnt:\t\t\t1\n\t\tport:\t1\n\t\t\tstate:\t\t\t{state}\n"
            f"\t\t\tmax_mtu:\t\t4096 (5)\n\t\t\tactive_mtu:\t\t{mtu} ({CODES[mtu]})\n"
            f"\t\t\tsm_lid:\t\t\t0\n\t\t\tport_lid:\t\t0\n\t\t\tport_lmc:\t\t0x00\n"
            f"\t\t\tlink_layer:\t\tEthernet\n"
        )
    return 0
