"""What apt and dpkg know about packages, and what they do with them, through their own commands."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import time
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from ansible.module_utils.basic import AnsibleModule

ENVIRONMENT = {"LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive", "NEEDRESTART_MODE": "l"}
APT = ["apt-get", "-y", "-q", "--no-install-recommends", "--allow-downgrades", "--allow-change-held-packages"]
OPTIONS = ["-o", "Dpkg::Options::=--force-confdef", "-o", "Dpkg::Options::=--force-confold"]
OPTIONS += ["-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=3"]
PREFERENCES = "/etc/apt/preferences.d"


def installed(module: AnsibleModule, names: list[str]) -> dict[str, str]:
    """Versions of those that are fully installed."""
    form = "${Package}\t${Version}\t${db:Status-Status}\n"
    _, out, _ = module.run_command(["dpkg-query", "-W", "-f", form, *names], environ_update=ENVIRONMENT)
    rows = [line.split("\t") for line in out.splitlines() if line.count("\t") == 2]
    return {name: version for name, version, state in rows if state == "installed"}


def known(module: AnsibleModule, names: list[str]) -> list[str]:
    """Those (or those that match) of which dpkg holds anything: a removed package's configuration, too."""
    form = "${Package}\t${db:Status-Status}\n"
    _, out, _ = module.run_command(["dpkg-query", "-W", "-f", form, *names], environ_update=ENVIRONMENT)
    rows = [line.split("\t") for line in out.splitlines() if "\t" in line]
    return sorted({name for name, state in rows if state != "not-installed"})


def held(module: AnsibleModule, wanted: dict[str, str] | None = None) -> set[str]:
    """Packages that apt leaves alone; which version, their state says."""
    del wanted
    rc, out, err = module.run_command(["apt-mark", "showhold"], environ_update=ENVIRONMENT)
    if rc != 0:
        module.fail_json(msg=f"apt-mark showhold: {err.strip()}")
    return {line.partition(":")[0] for line in out.split()}


def offered(module: AnsibleModule, names: list[str]) -> dict[str, list[str]]:
    """Versions that the configured repositories offer, best first; a package nobody offers has none."""
    rc, out, err = module.run_command(["apt-cache", "madison", *names], environ_update=ENVIRONMENT)
    if rc not in (0, 100):
        module.fail_json(msg=f"apt-cache madison: {err.strip()}")
    found: dict[str, list[str]] = {name: [] for name in names}
    for line in out.splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) == 3 and cells[0] in found and cells[2].endswith("Packages"):
            found[cells[0]].append(cells[1])
    return found


def update(module: AnsibleModule) -> None:
    """Read the package lists again."""
    command = ["apt-get", "update", "-o", "Acquire::Retries=3", "-o", "APT::Update::Error-Mode=any"]
    rc, out, err = module.run_command(command, environ_update=ENVIRONMENT)
    if rc != 0:
        module.fail_json(msg=f"package lists cannot be read: {(err or out).strip()[-800:]}")


def pins(packages: dict[str, str]) -> str:
    """An apt preferences file; 1001 lets apt go back to the version as well.

    >>> print(pins({"a": "1-1"}), end="")
    Package: a
    Pin: version 1-1
    Pin-Priority: 1001
    """
    return "\n".join(
        f"Package: {name}\nPin: version {re.sub(r'[*?]', '', version)}\nPin-Priority: 1001\n"
        for name, version in sorted(packages.items())
        if version
    )


def pin_path(name: str) -> str:
    """File of a set of pins."""
    return f"{PREFERENCES}/{name}"


def hold(module: AnsibleModule, wanted: dict[str, str]) -> None:
    """Have apt leave them alone."""
    rc, _, err = module.run_command(["apt-mark", "hold", *sorted(wanted)], environ_update=ENVIRONMENT)
    if rc != 0:
        module.fail_json(msg=f"apt-mark hold: {err.strip()}")


LOCK_S = 300
"""How long a run waits for one before it that was killed, whose apt goes on on the machine."""
ALONE = "/run/lock/rackwright-packages.lock"
FRONTEND = "/var/lib/dpkg/lock-frontend"


