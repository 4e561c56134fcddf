"""The seed of a first boot: a NoCloud disc with host name, management address and a pinned SSH host key.

cloud-init's own rendering of the management port serves the first minutes only. The seed also writes the
rendered file of the design, takes cloud-init's away and tells it to leave the network alone: one writer
from then on.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import pycdlib
import yaml

LABEL = "CIDATA"


@dataclass(frozen=True, slots=True)
class Management:
    """The management port: interface, address with length, next hop, and the rendered file."""

    nic: str
    address: str
    gateway: str | None
    mtu: int
    path: str
    text: str


def files(
    name: str, instance: str, host_key: str, host_key_public: str, authorized_key: str, port: Management
) -> dict[str, str]:
    """The three documents of a NoCloud seed, by name."""
    user_data: dict[str, Any] = {
        "hostname": name,
        "preserve_hostname": False,
        "disable_root": False,
        "ssh_pwauth": False,
        "ssh_deletekeys": True,
        "ssh_genkeytypes": [],
        "ssh_keys": {"ed25519_private": host_key, "ed25519_public": host_key_public},
        "users": [{"name": "root", "lock_passwd": True, "ssh_authorized_keys": [authorized_key]}],
        "write_files": [
            {"path": port.path, "content": port.text, "permissions": "0644"},
            {
                "path": "/etc/cloud/cloud.cfg.d/99-rackwright-network.cfg",
                "content": "network: {config: disabled}\n",
                "permissions": "0644",
            },
        ],
        "runcmd": [
            [
                "sh",
                "-c",
                "rm -f /etc/systemd/network/10-cloud-init-*.network && networkctl reload",
            ],
        ],
    }
    # By name: the BMC has vouched for the hardware already, and a MAC that somebody has set does not match.
    ethernet: dict[str, Any] = {"addresses": [port.address], "mtu": port.mtu, "dhcp4": False}
    if port.gateway:
        ethernet["routes"] = [{"to": "default", "via": port.gateway}]
    return {
        "meta-data": yaml.safe_dump({"instance-id": instance, "local-hostname": name}),
        "user-data": "#cloud-config\n" + yaml.safe_dump(user_data, width=1000),
        "network-config": yaml.safe_dump({"version": 2, "ethernets": {port.nic: ethernet}}),
    }


def disc(documents: dict[str, str]) -> bytes:
    """An ISO 9660 image (Rock Ridge and Joliet) with the label that cloud-init looks for."""
    iso = pycdlib.PyCdlib()
    iso.new(interchange_level=3, joliet=3, rock_ridge="1.09", vol_ident=LABEL)
    for index, (name, text) in enumerate(sorted(documents.items())):
        data = text.encode()
        iso.add_fp(
            io.BytesIO(data), len(data), iso_path=f"/F{index}.;1", rr_name=name, joliet_path=f"/{name}"
        )
    out = io.BytesIO()
    iso.write_fp(out)
    iso.close()
    return out.getvalue()
