"""A real package under another version or name: the same files, a control file that says what it truly is."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rackwright.errors import WorldRefused
from rackwright.lab.command import run
from rackwright.lab.twins.deb import EPOCH, TIMEOUT

RELATIONS = ("Provides", "Conflicts", "Replaces")
SCRIPTS = ("preinst", "postinst", "prerm", "postrm")


def control(text: str, fields: dict[str, str], note: str) -> str:
    """A control file with some fields replaced, and a note at the end of its description. Pure.

    >>> control("Package: a\\nVersion: 1-2\\nDescription: an a\\n long\\n", {"Version": "1-1"}, "relabelled")
    'Package: a\\nVersion: 1-1\\nDescription: an a\\n long\\n .\\n rackwright lab: relabelled.\\n'
    """
    old = dict(part.split(": ", 1) for part in re.split(r"\n(?=\S)", text.rstrip("\n")))
    new = {**old, **fields}
    new["Description"] = f"{new.pop('Description')}\n .\n rackwright lab: {note}."
    return "".join(f"{key}: {value}\n" for key, value in new.items() if value)


def depends(controls: Sequence[str], without: Sequence[str]) -> str:
    """What several packages need, without one another. Pure.

    >>> depends(["Package: a\\nDepends: b (>= 1), libc6\\n", "Package: b\\nDepends: libc6\\n"], ["a", "b"])
    'libc6'
    """
    found: dict[str, None] = {}
    for text in controls:
        for line in re.findall(r"^(?:Pre-)?Depends: (.*)$", text, re.MULTILINE):
            found |= dict.fromkeys(part.strip() for part in line.split(","))
    return ", ".join(each for each in found if each.split()[0] not in without)


def write(debs: Sequence[Path], name: str, version: str, note: str, out: Path) -> Path:
    """Build a package from one or several others; files of the first win.

    :raises WorldRefused: dpkg-deb refuses.
    """
    with tempfile.TemporaryDirectory(dir=out, prefix=".repack-") as temporary:
        parts = []
        for index, deb in enumerate(debs):
            part = Path(temporary) / str(index)
            run(["dpkg-deb", "--raw-extract", str(deb), str(part)], f"unpack {deb.name}", timeout=TIMEOUT)
            parts.append(part)
        texts = [(part / "DEBIAN/control").read_text() for part in parts]
        fields = {"Version": version}
        if len(parts) > 1:
            names = [re.findall(r"^Package: (\S+)$", text, re.MULTILINE)[0] for text in texts]
            fields = {"Package": name, "Version": version, "Depends": depends(texts, names)}
            fields |= dict.fromkeys(RELATIONS, ", ".join(names))
        root = parts[0]
        for other in parts[1:]:
            _only_files(other)
            shutil.rmtree(other / "DEBIAN")
            shutil.copytree(other, root, symlinks=True, dirs_exist_ok=True)
        (root / "DEBIAN/control").write_text(control(texts[0], fields, note))
        (root / "DEBIAN/md5sums").unlink(missing_ok=True)
        architecture = re.findall(r"^Architecture: (\S+)$", texts[0], re.MULTILINE)[0]
        target = out / f"{name}_{version.replace(':', '%3a')}_{architecture}.deb"
        environment = {**os.environ, "SOURCE_DATE_EPOCH": str(EPOCH), "LC_ALL": "C"}
        argv = ["dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "--build", str(root), str(target)]
        run(argv, f"repack {name}", timeout=TIMEOUT * 5, env=environment)
    return target


def _only_files(part: Path) -> None:
    """A package that goes into another one may have files alone.

    :raises WorldRefused: it has scripts or settings, which would be lost.
    """
    extra = [name for name in (*SCRIPTS, "conffiles") if (part / "DEBIAN" / name).exists()]
    if extra:
        raise WorldRefused(
            part.name, "repack", f"found {', '.join(extra)} in a bundled package, expected files only"
        )
