"""The only control-plane server has the address, although no API server is ready yet."""

from __future__ import annotations

import json

from testinfra.host import Host

CONF = "/etc/keepalived/keepalived.conf"


def test_the_address_is_here(host: Host) -> None:
    conf = host.file(CONF).content_string
    wanted = conf.split("virtual_ipaddress {", 1)[1].split()[0]
    found = json.loads(host.check_output("ip -j -4 addr show"))
    held = [f"{each['local']}/{each['prefixlen']}" for link in found for each in link["addr_info"]]
    assert wanted in held
    assert host.service("keepalived").is_enabled


def test_the_check_fails_without_an_api_server(host: Host) -> None:
    assert host.run("/usr/lib/rackwright/api-ready").rc != 0


def test_the_password_is_private(host: Host) -> None:
    assert host.file("/etc/keepalived/rackwright-password.conf").mode == 0o600
    assert "auth_pass" not in host.file(CONF).content_string
