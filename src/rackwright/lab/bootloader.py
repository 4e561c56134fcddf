"""The boot loader on a server's disk: GRUB's files, and the command line that the next boot takes from them.

Machines of a lab share their host's kernel, and its ``/proc/cmdline``. So that a changed command line needs
a reboot here as it does on metal, :mod:`rackwright.lab.machine` reads the disk's ``grub.cfg`` each time that
the machine boots, and shows that in its place. No kernel is started with it.
"""

from __future__ import annotations

from pathlib import Path

DEFAULTS = """\
# Simulated: the lab's machines have no kernel of their own. Read by update-grub.
GRUB_DEFAULT=0
GRUB_TIMEOUT=5
GRUB_CMDLINE_LINUX_DEFAULT="quiet"
GRUB_CMDLINE_LINUX=""
"""
UPDATE = """\
#!/bin/sh
# Simulated: writes grub.cfg from the files that Debian's own reads, in the same order.
set -eu
GRUB_CMDLINE_LINUX= GRUB_CMDLINE_LINUX_DEFAULT= GRUB_TOP_LEVEL=
for file in /etc/default/grub /etc/default/grub.d/*.cfg; do
    # shellcheck source=/dev/null
    if [ -e "$file" ]; then . "$file"; fi
done
echo "Generating grub configuration file ..." >&2
{
    echo "# Simulated. Written by update-grub."
    echo "menuentry 'Debian GNU/Linux' {"
    echo "\tlinux ${GRUB_TOP_LEVEL:-/boot/vmlinuz-$(uname -r)} root=LABEL=root ro" \\
        "$GRUB_CMDLINE_LINUX $GRUB_CMDLINE_LINUX_DEFAULT"
    echo "}"
} >/boot/grub/grub.cfg.new
mv /boot/grub/grub.cfg.new /boot/grub/grub.cfg
echo "done" >&2
"""
CONFIG = """\
# Simulated. Written by update-grub.
menuentry 'Debian GNU/Linux' {
\tlinux /boot/vmlinuz root=LABEL=root ro  quiet
}
"""
FILES = {
    "etc/default/grub": (DEFAULTS, 0o644),
    "etc/default/grub.d/README": ("Files *.cfg are read after /etc/default/grub, by name.\n", 0o644),
    "usr/sbin/update-grub": (UPDATE, 0o755),
    "boot/grub/grub.cfg": (CONFIG, 0o644),
}


def install(upper: Path) -> None:
    """Put the boot loader on a disk that was just written."""
    for name, (text, mode) in FILES.items():
        path = upper / name
        for folder in reversed(path.relative_to(upper).parents):
            (upper / folder).mkdir(mode=0o755, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)
