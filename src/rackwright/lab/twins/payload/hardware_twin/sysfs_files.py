"""The files of sysfs, configfs and debugfs that a NIC's driver makes, by path below the device's folder.

Names and forms as in Linux (Documentation/ABI/stable/sysfs-class-infiniband, mlx5's cc_params) and in
NVIDIA's driver package (``tc/1/traffic_class``, ``ecn/roce_np``, ``ecn/roce_rp``).
"""

from __future__ import annotations

import json
import re
import subprocess
from typing import Any

from . import nics

COUNTERS = (
    "excessive_buffer_overrun_errors", "link_downed", "link_error_recovery", "local_link_integrity_errors",
    "multicast_rcv_packets", "multicast_xmit_packets", "port_rcv_constraint_errors", "port_rcv_data",
    "port_rcv_errors", "port_rcv_packets", "port_rcv_remote_physical_errors", "port_rcv_switch_relay_errors",
    "port_xmit_constraint_errors", "port_xmit_data", "port_xmit_discards", "port_xmit_packets",
    "port_xmit_wait", "symbol_error", "unicast_rcv_packets", "unicast_xmit_packets", "VL15_dropped",
)  # fmt: skip
HW_COUNTERS = (
    "local_ack_timeout_err", "np_cnp_sent", "np_ecn_marked_roce_packets", "out_of_buffer", "out_of_sequence",
    "packet_seq_err", "rp_cnp_handled", "rp_cnp_ignored", "rnr_nak_retry_err", "roce_adp_retrans",
)  # fmt: skip
CNP = {"dscp": "48", "priority": "6"}
"""As mlx5's firmware begins."""


def address(nic: dict[str, Any]) -> str:
    """Place on the PCI bus, in full; a port without one in the catalog has none of its own."""
    number = re.search(r"\d+$", str(nic["rdma"]))  # mlx5_0, bnxt_re0
    place = str(nic.get("pci") or f"ff:{int(number[0]) if number else 0:02x}.0")
    return place if place.count(":") == 2 else f"0000:{place}"


def device(data: dict[str, Any], nic: dict[str, Any]) -> dict[str, str]:
    """What the RDMA device says of itself."""
    up = nics.up(nic)
    guid = nics.guid_words(nic["mac"])
    files = {
        "board_id": "SIMULATED",
        "fw_ver": nics.running(data, nic),
        "hca_type": {"NVIDIA": "MT4129"}.get(nics.vendor(nic), ""),
        "node_desc": str(nic["rdma"]),
        "node_guid": guid,
        "node_type": "1: CA",
        "sys_image_guid": guid,
        "ports/1/cap_mask": "0x00010000",
        "ports/1/lid": "0x0",
        "ports/1/link_layer": "Ethernet",
        "ports/1/phys_state": "5: LinkUp" if up else "3: Disabled",
        "ports/1/pkeys/0": "0xffff",
        "ports/1/rate": nics.RATES.get(nics.speed(nic), f"{nics.speed(nic)} Gb/sec"),
        "ports/1/sm_lid": "0x0",
        "ports/1/state": "4: ACTIVE" if up else "1: DOWN",
    }
    downs = (data["faults"].get("link_flap") or {}).get(nic["rdma"], 0)
    files |= {f"ports/1/counters/{name}": str(downs if name == "link_downed" else 0) for name in COUNTERS}
    files |= {f"ports/1/hw_counters/{name}": "0" for name in HW_COUNTERS}
    for at, (gid, kind) in enumerate(gids(nic)):
        files[f"ports/1/gids/{at}"] = gid
        files[f"ports/1/gid_attrs/types/{at}"] = kind
        files[f"ports/1/gid_attrs/ndevs/{at}"] = str(nic["name"])
    return files


def gids(nic: dict[str, Any]) -> list[tuple[str, str]]:
    """The GID table of a RoCE port: each address twice, version 1 before version 2."""
    found = [f"fe80:0000:0000:0000:{nics.guid_words(nic['mac'])}"]
    command = ["/sbin/ip", "-j", "-4", "addr", "show", "dev", str(nic["name"])]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)  # noqa: S603
    for link in json.loads(answer.stdout or "[]"):
        for info in link.get("addr_info", ()):
            octets = [int(part) for part in info["local"].split(".")]
            words = f"{octets[0]:02x}{octets[1]:02x}:{octets[2]:02x}{octets[3]:02x}"
            found.append(f"0000:0000:0000:0000:0000:ffff:{words}")
    return [(gid, kind) for gid in found for kind in ("IB/RoCE v1", "RoCE v2")]


def slot(data: dict[str, Any], nic: dict[str, Any]) -> dict[str, str]:
    """What the PCI bus says of the card."""
    now, best = nics.pcie(data, nic)
    return {
        "current_link_speed": f"{nics.SPEEDS[now['gen']]} GT/s PCIe",
        "current_link_width": str(now["width"]),
        "max_link_speed": f"{nics.SPEEDS[best['gen']]} GT/s PCIe",
        "max_link_width": str(best["width"]),
        "numa_node": str(-1 if nic.get("numa") is None else nic["numa"]),
        "vendor": nics.MAKERS.get(nics.vendor(nic), "0x0000"),
    }


def ecn(nic: dict[str, Any]) -> dict[str, str]:
    """Congestion control by interface, of NVIDIA's own driver package."""
    if nics.vendor(nic) != "NVIDIA":
        return {}
    files = {f"ecn/{side}/enable/{number}": "1" for side in ("roce_np", "roce_rp") for number in range(8)}
    return files | {"ecn/roce_np/cnp_802p_prio": CNP["priority"], "ecn/roce_np/cnp_dscp": CNP["dscp"]}


def marking(nic: dict[str, Any]) -> dict[str, str]:
    """The ToS byte of every queue pair, of the same package."""
    return {"tc/1/traffic_class": "0"} if nics.vendor(nic) == "NVIDIA" else {}


def connections() -> dict[str, str]:
    """What the RDMA CM gives to its connections."""
    return {"ports/1/default_roce_mode": "RoCE v2", "ports/1/default_roce_tos": "0"}


def congestion(nic: dict[str, Any]) -> dict[str, str]:
    """mlx5's parameters in debugfs."""
    if nics.vendor(nic) != "NVIDIA":
        return {}
    return {"cc_params/np_cnp_dscp": CNP["dscp"], "cc_params/np_cnp_prio": CNP["priority"]}
