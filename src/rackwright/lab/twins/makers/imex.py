"""IMEX: shares GPU memory between the nodes of an NVLink domain."""

from __future__ import annotations

from collections.abc import Iterator

from rackwright.lab.twins.deb import Item, Package
from rackwright.lab.twins.parts import TWIN, command, script, units, version
from rackwright.locks import HostLock

CONFIGURATION = """# NVIDIA IMEX (simulated). Options: the IMEX guide.
LOG_LEVEL=4
LOG_FILE_NAME=/var/log/nvidia-imex.log
DAEMONIZE=0
BIND_INTERFACE_IP=
SERVER_PORT=50000
IMEX_NODE_CONFIG_FILE=/etc/nvidia-imex/nodes_config.cfg
IMEX_CMD_PORT=50005
IMEX_CMD_ENABLED=0
"""
NODES = "# Addresses of the nodes of this IMEX domain, one a line.\n"
FOLDER = "etc/nvidia-imex"


def packages(lock: HostLock, architecture: str) -> Iterator[Package]:
    """One package: daemon, control program, both files."""
    del architecture
    row = lock.row("imex")
    files = {
        "usr/bin/nvidia-imex": command("imex", "daemon"),
        "usr/bin/nvidia-imex-ctl": command("imex", "control"),
        f"{FOLDER}/config.cfg": Item(CONFIGURATION.encode()),
        f"{FOLDER}/nodes_config.cfg": Item(NODES.encode()),
        **version("imex", str(row.reports)),
        **units("nvidia-imex.service"),
    }
    for name, full in row.packages.items():
        yield Package(
            name,
            full,
            "NVIDIA IMEX",
            (TWIN,),
            files=files,
            scripts={
                "postinst": script("reload.postinst"),
                "postrm": script("service.postrm", {"unit": "nvidia-imex"}),
            },
            conffiles=(f"{FOLDER}/config.cfg", f"{FOLDER}/nodes_config.cfg"),
        )
