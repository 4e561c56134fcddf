"""What a running machine does when a port comes anew.

On metal a pulled cable leaves its NIC in place, and for a NIC that is put in, udev runs systemd-sysctl with
the port's prefix. A cable of the lab takes its ports with it, and machines in namespaces have no udev: so
it is run here.
"""

from __future__ import annotations

from collections.abc import Iterable

from rackwright.lab import machine
from rackwright.lab.inside import must
from rackwright.lab.place import Place
from rackwright.lab.wiring import Link

SYSCTL = "/usr/lib/systemd/systemd-sysctl"


def came(place: Place, links: Iterable[Link]) -> None:
    """Apply the sysctls of ports that were just made, in those machines that run."""
    by_machine: dict[str, list[str]] = {}
    for link in links:
        for port in (link.a, link.z):
            device = port.netns.removeprefix(place.prefix)
            if port.netns.startswith(place.prefix) and not device.endswith(".bmc"):
                by_machine.setdefault(device, []).append(port.interface)
    for device, ports in sorted(by_machine.items()):
        if machine.leader(place, device) is None:
            continue
        prefixes = [f"--prefix=/net/{family}/conf/{port}" for port in ports for family in ("ipv4", "ipv6")]
        must(place, device, [SYSCTL, *prefixes])
