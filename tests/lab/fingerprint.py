"""What a cluster is, so that two runs can be compared: engine state without clocks, and the world by SSH."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from rackwright import hostkeys, paths, pipeline, secrets
from rackwright.ssh import Door, connect

SERVER = """
cd /
sha256sum etc/systemd/network/* etc/sysctl.d/* etc/nccl.conf etc/systemd/system/*.mount 2>/dev/null
sha256sum etc/apt/sources.list.d/* 2>/dev/null
stat -c '%n %a %U:%G' etc/systemd/network/* etc/systemd/system/*.mount 2>/dev/null
dpkg-query -W -f '${Package} ${Version} ${db:Status-Status}\\n'
echo instances: $(ls -d var/lib/cloud/instances/* | wc -l)
findmnt -n -t fuse.glusterfs -o SOURCE,TARGET
gluster --mode=script volume list 2>/dev/null
gluster --mode=script volume info 2>/dev/null | grep -E '^(Type|Status|Brick)'
ls srv/gluster/* 2>/dev/null
ip -4 -o addr | awk '{print $2, $4}' | sort
ip -4 rule; ip -4 route show table all | grep -v linkdown | sed 's/ expires.*//' | sort
ls -a etc run srv root | grep rackwright
true
"""
SWITCH = """
cd /
sha256sum etc/frr/frr.conf etc/frr/daemons etc/systemd/network/* etc/systemd/networkd.conf.d/*
sha256sum etc/lldpd.d/* etc/sysctl.d/*
stat -c '%n %a %U:%G' etc/frr/frr.conf etc/systemd/network/*
vtysh -c 'show running-config'; ip -4 rule | sort; ip -o link | awk '{print $2, $5}' | sed 's/@[^:]*//' | sort
ls -a etc etc/frr run | grep rackwright
true
"""
VOLATILE = {"seconds", "changed", "ok", "tasks", "bgpUp", "neighbours"}


def world(cluster: Path) -> dict[str, list[str]]:
    """Lines by device."""
    return asyncio.run(_world(cluster))


async def _world(cluster: Path) -> dict[str, list[str]]:
    planned = pipeline.plan(str(cluster))
    state = paths.state_dir(planned.design.name)
    key = secrets.path_of(planned.spec.access.ssh_key, planned.path, state)
    asked = {server.name: (server.management.address.ip, SERVER) for server in planned.design.servers}
    asked |= {switch.name: (switch.management.ip, SWITCH) for switch in planned.design.switches}

    async def one(name: str) -> list[str]:
        address, script = asked[name]
        door = Door(name, address, "root", key, hostkeys.known_hosts(state))
        async with connect(door, 30) as session:
            return (await session.run(["sh", "-c", script], check="fingerprint", timeout=90)).out.splitlines()

    names = sorted(asked)
    return dict(zip(names, await asyncio.gather(*(one(name) for name in names)), strict=True))


def resources(cluster: Path) -> dict[str, object]:
    """Inputs and outputs by stack and URN, from the in-process engine's state."""
    name = pipeline.plan(str(cluster)).design.name
    found = {}
    for file in sorted((paths.state_dir(name) / "engine").glob("*/*.json")):
        rows = json.loads(file.read_text()).get("stack", {}).get("resources", [])
        for row in rows:
            found[row["urn"]] = _settled({key: row[key] for key in ("type", "id", "inputs", "outputs")})
    return found


def _settled(value: object) -> object:
    """Without what differs between two runs that did the same."""
    if isinstance(value, dict):
        return {key: _settled(item) for key, item in value.items() if key not in VOLATILE}
    return [_settled(item) for item in value] if isinstance(value, list) else value
