"""Kubelets in the lab: what a machine of its own has, and a container must be given, before one can run.

Only servers that are nodes of a Kubernetes cluster get it, and nothing of it is a role's: a role finds a
machine as it would find a real one. What each part is for (tried with Kubernetes 1.37 on version 1 control
groups):

- key rings and ``bpf``: runc makes a session key for each container, and asks for device filters;
- directories of the host for what containerd, kubelet and etcd keep: an overlay cannot lie on an overlay;
- mounts that propagate into pods; control groups that may be written; a kernel log to read;
- settings of the shared kernel that the kubelet asks for: files of the machine's own lie over them, so that
  no kubelet and no role changes the host's.
"""

from __future__ import annotations

import shutil
from pathlib import Path

FOLDERS = ("var/lib/containerd", "var/lib/kubelet", "var/lib/etcd")
ARGUMENTS = ("--system-call-filter=@keyring bpf",)
"""Of systemd-nspawn."""
SETTINGS = (
    "kernel/keys/root_maxbytes", "kernel/keys/root_maxkeys", "kernel/panic", "kernel/panic_on_oops",
    "vm/overcommit_memory", "vm/panic_on_oom",
)  # fmt: skip
UNIT = "simulated-node.service"
UNIT_TEXT = """\
# Simulated: what a machine of its own has, and this container must be given before a kubelet runs.
[Unit]
Description=Simulated: mounts, control groups and kernel settings of a machine of its own
DefaultDependencies=no
Before=systemd-sysctl.service sysinit.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/lib/rackwright-lab/node

[Install]
WantedBy=sysinit.target
"""
SCRIPT = f"""\
#!/bin/sh
# Simulated. Run once at boot by {UNIT}.
set -eu
mount --make-rshared /
while read -r _ target kind _; do
    case $kind in cgroup | cgroup2) mount -o remount,bind,rw "$target" ;; esac
done </proc/mounts
ln -sf /dev/null /dev/kmsg
own=/run/rackwright-lab
for name in {" ".join(SETTINGS)}; do
    mkdir -p "$own/${{name%/*}}"
    cat "/proc/sys/$name" >"$own/$name"
    mount --bind "$own/$name" "/proc/sys/$name"
done
# Nobody answers names here, and CoreDNS does not start without somebody to ask (192.0.2.0/24: RFC 5737).
echo "nameserver 192.0.2.1" >"$own/resolv.conf"
"""
FILES = {
    f"etc/systemd/system/{UNIT}": (UNIT_TEXT, 0o644),
    "usr/lib/rackwright-lab/node": (SCRIPT, 0o755),
}


def binds(machine: Path) -> tuple[tuple[Path, str], ...]:
    """Folders of the host and where the machine sees them; made when missing."""
    found = []
    for name in FOLDERS:
        source = machine / "node" / Path(name).name
        source.mkdir(parents=True, exist_ok=True)
        found.append((source, f"/{name}"))
    return tuple(found)


def install(machine: Path, upper: Path) -> None:
    """Put it on a disk that was just written; what an earlier disk kept is gone."""
    shutil.rmtree(machine / "node", ignore_errors=True)
    binds(machine)
    for name, (text, mode) in FILES.items():
        path = upper / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)
    wants = upper / "etc/systemd/system/sysinit.target.wants"
    wants.mkdir(parents=True, exist_ok=True)
    (wants / UNIT).symlink_to(f"/etc/systemd/system/{UNIT}")
