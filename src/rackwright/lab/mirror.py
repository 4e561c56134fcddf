"""The Debian mirror that this machine's own apt uses: the lab's root image comes from there, nothing is
hard-coded.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from rackwright.errors import WorldRefused
from rackwright.lab.command import HERE, run

KEYRINGS = (
    Path("/usr/share/keyrings/debian-archive-keyring.pgp"),
    Path("/usr/share/keyrings/debian-archive-keyring.gpg"),
)
NOT_A_BASE = re.compile(r"(-security|-updates|-backports|-proposed-updates)$|/updates$")
FORMAT = "$(ORIGIN)\t$(RELEASE)\t$(COMPONENT)\t$(REPO_URI)"
DEBIAN_SUITES = frozenset(
    {"bookworm", "trixie", "forky", "duke", "sid", "stable", "testing", "unstable", "oldstable"}
)


@dataclass(frozen=True, slots=True)
class Mirror:
    """A Debian archive."""

    url: str
    keyring: Path

    def line(self, suite: str) -> str:
        """As a line of sources.list."""
        return f"deb [signed-by={self.keyring}] {self.url} {suite} main"


def choose(targets: str) -> str | None:
    """The base archive among apt's own list of indexes; pure.

    Each line is ``origin, release, component, address`` parted by tabs. Origin is unknown (left as the
    format's own text) until ``apt-get update`` has been run.

    >>> choose("Debian\\tbookworm-updates\\tmain\\thttp://m/debian/\\nDebian\\tbookworm\\tmain\\thttp://m/debian/")
    'http://m/debian/'
    """
    guess = None
    for line in targets.splitlines():
        origin, release, component, url = [*line.split("\t"), "", "", ""][:4]
        if component != "main" or NOT_A_BASE.search(release):
            continue
        if origin == "Debian":
            return url
        if release in DEBIAN_SUITES and origin in ("", "$(ORIGIN)"):
            guess = guess or url
    return guess


def find() -> Mirror:
    """Read the mirror from apt; ``$RACKWRIGHT_MIRROR`` overrides it.

    :raises WorldRefused: apt knows no Debian archive.
    """
    keyring = next((path for path in KEYRINGS if path.exists()), None)
    if keyring is None:
        raise WorldRefused(
            HERE, "find Debian's keys", f"{KEYRINGS[-1]} is missing", "install debian-archive-keyring"
        )
    url = os.environ.get("RACKWRIGHT_MIRROR")
    if not url:
        url = choose(
            run(["apt-get", "indextargets", "--format", FORMAT, "Created-By: Packages"], "read apt's sources")
        )
    if not url:
        raise WorldRefused(
            HERE,
            "find a Debian mirror",
            "apt's configuration names no Debian archive",
            "add one to /etc/apt/sources.list.d, or set RACKWRIGHT_MIRROR to its address",
        )
    return Mirror(url.rstrip("/"), keyring)
