"""A NIC port's quality of service as items: what the contract wants, and what a tool's answer says. Pure.

Answers: ``mlnx_qos -i`` prints a table (https://github.com/Mellanox/mlnx-tools, python/mlnx_qos); ``dcb -j``
prints JSON (iproute2, dcb/).
"""

from __future__ import annotations

import re
from typing import Any

Items = dict[str, str]
CM_MODE, CM_TOS, RDMA_TOS = "mode of the RDMA CM", "ToS of the RDMA CM", "ToS of RDMA"
CNP_DSCP, CNP_PRIORITY = "DSCP of CNPs", "priority of CNPs"
PAUSE, PFC, TRUST, DCBX = "link pause", "PFC", "trust", "DCBX"
CLASSES, SHARES = "traffic classes", "scheduling"
CABLE, BUFFER = "cable length", "lossless buffer"
SIDES = {"roce_np": "ECN marks are answered on", "roce_rp": "CNPs are obeyed on"}
NONE = "none"
UNREAD = {
    "bnxt": "classes, shares, ECN and CNP: the NIC's firmware has them, and no tool of the kernel reads them",
    "nicctl": "trust, map, PFC, shares and DCQCN: nicctl's answers have no documented form",
    "unknown": "everything: no tool is known",
}
"""By tool: what is set and cannot be read back."""


def expected(contract: dict[str, int], port: dict[str, str]) -> Items:
    """What the contract wants of a port, as far as its tool lets one read it back.

    >>> contract = {"dscp": 26, "tos": 106, "priority": 3, "cnp_dscp": 48, "cnp_priority": 6}
    >>> contract["bandwidth_percent"] = 50
    >>> expected(contract, {"tool": "nicctl", "argument": ""})
    {'ToS of the RDMA CM': '106', 'mode of the RDMA CM': 'RoCE v2'}
    >>> expected(contract, {"tool": "mlnx_qos", "argument": "30"})["scheduling"]
    '0 ets 50%, 3 ets 50%, 6 strict'
    """
    tool, data, cnp = port["tool"], contract["priority"], contract["cnp_priority"]
    wanted: Items = {}
    if tool == "unknown":
        return wanted
    wanted[CM_TOS], wanted[CM_MODE] = str(contract["tos"]), "RoCE v2"
    if tool == "nicctl":
        return wanted
    wanted |= {
        PAUSE: "off",
        PFC: str(data),
        dscp_item(contract["dscp"]): str(data),
        dscp_item(contract["cnp_dscp"]): str(cnp),
    }
    if tool == "bnxt":
        return wanted
    share = contract["bandwidth_percent"]
    wanted[CLASSES] = ",".join(str(number if number in (data, cnp) else 0) for number in range(8))
    rows = {0: f"ets {100 - share}%", data: f"ets {share}%", cnp: "strict"}
    wanted[SHARES] = ", ".join(f"{number} {row}" for number, row in sorted(rows.items()))
    wanted[CNP_DSCP], wanted[CNP_PRIORITY] = str(contract["cnp_dscp"]), str(cnp)
    if tool == "mlnx_qos":
        wanted |= {DCBX: "OS controlled", TRUST: "dscp", CABLE: f"{port['argument']} m"}
        wanted[RDMA_TOS] = str(contract["tos"])
        wanted |= {f"{text} {data}": "1" for text in SIDES.values()}
    elif int(port["argument"] or 0):
        wanted[BUFFER] = f"{port['argument']} bytes or more"
    return wanted


def dscp_item(dscp: int) -> str:
    """Name of the item that says which priority a DSCP has."""
    return f"priority of DSCP {dscp}"


def differences(wanted: Items, found: Items) -> list[str]:
    """Item, found, expected, for each that is not as wanted.

    >>> differences({"PFC": "3", "trust": "dscp"}, {"trust": "dscp"})
    ['PFC: found none, expected 3']
    """
    return [
        f"{item}: found {found.get(item, NONE)}, expected {value}"
        for item, value in wanted.items()
        if found.get(item, NONE) != value
    ]


