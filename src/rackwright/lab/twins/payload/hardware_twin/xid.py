"""The driver's lines in the kernel log. A container's kernel log is its host's, so they go to the machine's
own journal, under the identifier that journald gives kernel messages: ``journalctl --identifier=kernel``.

Texts: open-gpu-kernel-modules, src/common/sdk/nvidia/inc/nverror.h and public logs.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from typing import Any

from . import gpu as device
from . import record

LOGGER = "/usr/bin/systemd-cat"


def lines(data: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """``(key, line)`` of everything that the driver would have logged about what is broken."""
    for gpu in record.gpus(data):
        place = f"Xid (PCI:{device.kernel_id(gpu).rpartition('.')[0]})"
        index = gpu["index"]
        if gpu in record.lost(data):
            yield f"{index}-79", f"NVRM: {place}: 79, pid=0, name=<unknown>, GPU has fallen off the bus."
        wrong = device.ecc(gpu, data)
        if wrong["uncorrected"]:
            yield (
                f"{index}-94",
                f"NVRM: {place}: 94, pid=0, name=<unknown>, Contained: DRAM (0x1). RST: No, D-RST: No",
            )
            yield (
                f"{index}-63",
                f"NVRM: {place}: 63, Row Remapper: New row marked for remapping, reset gpu to activate.",
            )
        if wrong["failure"]:
            yield (
                f"{index}-64",
                f"NVRM: {place}: 64, Row Remapper: All reserved rows for bank are remapped.",
            )
        for link in record.fault(data, "nvlink_down", index) or ():
            yield f"{index}-74-{link}", f"NVRM: {place}: 74, NVLink: fatal error detected on link {link}"


def log(data: dict[str, Any]) -> None:
    """Log what is new; what went away may come again."""
    folder = record.STATE / "xids"
    folder.mkdir(parents=True, exist_ok=True)
    found = dict(lines(data))
    for path in folder.iterdir():
        if path.name not in found:
            path.unlink()
    for key, line in found.items():
        if not (folder / key).exists():
            command = [LOGGER, "--identifier=kernel", "--priority=err"]
            subprocess.run(command, input=f"{line}\n", text=True, timeout=20, check=True)  # noqa: S603
            (folder / key).touch()
