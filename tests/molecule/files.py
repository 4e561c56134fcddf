"""What a machine's disk holds that its image does not, path by path: kind, mode, owner and digest.

A disk is several layers, as many as were kept: two disks compare whatever their layers are.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from tests.molecule.box import Box

VOLATILE = re.compile(
    r"""^(
      var/(log|cache|tmp|backups|spool)/ | tmp/ | run/ | root/\.(ansible|cache|gnupg)
    | var/lib/(apt|systemd|chrony|containerd|cni|dbus|kubelet|private|logrotate|cloud|lldpd|ucf)/
    | var/lib/update-notifier
    | var/lib/dpkg/(status|lock|available|diversions|statoverride|triggers|updates|info)
    | etc/(ld\.so\.cache|machine-id|\.pwd\.lock|mtab|[a-z]+-) | .*/__pycache__ | .*\.pyc
    )""",
    re.VERBOSE,
)
"""Logs, caches and clockwork, and what pods leave; of dpkg's database what the list of packages says in a
stable order."""
OPAQUE = "trusted.overlay.opaque"


def delta(box: Box) -> dict[str, str]:
    """Path to what is there now (or ``absent``), for each path that differs from the image."""
    *kept, image = box.lower
    layers = [box.machine.upper, *kept]
    found = {}
    for path in sorted(touched(layers, image)):
        now, before = below([*layers, image], path), below([image], path)
        if now != before:
            found[f"/{path}"] = now or "absent"
    return found


def touched(layers: list[Path], image: Path) -> set[Path]:
    """Paths that any layer says something about."""
    found: set[Path] = set()
    for number, layer in enumerate(layers):
        for path in walk(layer, Path()):
            if VOLATILE.match(f"{path}") or VOLATILE.match(f"{path}/"):
                continue
            found.add(path)
            if stat.S_ISDIR(os.lstat(layer / path).st_mode) and opaque(layer / path):
                lower = [*layers[number + 1 :], image]
                found |= {path / child for child in hidden(lower, layer, path)}
    return found


def walk(upper: Path, path: Path) -> Iterator[Path]:
    """Every path in a layer, parents first."""
    for entry in sorted(os.scandir(upper / path), key=lambda entry: entry.name):
        here = path / entry.name
        yield here
        if entry.is_dir(follow_symlinks=False) and not VOLATILE.match(f"{here}/"):
            yield from walk(upper, here)


def describe(path: Path) -> str | None:
    """Kind, mode, owner and content of a path; None where an overlay says that it is gone."""
    found = os.lstat(path)
    kind, owner = stat.S_IFMT(found.st_mode), f"{found.st_uid}:{found.st_gid}"
    if stat.S_ISCHR(found.st_mode) and found.st_rdev == 0:
        return None
    if stat.S_ISLNK(found.st_mode):
        return f"link to {os.readlink(path)}"
    text = f"{stat.filemode(found.st_mode)} {owner}"
    if kind == stat.S_IFREG:
        return f"{text} {hashlib.sha256(path.read_bytes()).hexdigest()[:16]}"
    return text


def below(lower: list[Path], path: Path) -> str | None:
    """The same of a path in the layers below."""
    for layer in lower:
        if os.path.lexists(layer / path):
            return describe(layer / path)
        for parent in list(path.parents)[:-1]:
            if os.path.lexists(layer / parent) and (not (layer / parent).is_dir() or opaque(layer / parent)):
                return None
    return None


def opaque(folder: Path) -> bool:
    """Whether a folder hides what the layers below have in it."""
    try:
        return os.getxattr(folder, OPAQUE, follow_symlinks=False) == b"y"
    except OSError:
        return False


def hidden(lower: list[Path], upper: Path, path: Path) -> set[str]:
    """Names in the layers below that an opaque folder hides and does not have itself."""
    names = {name for layer in lower if (layer / path).is_dir() for name in os.listdir(layer / path)}
    return {name for name in names - set(os.listdir(upper / path)) if below(lower, path / name)}
