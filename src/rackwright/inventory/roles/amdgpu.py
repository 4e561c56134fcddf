"""Variables of role ``amdgpu``."""

from __future__ import annotations

from typing import Any

from rackwright.inventory.about import About


def variables(about: About) -> dict[str, Any]:
    """The locked driver, AMD SMI where the lock has it, and how many GPUs there must be."""
    kernel, smi = about.row("kernel"), about.row("amd_smi")
    return {
        "amdgpu_version": about.lock.row("amdgpu").reports,
        "amdgpu_packages": about.lock.packages("amdgpu"),
        "amdgpu_smi_packages": about.lock.packages("amd_smi"),
        "amdgpu_smi_version": (smi.reports if smi else None) or "",
        "amdgpu_kernel_minimum": (kernel.minimum if kernel else None) or "0",
        "amdgpu_gpus": about.server.gpus,
    }
