"""nvidia-imex and nvidia-imex-ctl: a domain of the nodes in nodes_config.cfg.

Options: https://docs.nvidia.com/multi-node-nvlink-systems/imex-guide/config.html
"""

from __future__ import annotations

import sys
from pathlib import Path

from . import record
from .daemon import mark, runs, stay
from .daemons import settings

CONFIGURATION = Path("/etc/nvidia-imex/config.cfg")
NODES = Path("/etc/nvidia-imex/nodes_config.cfg")
PID = Path("/run/nvidia-imex/imex.pid")
LEGEND = """Connectivity Table Legend:
I - Invalid - Node wasn't reachable, no connection status available
N - Never Connected
R - Recovering - Connection was lost, but clean up has not yet been triggered.
D - Disconnected - Connection was lost, and clean up has been triggreed.
A - Authenticating - If GSSAPI enabled, client has initiated mutual authentication.
!V! - Version mismatch, communication disabled.
!M! - Node map mismatch, communication disabled.
C - Connected - Ready for operation
"""
"""As the vendor's tool spells it."""


def nodes() -> list[str]:
    """Addresses of the domain, from the file that the configuration names."""
    path = Path(settings(CONFIGURATION).get("IMEX_NODE_CONFIG_FILE") or NODES)
    if not path.exists():
        return []
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def daemon(arguments: list[str]) -> int:
    """Refuses another driver, and a domain without nodes."""
    own = record.installed("imex")
    if "--version" in arguments or "-v" in arguments:
        print(f"IMEX version is: {own}")
        return 0
    module = record.loaded_module(record.load())
    if module != own:
        print(f"IMEX version {own} is not compatible with driver version {module}", file=sys.stderr)
        return 1
    if not nodes():
        print(f"node configuration file {NODES} has no nodes", file=sys.stderr)
        return 1
    mark(PID)
    return stay()


def control(arguments: list[str]) -> int:
    """``-q``: the daemon's state; ``-N``: the domain's, of which only this node is looked at."""
    if "--version" in arguments or "-v" in arguments:
        print(f"IMEX version is: {record.installed('imex')}")
        return 0
    ready = runs(PID)
    if "-q" in arguments:
        print("READY" if ready else "UNAVAILABLE")
        return 0 if ready else 1
    if "-N" in arguments:
        state = "READY" if ready else "UNAVAILABLE"
        print(LEGEND)
        print("Nodes:")
        for number, address in enumerate(nodes()):
            print(f"Node #{number:<3} - {address:<15} - {state:<20} - Version: {record.installed('imex')}")
        print(f"Domain State: {'UP' if ready else 'DOWN'}")
        return 0
    print(f"{' '.join(arguments)} is not simulated", file=sys.stderr)
    return 2