def mlnx_qos(text: str) -> Items:
    """Items in the table that ``mlnx_qos -i`` prints.

    >>> mlnx_qos("Priority trust state: pcp\\nCable len: 7\\n\\tenabled     0   0   0   1   0   0   0   0")
    {'PFC': '3', 'cable length': '7 m', 'trust': 'pcp'}
    """
    found: Items = {}
    lines = {
        DCBX: r"^DCBX mode: (.+?)\s*$",
        TRUST: r"^Priority trust state: (\S+)",
        CABLE: r"^Cable len: (\d+)",
    }
    for item, pattern in lines.items():
        match = re.search(pattern, text, re.MULTILINE)
        if match:
            found[item] = f"{match[1]} m" if item == CABLE else match[1]
    for priority, dscps in re.findall(r"^\s*prio:(\d) dscp:([\d,]*)", text, re.MULTILINE):
        for dscp in filter(None, dscps.split(",")):
            before = found.get(dscp_item(int(dscp)))
            found[dscp_item(int(dscp))] = f"{before},{priority}" if before else priority
    if match := re.search(r"^\s*enabled\s+((?:[01]\s*){8})$", text, re.MULTILINE):
        found[PFC] = _on(match[1].split())
    classes: dict[int, int] = {}
    shares: dict[int, str] = {}
    for row in re.split(r"^tc: ", text, flags=re.MULTILINE)[1:]:
        number = int(row.split()[0])
        ups = [int(up) for up in re.findall(r"^\s*priority:\s+(\d)", row, re.MULTILINE)]
        classes |= dict.fromkeys(ups, number)
        kind = re.search(r"tsa: (\w+)(?:, bw: (\d+)%)?", row)
        if kind and ups:
            shares[number] = f"{kind[1]} {kind[2]}%" if kind[2] else kind[1]
    if classes:
        found[CLASSES] = ",".join(str(classes.get(up, "?")) for up in range(8))
        found[SHARES] = ", ".join(f"{number} {share}" for number, share in sorted(shares.items()))
    return dict(sorted(found.items()))


def dcb(answers: dict[str, dict[str, Any]], wanted_buffer: int = 0) -> Items:
    """Items in the answers of ``dcb -N -j app|ets|pfc|buffer show``, by the object's name.

    >>> dcb({"pfc": {"prio_pfc": [False, False, False, True]}, "app": {"dscp_prio": [[26, 3]]}})
    {'PFC': '3', 'priority of DSCP 26': '3'}
    """
    found: Items = {}
    if "prio_pfc" in answers.get("pfc", {}):
        found[PFC] = _on(answers["pfc"]["prio_pfc"])
    for dscp, priority in answers.get("app", {}).get("dscp_prio", ()):
        before = found.get(dscp_item(int(dscp)))
        found[dscp_item(int(dscp))] = f"{before},{priority}" if before else str(priority)
    ets = answers.get("ets", {})
    if {"prio_tc", "tc_tsa", "tc_bw"} <= set(ets):
        found[CLASSES] = ",".join(map(str, ets["prio_tc"]))
        kinds = {
            number: f"{kind} {ets['tc_bw'][number]}%" if kind == "ets" else str(kind)
            for number, kind in enumerate(ets["tc_tsa"])
            if number in ets["prio_tc"]
        }
        found[SHARES] = ", ".join(f"{number} {kind}" for number, kind in sorted(kinds.items()))
    sizes = answers.get("buffer", {}).get("buffer_size", ())
    if wanted_buffer and len(sizes) > 1:
        enough = int(sizes[1]) >= wanted_buffer
        found[BUFFER] = f"{wanted_buffer} bytes or more" if enough else f"{sizes[1]} bytes"
    return found


def pause(rc: int, text: str) -> str:
    """Link pause in ``ethtool -a``; a driver that knows none has it off.

    >>> pause(0, "RX:\\t\\toff\\nTX:\\t\\ton\\n"), pause(76, "netlink error: Operation not supported")
    ('on (TX)', 'off')
    """
    if rc != 0:
        return "off" if "not supported" in text.lower() else f"no answer ({text.strip()})"
    sides = re.findall(r"^(RX|TX):\s+on", text, re.MULTILINE)
    return f"on ({', '.join(sides)})" if sides else "off"


def _on(states: list[Any]) -> str:
    """Numbers of those that are on, in any of the ways that tools say so."""
    on = [str(number) for number, state in enumerate(states) if state in (1, True, "1", "on")]
    return ",".join(on) or NONE
