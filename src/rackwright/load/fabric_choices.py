"""Fabric choices: kind, topology, switch, NOS and what depends on NICs, where a fabric leaves them out."""

from __future__ import annotations

from rackwright.load.defaults import (
    KINDS,
    PARALLEL_GBPS,
    SWITCHES,
    TOPOLOGIES,
    VENDOR_NOS,
    WHITE_BOX_NOS,
    Use,
)
from rackwright.load.filling import Data, Filling


def choose_fabrics(file: Filling) -> None:
    """Kind, topology, switch, NOS; and two ports of a NIC on two fabric planes where that is the rule."""
    for name, body in file.parts("fabrics").items():
        known = file.use(name, body)
        use: Use = known or "shared"
        if "kind" not in body and known is not None:
            file.choose("fabrics", name, "kind", *KINDS[use])
        if "topology" not in body:
            if {"compute", "shared"} <= file.uses(name):
                file.choose("fabrics", name, "topology", "leaf-spine", "compute shares it with others")
            else:
                file.choose("fabrics", name, "topology", *TOPOLOGIES[use])
        if "switch" not in body:
            if (use, body.get("kind")) == ("compute", "roce"):
                _divide(file, name, body)
            _switch(file, name, body, use)
            _spine_groups(file, name, body)
        if "nos" not in body:
            _nos(file, name, body)


def _divide(file: Filling, name: str, body: Data) -> None:
    """Two fabric planes where every compute NIC is fast and can be divided."""
    nics = [file.tables.nics[slot.nic] for slot in file.slots("compute")]
    if {"homing", "nic_ports"} & set(body) or not nics:
        return
    if all(nic.speed_gbps >= PARALLEL_GBPS and 2 in nic.port_splits for nic in nics):
        fast = f"{max(nic.speed_gbps for nic in nics)}G NICs can be divided"
        because = f"{fast}: switches have twice the ports, and two tiers of each plane four times the places"
        file.choose("fabrics", name, "homing", "parallel", because)
        file.choose("fabrics", name, "nic_ports", 2, "a port of each NIC for each fabric plane")


def _switch(file: Filling, name: str, body: Data, use: Use) -> None:
    """By kind and by the speed of a NIC's port."""
    kinds = {rule.kind for rule in SWITCHES if rule.use == use}
    given = str(body.get("kind"))
    kind = next((kind for kind in sorted(kinds) if kind == given), KINDS[use][0])
    speed = file.speed(use, body.get("nic_ports"))
    rules = [rule for rule in SWITCHES if (rule.use, rule.kind) == (use, kind)]
    rule = next((rule for rule in rules if speed <= rule.up_to_gbps), rules[-1])
    fast = f" and its NICs' ports run at {speed}G" if use == "compute" and speed else ""
    file.choose("fabrics", name, "switch", rule.switch, f"it is {kind}{fast}: {rule.words}")


def _spine_groups(file: Filling, name: str, body: Data) -> None:
    """Spines for each rail where NVLink joins the rails inside a rack."""
    if body["topology"] == "rail-optimised" and "spine_groups" not in body:
        for sku in file.skus():
            if sku.nvlink_servers > 1:
                because = f"NVLink joins the rails of {sku.name} inside a rack of {sku.nvlink_servers}"
                file.choose("fabrics", name, "spine_groups", "rail", because)
                return


def _nos(file: Filling, name: str, body: Data) -> None:
    if body.get("kind") == "infiniband":
        file.choose("fabrics", name, "nos", "opensm", "a subnet manager runs an InfiniBand fabric")
        return
    model = file.tables.switches.get(str(body.get("switch")))
    maker = model.vendor if model else "NVIDIA"
    nos = VENDOR_NOS.get(maker, WHITE_BOX_NOS)
    file.choose("fabrics", name, "nos", nos, f"{body.get('switch')} is made by {maker}")
