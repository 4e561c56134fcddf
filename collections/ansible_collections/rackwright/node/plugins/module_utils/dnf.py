"""What dnf and rpm know about packages, and what they do with them: the same functions as for apt.

A version is ``[epoch:]version-release`` without the architecture; an epoch of 0 is left out, as in the host
lock. Pin and hold are one thing here: the versionlock plugin excludes every other version
(https://dnf-plugins-core.readthedocs.io/en/latest/versionlock.html, package python3-dnf-plugin-versionlock).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

ENVIRONMENT = {"LC_ALL": "C"}
DNF = ["dnf", "-y", "-q", "--setopt=install_weak_deps=False"]
FORM = "%{NAME}\t%|EPOCH?{%{EPOCH}}:{0}|:%{VERSION}-%{RELEASE}\n"


def evr(text: str) -> str:
    """A version without an epoch of 0.

    >>> evr("0:1.1.15-1.el9"), evr("3:580.159.03-1.el9"), evr("(none):1-1")
    ('1.1.15-1.el9', '3:580.159.03-1.el9', '1-1')
    """
    epoch, colon, rest = text.partition(":")
    return rest if colon and epoch in ("0", "(none)") else text


def rows(text: str) -> list[tuple[str, str]]:
    """(name, version) of lines with a tab between them; other lines are what a tool says to people.

    >>> rows("nvidia-driver-cuda\\t3:580.159.03-1.el9\\npackage x is not installed\\n")
    [('nvidia-driver-cuda', '3:580.159.03-1.el9')]
    """
    cells = [line.split("\t") for line in text.splitlines() if line.count("\t") == 1]
    return [(name.strip(), evr(version.strip())) for name, version in cells]


def spec(name: str, version: str) -> str:
    """A package at exactly one version, as dnf is told it.

    >>> spec("nvidia-driver-cuda", "3:580.159.03-1.el9"), spec("kmod", "")
    ('nvidia-driver-cuda-3:580.159.03-1.el9', 'kmod')
    """
    return f"{name}-{version}" if version else name


def lock_entry(name: str, version: str) -> str:
    """A line of the versionlock list; it has the epoch, always, and any architecture.

    >>> lock_entry("runc", "1.1.15-1.el9")
    'runc-0:1.1.15-1.el9.*'
    """
    return f"{name}-{version if ':' in version else f'0:{version}'}.*"


def install_command(wanted: dict[str, str], without: list[str]) -> list[str]:
    """One transaction. An exact version is installed whatever is there now, an older one, too; what is to go
    gives way to it.

    >>> install_command({"runc": "1.1.15-1.el9"}, [])[-2:]
    ['install', 'runc-1.1.15-1.el9']
    """
    erasing = ["--allowerasing"] if without else []
    return [*DNF, *erasing, "install", *(spec(name, version) for name, version in sorted(wanted.items()))]


def remove_command(names: list[str]) -> list[str]:
    """Only what is named goes: what they pulled in stays for whoever else uses it."""
    return [*DNF, "--noautoremove", "remove", *sorted(names)]


def offers_command(names: list[str]) -> list[str]:
    """Every version that the repositories have; locks of ours do not hide any."""
    form = "%{name}\t%{epoch}:%{version}-%{release}\n"
    return ["dnf", "-q", "--disableplugin=versionlock", "repoquery", "--showduplicates", "--qf", form, *names]


def dependants(text: str) -> list[str]:
    """Packages that keep others from going, in the answer of ``rpm -e --test``.

    >>> dependants("error: Failed dependencies:\\n\\tlibcuda.so.1 is needed by (installed) a-1:4.5-1.x86_64")
    ['a-1:4.5-1.x86_64']
    """
    return sorted(set(re.findall(r"is needed by \(installed\) (\S+)", text)))


def installed(module: AnsibleModule, names: list[str]) -> dict[str, str]:
    """Versions of those that are there."""
    _, out, _ = module.run_command(["rpm", "-q", "--qf", FORM, *names], environ_update=ENVIRONMENT)
    return dict(rows(out))


def known(module: AnsibleModule, names: list[str]) -> list[str]:
    """Those (or those that match) that are installed."""
    command = ["rpm", "-qa", "--qf", FORM, *names]
    _, out, _ = module.run_command(command, environ_update=ENVIRONMENT)
    return sorted({name for name, _ in rows(out)})


def held(module: AnsibleModule, wanted: dict[str, str] | None = None) -> set[str]:
    """Packages that are locked at the wanted version."""
    rc, out, err = module.run_command(["dnf", "-q", "versionlock", "list"], environ_update=ENVIRONMENT)
    if rc != 0:
        module.fail_json(msg=f"dnf versionlock list: {err.strip()}: install python3-dnf-plugin-versionlock")
    lines = set(out.split())
    return {name for name, version in (wanted or {}).items() if lock_entry(name, version) in lines}


def hold(module: AnsibleModule, wanted: dict[str, str]) -> None:
    """Lock each at its version; a lock at another one is taken off first."""
    release(module, sorted(wanted))
    exact = [lock_entry(name, version) for name, version in sorted(wanted.items()) if version]
    command = ["dnf", "-q", "versionlock", "add", "--raw", *exact]
    rc, _, err = module.run_command(command, environ_update=ENVIRONMENT)
    if rc != 0:
        module.fail_json(msg=f"dnf versionlock add: {err.strip()}")


def release(module: AnsibleModule, names: list[str]) -> None:
    """Take the locks of packages off; one that has none is no mistake."""
    rc, out, err = module.run_command(["dnf", "-q", "versionlock", "list"], environ_update=ENVIRONMENT)
    if rc != 0:
        module.fail_json(msg=f"dnf versionlock list: {err.strip()}: install python3-dnf-plugin-versionlock")
    patterns = [re.compile(re.escape(name) + r"-\d+:\S+") for name in names]
    lines = [line for line in out.split() if any(pattern.fullmatch(line) for pattern in patterns)]
    if lines:
        command = ["dnf", "-q", "versionlock", "delete", "--raw", *lines]
        module.run_command(command, environ_update=ENVIRONMENT, check_rc=True)


def offered(module: AnsibleModule, names: list[str]) -> dict[str, list[str]]:
    """Versions that the configured repositories offer; a package nobody offers has none."""
    found: dict[str, list[str]] = {name: [] for name in names}
    rc, out, err = module.run_command(offers_command(names), environ_update=ENVIRONMENT)
    if rc != 0:
        module.fail_json(msg=f"dnf repoquery: {err.strip()[-800:]}")
    for name, version in rows(out):
        if name in found:
            found[name].append(version)
    return found


def update(module: AnsibleModule) -> None:
    """Read the repositories' lists again."""
    rc, out, err = module.run_command(["dnf", "-q", "makecache", "--refresh"], environ_update=ENVIRONMENT)
    if rc != 0:
        module.fail_json(msg=f"package lists cannot be read: {(err or out).strip()[-800:]}")


