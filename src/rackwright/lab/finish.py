"""Finishing touches on the root image: what a machine room's image has, and what a container does not need.

Everything here belongs to the lab's image. Roles and rendered files never rely on it.
"""

from __future__ import annotations

import shutil
from pathlib import Path

MASKED = (
    # a container has no console, kernel modules, kernel file systems or disks to look after
    "console-getty.service", "getty@.service", "systemd-modules-load.service", "modprobe@.service",
    "sys-kernel-debug.mount", "sys-kernel-tracing.mount", "sys-kernel-config.mount", "dev-hugepages.mount",
    "sys-fs-fuse-connections.mount", "systemd-udevd.service", "fstrim.timer", "e2scrub_all.timer",
    "e2scrub_reap.service", "systemd-hwdb-update.service", "systemd-firstboot.service",
    # nothing here reaches the internet, and nothing waits for it
    "apt-daily.timer", "apt-daily-upgrade.timer", "dpkg-db-backup.timer", "logrotate.timer",
    "systemd-networkd-wait-online.service", "systemd-tmpfiles-clean.timer", "cloud-init-hotplugd.socket",
    # nobody sits at a seat
    "systemd-logind.service",
)  # fmt: skip
ENABLED = ("systemd-networkd.service", "ssh.service")
DISABLED = ("frr.service", "lldpd.service")
"""A switch's factory boot turns these on; a server's roles install and turn on what they need."""

CLOUD = """\
# The seed says who this machine is; modules that look for a cloud's services only cost time. Two kinds of
# media are looked for: with a single one in the list cloud-init would run even where there is no seed.
datasource_list: [NoCloud, ConfigDrive]
system_info:
  network: {renderers: [networkd]}
cloud_init_modules: [seed_random, write_files, set_hostname, update_hostname, users_groups, ssh]
cloud_config_modules: [runcmd]
cloud_final_modules: [scripts_user, final_message]
"""
JOURNAL = "[Journal]\nStorage=volatile\nRuntimeMaxUse=8M\n"
FILES = {
    "etc/cloud/cloud.cfg.d/20-datacentre.cfg": CLOUD,
    "etc/systemd/journald.conf.d/20-datacentre.conf": JOURNAL,
    "etc/hosts": "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n",
    "etc/hostname": "unnamed\n",
    "etc/machine-id": "",
    # A whole cluster logs in from one address at once.
    "etc/ssh/sshd_config.d/20-datacentre.conf": "PerSourcePenalties no\nMaxStartups 100\n",
    # No sources: packages come from the depot that a role writes.
    "etc/apt/sources.list": "",
}
VERSION = 2
FINISH = {"masked": MASKED, "enabled": ENABLED, "disabled": DISABLED, "files": FILES, "version": VERSION}
"""All of the above, for the recipe's digest."""


def finish(root: Path) -> None:
    """Apply to a freshly made root."""
    units = root / "etc/systemd/system"
    for name in MASKED:
        target = units / name
        target.unlink(missing_ok=True)
        target.symlink_to("/dev/null")
    for name in DISABLED:
        # Links into the image's own /usr: from here they lead nowhere, which glob takes for no file.
        for wants in units.glob("*.wants"):
            (wants / name).unlink(missing_ok=True)
    for name in ENABLED:
        link = units / "multi-user.target.wants" / name
        link.parent.mkdir(parents=True, exist_ok=True)
        if not link.is_symlink():
            link.symlink_to(f"/usr/lib/systemd/system/{name}")
    for name, text in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.write_text(text)
    # Every machine gets its own host keys, from the seed or the factory boot.
    for key in (root / "etc/ssh").glob("ssh_host_*"):
        key.unlink()
    for name in ("etc/resolv.conf",):
        (root / name).unlink(missing_ok=True)
        (root / name).write_text("")
    for folder in ("var/lib/apt/lists", "var/cache/apt"):
        shutil.rmtree(root / folder, ignore_errors=True)
    for folder in ("var/lib/apt/lists/partial", "var/cache/apt/archives/partial"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    shutil.rmtree(root / "etc/apt/sources.list.d", ignore_errors=True)
    (root / "etc/apt/sources.list.d").mkdir(parents=True)
    # Newer than /usr: spares each first boot the rebuilding of linker cache, users and catalogue.
    for name in ("etc/.updated", "var/.updated"):
        (root / name).touch()
