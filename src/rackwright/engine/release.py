"""The official release of Pulumi's engine that is pinned in ``catalog/pulumi.yaml``."""

from __future__ import annotations

import os
import platform
import sys
from dataclasses import dataclass

import yaml

from rackwright.errors import UsageError
from rackwright.paths import home


@dataclass(frozen=True, slots=True)
class Release:
    """One archive of one platform."""

    version: str
    platform: str
    """As in the archive's name, e.g. ``linux-x64``."""
    sha256: str
    base: str
    """Address of the folder that holds the archive; ``RACKWRIGHT_PULUMI_URL`` names a mirror."""

    @property
    def archive(self) -> str:
        return f"pulumi-v{self.version}-{self.platform}.tar.gz"

    @property
    def url(self) -> str:
        return f"{self.base.rstrip('/')}/{self.archive}"


def this_platform() -> str:
    """The machine's platform in the words of the archives' names."""
    machine = platform.machine().lower()
    cpu = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64"}.get(machine, machine)
    return f"{'darwin' if sys.platform == 'darwin' else 'linux'}-{cpu}"


def pinned() -> Release:
    """The release for this machine.

    :raises UsageError: there is no archive for this platform.
    """
    table = yaml.safe_load((home() / "catalog" / "pulumi.yaml").read_text())
    digests = {row["platform"]: row["sha256"] for row in table["archives"]}
    mine = this_platform()
    if mine not in digests:
        raise UsageError(f"no pinned Pulumi release for {mine}; there are {', '.join(sorted(digests))}")
    base = os.environ.get("RACKWRIGHT_PULUMI_URL") or table["base"]
    return Release(table["version"], mine, digests[mine], base)
