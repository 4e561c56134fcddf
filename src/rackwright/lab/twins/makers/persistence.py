"""The persistence daemon, and the program that makes the driver's device nodes."""

from __future__ import annotations

from collections.abc import Iterator

from rackwright.lab.twins.deb import Item, Package
from rackwright.lab.twins.parts import TWIN, command, script, units
from rackwright.locks import HostLock

MODPROBE = "nvidia-modprobe"


def packages(lock: HostLock, architecture: str) -> Iterator[Package]:
    """Both packages; the daemon's is called after it on Debian, and after more that it holds on Ubuntu."""
    del architecture
    for name, version in lock.row("persistence").packages.items():
        files: dict[str, Item] = {"usr/bin/nvidia-modprobe": command("module")}
        scripts: dict[str, str] = {}
        if name != MODPROBE:
            files = {
                "usr/bin/nvidia-persistenced": command("daemons", "persistenced"),
                **units("nvidia-persistenced.service"),
            }
            unit = {"unit": "nvidia-persistenced"}
            scripts = {each: script(f"service.{each}", unit) for each in ("postinst", "postrm")}
        what = "device nodes" if name == MODPROBE else "persistence daemon"
        yield Package(name, version, f"NVIDIA {what}", (TWIN,), files=files, scripts=scripts)
