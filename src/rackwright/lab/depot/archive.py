"""Debian's archive, asked and fetched from through an apt of our own: this machine's apt is not touched."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from rackwright.errors import WorldRefused
from rackwright.lab.command import HERE, run
from rackwright.lab.stream import stream


class Archive:
    """An apt in a folder of its own, with its own sources; ``status`` says what a machine has already."""

    def __init__(self, folder: Path, sources: Iterable[str], status: Path) -> None:
        for name in ("lists/partial", "archives/partial", "etc/preferences.d"):
            (folder / name).mkdir(parents=True)
        listing = folder / "etc/sources.list"
        listing.write_text("".join(f"{line}\n" for line in sources))
        self.folder = folder
        options = [
            f"Dir::Etc={folder}/etc", f"Dir::Etc::SourceList={listing}", "Dir::Etc::SourceParts=-",
            f"Dir::State={folder}", f"Dir::State::Lists={folder}/lists", f"Dir::State::Status={status}",
            f"Dir::Cache={folder}", f"Dir::Cache::Archives={folder}/archives",
            "APT::Install-Recommends=false", "APT::Sandbox::User=root", "Acquire::Retries=3",
            "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false", "Debug::NoLocking=true",
        ]  # fmt: skip
        self._options = [word for option in options for word in ("-o", option)]

    def update(self) -> None:
        """Read the package lists."""
        stream(["apt-get", "-q", "-y", *self._options, "update"], "read Debian's package lists", timeout=180)

    def offered(self, names: Sequence[str]) -> dict[str, list[str]]:
        """Versions of packages, best first; a package that nobody has gets none."""
        found: dict[str, list[str]] = {name: [] for name in names}
        if names:
            text = run(
                ["apt-cache", *self._options, "madison", *names],
                "ask Debian's archive for versions",
                accept=frozenset({0, 100}),
            )
            for line in text.splitlines():
                cells = [cell.strip() for cell in line.split("|")]
                if len(cells) == 3 and cells[0] in found and cells[2].endswith("Packages"):
                    found[cells[0]].append(cells[1])
        return found

    def fetch(self, name: str, version: str, target: Path) -> Path:
        """One package, without what it needs.

        :raises WorldRefused: the archive did not give it.
        """
        before = set(target.glob("*.deb"))
        here = [deb for deb in before if deb.name.startswith(f"{name}_{version.replace(':', '%3a')}_")]
        if here:  # for another lock that names it, too
            return here[0]
        argv = ["apt-get", "-q", *self._options, "download", f"{name}={version}"]
        run(argv, f"fetch {name} {version}", timeout=300, cwd=target)
        [*new] = set(target.glob("*.deb")) - before
        if len(new) != 1:
            raise WorldRefused(HERE, f"fetch {name} {version}", f"apt-get left {len(new)} files, expected 1")
        return new[0]

    def closure(self, packages: Sequence[str], target: Path) -> None:
        """Packages (``name`` or ``name=version``) and whatever they need that the machine lacks.

        What the machine has is fetched too when it is named, so that the depot has every name of the lock.
        """
        if packages:
            argv = ["apt-get", "-q", "-y", *self._options, "install", "--download-only", *packages]
            stream(argv, "fetch Debian packages", timeout=400)
            for deb in (self.folder / "archives").glob("*.deb"):
                shutil.move(deb, target / deb.name)
