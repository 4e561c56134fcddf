"""Picture: what a configuration makes of a port, in words that every NIC and switch OS shares.

Two numbers are told apart on purpose: a *class* is what a device does with a packet inside, a *priority* is
what stands in a pause frame on the wire. Only the second must be equal at both ends of a cable.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

STRICT = -1
"""In ``shares``: served before all others."""
EIGHT = tuple(range(8))
Trust = Literal["dscp", "pcp", "none"]


@dataclass(frozen=True, slots=True)
class Ecn:
    """Marking on a queue, in bytes."""

    least: int
    most: int
    percent: int


@dataclass(frozen=True, slots=True)
class Port:
    """One port. Hashable: ports that are alike are looked at once."""

    trust: Trust = "none"
    classes: tuple[int, ...] = (0,) * 64
    """Class by DSCP."""
    queues: tuple[int, ...] = EIGHT
    """Egress queue by class."""
    pauses: tuple[int | None, ...] = (None,) * 8
    """By class: the priority in the pause frames that the port sends when the class is full; None: it sends
    none, and drops."""
    stops: tuple[int | None, ...] = (None,) * 8
    """By priority of a received pause frame: the queue that stops; None: the frame is ignored."""
    ecn: tuple[Ecn | None, ...] = (None,) * 8
    """By queue."""
    shares: tuple[int | None, ...] = (None,) * 8
    """By queue: percent, STRICT, or None where nothing is said."""
    mtu: int | None = None
    watchdog: bool | None = None
    """None: the kind of device has none (a NIC)."""
    headroom: int | None = None
    """Bytes behind the pause threshold of the lossless class; None: not said."""
    cable_m: int | None = None
    """Cable length that the headroom is laid out for; None: not said."""

    def __post_init__(self) -> None:
        numbers = [*self.classes, *self.queues, *(n for n in (*self.pauses, *self.stops) if n is not None)]
        if not 0 <= min(numbers) <= max(numbers) <= 7:
            raise ValueError(f"a class, priority or queue outside of 0 to 7: {max(numbers)}")

    def class_of(self, dscp: int) -> int:
        """Class of an untagged packet."""
        return self.classes[dscp] if self.trust == "dscp" else 0

    @property
    def priorities(self) -> str:
        """Priorities with PFC, for people."""
        on = [str(number) for number in self.pauses if number is not None]
        return ", ".join(on) or "none"


@dataclass(frozen=True, slots=True)
class Nic:
    """What a NIC does beside what every port does."""

    port: Port
    tos: int | None = None
    """ToS byte that the NIC puts on every packet of the device, whatever the program says; None: the
    program's."""
    cm_tos: int | None = None
    """ToS byte of connections that the RDMA CM makes."""
    cnp_dscp: int | None = None
    cnp_priority: int | None = None
    ecn: frozenset[int] | None = None
    """Priorities on which it answers marks with CNPs and CNPs with less speed; None: the firmware's own."""
    pause_off: bool = False
    """802.3x pause was switched off."""


@dataclass(slots=True)
class Host:
    """A server: ports by interface name, and the settings of NCCL or RCCL by key."""

    nics: dict[str, Nic] = field(default_factory=dict)
    nccl: dict[str, str] = field(default_factory=dict)
    nccl_path: str = "/etc/nccl.conf"


@dataclass(slots=True)
class Switch:
    """A switch: ports by name."""

    path: str
    """Of the file that was read."""
    ports: dict[str, Port] = field(default_factory=dict)
