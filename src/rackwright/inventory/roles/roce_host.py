"""Variables of role ``roce_host``."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from rackwright.inventory.about import About
from rackwright.models.design import Design
from rackwright.render.host_roce import FOLLOW, SCRIPT, UNIT, contract_of, port_calls
from rackwright.render.wiring import Wiring

TOLD = ("dscp", "tos", "priority", "cnp_dscp", "cnp_priority", "bandwidth_percent")
"""What a NIC is told of the contract; the rest is the switches'."""


_last: list[tuple[Design, Wiring]] = []


def wiring(design: Design) -> Wiring:
    """One wiring for all servers of a design: it goes through every cable."""
    if not _last or _last[0][0] is not design:
        _last[:] = [(design, Wiring.of(design))]
    return _last[0][1]


def variables(about: About) -> dict[str, Any]:
    """The rendered files, the contract, and the ports with the tool that answers for each.

    :raises ValueError: the server has no port on a RoCE compute plane.
    """
    contract = contract_of(about.server, about.design)
    if contract is None:
        raise ValueError(f"{about.server.name} is on no RoCE compute plane")
    ports = port_calls(about.server, about.design, wiring(about.design), contract)
    return {
        "roce_host_files": {path: about.rendered[path] for path in (FOLLOW, SCRIPT, UNIT)},
        "roce_host_contract": {name: getattr(contract, name) for name in TOLD},
        "roce_host_ports": [
            {**asdict(port), "argument": port.argument if port.tool in ("mlnx_qos", "dcb") else ""}
            for port in ports
        ],
    }
