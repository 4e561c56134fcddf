"""Kernel command lines: which arguments are in effect, what a boot loader must be told. Pure.

Names follow https://docs.kernel.org/admin-guide/kernel-parameters.html; of one name the last argument wins.
"""

from __future__ import annotations

import re

SAFE = re.compile(r"[A-Za-z0-9_.,:=@/+-]+")
"""What an argument may be made of: it goes into a shell file that the boot loader's own tool reads."""


def effective(line: str) -> dict[str, str]:
    """Value by name; pages of one size are a name of their own, and dashes are underscores.

    >>> effective("root=/dev/sda iommu=on iommu=pt quiet hugepagesz=1G hugepages=16")
    {'root': '/dev/sda', 'iommu': 'pt', 'quiet': '', 'hugepages of 1G': '16'}
    """
    found: dict[str, str] = {}
    size = ""
    for word in line.split():
        if word == "--":  # the rest is for init
            break
        name, _, value = word.partition("=")
        name = name.replace("-", "_")
        if name == "hugepagesz":
            size = value
        elif name == "hugepages" and size:
            found[f"hugepages of {size}"] = value
        elif name == "pci" and "=" in value:  # several settings may stand under this name
            found[f"pci={value.partition('=')[0]}"] = value.partition("=")[2]
        else:
            found[name] = value
    return found


def differences(arguments: list[str], line: str) -> list[str]:
    """Arguments that are not in effect.

    >>> differences(["iommu=pt", "quiet"], "iommu=on quiet")
    ['iommu: found on, expected pt']
    """
    have = effective(line)
    return [
        f"{name}: found {have.get(name, 'none')}, expected {value or 'it'}"
        for name, value in effective(" ".join(arguments)).items()
        if have.get(name) != value
    ]


def unsafe(arguments: list[str]) -> list[str]:
    """Arguments that no boot loader's file can hold as they are.

    >>> unsafe(["iommu=pt", 'a="$(reboot)"'])
    ['a="$(reboot)"']
    """
    return [argument for argument in arguments if not SAFE.fullmatch(argument)]


def for_cpu(rows: list[dict[str, str]], vendor: str) -> list[str]:
    """Arguments of those rows that are for every CPU, or for this maker's.

    >>> rows = [{"argument": "iommu=pt"}, {"argument": "intel_iommu=on", "cpu": "GenuineIntel"}]
    >>> for_cpu(rows, "AuthenticAMD")
    ['iommu=pt']
    """
    return [row["argument"] for row in rows if row.get("cpu") in (None, "", vendor)]


def drop_in(arguments: list[str], release: str, managed: str) -> str:
    """A file of ``/etc/default/grub.d``: ours come last, so that they win.

    ``GRUB_TOP_LEVEL`` (GRUB 2.12) names the kernel of the first entry where it is not the newest one.

    >>> print(drop_in(["iommu=pt"], "6.12.63+deb13-amd64", "Written by us"), end="")
    # Written by us
    GRUB_CMDLINE_LINUX_DEFAULT="$GRUB_CMDLINE_LINUX_DEFAULT iommu=pt"
    GRUB_TOP_LEVEL="/boot/vmlinuz-6.12.63+deb13-amd64"
    """
    lines = [f"# {managed}"]
    if arguments:
        words = " ".join(arguments)
        lines.append(f'GRUB_CMDLINE_LINUX_DEFAULT="$GRUB_CMDLINE_LINUX_DEFAULT {words}"')
    if release:
        lines.append(f'GRUB_TOP_LEVEL="/boot/vmlinuz-{release}"')
    return "\n".join(lines) + "\n"


def from_grub(text: str) -> list[str]:
    """Command lines of the entries in ``grub.cfg``, without those of recovery entries.

    >>> from_grub("menuentry 'a' {\\n\\tlinux /boot/vmlinuz-6.12 root=UUID=1 ro iommu=pt\\n}")
    ['root=UUID=1 ro iommu=pt']
    """
    found = re.findall(r"^\s*linux(?:efi|16)?\s+\S+\s*(.*)$", text, re.MULTILINE)
    return [line.strip() for line in found if not re.search(r"\b(recovery|single)\b", line)]


def grubby(arguments: list[str], release: str) -> list[list[str]]:
    """What RHEL and Rocky are told instead: every entry gets the arguments, the locked kernel is the default.

    >>> grubby(["iommu=pt"], "5.14.0-570.el9.x86_64")[0]
    ['grubby', '--update-kernel=ALL', '--args=iommu=pt']
    """
    commands = [["grubby", "--update-kernel=ALL", f"--args={' '.join(arguments)}"]] if arguments else []
    return [*commands, ["grubby", f"--set-default=/boot/vmlinuz-{release}"]] if release else commands


def grubby_away(arguments: list[str]) -> list[str]:
    """How the arguments are taken away there.

    >>> grubby_away(["iommu=pt", "pci=realloc=off"])
    ['grubby', '--update-kernel=ALL', '--remove-args=iommu=pt pci=realloc=off']
    """
    return ["grubby", "--update-kernel=ALL", f"--remove-args={' '.join(arguments)}"]
