"""Power: watts per device model, added up; what is not known is said and not guessed."""

from __future__ import annotations

from dataclasses import dataclass

from rackwright.models.design import Design


@dataclass(frozen=True, slots=True)
class Power:
    """Sum of the known figures in watts, and the devices that have none."""

    known_w: int
    unknown: int
    """Devices without a public figure."""

    @property
    def known_kw(self) -> float:
        return round(self.known_w / 1000, 1)


def power(design: Design) -> Power:
    """Servers and switches; cables are counted with the device they are plugged into."""
    models = {server.sku for server in design.servers} | {switch.model for switch in design.switches}
    lines = [line for line in design.bom if line.part in models]
    known = sum(line.quantity * line.power_w_each for line in lines if line.power_w_each is not None)
    return Power(known, sum(line.quantity for line in lines if line.power_w_each is None))
