"""Which RDMA stack a machine has, and why two do not go together. Pure.

NVIDIA's last stack of its own installer is MLNX_OFED 24.10; its successor DOCA-OFED consists of packages
(https://docs.nvidia.com/doca/sdk/doca-ofed-release-notes/index.html). ``ofed_info -s`` tells them apart.
"""

from __future__ import annotations

import re

INBOX, DOCA = "inbox", "doca-ofed"
OF_NVIDIA = re.compile(r"mlnx|OFED", re.IGNORECASE)
"""In the version of every package of NVIDIA's stacks (2507mlnx58-1.2507097, 25.07-OFED.25.07.0.9.7)."""
OF_DOCA = (
    "doca-",
    "mlnx-ofa_kernel",
    "mlnx-ofed-kernel",
    "mlnx-tools",
    "ofed-scripts",
    "kmod-mlnx-ofa_kernel",
)
"""Packages that only NVIDIA's stack has, by how their names begin."""
SHARED = ("ibverbs-", "infiniband-diags", "libibverbs", "librdmacm", "perftest", "rdma-core", "rdmacm-utils")
"""Packages that both stacks have, under the same names."""


def stack(answer: str) -> tuple[str, str]:
    """Name and version in the answer of ``ofed_info -s``; empty where it says nothing.

    >>> stack("OFED-internal-25.07-0.9.7:"), stack("MLNX_OFED_LINUX-24.10-1.1.4.0:"), stack("")
    (('DOCA-OFED', '25.07-0.9.7'), ('MLNX_OFED', '24.10-1.1.4.0'), ('', ''))
    """
    found = re.search(r"^(OFED-internal|MLNX_OFED_LINUX|DOCA-OFED)-([0-9][\w.-]*)", answer, re.MULTILINE)
    if not found:
        return ("OFED", answer.strip()) if answer.strip() else ("", "")
    return ("MLNX_OFED" if found[1].startswith("MLNX") else "DOCA-OFED"), found[2]


def reasons(flavour: str, answer: str, installed: dict[str, str], wanted: dict[str, str]) -> list[str]:
    """Why the stack that is wanted cannot be installed over the one that is there.

    :param installed: packages of either stack, to full version.
    :param wanted: packages of the lock.

    >>> reasons("inbox", "OFED-internal-25.07-0.9.7:", {}, {})[0]
    'DOCA-OFED: found 25.07-0.9.7, expected none beside the inbox stack: remove role rdma with its lock first'
    >>> reasons("doca-ofed", "", {"rdma-core": "56.1-1"}, {"mlnx-tools": "25.07-0.2507097"})
    []
    """
    name, version = stack(answer)
    found = []
    if name == "MLNX_OFED":
        text = f"expected none beside {flavour}: run /usr/sbin/ofed_uninstall.sh --force"
        found.append(f"MLNX_OFED: found {version}, {text}")
    elif name and flavour == INBOX:
        text = "expected none beside the inbox stack: remove role rdma with its lock first"
        found.append(f"{name}: found {version}, {text}")
    elif name and not any(package.startswith(OF_DOCA) for package in installed):
        found.append(f"{name}: found {version}, which no package of ours brought: remove it first")
    if flavour == INBOX:
        found += [
            f"package {package}: found {full}, NVIDIA's; expected the distribution's"
            for package, full in sorted(installed.items())
            if OF_NVIDIA.search(full) and wanted.get(package) != full
        ]
    return found


def patterns() -> list[str]:
    """Names to ask the package manager for."""
    return [f"{name}*" for name in (*OF_DOCA, *SHARED)]


def devices(text: str) -> list[str]:
    """Devices in the answer of ``ibv_devices``.

    >>> devices("    device  \\t   node GUID\\n    ------  \\t---\\n    mlx5_0          \\t0200")
    ['mlx5_0']
    """
    rows = [line.split() for line in text.splitlines()]
    return [row[0] for row in rows if len(row) == 2 and row[0] not in ("device", "------")]
