"""NetBox: racks, devices, interfaces and cables in the columns of its bulk import.

Columns and choices: https://netboxlabs.com/docs/netbox/ (DCIM models). Import in the order of the files'
numbers; the site, the roles and the device types have to exist.
"""

from __future__ import annotations

from collections.abc import Iterable

from rackwright.models.design import Design
from rackwright.render.csvtext import csv_text
from rackwright.render.wiring import Wiring

_ETHERNET = {
    1: "1000base-t",
    10: "10gbase-t",
    25: "25gbase-x-sfp28",
    40: "40gbase-x-qsfpp",
    50: "50gbase-x-sfp56",
    100: "100gbase-x-qsfp28",
    200: "200gbase-x-qsfp56",
    400: "400gbase-x-osfp",
    800: "800gbase-x-osfp",
}
_INFINIBAND = {100: "infiniband-edr", 200: "infiniband-hdr", 400: "infiniband-ndr", 800: "infiniband-xdr"}
"""NetBox's interface type for a speed in Gb/s; ``other`` where it has none."""


def files(design: Design, wiring: Wiring) -> dict[str, str]:
    """Four CSV files below ``netbox/``."""
    site = design.name
    infiniband = {fabric.name for fabric in design.fabrics if fabric.kind == "infiniband"}
    return {
        "netbox/1-racks.csv": csv_text(
            ("site", "name", "status", "width", "u_height"),
            ((site, rack.name, "active", 19, rack.units) for rack in design.racks),
        ),
        "netbox/2-devices.csv": csv_text(
            ("name", "role", "device_type", "status", "site", "rack", "position", "face", "serial"),
            _devices(design, wiring, site),
        ),
        "netbox/3-interfaces.csv": csv_text(
            ("device", "name", "type", "parent", "enabled", "mtu", "speed", "mgmt_only", "mac_address"),
            _interfaces(design, wiring, infiniband),
        ),
        "netbox/4-cables.csv": csv_text(
            (
                "side_a_device",
                "side_a_type",
                "side_a_name",
                "side_b_device",
                "side_b_type",
                "side_b_name",
                "status",
                "label",
                "length",
                "length_unit",
            ),
            _cables(design),
        ),
    }


def _devices(design: Design, wiring: Wiring, site: str) -> Iterable[tuple[object, ...]]:
    for server in design.servers:
        place = server.rack, server.rack_unit, "front"
        yield (server.name, server.role, server.sku, "active", site, *place, server.bmc.serial or "")
    for switch in design.switches:
        yield (
            switch.name,
            switch.tier,
            switch.model,
            "active",
            site,
            switch.rack,
            switch.rack_unit,
            "front",
            "",
        )
    for name in _others(design, wiring):
        yield name, "appliance", "appliance", "active", site, "", "", "", ""


def _others(design: Design, wiring: Wiring) -> list[str]:
    """Far ends that are no devices of the design: the controller and appliances."""
    return sorted({cable.z.device for cable in design.cables} - wiring.where.keys())


def _interfaces(design: Design, wiring: Wiring, infiniband: set[str]) -> Iterable[tuple[object, ...]]:
    fabric_of = {plane.name: plane.fabric for plane in design.planes}
    for server in design.servers:
        for nic in server.nics:
            kind = _type(nic.speed_gbps, fabric_of[nic.plane] in infiniband, nic.parent)
            speed = "" if nic.parent else nic.speed_gbps * 1_000_000
            yield (
                server.name,
                nic.name,
                kind,
                nic.parent or "",
                "true",
                nic.mtu,
                speed,
                "false",
                nic.mac or "",
            )
        yield server.name, "bmc", "1000base-t", "", "true", "", 1_000_000, "true", server.bmc.mac or ""
    for switch in design.switches:
        for port in switch.ports:
            management = port.use == "management"
            kind = _type(port.speed_gbps, switch.fabric in infiniband and not management, port.parent)
            only = "true" if management else "false"
            speed = "" if port.parent else port.speed_gbps * 1_000_000
            yield switch.name, port.name, kind, port.parent or "", "true", port.mtu, speed, only, ""
    for cable in design.cables:
        if cable.z.device not in wiring.where:
            kind = _type(cable.speed_gbps, cable.fabric in infiniband, None)
            speed = cable.speed_gbps * 1_000_000
            yield cable.z.device, cable.z.port, kind, "", "true", "", speed, "false", ""


def _type(speed_gbps: int, infiniband: bool, parent: str | None) -> str:
    if parent:
        return "virtual"
    return (_INFINIBAND if infiniband else _ETHERNET).get(speed_gbps, "other")


def _cables(design: Design) -> Iterable[tuple[object, ...]]:
    interface = "dcim.interface"
    for cable in design.cables:
        a, z, length = cable.a, cable.z, cable.length_m
        label = f"{a.device}:{a.port}"
        ends = a.device, interface, a.port, z.device, interface, z.port
        yield (*ends, "planned", label, "" if length is None else length, "" if length is None else "m")
