"""apt with a configuration of its own, in a folder that goes again: asks a repository and changes nothing."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ansible_collections.rackwright.node.plugins.module_utils.apt import ENVIRONMENT

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

Offer = tuple[str, str, str]
"""Package, version and where it is offered."""


def offers(text: str) -> list[Offer]:
    """Rows of ``apt-cache madison``. Pure.

    >>> offers("a | 1-1 | http://depot s/main amd64 Packages\\na | 1-1 | http://depot s/main Sources")
    [('a', '1-1', 'http://depot s/main amd64 Packages')]
    """
    rows = [[cell.strip() for cell in line.split("|")] for line in text.splitlines()]
    return [(row[0], row[1], row[2]) for row in rows if len(row) == 3 and row[2].endswith("Packages")]


def planned(text: str) -> list[str]:
    """Packages with the versions that ``apt-get --simulate`` would put on the disk. Pure.

    >>> planned("Inst a [1-1] (2-1 only:main [amd64]) []\\nInst b (3-1 x [all])\\nConf a (2-1 x [amd64])")
    ['a=2-1', 'b=3-1']
    """
    return [
        f"{name}={version}" for name, version in re.findall(r"^Inst (\S+) .*?\((\S+)", text, re.MULTILINE)
    ]


def mib(shown: str, have: str) -> int:
    """Disk room in MiB that packages need while they are installed: archives, and what grows. Pure.

    ``shown``: ``apt-cache show`` of the new ones (Size in bytes, Installed-Size in KiB: deb-control(5)).
    ``have``: the installed sizes of those that are replaced, in KiB.

    >>> mib("Package: a\\nInstalled-Size: 4096\\nSize: 2097152\\n", "1024\\n")
    5
    """
    archives = sum(map(int, re.findall(r"^Size: (\d+)", shown, re.MULTILINE)))
    grown = sum(map(int, re.findall(r"^Installed-Size: (\d+)", shown, re.MULTILINE)))
    grown -= sum(map(int, re.findall(r"^\d+", have, re.MULTILINE)))
    return int(archives + max(0, grown) * 2**10) // 2**20


@contextmanager
def apart(module: AnsibleModule, repository: dict[str, str]) -> Iterator[list[str]]:
    """Options for apt that has only this repository, its lists read; empty where it cannot be read."""
    with tempfile.TemporaryDirectory(prefix="rackwright-apt-") as folder:
        for name in ("lists/partial", "archives/partial"):
            os.makedirs(os.path.join(folder, name))
        key, sources = os.path.join(folder, "key.asc"), os.path.join(folder, "only.sources")
        with open(key, "w", encoding="utf-8") as file:
            file.write(repository["key"].rstrip("\n") + "\n")
        with open(sources, "w", encoding="utf-8") as file:
            file.write(f"Types: deb\nURIs: {repository['uri']}\nSuites: {repository['suite']}\n")
            file.write(f"Components: {repository['component']}\nSigned-By: {key}\n")
        settings = [
            f"Dir::Etc::SourceList={sources}", "Dir::Etc::SourceParts=-", "Dir::Etc::Preferences=-",
            "Dir::Etc::PreferencesParts=-", f"Dir::State::Lists={folder}/lists", f"Dir::Cache={folder}",
            f"Dir::Cache::Archives={folder}/archives", "APT::Sandbox::User=root", "Debug::NoLocking=true",
            "Acquire::Retries=3",
        ]  # fmt: skip
        options = [word for setting in settings for word in ("-o", setting)]
        command = ["apt-get", *options, "-o", "APT::Update::Error-Mode=any", "update"]
        rc, _, err = module.run_command(command, environ_update=ENVIRONMENT)
        if rc != 0:
            module.warn(f"{repository['uri']}: package lists cannot be read: {err.strip()[-300:]}")
        yield options if rc == 0 else []


def ask(module: AnsibleModule, names: list[str], options: list[str]) -> list[Offer]:
    """Who offers what of some packages."""
    if not names:
        return []
    _, out, _ = module.run_command(["apt-cache", *options, "madison", *names], environ_update=ENVIRONMENT)
    return offers(out)


def rehearse(module: AnsibleModule, wanted: dict[str, str], options: list[str]) -> tuple[int, str]:
    """Disk room in MiB that installing needs, and why apt would not.

    Simulated: with ``--assume-no`` apt asks nobody, and installs, where it would do nothing but what was named.
    """
    words = [f"{name}={version}" for name, version in sorted(wanted.items())]
    command = ["apt-get", *options, "-o", "Debug::NoLocking=true", "--simulate", "--no-install-recommends"]
    command += ["--allow-downgrades", "--allow-change-held-packages", "install", *words]
    rc, out, err = module.run_command(command, environ_update=ENVIRONMENT)
    if rc != 0:
        refused = [line for line in err.splitlines() if line.startswith("E: ")]
        return 0, "; ".join(refused) or f"apt-get ended with {rc}: {(err or out).strip()[-300:]}"
    fresh = planned(out)
    if not fresh:
        return 0, ""
    _, shown, _ = module.run_command(["apt-cache", *options, "show", *fresh], environ_update=ENVIRONMENT)
    names = [name.partition("=")[0] for name in fresh]
    query = ["dpkg-query", "-W", "-f", "${Installed-Size}\n", *names]
    _, have, _ = module.run_command(query, environ_update=ENVIRONMENT)
    return mib(shown, have), ""


def newer(module: AnsibleModule, first: str, second: str) -> bool:
    """Whether the first version is above the second."""
    return module.run_command(["dpkg", "--compare-versions", first, "gt", second])[0] == 0
