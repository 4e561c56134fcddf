"""Binary Debian packages, byte for byte the same on every build."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rackwright.errors import WorldRefused

EPOCH = 1_700_000_000
"""Time stamp of every file in a twin package."""
TIMEOUT = 60


@dataclass(frozen=True, slots=True)
class Item:
    """A file of a package: bytes, or the target of a symbolic link."""

    content: bytes = b""
    mode: int = 0o644
    link: str | None = None


@dataclass(frozen=True, slots=True)
class Package:
    """A binary package. Paths in ``files`` start at the root, without a leading slash."""

    name: str
    version: str
    description: str
    depends: tuple[str, ...] = ()
    provides: tuple[str, ...] = ()
    files: Mapping[str, Item] = field(default_factory=dict)
    scripts: Mapping[str, str] = field(default_factory=dict)
    """Maintainer scripts by name (``postinst``)."""
    conffiles: tuple[str, ...] = ()
    """Those of the files that belong to the machine's owner: an upgrade leaves what was changed."""

    def control(self, architecture: str) -> str:
        lines = [
            f"Package: {self.name}",
            f"Version: {self.version}",
            f"Architecture: {architecture}",
            "Maintainer: rackwright lab <lab@invalid>",
            "Section: misc",
            "Priority: optional",
        ]
        if self.depends:
            lines.append(f"Depends: {', '.join(self.depends)}")
        if self.provides:
            lines.append(f"Provides: {', '.join(self.provides)}")
        lines.append(f"Description: {self.description}")
        lines.append(" This package is a simulation for the rackwright lab. It holds no code of the vendor.")
        return "\n".join(lines) + "\n"


def write(package: Package, architecture: str, out: Path) -> Path:
    """Build one package into ``out``; the file is there whole or not at all.

    :raises WorldRefused: dpkg-deb is missing or refuses.
    """
    target = out / f"{package.name}_{package.version.replace(':', '%3a')}_{architecture}.deb"
    with tempfile.TemporaryDirectory(dir=out, prefix=".deb-") as folder:
        root = Path(folder) / "root"
        debian = root / "DEBIAN"
        debian.mkdir(parents=True)
        (debian / "control").write_text(package.control(architecture), encoding="utf-8")
        if package.conffiles:
            kept = "".join(f"/{path}\n" for path in package.conffiles)
            (debian / "conffiles").write_text(kept, encoding="utf-8")
        for name, text in package.scripts.items():
            (debian / name).write_text(text, encoding="utf-8")
            (debian / name).chmod(0o755)
        for path, item in package.files.items():
            place = root / path
            place.parent.mkdir(parents=True, exist_ok=True)
            if item.link is not None:
                place.symlink_to(item.link)
                continue
            place.write_bytes(item.content)
            place.chmod(item.mode)
        for entry in [root, *root.rglob("*")]:
            if entry.is_dir():
                entry.chmod(0o755)
            os.utime(entry, (EPOCH, EPOCH), follow_symlinks=False)
        built = Path(folder) / target.name
        command = ["dpkg-deb", "--root-owner-group", "-Zgzip", "-z6", "--build", str(root), str(built)]
        environment = {**os.environ, "SOURCE_DATE_EPOCH": str(EPOCH), "LC_ALL": "C"}
        try:
            subprocess.run(  # noqa: S603 - our own table of packages
                command, env=environment, capture_output=True, text=True, timeout=TIMEOUT, check=True
            )
        except FileNotFoundError as problem:
            raise WorldRefused(
                package.name, "build package", "dpkg-deb is missing", "install dpkg"
            ) from problem
        except subprocess.CalledProcessError as problem:
            raise WorldRefused(package.name, "build package", problem.stderr.strip()) from problem
        built.replace(target)
    return target
