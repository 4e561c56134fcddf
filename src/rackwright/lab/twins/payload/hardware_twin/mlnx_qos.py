"""mlnx_qos: trust, DSCP map, PFC, ETS and cable length of a port; every call ends with the whole table.

Options and layout of the table follow https://github.com/Mellanox/mlnx-tools (python/mlnx_qos), as it is on
drivers that speak DCB over netlink.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any, NoReturn

from . import nics, qos

USAGE = "Usage: mlnx_qos -i <interface> [options]\n"
KINDS = ("strict", "ets", "vendor")


class Refused(Exception):
    """What the tool prints before it ends with 1."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        print(f"{USAGE}\nmlnx_qos: error: {message}", file=sys.stderr)
        raise SystemExit(2)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="mlnx_qos", allow_abbrev=False)
    parser.add_argument("-i", "--interface")
    parser.add_argument("-f", "--pfc")
    parser.add_argument("-p", "--prio_tc")
    parser.add_argument("-s", "--tsa")
    parser.add_argument("-t", "--tcbw")
    parser.add_argument("-d", "--dcbx")
    parser.add_argument("--trust")
    parser.add_argument("--dscp2prio", action="append", default=[])
    parser.add_argument("--cable_len")
    parser.add_argument("-a", action="store_true", dest="every")
    return parser


def main(arguments: list[str]) -> int:
    options, rest = _parser().parse_known_args(arguments)
    if rest:
        print(f"Bad arguments\n{USAGE}")
        return 1
    if options.interface is None:
        print(f"Interface name is required\n{USAGE}")
        return 1
    nic = qos.port(options.interface)
    if nic is None:
        print("[Errno 95] Operation not supported", file=sys.stderr)
        return 1
    state = qos.load(nic)
    try:
        _apply(state, nic, options)
    except Refused as problem:
        print(problem)
        return 1
    if state != qos.load(nic):
        qos.save(nic, state)
    print(table(state, options.every))
    return 0


def _apply(state: qos.Qos, nic: dict[str, Any], options: argparse.Namespace) -> None:
    if options.dcbx not in (None, "os", "fw", "get"):
        raise Refused("Invalid dcbx mode command. Refer to the help.")
    if options.dcbx in ("os", "fw"):
        state.host = options.dcbx == "os"
    if options.pfc or options.cable_len:
        _pfc(state, nic, options.pfc, options.cable_len)
    if options.dscp2prio and options.trust:
        raise Refused("trust and dscp2prio commands cannot be used at the same time.")
    for change in options.dscp2prio:
        _dscp(state, change)
    if options.trust not in (None, "dscp", "pcp"):
        raise Refused("Invalid trust state command. Refer to the help.")
    if options.trust == "pcp":
        state.dscps = {}
    elif options.trust == "dscp" and not state.dscps:
        state.dscps = {dscp: [dscp >> 3] for dscp in range(64)}
    if options.prio_tc or options.tsa or options.tcbw:
        _ets(state, options)


def _numbers(text: str, most: int, what: str, count: int | None = None) -> list[int]:
    words = text.split(",")
    if len(words) > 8:
        raise Refused(f"Too many items for {what}")
    if count is not None and len(words) != count:
        raise Refused(f"{what.lower()} list must have {count} items")
    try:
        found = [int(word) for word in words]
    except ValueError as problem:
        raise Refused(f"Bad value for {what}: {problem}\n{USAGE}") from problem
    for number in found:
        if not 0 <= number <= most:
            raise Refused(f"Bad value for {what}: {number} is not in the range 0..{most}\n{USAGE}")
    return found


def _pfc(state: qos.Qos, nic: dict[str, Any], pfc: str | None, cable_len: str | None) -> None:
    """One message sets both: a length without a list switches PFC off, as the tool does."""
    state.cable_m = _numbers(cable_len, 0xFFFF, "cable_len", 1)[0] if cable_len else state.cable_m
    enabled = _numbers(pfc, 1, "PFC", 8) if pfc else [0] * 8
    state.set_pfc([number for number, on in enumerate(enabled) if on], nics.speed(nic), nics.link_mtu(nic))


def _dscp(state: qos.Qos, change: str) -> None:
    if change == "flush":
        state.dscps = {}
        return
    try:
        verb, dscp, priority = change.split(",")
        number, to = int(dscp), int(priority)
    except ValueError as problem:
        raise Refused("Invalid dscp2prio command. Refer to the help.") from problem
    if verb not in ("set", "del") or not 0 <= number <= 63 or not 0 <= to <= 7:
        raise Refused("Invalid dscp2prio command. Refer to the help.")
    if verb == "set":
        state.dscps[number] = [to]
    elif state.dscps.get(number) == [to]:
        state.dscps[number] = [0]


def _ets(state: qos.Qos, options: argparse.Namespace) -> None:
    classes = _numbers(options.prio_tc, 7, "prio_tc", 8) if options.prio_tc else state.classes
    kinds = options.tsa.split(",") if options.tsa else state.kinds
    shares = _numbers(options.tcbw, 100, "tcbw", 8) if options.tcbw else state.shares
    if wrong := [kind for kind in kinds if kind not in KINDS]:
        raise Refused(f"Bad TSA value: {wrong[0]}\n{USAGE}")
    if len(kinds) != 8:
        raise Refused("tsa list must have 8 items")
    if any(share and kind != "ets" for kind, share in zip(kinds, shares, strict=True)):
        raise Refused(f"ETS BW for a strict/vendor TC must be 0\n{USAGE}")
    if "ets" in kinds and sum(shares) != 100:
        # mlx5: mlx5e_dcbnl_validate_ets()
        raise Refused("[Errno 22] Invalid argument")
    state.classes, state.kinds, state.shares = classes, kinds, shares


def table(state: qos.Qos, every: bool = False) -> str:
    """The state in the tool's own layout."""
    lines = [
        f"DCBX mode: {'OS' if state.host else 'Firmware'} controlled",
        f"Priority trust state: {state.trust}",
    ]
    if state.trust == "dscp":
        lines.append("dscp2prio mapping:")
        for priority in range(8):
            dscps = [
                f"{dscp:02d}," for dscp, to in sorted(state.dscps.items(), reverse=True) if priority in to
            ]
            lines += [
                f"\tprio:{priority} dscp:{''.join(dscps[start : start + 8])}"
                for start in range(0, len(dscps), 8)
            ]
    lines += [
        "default priority:",
        f"Receive buffer size (bytes): {''.join(f'{size},' for size in state.sizes)}",
    ]
    lines += [
        f"Cable len: {state.cable_m}",
        "PFC configuration:",
        "\tpriority    0   1   2   3   4   5   6   7",
    ]
    lines.append("\tenabled     " + "".join(f"{int(n in state.pfc)}   " for n in range(8)))
    lines.append("\tbuffer      " + "".join(f"{n}   " for n in state.buffers))
    for number in dict.fromkeys([*(range(8) if every else ()), *state.classes]):
        kind = f"ets, bw: {state.shares[number]}%" if state.kinds[number] == "ets" else state.kinds[number]
        lines.append(f"tc: {number} ratelimit: unlimited, tsa: {kind}")
        lines += [f"\t priority:  {up}" for up, to in enumerate(state.classes) if to == number]
    return "\n".join(lines)
