"""Face plates: the ports of out-of-band switches as they look from the front, coloured by what is plugged
in."""

from __future__ import annotations

from rackwright.models.design import Cable, Design, Switch
from rackwright.report.marks import Marks, about
from rackwright.report.svg import picture, tag, text, title

PORT, GAP, LEFT, TOP = 15.0, 3.0, 12.0, 26.0
COLUMNS = 26
KINDS = {
    "bmc": ("BMC", "var(--k-bmc)"),
    "server": ("server", "var(--k-server)"),
    "switch": ("switch", "var(--k-switch)"),
    "other": ("uplink, controller", "var(--k-other)"),
}


def plates(design: Design, fabric: str) -> list[Switch]:
    """The out-of-band switches of a fabric."""
    return [s for s in design.switches if s.fabric == fabric and s.tier == "oob"]


def draw(design: Design, switch: Switch, ports: int, marks: Marks) -> str:
    """One switch; ``ports`` is how many it has."""
    servers = {server.name for server in design.servers}
    switches = {s.name for s in design.switches}
    by_port: dict[str, Cable] = {}
    for cable in design.cables:
        for end in (cable.a, cable.z):
            if end.device == switch.name:
                by_port[end.port] = cable
    columns = max(COLUMNS, (ports + 1) // 2)
    body = tag(
        "rect",
        x=1,
        y=1,
        width=LEFT * 2 + columns * (PORT + GAP) - GAP - 2,
        height=TOP + 2 * (PORT + GAP) + 7,
        rx=5,
        class_="switch bad" if marks.device(switch.name) else "switch",
    )
    body += text(LEFT, 18, f"{switch.name}  {switch.model}  {switch.management.ip}", "plate", "start")
    for number in range(1, ports + 1):
        plugged = by_port.get(f"swp{number}")
        x = LEFT + ((number - 1) // 2) * (PORT + GAP)
        y = TOP + ((number - 1) % 2) * (PORT + GAP)
        body += _port(number, plugged, switch.name, servers, switches, x, y, marks)
    return picture(
        LEFT * 2 + columns * (PORT + GAP) - GAP, TOP + 2 * (PORT + GAP) + 9, body, switch.name, 430
    )


def _port(
    number: int,
    cable: Cable | None,
    switch: str,
    servers: set[str],
    switches: set[str],
    x: float,
    y: float,
    marks: Marks,
) -> str:
    shape = {"x": x, "y": y, "width": PORT, "height": PORT, "rx": 2}
    if cable is None:
        return tag("rect", title(f"swp{number}: free"), class_="socket", **shape)
    far = cable.z if cable.a.device == switch else cable.a
    kind = "bmc" if far.port == "bmc" else "server" if far.device in servers else "other"
    kind = "switch" if far.device in switches and far.port == "eth0" else kind
    wrong = marks.cable(cable)
    style = "" if wrong else f"fill:{KINDS[kind][1]}"
    return tag(
        "rect",
        title(f"swp{number}: {about(cable)}"),
        class_="cell bad" if wrong else "cell",
        style=style,
        **shape,
    )
