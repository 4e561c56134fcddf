"""Fabric manager: the daemon that gives the GPUs of an NVSwitch system to CUDA."""

from __future__ import annotations

from collections.abc import Iterator

from rackwright.lab.twins.deb import Item, Package
from rackwright.lab.twins.parts import TWIN, command, script, units
from rackwright.locks import HostLock

CONFIGURATION = """# NVIDIA fabric manager (simulated). Options: the fabric manager user guide.
LOG_LEVEL=4
LOG_FILE_NAME=/var/log/fabricmanager.log
LOG_APPEND_TO_LOG=1
LOG_USE_SYSLOG=0
DAEMONIZE=0
BIND_INTERFACE_IP=127.0.0.1
STARTING_TCP_PORT=16000
FABRIC_MODE=0
FABRIC_MODE_RESTART=0
FM_CMD_BIND_INTERFACE=127.0.0.1
FM_CMD_PORT_NUMBER=6666
FM_STAY_RESIDENT_ON_FAILURES=0
ACCESS_LINK_FAILURE_MODE=0
TRUNK_LINK_FAILURE_MODE=0
NVSWITCH_FAILURE_MODE=0
ABORT_CUDA_JOBS_ON_FM_EXIT=1
"""
FOLDER = "usr/share/nvidia/nvswitch"


def packages(lock: HostLock, architecture: str) -> Iterator[Package]:
    """The name of its package may hold the driver's branch: the lock says it."""
    del architecture
    row = lock.row("fabric_manager")
    for name, version in row.packages.items():
        yield Package(
            name,
            version,
            "NVIDIA fabric manager for NVSwitch systems",
            (TWIN,),
            files={
                "usr/bin/nv-fabricmanager": command("daemons", "fabricmanager"),
                f"{FOLDER}/VERSION": Item(f"{row.reports}\n".encode()),
                f"{FOLDER}/fabricmanager.cfg": Item(CONFIGURATION.encode()),
                **units("nvidia-fabricmanager.service"),
            },
            scripts={
                "postinst": script("reload.postinst"),
                "postrm": script("service.postrm", {"unit": "nvidia-fabricmanager"}),
            },
            conffiles=(f"{FOLDER}/fabricmanager.cfg",),
        )
