"""ibdev2netdev and show_gids, as NVIDIA's driver package has them."""

from __future__ import annotations

from . import nics, record, sysfs_files


def ibdev2netdev(arguments: list[str]) -> int:
    del arguments
    for nic in nics.present(record.load()):
        print(f"{nic['rdma']} port 1 ==> {nic['name']} ({'Up' if nics.up(nic) else 'Down'})")
    return 0


def show_gids(arguments: list[str]) -> int:
    """All devices, or the named one."""
    print(
        "DEV\tPORT\tINDEX\tGID\t\t\t\t\tIPv4  \t\tVER\tDEV\n"
        "---\t----\t-----\t---\t\t\t\t\t------------  \t---\t---"
    )
    total = 0
    for nic in nics.present(record.load()):
        if arguments and arguments[0] != nic["rdma"]:
            continue
        for at, (gid, kind) in enumerate(sysfs_files.gids(nic)):
            words = gid.split(":")[-2:]
            octets = [int(word[part : part + 2], 16) for word in words for part in (0, 2)]
            dotted = ".".join(str(octet) for octet in octets) if gid.startswith("0000") else "\t"
            version = "v2" if kind == "RoCE v2" else "v1"
            print(f"{nic['rdma']}\t1\t{at}\t{gid}\t{dotted}\t{version}\t{nic['name']}")
            total += 1
    print(f"n_gids_found={total}")
    return 0
