"""What a cluster is, so that two runs can be compared: engine state without clocks, and the world by SSH."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from rackwright import hostkeys, paths, pipeline, secrets
from rackwright.ssh import Door, connect

COMES_AND_GOES = "|".join(
    (
        "apt-daily", "dpkg-db", "e2scrub", "fstrim", "man-db", "logrotate", "run-user", "user@",
        "systemd-(tmpfiles|hostnamed|timedated|localed|journal|logind|networkd-persistent)", "cloud-",
        "user-runtime", "sshd?@", "modprobe@", "getty@", "initrd", "emergency", "rescue", "proc-sys-fs",
        "hardware-twin.*refresh",
    )
)  # fmt: skip
"""Units that start and end by themselves: their state says nothing about a run."""
CLOCKWORK = "nf_conntrack_count|neigh|random|fastopen_key|stable_secret|rss_key|tcp_mem|udp_mem|somaxconn"
"""Network settings that the kernel changes by itself, or that the machine does not own."""
FACTS = f"""
cd /
dpkg-query -W -f '${{Package}} ${{Version}} ${{db:Status-Status}}\\n'
apt-mark showhold | sed 's/^/hold /'
systemctl list-unit-files --plain --no-legend --no-pager | awk '{{print "unit", $1, $2}}'
systemctl list-units --all --plain --no-legend --no-pager --type=service,path,socket,timer,mount |
  awk '$2 != "not-found" {{print "runs", $1, $3, $4}}' | grep -vE '^runs ({COMES_AND_GOES})'
sysctl -a -r '^net[.]' 2>/dev/null | grep -vE '{CLOCKWORK}'
echo "cmdline $(cat proc/cmdline)"
ls dev | grep -E '^(nvidia|kfd|dri|infiniband)' | sed 's/^/device /'
ip -4 -o addr | awk '{{print "address", $2, $4}}' | sort
ip -o link | awk '{{print "mtu", $2, $5}}' | sed 's/@[^:]*//' | sort
ip -4 rule; ip -4 route show table all | grep -v linkdown | sed 's/ expires.*//' | sort
"""
"""What a machine is apart from its files: packages, holds, units, kernel settings, devices, network."""

OWN = "! -name ld.so.cache ! -name machine-id ! -name .updated"
"""Files whose content is an installation's own."""

SERVER = f"""{FACTS}
find etc root srv/gluster -xdev -type f ! -name '*-' ! -path '*/.ansible/*' ! -path '*/cache/*' 2>/dev/null |
  sort | xargs -d '\\n' stat -c '%n %a %U:%G'
find etc -xdev -type f -readable ! -name '*-' {OWN} -print0 | sort -z | xargs -0 sha256sum
find etc -xdev -type l -printf '%p -> %l\\n' | sort
echo instances: $(ls -d var/lib/cloud/instances/* | wc -l)
findmnt -n -t fuse.glusterfs -o SOURCE,TARGET
gluster --mode=script volume list 2>/dev/null
gluster --mode=script volume info 2>/dev/null | grep -E '^(Type|Status|Brick)'
ls srv/gluster/* 2>/dev/null
ls -a etc srv root | grep rackwright
# run/rackwright notes when networkd read its files, and is made again by the first run after a boot.
ls -a run | grep rackwright | grep -vx rackwright
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
