"""Variables of role ``nic_firmware``."""

from __future__ import annotations

import re
from typing import Any

from rackwright.inventory.about import About
from rackwright.models.design import Nic

NVIDIA = "NVIDIA"
_TOOL = {"doca-ofed": {"mft": ""}}
"""Package with ``flint`` beside an RDMA stack; elsewhere the distribution's mstflint."""


def row_name(model: str) -> str:
    """Row of a host lock with the firmware of a NIC model.

    >>> row_name("connectx-7-400g-dgx"), row_name("thor2-400g")
    ('connectx7_firmware', 'thor2_firmware')
    """
    card = re.split(r"-\d+g\b", model)[0]
    return f"{card.replace('-', '')}_firmware"


def model_of(nic: Nic, about: About) -> str | None:
    """A row of ``catalog/nics.yaml``; None where the SKU has no such port."""
    for slot in about.sku.nics:
        if slot.name == nic.name or (
            nic.pci is not None and slot.pci is not None and nic.pci.endswith(slot.pci)
        ):
            return slot.nic
    return None


def devices(about: About) -> list[dict[str, str]]:
    """RDMA devices that the lock has a firmware for."""
    found = []
    for nic in about.server.nics:
        model = model_of(nic, about) if nic.rdma is not None and nic.parent is None else None
        row = about.row(row_name(model)) if model else None
        if row is not None and row.reports is not None and nic.rdma is not None:
            found.append({"rdma": nic.rdma, "version": row.reports, "vendor": nic.vendor or ""})
    return found


def variables(about: About) -> dict[str, Any]:
    """The NICs, the tool, and images where the lock has files."""
    wanted = devices(about)
    names = {row_name(model) for nic in about.server.nics if (model := model_of(nic, about))}
    rows = [row for name in sorted(names) if (row := about.row(name))]
    packages = {package: version for row in rows for package, version in row.packages.items()}
    found: dict[str, Any] = {"nic_firmware_devices": wanted}
    rdma = about.row("rdma")
    if packages or (rdma and rdma.flavour in _TOOL):
        found["nic_firmware_packages"] = packages or _TOOL[str(rdma.flavour if rdma else "")]
    images = [{"url": file.url, "sha256": file.sha256} for row in rows for file in row.files]
    return found | ({"nic_firmware_images": images} if images else {})
