"""Pods get addresses from the node's own part, and the node forwards."""

from __future__ import annotations

import json

from testinfra.host import Host


def test_addresses_are_the_nodes_own(host: Host) -> None:
    found = json.loads(host.file("/etc/cni/net.d/10-rackwright.conflist").content_string)
    bridge, portmap = found["plugins"]
    assert bridge["ipam"]["ranges"][0][0]["subnet"].endswith("/24")
    assert not bridge["ipMasq"]
    assert portmap["backend"] == "nftables"


def test_plugins_and_forwarding_are_there(host: Host) -> None:
    assert host.file("/opt/cni/bin/bridge").mode == 0o755
    assert host.sysctl("net.ipv4.ip_forward") == 1
