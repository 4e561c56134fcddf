"""Host RoCE: the contract said to each server's NICs, with their makers' tools, by a unit that comes back.

Three files of the device, which role ``roce_host`` owns: the script that says it, the one that says it again
when a port comes back, and the unit that runs both for a port.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from rackwright.locks import load_lock
from rackwright.models.design import Design, End, Server
from rackwright.models.qos import RoceContract
from rackwright.qos.headroom import DRIVER_METRES, UNKNOWN_METRES, headroom
from rackwright.render.templates import template
from rackwright.render.wiring import Wiring

SCRIPT = "/etc/rackwright/roce/apply.sh"
FOLLOW = "/etc/rackwright/roce/follow"
UNIT_NAME = "rackwright-roce@.service"
UNIT = f"/etc/systemd/system/{UNIT_NAME}"
_OFED = "doca-ofed"
"""Flavour of a host lock's row ``rdma`` that brings ``mlnx_qos``; the other is the kernel's own drivers."""
_TOOLS = {"Broadcom": "bnxt", "AMD": "nicctl"}


@dataclass(frozen=True, slots=True)
class PortCall:
    """One port, as the script's last lines name it."""

    tool: str
    name: str
    rdma: str
    argument: str
    """Metres, bytes or the maker, as the tool's function wants it; empty: nothing."""

    @property
    def call(self) -> str:
        """The line of the script."""
        words = (
            [self.name, self.argument] if self.tool == "unknown" else [self.name, self.rdma, self.argument]
        )
        return " ".join([f"{self.tool}_port", *(word for word in words if word)])


def roce_files(server: Server, design: Design, wiring: Wiring) -> dict[str, str]:
    """Absolute path to text; none where the server has no port on a RoCE compute plane."""
    contract = contract_of(server, design)
    if contract is None:
        return {}
    ports = port_calls(server, design, wiring, contract)
    return {SCRIPT: _script(contract, ports), FOLLOW: _plain("follow.j2"), UNIT: _plain(f"{UNIT_NAME}.j2")}


def contract_of(server: Server, design: Design) -> RoceContract | None:
    """What its NICs are told; None where the server has no port on a RoCE compute plane."""
    nics = [nic for nic in server.on("compute") if nic.parent is None and nic.rdma]
    return design.plane("compute").roce if nics else None


def port_calls(
    server: Server, design: Design, wiring: Wiring, contract: RoceContract
) -> tuple[PortCall, ...]:
    """Its ports on the compute plane, with the tool that sets each."""
    nics = [nic for nic in server.on("compute") if nic.parent is None and nic.rdma]
    ofed = has_ofed(design.spec.lock)
    ports = []
    for nic in nics:
        metres = wiring.metres.get(End(server.name, nic.name), UNKNOWN_METRES)
        tool, argument = _TOOLS.get(nic.vendor or "", "unknown"), ""
        if tool == "unknown":
            argument = f"'{nic.vendor or 'an unknown maker'}'"
        if nic.vendor == "NVIDIA":
            room = headroom(nic.speed_gbps, metres, contract.switch_mtu).size
            tool = "mlnx_qos" if ofed else "dcb"
            argument = str(metres if ofed else room if metres > DRIVER_METRES else 0)
        ports.append(PortCall(tool, nic.name, nic.rdma or "", argument))
    return tuple(ports)


def has_ofed(lock: str) -> bool:
    """Whether the servers' software comes with NVIDIA's own RDMA stack."""
    row = load_lock(lock).rows.get("rdma")
    return row is not None and row.flavour == _OFED


@lru_cache(maxsize=4096)
def _script(contract: RoceContract, ports: tuple[PortCall, ...]) -> str:
    """Servers of one SKU whose cables are equally long share the text."""
    classes = {row.number: row for row in contract.classes}
    numbers = range(8)
    return template("host/roce/apply.sh.j2").render(
        c=contract,
        tools=sorted({port.tool for port in ports}),
        ports=ports,
        pfc=",".join("1" if number == contract.priority else "0" for number in numbers),
        prio_tc=",".join(str(number if number in classes else 0) for number in numbers),
        tsa=",".join("strict" if number == contract.cnp_priority else "ets" for number in numbers),
        tcbw=",".join(str(classes[n].percent or 0) if n in classes else "0" for n in numbers),
        other_dscps=_ranges([d for d in range(64) if d not in (contract.dscp, contract.cnp_dscp)]),
    )


@lru_cache(maxsize=2)
def _plain(name: str) -> str:
    """A file that says the same on every server."""
    return template(f"host/roce/{name}").render()


def _ranges(numbers: list[int]) -> str:
    """Numbers as nicctl reads them.

    >>> _ranges([0, 1, 2, 4])
    '0-2,4'
    """
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ",".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)
