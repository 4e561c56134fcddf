"""Quality of service: the RoCE contract as EOS's maps, one profile on every port, and the pause watchdog."""

from __future__ import annotations

from typing import Any

from rackwright.models.design import Switch
from rackwright.models.qos import RoceContract

Json = dict[str, Any]
PROFILE = "ROCE"


def qos(frame: Json, ports: list[Json], contract: RoceContract, switch: Switch) -> None:
    """``qos``, ``qos_profiles``, ``priority_flow_control``, and the profile on each routed port.

    Every DSCP is written: by default EOS puts 24 to 31 into one class, so neighbours of the contract's would
    ride the lossless queue. Headroom is EOS's own business: it works with the cable's real length.
    """
    del switch
    frame["qos"] = {
        "map": {
            "dscp": [f"{dscp} to traffic-class {contract.priority_of(dscp)}" for dscp in range(64)],
            "traffic_class": [f"{number} to tx-queue {number}" for number in range(8)],
        }
    }
    queues: list[Json] = []
    for each in sorted(contract.classes, key=lambda row: row.number):
        if each.percent is None:
            queues.append({"id": each.number, "priority": "priority strict"})
            continue
        queue: Json = {"id": each.number, "priority": "no priority", "bandwidth_percent": each.percent}
        if each.lossless:
            queue["random_detect"] = {
                "ecn": {
                    "threshold": {
                        "units": "bytes",
                        "min": contract.ecn_min_bytes,
                        "max": contract.ecn_max_bytes,
                        "max_probability": contract.ecn_probability,
                        "weight": 0,
                    }
                }
            }
        queues.append(queue)
    frame["qos_profiles"] = [
        {
            "name": PROFILE,
            "trust": "dscp",
            "uc_tx_queues": queues,
            "priority_flow_control": {
                "enabled": True,
                "priorities": [{"priority": contract.priority, "no_drop": True}],
            },
        }
    ]
    seconds = contract.watchdog_ms / 1000
    frame["priority_flow_control"] = {
        "watchdog": {
            "action": "drop",
            "timeout": f"{seconds:.2f}",
            "recovery_time": f"{seconds:.2f}",
            "polling_interval": f"{seconds / 2:.3f}",  # EOS: at most half of the two above
        }
    }
    for port in ports:
        if "encapsulation_dot1q" not in port:
            port["service_profile"] = PROFILE