def pins(packages: dict[str, str]) -> str:
    """Nothing: the lock that holds a package pins it, too."""
    del packages
    return ""


def pin_path(name: str) -> str:
    """No file of its own."""
    del name
    return ""


def install(module: AnsibleModule, wanted: dict[str, str], without: list[str]) -> None:
    """One transaction, without the locks that would keep it from other versions."""
    release(module, [*wanted, *without])
    command = install_command(wanted, without)
    rc, out, err = module.run_command(command, environ_update=ENVIRONMENT)
    if rc != 0:
        module.fail_json(msg=f"{' '.join(command)}: {(err.strip() or out.strip())[-1200:]}")
    left = known(module, without) if without else []
    if left:
        module.run_command(remove_command(left), environ_update=ENVIRONMENT, check_rc=True)


def needed_by(module: AnsibleModule, names: list[str]) -> list[str]:
    """Installed packages, apart from these, that need them."""
    _, out, err = module.run_command(["rpm", "-e", "--test", *names], environ_update=ENVIRONMENT)
    return dependants(out + err)


def purge(module: AnsibleModule, names: list[str]) -> None:
    """Take packages away, with their locks."""
    release(module, names)
    command = remove_command(names)
    rc, out, err = module.run_command(command, environ_update=ENVIRONMENT)
    if rc != 0:
        module.fail_json(msg=f"{' '.join(command)}: {(err or out).strip()[-1200:]}")


def headers(release: str) -> dict[str, str]:
    """Package with a kernel's headers, by its release, which ends with the architecture.

    >>> headers("5.14.0-570.12.1.el9_6.x86_64")
    {'kernel-devel': '5.14.0-570.12.1.el9_6'}
    """
    return {"kernel-devel": release.rpartition(".")[0]}
