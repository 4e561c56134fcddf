"""What is asked of a server below its software: boot, RDMA ports from sysfs, RoCE settings by their tools."""

from __future__ import annotations

import re
import shlex

SCRIPT = "/etc/rackwright/roce/apply.sh"
"""The rendered script that sets RoCE on a server; its last lines name the ports."""
READABLE = ("dcb", "mlnx_qos")
"""Tools whose settings can be read back."""
BOOT = (
    "echo release: $(uname -r); echo cmdline: $(cat /proc/cmdline); "
    "echo cpu: $(sed -n '/^vendor_id/{s/.*: //p;q}' /proc/cpuinfo); "
    "echo virtualization: $(systemd-detect-virt); "
    "if [ ! -e /etc/rackwright/acs-off ]; then echo acs: cannot be read, no script; "
    "elif found=$(sh /etc/rackwright/acs-off check 2>&1); then echo acs: off; else echo acs: $found; fi"
)
"""What the machine booted with. ``systemd-detect-virt`` ends with 1 where it prints ``none``."""
_CALL = re.compile(r"^(\w+)_port (\S+)(?: (\S+))?(?: |$)", re.MULTILINE)
_COUNTERS = ("link_downed", "link_error_recovery", "local_link_integrity_errors", "symbol_error")
_FILES = (
    "fw_ver",
    *(f"ports/1/{name}" for name in ("state", "phys_state", "rate", "link_layer")),
    *(f"device/{when}_link_{what}" for when in ("current", "max") for what in ("width", "speed")),
)


def rdma_ports() -> str:
    """Each file of each device as ``device/file:value``, its counters twice, a second apart."""
    files = " ".join(f"*/{name}" for name in _FILES)
    counters = " ".join(f"*/ports/1/counters/{name}" for name in _COUNTERS)
    # grep ends with 2 where a device lacks a file; what is missing is judged by its absence.
    return (
        f"cd /sys/class/infiniband && {{ grep -s . {files} {counters}; sleep 1; "
        f"grep -s . {counters} | sed 's,^,later/,'; true; }}"
    )


def calls(script: str) -> list[tuple[str, str, str]]:
    """Tool, interface and RDMA device of each port that the script sets."""
    return [(tool, name, rdma) for tool, name, rdma in _CALL.findall(script) if tool != "only"]


def roce(script: str) -> str:
    """Everything that the script sets, read back port by port; ``== PORT NAME`` parts the answers."""
    priority = re.search(r"priority (\d), lossless", script)
    lossless = priority[1] if priority else "3"
    lines = []
    for tool, name, rdma in calls(script):
        if tool not in READABLE:
            continue
        port, device = shlex.quote(name), shlex.quote(rdma)
        cm = f"/sys/kernel/config/rdma_cm/{device}/ports/1"
        asked = {"pause": f"ethtool -a {port}"}
        if tool == "mlnx_qos":
            ecn = f"/sys/class/net/{port}/ecn"
            asked |= {
                "mlnx_qos": f"mlnx_qos -i {port}",
                "tos": f"cat /sys/class/infiniband/{device}/tc/1/traffic_class",
                "cm_tos": f"cma_roce_tos -d {device}",
                "cm_mode": f"cma_roce_mode -d {device} -p 1",
                "np": f"cat {ecn}/roce_np/enable/{lossless}",
                "rp": f"cat {ecn}/roce_rp/enable/{lossless}",
                "cnp_dscp": f"cat {ecn}/roce_np/cnp_dscp",
                "cnp_priority": f"cat {ecn}/roce_np/cnp_802p_prio",
            }
        else:
            pci = f'"$(basename "$(readlink -f /sys/class/infiniband/{device}/device)")"'
            cc = f"/sys/kernel/debug/mlx5/{pci}/cc_params"
            asked |= {what: f"dcb -N -j {what} show dev {port}" for what in ("app", "buffer", "ets", "pfc")}
            asked |= {
                "cm_tos": f"cat {cm}/default_roce_tos",
                "cm_mode": f"cat {cm}/default_roce_mode",
                "cnp_dscp": f"cat {cc}/np_cnp_dscp",
                "cnp_priority": f"cat {cc}/np_cnp_prio",
            }
        for what, command in asked.items():
            lines += [f"echo '== {name} {what}'", f"{command} 2>&1", "echo"]
    return "; ".join(lines) or "true"
