"""What NICs as designed answer, in the tools' words (captured from a lab's machine: its NICs are twins)."""

from __future__ import annotations

from rackwright.verify.host_questions import SCRIPT, calls

QOS = """\
DCBX mode: OS controlled
Priority trust state: dscp
dscp2prio mapping:
\tprio:0 dscp:07,06,05,04,03,02,01,00,
\tprio:1 dscp:15,14,13,12,11,10,09,08,
\tprio:2 dscp:23,22,21,20,19,18,17,16,
\tprio:3 dscp:31,30,29,28,27,26,25,24,
\tprio:4 dscp:39,38,37,36,35,34,33,32,
\tprio:5 dscp:47,46,45,44,43,42,41,40,
\tprio:6 dscp:55,54,53,52,51,50,49,48,
\tprio:7 dscp:63,62,61,60,59,58,57,56,
default priority:
Receive buffer size (bytes): 156096,149760,0,0,0,0,0,0,
Cable len: {metres}
PFC configuration:
\tpriority    0   1   2   3   4   5   6   7
\tenabled     0   0   0   1   0   0   0   0   \n\tbuffer      0   0   0   1   0   0   0   0   \n\
tc: 0 ratelimit: unlimited, tsa: ets, bw: 50%
\t priority:  0
\t priority:  1
\t priority:  2
\t priority:  4
\t priority:  5
\t priority:  7
tc: 3 ratelimit: unlimited, tsa: ets, bw: 50%
\t priority:  3
tc: 6 ratelimit: unlimited, tsa: strict
\t priority:  6
"""
FILES = {
    "pause": "netlink error: Operation not supported\n",
    "tos": "106\n",
    "cm_tos": "106\n",
    "cm_mode": "RoCE v2\n",
    "np": "1\n",
    "rp": "1\n",
    "cnp_dscp": "48\n",
    "cnp_priority": "6\n",
}
COUNTERS = ("link_downed", "link_error_recovery", "local_link_integrity_errors", "symbol_error")


def roce(want):
    """Every port that the script sets, as it set them."""
    script = want.files[SCRIPT]
    text = ""
    for tool, name, _ in calls(script):
        metres = next(
            line.split()[-1] for line in script.splitlines() if line.startswith(f"{tool}_port {name} ")
        )
        for what, answer in {"mlnx_qos": QOS.replace("{metres}", metres), **FILES}.items():
            text += f"== {name} {what}\n{answer}\n"
    return text


def rdma_ports(want, firmware):
    """Every RDMA device, up and fast."""
    lines, later = [], []
    for port in want.ports.values():
        if not port.rdma:
            continue
        said = {
            "fw_ver": firmware,
            "ports/1/state": "4: ACTIVE",
            "ports/1/phys_state": "5: LinkUp",
            "ports/1/rate": f"{port.speed_gbps} Gb/sec (4X NDR)",
            "ports/1/link_layer": port.link_layer,
            "device/current_link_width": "16",
            "device/current_link_speed": "32.0 GT/s PCIe",
            "device/max_link_width": "16",
            "device/max_link_speed": "32.0 GT/s PCIe",
        }
        lines += [f"{port.rdma}/{name}:{value}" for name, value in said.items()]
        counters = [f"{port.rdma}/ports/1/counters/{name}:0" for name in COUNTERS]
        lines += counters
        later += [f"later/{line}" for line in counters]
    return "\n".join([*lines, *later]) + "\n"


def boot():
    """A machine of bare metal, all set."""
    return (
        "release: 6.18.44\n"
        "cmdline: BOOT_IMAGE=/boot/vmlinuz root=LABEL=root ro quiet iommu=pt intel_iommu=on\n"
        "cpu: GenuineIntel\nvirtualization: none\nacs: off\n"
    )
