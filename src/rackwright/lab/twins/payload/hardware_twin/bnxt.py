"""bnxt_setupcc.sh: Broadcom's own script for RoCE on a port, which comes with its NIC driver.

Options: ``-d`` RDMA device, ``-i`` interface, ``-m`` 1 PFC, 2 congestion control, 3 both, ``-r`` priority and
``-s`` DSCP of RoCE, ``-c`` and ``-p`` those of CNPs, ``-b`` share of RoCE, ``-u`` the tool below. What ends
in the firmware alone (classes, shares, ECN) no tool of the kernel reads, and is not kept here.
"""

from __future__ import annotations

import getopt
import sys

from . import nics, qos

USAGE = "usage: bnxt_setupcc.sh -d DEVICE -i INTERFACE -m MODE -r PRIORITY -s DSCP -c PRIORITY -p DSCP"


def main(arguments: list[str]) -> int:
    try:
        found, rest = getopt.getopt(arguments, "b:c:d:i:m:p:r:s:u:v:")
    except getopt.GetoptError as problem:
        return _refuse(str(problem))
    options = dict(found)
    nic = qos.port(options.get("-i", ""))
    if rest or nic is None:
        return _refuse(f"no interface {options.get('-i', '')}")
    if nics.vendor(nic) != "Broadcom" or nic.get("rdma") != options.get("-d"):
        return _refuse(f"{options.get('-d', 'no device')} is not {options['-i']}'s RDMA device")
    try:
        number = {key: int(text, 0) for key, text in found if key not in ("-d", "-i")}
    except ValueError as problem:
        return _refuse(str(problem))
    mode, roce = number.get("-m", 3), number.get("-r", 3)
    state = qos.load(nic)
    state.host = True
    state.set_pfc([roce] if mode in (1, 3) else [], nics.speed(nic), nics.link_mtu(nic))
    state.dscps = {number["-s"]: [roce]} if "-s" in number else {}
    if "-c" in number and "-p" in number:
        state.dscps[number["-p"]] = [number["-c"]]
    qos.save(nic, state)
    return 0


def _refuse(why: str) -> int:
    print(f"{why}\n{USAGE}", file=sys.stderr)
    return 1
