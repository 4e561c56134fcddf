"""Parts of twin packages: commands that answer from the record, units and scripts of the payload."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from rackwright.lab.twins import elf
from rackwright.lab.twins.deb import Item, Package
from rackwright.locks import HostLock

PAYLOAD = Path(__file__).parent / "payload"
TRIPLETS = {"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu"}
TWIN = "hardware-twin"
"""The package that holds the code of every twin command."""
UNITS = "usr/lib/systemd/system"

COMMAND = """#!/usr/bin/python3 -I
import sys
sys.path.insert(0, "/usr/lib/hardware-twin")
from hardware_twin import {module}
sys.exit({module}.{function}(sys.argv[1:]))
"""

Maker = Callable[[HostLock, str], Iterator[Package]]
"""Twin packages of one row of a lock, for one architecture (Debian's name)."""


def command(module: str, function: str = "main") -> Item:
    """A program that is one function of the payload."""
    return Item(COMMAND.format(module=module, function=function).encode(), 0o755)


def units(*names: str) -> dict[str, Item]:
    """Units of the payload, by the path where systemd looks for a package's."""
    return {f"{UNITS}/{name}": Item((PAYLOAD / "units" / name).read_bytes()) for name in names}


def script(name: str, values: Mapping[str, str] | None = None) -> str:
    """A maintainer script of the payload; ``@key@`` becomes its value."""
    text = (PAYLOAD / "scripts" / name).read_text(encoding="utf-8")
    for key, value in (values or {}).items():
        text = text.replace(f"@{key}@", value)
    return text


def libraries(architecture: str) -> str:
    """Where a package of this architecture has its shared libraries."""
    return f"usr/lib/{TRIPLETS[architecture]}"


def version(component: str, reports: str) -> dict[str, Item]:
    """The file from which a component's commands know their own version."""
    return {f"usr/lib/{TWIN}/versions/{component}": Item(f"{reports}\n".encode())}


def shared_library(soname: str, upstream: str, architecture: str, folder: str = "") -> dict[str, Item]:
    """A library by its full version, and the link that the dynamic linker follows."""
    where, real = folder or libraries(architecture), f"{soname.partition('.so')[0]}.so.{upstream}"
    return {
        f"{where}/{real}": Item(elf.library(soname, architecture)),
        f"{where}/{soname}": Item(link=real),
    }
