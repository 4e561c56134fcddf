"""mst, mlxconfig, mlxfwreset: the small tools of MFT."""

from __future__ import annotations

import sys

from . import firmware, nics, record, sysfs_files

KEYS = {"LINK_TYPE_P1": "ETH(2)", "NUM_OF_VFS": "0", "ROCE_CONTROL": "ROCE_ENABLE(2)", "SRIOV_EN": "False(0)"}


def mst(arguments: list[str]) -> int:
    """start, stop, status [-v], version."""
    data, verb = record.load(), (arguments or ["help"])[0]
    if verb == "start":
        firmware.STARTED.parent.mkdir(parents=True, exist_ok=True)
        firmware.STARTED.touch()
        print("Starting MST (Mellanox Software Tools) driver set\nLoading MST PCI module - Success")
        print("Loading MST PCI configuration module - Success\nCreate devices")
        return 0
    if verb == "stop":
        firmware.STARTED.unlink(missing_ok=True)
        print("Stopping MST (Mellanox Software Tools) driver set")
        return 0
    if verb == "version":
        print("mst, mft 4.34.1-18, simulated")
        return 0
    if verb != "status":
        print("Usage: mst {start|stop|status|version}", file=sys.stderr)
        return 1
    loaded = "loaded" if firmware.STARTED.exists() else "is not loaded"
    print(
        f"MST modules:\n------------\n    MST PCI module {loaded}\n    MST PCI configuration module {loaded}"
    )
    if "-v" in arguments:
        print(
            "PCI devices:\n------------\n"
            f"{'DEVICE_TYPE':<24}{'MST':<30}{'PCI':<16}{'RDMA':<16}{'NET':<40}NUMA"
        )
        for nic in firmware.cards(data):
            name = firmware.mst_name(data, nic) if firmware.STARTED.exists() else "NA"
            place = sysfs_files.address(nic)
            net, numa = f"net-{nic['name']}", -1 if nic.get("numa") is None else nic["numa"]
            print(
                f"{firmware.card(nic)[0] + '(rev:0)':<24}{name:<30}{place:<16}"
                f"{nic['rdma']:<16}{net:<40}{numa}"
            )
        return 0
    print("\nMST devices:\n------------")
    if not firmware.STARTED.exists():
        print(
            "\tNo MST devices found nor MST modules loaded.\n"
            "\tYou may need to run 'mst start' to load MST modules."
        )
        return 0
    for nic in firmware.cards(data):
        print(f"{firmware.mst_name(data, nic):<32} - PCI configuration cycles access.")
    return 0


def mlxconfig(arguments: list[str]) -> int:
    """``-d DEV q``: the few keys that roles look at, as a card is shipped."""
    data = record.load()
    nic = firmware.named(data, firmware.value(arguments, "-d", "--dev") or "")
    if nic is None or not {"q", "query"} & set(arguments):
        print(
            "-E- Failed to open the device, or not a query: only 'mlxconfig -d DEV query' is simulated",
            file=sys.stderr,
        )
        return 1
    print(f"\nDevice #1:\n----------\n\nDevice type:        {firmware.card(nic)[0]}")
    print(f"Name:               SIMULATED\nDevice:             {sysfs_files.address(nic)}\n")
    print("Configurations:                              Next Boot")
    for key, value in KEYS.items():
        print(f"        {key:<36}{value}")
    return 0


def mlxfwreset(arguments: list[str]) -> int:
    """``-d DEV [-y] reset``: the new firmware runs at once."""
    data = record.load()
    nic = firmware.named(data, firmware.value(arguments, "-d", "--device") or "")
    if nic is None or not {"r", "reset"} & set(arguments):
        print(
            "-E- Failed to open the device, or not a reset: only 'mlxfwreset -d DEV reset' is simulated",
            file=sys.stderr,
        )
        return 1
    nics.reset(data, nic)
    print("-I- Sending Reset Command To Fw             -Done\n-I- FW was loaded successfully.")
    return 0
