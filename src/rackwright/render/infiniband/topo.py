"""Wiring for tools: the topo file of ibdiagnet and UFM, and a network file for ibsim.

https://docs.nvidia.com/networking/display/cablevalidationtool150/topo+file
https://github.com/linux-rdma/ibsim (net-examples)
"""

from __future__ import annotations

from rackwright.models.design import Design
from rackwright.render.infiniband.guids import simulated
from rackwright.render.infiniband.subnets import Adapter, Link, Subnet

LANES = 4
"""Of a port: InfiniBand's 4x."""
_EXT = {56: 1, 100: 3, 200: 7}
"""ibsim's ``e=`` by Gbit/s: FDR, EDR, HDR with all slower ones (bits 1, 2, 4)."""
_FASTEST = 7
"""ibsim 0.10 knows nothing faster than HDR: NDR and XDR links are simulated as HDR."""


def system_type(model: str) -> str:
    """A switch's type as NVIDIA's tools name it: MQM9700 for catalog row qm9700.

    >>> system_type("qm9700"), system_type("q3400")
    ('MQM9700', 'Q3400')
    """
    return ("M" if model.startswith("qm") else "") + model.upper()


def host_types(subnet: Subnet) -> dict[str, str]:
    """Type by host, ``HCA_`` and its last RDMA device, as in the vendor's example."""
    last: dict[str, Adapter] = {}
    for adapter in subnet.adapters:
        known = last.get(adapter.device)
        if known is None or _device_number(adapter) > _device_number(known):
            last[adapter.device] = adapter
    return {device: f"HCA_{adapter.rdma}" for device, adapter in last.items()}


def _device_number(adapter: Adapter) -> int:
    digits = adapter.rdma.rpartition("_")[2]
    return int(digits) if digits.isdigit() else 0


def topo(subnet: Subnet) -> str:
    """Switches with all of their links; a link between switches stands with both."""
    types, kinds = host_types(subnet), {one.name: system_type(one.model) for one in subnet.switches}
    rows: dict[str, list[tuple[int, str]]] = {switch.name: [] for switch in subnet.switches}
    for link in subnet.links:
        arrow = f"-{LANES}x-{link.gbps // LANES}G->"
        if link.adapter is not None:
            far = f"{types[link.adapter.device]} {link.adapter.device} {link.adapter.rdma}/P1"
        else:
            far = f"{kinds[link.z]} {link.z} P{link.z_port}"
            back = f"P{link.z_port} {arrow} {kinds[link.a]} {link.a} P{link.a_port}"
            rows[link.z].append((link.z_port, back))
        rows[link.a].append((link.a_port, f"P{link.a_port} {arrow} {far}"))
    text = []
    for switch in subnet.switches:
        text.append(f"{kinds[switch.name]} {switch.name}\n")
        text += [f" {line}\n" for _, line in sorted(rows[switch.name])]
        text.append("\n")
    return "".join(text)


def net(subnet: Subnet) -> str:
    """The subnet for ibsim: GUIDs as known, else stand-ins; the first entry is where the manager attaches."""
    made_up = len(subnet.switches) + len(subnet.adapters) - len(subnet.guids)
    fastest = max((link.gbps for link in subnet.links), default=0)
    text = [f"# SIMULATION of InfiniBand subnet {subnet.name} for ibsim. Written by rackwright.\n"]
    if made_up:
        text.append(f"# {made_up} GUIDs are simulated: they begin with 0x025e and 0x025f.\n")
    if fastest > max(_EXT):
        text.append(f"# Links of {fastest}G are simulated as 200G (HDR): ibsim 0.10 knows no faster ones.\n")
    near: dict[str, Link] = {}
    rows: dict[str, list[tuple[int, str]]] = {switch.name: [] for switch in subnet.switches}
    for link in subnet.links:  # ibsim wants each link twice, once with each end
        speed = _EXT.get(link.gbps, _FASTEST)
        rows[link.a].append((link.a_port, f'[{link.a_port}] "{link.z}"[{link.z_port}] e={speed}\n'))
        if link.adapter is not None:
            near[link.z] = link
        else:
            rows[link.z].append((link.z_port, f'[{link.z_port}] "{link.a}"[{link.a_port}] e={speed}\n'))
    for adapter in subnet.adapters:
        guid = subnet.guids.get(adapter.name)
        port = int(guid, 16) if guid else simulated(adapter.name, switch=False)
        link = near[adapter.name]
        text.append(
            f"\ncaguid={port - 1:#018x}\n"
            f'Ca 1 "{adapter.name}"\n[1] "{link.a}"[{link.a_port}] e={_EXT.get(link.gbps, _FASTEST)}\n'
        )
    for switch in subnet.switches:
        guid = subnet.guids.get(switch.name)
        number = int(guid, 16) if guid else simulated(switch.name, switch=True)
        text.append(f'\nswitchguid={number:#018x}\nSwitch {subnet.fabric.radix} "{switch.name}"\n')
        text += [line for _, line in sorted(rows[switch.name])]
    return "".join(text)


def hca_mapping(subnet: Subnet, design: Design) -> dict[str, str]:
    """CSV of a host's port number (its rail, from 1) and RDMA device, by SKU."""
    sku = {server.name: server.sku for server in design.servers}
    found: dict[str, dict[int, str]] = {}
    for adapter in subnet.adapters:
        if adapter.rail is not None:
            found.setdefault(sku[adapter.device], {})[adapter.rail + 1] = adapter.rdma
    return {
        name: "port,hca-name\n" + "".join(f"{port},{rdma}\n" for port, rdma in sorted(ports.items()))
        for name, ports in sorted(found.items())
    }
