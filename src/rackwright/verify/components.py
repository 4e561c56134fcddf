"""How each component of a host lock says its own version: a command and what to read in its answer.

A row that is not here has packages only, or is not on a host (the DRA driver runs in containers).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

NUMBER = r"(\d+\.\d+(?:\.\d+)*)"


@dataclass(frozen=True, slots=True)
class Reader:
    """A question, and the version in its answer."""

    check: str
    row: str
    question: str
    command: str
    pattern: str = NUMBER
    everywhere: bool = False
    """Asked of servers without GPUs too."""
    flavour: str | None = None
    """Only for this flavour of the row."""
    inside: str | None = None
    """Row whose packages bring it where its own row has none; not asked where these are not installed."""

    @property
    def source(self) -> str:
        return self.command.split(" 2>", 1)[0]

    def versions(self, text: str) -> list[str]:
        """Every version that is said, each once."""
        return sorted(set(re.findall(self.pattern, text, re.MULTILINE)))


READERS = (
    Reader(
        "driver module",
        "driver",
        "driver_module",
        "cat /proc/driver/nvidia/version",
        r"Kernel Module[^\d\n]*(?:for \S+\s+)?(\d+\.\d+(?:\.\d+)*)",
    ),
    Reader("driver module on disk", "driver", "driver_on_disk", "modinfo -F version nvidia"),
    Reader("persistence daemon", "persistence", "persistence", "nvidia-persistenced --version"),
    Reader("fabric manager", "fabric_manager", "fabric_manager", "nv-fabricmanager --version"),
    Reader(
        "NVLink subnet manager",
        "nvlink_subnet_manager",
        "nvlsm",
        "/opt/nvidia/nvlsm/sbin/nvlsm --version",
    ),
    Reader("IMEX", "imex", "imex", "nvidia-imex --version"),
    Reader(
        "CUDA runtime",
        "cuda",
        "cuda",
        "readlink -f /usr/local/cuda-*/targets/*-linux/lib/libcudart.so.[0-9][0-9]",
        r"/cuda-(\d+\.\d+)/",
    ),
    Reader(
        "NCCL library",
        "nccl",
        "nccl_library",
        "readlink -f /usr/lib/*-linux-gnu/libnccl.so.2",
        r"libnccl\.so\.(\d+\.\d+\.\d+)",
    ),
    Reader("nvidia-fs", "gds", "gds", "modinfo -F version nvidia-fs"),
    Reader("DCGM", "dcgm", "dcgm", "dcgmi --version", r"version:\s*(\d+\.\d+\.\d+)"),
    # It prints the DCGM that it was built against, then its own.
    Reader(
        "DCGM exporter",
        "dcgm_exporter",
        "dcgm_exporter",
        "dcgm-exporter --version",
        r"version (?:[\d.]+-)?(\d+\.\d+\.\d+)",
    ),
    Reader(
        "container toolkit",
        "container_toolkit",
        "container_toolkit",
        "nvidia-ctk --version",
        r"CLI version (\d+\.\d+\.\d+)",
    ),
    Reader(
        "containerd", "containerd", "containerd", "containerd --version", r"^\S+ \S+ v?(\d+\.\d+\.\d+)",
        everywhere=True,
    ),
    Reader(
        "runc", "runc", "runc", "runc --version", r"runc version (\d+\.\d+\.\d+)",
        everywhere=True, inside="containerd",
    ),
    Reader(
        "node exporter",
        "node_exporter",
        "node_exporter",
        "prometheus-node-exporter --version 2>&1",
        r"version (\d+\.\d+\.\d+)",
        everywhere=True,
    ),
    Reader("kernel", "kernel", "kernel", "uname -r", r"^(\S+)$", everywhere=True),
    Reader("OFED", "rdma", "ofed", "ofed_info -s", r"(\d+\.\d+-[\d.]*\d)", flavour="doca-ofed"),
)  # fmt: skip

ELSEWHERE = frozenset({"amd_dra_driver", "dra_driver", "dranet", "kubernetes", "sriov_dra_driver"})
"""Rows that the cluster brings, when it does: judged where they are found."""
GPU_PART = frozenset({"driver", "fabric_manager", "imex", "nvlink_subnet_manager", "persistence"})
"""Rows that are of one version, or nothing starts: a fault in one is a fault of the GPU software."""


def part_of(row: str) -> str:
    """The part of a node that a row is."""
    if row in GPU_PART:
        return "gpu"
    return row if row == "nccl" else f"software-{row}"
