"""``/sys/module``: a loaded module shows its version and parameters there; a container has no such folder."""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path("/run/hardware-twin/sys/module")
PLACE = Path("/sys/module")


def _mount(*words: str) -> None:
    subprocess.run(["/bin/mount", *words], timeout=20, check=True)  # noqa: S603 - our own words


def show(name: str, files: dict[str, str]) -> None:
    """Files of a module by path below its folder (``version``, ``parameters/...``)."""
    for path, text in files.items():
        target = ROOT / name / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(f"{text}\n", encoding="utf-8")
    if not PLACE.is_dir():
        # systemd-nspawn's /sys is a read-only tmpfs with chosen folders of the kernel's in it, not this one.
        _mount("-o", "remount,rw", "/sys")
        PLACE.mkdir()
        _mount("-o", "remount,ro", "/sys")
    if not (PLACE / name).is_dir():
        _mount("--bind", str(ROOT), str(PLACE))
