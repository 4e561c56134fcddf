"""RoCE on Cumulus Linux: ``qos roce`` and, on top of it, only what the contract wants otherwise.

What ``qos roce mode lossless`` sets by itself, from NVIDIA's page (Default RoCE Mode Configuration):
https://docs.nvidia.com/networking-ethernet-software/cumulus-linux-515/Layer-1-and-Switch-Ports/Quality-of-Service/RDMA-over-Converged-Ethernet-RoCE/
"""

from __future__ import annotations

from rackwright.models.design import End, Switch
from rackwright.models.qos import LOSSY, RoceContract
from rackwright.render.wiring import Wiring
from rackwright.render.yamltext import Tree

PRIORITY, CNP_PRIORITY, PERCENT = 3, 6, 50
ECN = (150_000, 1_500_000, 100)
"""Minimum and maximum in bytes, probability in percent; shown by the switch as 146.48 KB and 1.43 MB."""
PROFILE = "default-global"
LENGTHS = (5, 10, 20, 30, 50, 100, 200, 300, 500, 1000, 2000, 5000, 10_000)
"""Cable lengths in metres that headroom is asked for: the next one up, so that a cable that is moved by a few
metres changes nothing."""


def default_priority(dscp: int) -> int:
    """Switch priority of a DSCP when nobody remaps it: its class selector.

    >>> default_priority(26), default_priority(48)
    (3, 6)
    """
    return dscp >> 3


def qos_tree(switch: Switch, contract: RoceContract, wiring: Wiring) -> Tree:
    """The ``qos`` branch of a switch."""
    priority, cnp = contract.priority, contract.cnp_priority
    made: Tree = {}
    ecn = (contract.ecn_min_bytes, contract.ecn_max_bytes, contract.ecn_probability)
    if ecn != ECN or priority != PRIORITY:
        row: Tree = {"ecn": "enable", "max-threshold": ecn[1], "min-threshold": ecn[0], "probability": ecn[2]}
        made["congestion-control"] = {PROFILE: {"traffic-class": {str(priority): row}}}
    moved = (priority, cnp) != (PRIORITY, CNP_PRIORITY)
    if moved:
        queues = {PRIORITY: LOSSY, CNP_PRIORITY: LOSSY, priority: priority, cnp: cnp}
        made["egress-queue-mapping"] = {
            PROFILE: {
                "switch-priority": {str(sp): {"traffic-class": tc} for sp, tc in sorted(queues.items())}
            }
        }
    if moved or contract.bandwidth_percent != PERCENT:
        # The profile's own class 3 has half of the bandwidth; emptied, it gives it back: shares end at 100.
        classes: Tree = {} if priority == PRIORITY else {str(PRIORITY): {"mode": "strict"}}
        for each in contract.classes:
            percent: Tree = {} if each.percent is None else {"bw-percent": each.percent}
            classes[str(each.number)] = percent | {"mode": "strict" if each.percent is None else "dwrr"}
        made["egress-scheduler"] = {PROFILE: {"traffic-class": dict(sorted(classes.items()))}}
    marks = {
        dscp: wanted
        for dscp, wanted in ((contract.dscp, priority), (contract.cnp_dscp, cnp))
        if default_priority(dscp) != wanted
    }
    if marks:
        rows: Tree = {str(dscp): {"switch-priority": wanted} for dscp, wanted in sorted(marks.items())}
        made["mapping"] = {PROFILE: {"dscp": rows, "trust": "both"}}
    pause: Tree = {"rx": "enable", "switch-priority": {str(priority): {}}, "tx": "enable"}
    if (length := cable_length(switch, wiring)) is not None:
        pause = {"cable-length": length} | pause
    made["pfc"] = {PROFILE: pause}
    made["pfc-watchdog"] = {"polling-interval": contract.watchdog_ms, "robustness": 1}
    made["roce"] = {"mode": "lossless", "state": "enabled"}
    return made


def cable_length(switch: Switch, wiring: Wiring) -> int | None:
    """Metres that headroom is reserved for: one figure for the switch, since the RoCE profile is one; its
    longest cable. None where no length is known: NVUE then reckons with its own 100 m."""
    known = [wiring.metres.get(End(switch.name, port.name)) for port in switch.ports if port.parent is None]
    longest = max((metres for metres in known if metres is not None), default=None)
    if longest is None:
        return None
    return next((length for length in LENGTHS if length >= longest), longest)
