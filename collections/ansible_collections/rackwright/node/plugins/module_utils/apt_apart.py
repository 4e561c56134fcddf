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


def mib(text: str) -> int:
    """Disk room that apt says a transaction needs, in MiB; 0 where it frees some. Pure.

    >>> mib("After this operation, 1,234 MB of additional disk space will be used.")
    1176
    >>> mib("Need to get 2,048 kB of archives.\\nAfter this operation, 10.5 MB disk space will be freed.")
    1
    """
    units = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9}
    found = re.findall(
        r"(?:Need to get|operation,) ([\d.,]+) (\w?B)(?!\w)(?! disk space will be freed)", text
    )
    return int(sum(float(number.replace(",", "")) * units[unit] for number, unit in found) // 2**20)


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
    """Disk room in MiB that installing needs, and why apt would not."""
    words = [f"{name}={version}" for name, version in sorted(wanted.items())]
    command = ["apt-get", *options, "-o", "Debug::NoLocking=true", "--assume-no", "--no-install-recommends"]
    command += ["--allow-downgrades", "--allow-change-held-packages", "install", *words]
    _, out, err = module.run_command(command, environ_update=ENVIRONMENT)
    # It ends with 1 in any case, as the question is answered with no.
    refused = [line for line in err.splitlines() if line.startswith("E: ")]
    return mib(out), "; ".join(refused)


def newer(module: AnsibleModule, first: str, second: str) -> bool:
    """Whether the first version is above the second."""
    return module.run_command(["dpkg", "--compare-versions", first, "gt", second])[0] == 0