def waited(module: AnsibleModule, handle: IO[str], take: Callable[[IO[str], int], None], what: str) -> None:
    """Take a lock as soon as its holder lets go of it."""
    end = time.monotonic() + LOCK_S
    while True:
        try:
            take(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as problem:
            if problem.errno not in (errno.EACCES, errno.EAGAIN) or time.monotonic() > end:
                module.fail_json(msg=f"{what} still works on the packages after {LOCK_S} s ({handle.name})")
            time.sleep(0.2)
        else:
            return


def alone(module: AnsibleModule) -> IO[str]:
    """Be the only one of ours that works on the packages; the lock goes with the returned file.

    A controller that was killed leaves a module behind that goes on: what it finds and does must not mix with
    what this one does.
    """
    handle = open(ALONE, "a", encoding="utf-8")  # noqa: SIM115 - held until the module ends
    waited(module, handle, fcntl.flock, "an earlier run")
    return handle


def finish_interrupted(module: AnsibleModule) -> None:
    """A killed dpkg leaves packages unpacked; apt refuses to work until they are configured."""
    with open(FRONTEND, "a", encoding="utf-8") as frontend:
        waited(module, frontend, fcntl.lockf, "another package manager")
        rc, out, _ = module.run_command(["dpkg", "--audit"], environ_update=ENVIRONMENT)
        if rc == 0 and not out.strip() and not os.listdir("/var/lib/dpkg/updates"):
            return
        # dpkg takes the word of who holds the lock (dpkg(1), DPKG_FRONTEND_LOCKED).
        rc, out, err = module.run_command(
            ["dpkg", "--configure", "-a", "--force-confold"],
            environ_update={**ENVIRONMENT, "DPKG_FRONTEND_LOCKED": "true"},
        )
    if rc != 0:
        module.fail_json(msg=f"dpkg was interrupted and cannot finish: {(err or out).strip()[-800:]}")


def words(wanted: dict[str, str], without: list[str]) -> list[str]:
    """Arguments of ``apt-get install``; a dash at the end takes a package away in the same transaction.

    >>> words({"nvidia-fabricmanager-580": "580.159.03-1", "kmod": ""}, ["nvidia-fabricmanager-570"])
    ['kmod', 'nvidia-fabricmanager-580=580.159.03-1', 'nvidia-fabricmanager-570-']
    """
    names = [f"{name}={version}" if version else name for name, version in sorted(wanted.items())]
    return [*names, *(f"{name}-" for name in without)]


def install(module: AnsibleModule, wanted: dict[str, str], without: list[str]) -> None:
    """One transaction; the lists are read again when they do not know a version."""
    finish_interrupted(module)
    exact = {name: version for name, version in wanted.items() if version}
    offers = offered(module, list(exact)) if exact else {}
    if any(version not in offers[name] for name, version in exact.items()):
        update(module)
    names = words(wanted, without)
    command = [*APT, *OPTIONS, *(["--purge"] if without else []), "install", *names]
    rc, out, err = module.run_command(command, environ_update=ENVIRONMENT)
    if rc != 0:
        module.fail_json(msg=f"apt-get install {' '.join(names)}: {refusal(out, err)}")


def refusal(out: str, err: str) -> str:
    """Why apt did not do it. Of a package that failed apt says "Sub-process"; dpkg's first words say which.

    >>> refusal("dpkg: error processing package b (--configure):\\n script returned 1\\n", "E: Sub-process")
    'dpkg: error processing package b (--configure): script returned 1; E: Sub-process'
    """
    first = re.search(r"^dpkg: error processing .*\n.*$", out, re.MULTILINE)
    said = [" ".join(first[0].split())] if first else []
    return "; ".join([*said, (err.strip() or out.strip())[-1200:]])


def dependants(text: str) -> list[str]:
    """Packages that keep others from going, in what dpkg says. Apt is not asked: it does not get past a hold.

    >>> dependants("dpkg: dependency problems prevent removal of b:\\n a:amd64 depends on b (= 1-1).\\n")
    ['a']
    """
    return sorted({name.partition(":")[0] for name in re.findall(r"^ (\S+) depends on ", text, re.MULTILINE)})


def needed_by(module: AnsibleModule, names: list[str]) -> list[str]:
    """Installed packages, apart from these, that need them."""
    command = ["dpkg", "--simulate", "--purge", *names]
    _, out, err = module.run_command(command, environ_update=ENVIRONMENT)
    return dependants(out + err)


def release(module: AnsibleModule, names: list[str]) -> None:
    """Holds of packages that stay."""
    rc, _, err = module.run_command(["apt-mark", "unhold", *names], environ_update=ENVIRONMENT)
    if rc != 0:
        module.fail_json(msg=f"apt-mark unhold: {err.strip()}")


def purge(module: AnsibleModule, names: list[str]) -> None:
    """Take packages away, with their configuration."""
    finish_interrupted(module)
    rc, out, err = module.run_command([*APT, *OPTIONS, "purge", *names], environ_update=ENVIRONMENT)
    if rc != 0:
        module.fail_json(msg=f"apt-get purge {' '.join(names)}: {refusal(out, err)}")


def headers(release: str) -> dict[str, str]:
    """Package with a kernel's headers, by its release; an empty version takes what there is.

    >>> headers("6.12.57+deb13-amd64")
    {'linux-headers-6.12.57+deb13-amd64': ''}
    """
    return {f"linux-headers-{release.lower()}": ""}
