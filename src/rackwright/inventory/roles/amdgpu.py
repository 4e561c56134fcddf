"""Variables of role ``amdgpu``."""

from __future__ import annotations

from typing import Any

from rackwright.gpu_sharing.host import host
from rackwright.inventory.about import About


def variables(about: About) -> dict[str, Any]:
    """The locked driver, AMD SMI where the lock has it, and how many GPUs there must be."""
    kernel, smi = about.row("kernel"), about.row("amd_smi")
    made = about.design.kubernetes
    group = made.group(about.server.group) if made else None
    return {
        "amdgpu_version": about.lock.row("amdgpu").reports,
        "amdgpu_packages": about.lock.packages("amdgpu"),
        "amdgpu_smi_packages": about.lock.packages("amd_smi"),
        "amdgpu_smi_version": (smi.reports if smi else None) or "",
        "amdgpu_kernel_minimum": (kernel.minimum if kernel else None) or "0",
        "amdgpu_gpus": about.server.gpus,
        **({"amdgpu_divided": True} if group and host(group).parts > 1 else {}),
    }
