"""A switch's factory boot: what zero-touch provisioning has given it before rackwright comes along.

Host name, management address, SSH host key and the operator's public key; routing and LLDP daemons running,
nothing configured. An out-of-band switch bridges all its ports, as unmanaged gear does.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Mapping
from pathlib import Path

from rackwright.models.design import Switch

BRIDGE = "br0"
SERVICES = ("frr.service", "lldpd.service")
NETWORKD = "usr/lib/systemd/network"

_PORTS_UP = "[Match]\nName=swp*\n\n[Network]\nLinkLocalAddressing=no\nIPv6AcceptRA=no\n"
_PORTS_BRIDGED = f"[Match]\nName=swp*\n\n[Network]\nBridge={BRIDGE}\nLinkLocalAddressing=no\n"
_BRIDGE = f"[NetDev]\nName={BRIDGE}\nKind=bridge\n\n[Bridge]\nForwardDelaySec=0\nSTP=no\n"


def machine_id(cluster: str, device: str) -> str:
    """The same each time, so that a first boot is not taken for one (which would preset every unit)."""
    return uuid.uuid5(uuid.NAMESPACE_DNS, f"{device}.{cluster}.lab.rackwright").hex


def files(cluster: str, switch: Switch, authorized_key: str) -> dict[str, str]:
    """Path below the root to text. The SSH host key is not among them."""
    bridged = switch.tier == "oob"
    port = BRIDGE if bridged else "eth0"
    address = f"[Match]\nName={port}\n\n[Network]\nAddress={switch.management}\nIPv6AcceptRA=no\n"
    found = {
        "etc/hostname": f"{switch.name}\n",
        "etc/hosts": f"127.0.0.1 localhost\n127.0.1.1 {switch.name}\n::1 localhost\n",
        "etc/machine-id": machine_id(cluster, switch.name) + "\n",
        "root/.ssh/authorized_keys": authorized_key + "\n",
        f"{NETWORKD}/99-factory-{port}.network": address,
        f"{NETWORKD}/99-factory-ports.network": _PORTS_BRIDGED if bridged else _PORTS_UP,
    }
    if bridged:
        found[f"{NETWORKD}/99-factory-{BRIDGE}.netdev"] = _BRIDGE
    return found


def write_disk(upper: Path, texts: Mapping[str, str], host_key: Path) -> None:
    """Write the files, the host key and the services' links to a switch's blank disk."""
    for name, text in texts.items():
        path = upper / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (upper / "root").chmod(0o700)
    (upper / "root/.ssh").chmod(0o700)
    ssh = upper / "etc/ssh"
    ssh.mkdir(parents=True, exist_ok=True)
    for source, mode in ((host_key, 0o600), (host_key.with_name(f"{host_key.name}.pub"), 0o644)):
        target = ssh / f"ssh_host_ed25519_key{'.pub' if source != host_key else ''}"
        shutil.copyfile(source, target)
        target.chmod(mode)
    wants = upper / "etc/systemd/system/multi-user.target.wants"
    wants.mkdir(parents=True, exist_ok=True)
    for unit in SERVICES:
        (wants / unit).symlink_to(f"/usr/lib/systemd/system/{unit}")
    # Newer than the files in /usr above: the first boot need not rebuild linker cache, users and catalogue.
    for name in ("etc/.updated", "var/.updated"):
        (upper / name).parent.mkdir(parents=True, exist_ok=True)
        (upper / name).touch()
