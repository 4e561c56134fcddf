"""The RDMA stack: tools of either flavour, and the NIC drivers that they speak to."""

from __future__ import annotations

from collections.abc import Iterator

from rackwright.lab.twins.deb import Item, Package
from rackwright.lab.twins.parts import TWIN, command, script, units
from rackwright.locks import HostLock

NICS = "hardware-twin-nics"
"""The package that stands for the kernel's NIC drivers; no vendor has it."""
NICS_VERSION = "1.0"
COMMANDS = {
    "ibverbs-utils": {
        "usr/bin/ibv_devices": ("rdma", "ibv_devices"),
        "usr/bin/ibv_devinfo": ("rdma", "ibv_devinfo"),
    },
    "infiniband-diags": {"usr/sbin/ibstat": ("rdma", "ibstat")},
    "mlnx-tools": {
        "usr/bin/mlnx_qos": ("mlnx_qos", "main"),
        "usr/bin/ibdev2netdev": ("ofed", "ibdev2netdev"),
        "usr/sbin/cma_roce_mode": ("cma", "mode"),
        "usr/sbin/cma_roce_tos": ("cma", "tos"),
        "usr/sbin/show_gids": ("ofed", "show_gids"),
    },
}
"""Path and function of each command, by package; packages without one here have no commands in a lab."""
OFED = "ofed-scripts"
"""Brings ``ofed_info``; mlnx-tools of the same set stands beside it."""


def packages(lock: HostLock, architecture: str) -> Iterator[Package]:
    """The row's packages by name, with what they stand on."""
    del architecture
    row = lock.row("rdma")
    ofed = row.flavour == "doca-ofed"
    yield _drivers()
    if ofed and OFED not in row.packages:
        yield _ofed(str(row.reports), f"{row.reports}-1")
    for name, version in row.packages.items():
        if name == OFED:
            yield _ofed(str(row.reports), version)
            continue
        files = {path: command(*function) for path, function in COMMANDS.get(name, {}).items()}
        depends = (TWIN, NICS, *((OFED,) if ofed and name == "mlnx-tools" else ()))
        yield Package(name, version, "RDMA tools", depends, files=files)


def _drivers() -> Package:
    names = ("nics.service", "links.service", "nics.path", "nics-refresh.service")
    return Package(
        NICS,
        NICS_VERSION,
        "NIC drivers for simulated machines",
        (TWIN, "kmod"),
        files={
            **units(*(f"hardware-twin-{name}" for name in names)),
            "usr/lib/hardware-twin/nic-load": command("sysfs"),
            "usr/lib/hardware-twin/nic-follow": Item(script("nic-follow").encode(), 0o755),
            "usr/bin/bnxt_setupcc.sh": command("bnxt"),
            "usr/sbin/dcb": command("dcb"),
        },
        scripts={name: script(f"nics.{name}") for name in ("preinst", "postinst", "prerm", "postrm")},
    )


def _ofed(reports: str, version: str) -> Package:
    answer = f"#!/bin/sh\n[ \"${{1:-}}\" = -n ] && echo '{reports}' || echo 'OFED-internal-{reports}:'\n"
    files = {"usr/bin/ofed_info": Item(answer.encode(), 0o755)}
    return Package(OFED, version, "scripts of DOCA-OFED", (TWIN,), files=files)
