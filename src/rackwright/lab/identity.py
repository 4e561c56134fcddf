"""Images of other distributions: the lab's Debian that says it is one, or the real one where a mirror is
named.

Most sites cannot give a lab every distribution's archive. A thin layer over the Debian image (hard links,
and a handful of files of its own) answers to the name, so that what roles ask a machine about itself, and
the names and versions of a lock's packages, are the other distribution's; programs and libraries stay
Debian's. It says so wherever it is shown. ``$RACKWRIGHT_UBUNTU_MIRROR`` names a mirror to make the real one
from instead.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rackwright.errors import WorldRefused
from rackwright.lab.command import HERE, run

UBUNTU_MIRROR = "RACKWRIGHT_UBUNTU_MIRROR"
UBUNTU_KEYRING = Path("/usr/share/keyrings/ubuntu-archive-keyring.gpg")
VERSION = 1
"""Of what :func:`layer` does, for the recipe's digest."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A distribution as it names itself."""

    id: str
    name: str
    version: str
    codename: str
    title: str
    """Of its release, as os-release has it."""
    debian: str
    """What /etc/debian_version says there."""


IDENTITIES: Mapping[str, Identity] = {
    "ubuntu2404-server": Identity(
        "ubuntu", "Ubuntu", "24.04", "noble", "24.04 LTS (Noble Numbat)", "trixie/sid"
    ),
}
"""By image name, as host locks have it."""


def mirror() -> str:
    """The mirror to make the real distribution from; empty: none."""
    return os.environ.get(UBUNTU_MIRROR, "").rstrip("/")


def real(identity: Identity) -> bool:
    """Whether the image is the distribution itself."""
    return identity.id == "ubuntu" and bool(mirror())


def simulated(image: str) -> bool:
    """Whether an image only says that it is its distribution."""
    found = IDENTITIES.get(image)
    return found is not None and not real(found)


def sources(identity: Identity) -> list[str]:
    """The real distribution's archive, as lines of sources.list.

    :raises WorldRefused: its keys are not here.
    """
    if not UBUNTU_KEYRING.exists():
        raise WorldRefused(
            HERE, "find Ubuntu's keys", f"{UBUNTU_KEYRING} is missing", "install ubuntu-archive-keyring"
        )
    pockets = (identity.codename, f"{identity.codename}-updates")
    return [f"deb [signed-by={UBUNTU_KEYRING}] {mirror()} {suite} main universe" for suite in pockets]


def recipe(identity: Identity) -> dict[str, object]:
    """What the image's digest depends on."""
    if real(identity):
        return {"sources": f"{mirror()} {identity.codename}"}
    return {"files": files(identity), "version": VERSION}


def files(identity: Identity) -> dict[str, str]:
    """The files that say which distribution this is, path to text. Pure."""
    release = {
        # Not what it truly is: tools look for that name in this text, too.
        "PRETTY_NAME": f"{identity.name} {identity.title}, simulated",
        "NAME": identity.name,
        "VERSION_ID": identity.version,
        "VERSION": identity.title,
        "VERSION_CODENAME": identity.codename,
        "ID": identity.id,
        "ID_LIKE": "debian",
        "UBUNTU_CODENAME": identity.codename,
        "VARIANT": "simulated by the rackwright lab",
        "VARIANT_ID": "simulated",
    }
    lsb = {
        "DISTRIB_ID": identity.name,
        "DISTRIB_RELEASE": identity.version,
        "DISTRIB_CODENAME": identity.codename,
        "DISTRIB_DESCRIPTION": f"{identity.name} {identity.version} LTS",
    }
    return {
        "usr/lib/os-release": "".join(f'{key}="{value}"\n' for key, value in release.items()),
        "etc/lsb-release": "".join(f'{key}="{value}"\n' for key, value in lsb.items()),
        "etc/debian_version": f"{identity.debian}\n",
        "etc/issue": f"{release['PRETTY_NAME']} \\n \\l\n",
        "etc/issue.net": f"{release['PRETTY_NAME']}\n",
        "etc/dpkg/origins/ubuntu": f"Vendor: {identity.name}\nParent: Debian\n",
    }


def layer(identity: Identity, base: Path, target: Path) -> None:
    """Make the image in an empty folder: the base's files by hard link, and its own in their place."""
    run(
        ["cp", "--archive", "--link", f"{base}/.", str(target)],
        "lay an image over the root image",
        timeout=120,
    )
    for name, text in files(identity).items():
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)  # never write through a link into the base
        path.write_text(text)
    origin = target / "etc/dpkg/origins/default"
    origin.unlink(missing_ok=True)
    origin.symlink_to("ubuntu")
