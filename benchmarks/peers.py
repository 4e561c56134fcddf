"""rackwright beside netlab and pyavd: the same leaf-spine shape in one run, per link and per switch.

netlab (``networklab`` on PyPI, its ``create`` command) designs a topology and writes its inventory; pyavd
designs an EOS fabric and renders its configuration. rackwright designs the same number of leaves, spines and
hosts, and renders every file of it: switch configuration, host files, cable plans, expectations; it also has
the out-of-band network, which the peers' topologies lack and which is not counted as links. Times are user
CPU seconds of a whole process, start included, byte code allowed. The peers are installed in a folder apart.

    .venv/bin/python benchmarks/peers.py                 # installs the peers, prints the table
    .venv/bin/python benchmarks/peers.py --record        # and writes benchmarks/results/peers.md
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml

PEERS = {"netlab": "networklab==26.10", "pyavd": "pyavd==6.4.0"}
NETLAB_SHAPE = (16, 134)
"""(spines, leaves); one host on each leaf. netlab ends at 150 nodes, unless told otherwise."""
PYAVD_SHAPE = (16, 240)
AIM_NETLAB, AIM_PYAVD = 300, 10


def cluster(spines: int, leaves: int, nos: str) -> dict[str, Any]:
    """As many units of one server and one rail as there are leaves."""
    switch = "arista-7060x6-64pe" if nos == "eos" else "sn5600"
    oob = "cumulus" if nos == "eos" else nos
    return {
        "cluster": "peers",
        "machines": {"gpu": {"sku": "dgx-h100", "count": leaves, "rails": 1, "unit_size": 1}},
        "fabrics": {
            "backend": {
                "kind": "roce",
                "switch": switch,
                "nos": nos,
                "topology": "rail-optimised",
                "tiers": 2,
                "spines": spines,
                "spine_links": 1,
                "uplink_split": 4,
            },
            "oob": {"kind": "ethernet", "switch": "sn2201", "nos": oob, "topology": "tree"},
        },
        "planes": {
            "compute": {"fabric": "backend", "prefix": "10.64.0.0/10"},
            "management": {"fabric": "oob", "prefix": "10.0.0.0/12"},
        },
    }


def rackwright(spines: int, leaves: int, nos: str) -> dict[str, float]:
    """In a process of its own: links, switches, bytes; the parent takes the time."""
    from rackwright.design.build import design
    from rackwright.load.catalog import tables
    from rackwright.models.spec import ClusterSpec
    from rackwright.paths import home
    from rackwright.render.write import batches

    made = design(ClusterSpec.model_validate(cluster(spines, leaves, nos)), tables(home()))
    size = sum(len(content) for batch in batches(made) for _, content in batch())
    backend = [cable for cable in made.cables if cable.fabric == "backend"]
    switches = [switch for switch in made.switches if switch.fabric == "backend"]
    return {"links": len(backend), "switches": len(switches), "bytes": size}


def netlab_topology(spines: int, leaves: int) -> dict[str, Any]:
    """BGP unnumbered between leaves and spines, one host on each leaf."""
    nodes: dict[str, Any] = {f"s{n + 1}": {"bgp": {"as": 64_900 + n}} for n in range(spines)}
    nodes |= {f"l{n + 1}": {"bgp": {"as": 64_600 + n}} for n in range(leaves)}
    nodes |= {f"h{n + 1}": {"device": "linux", "module": []} for n in range(leaves)}
    links = [f"l{leaf + 1}-s{spine + 1}" for leaf in range(leaves) for spine in range(spines)]
    links += [f"h{n + 1}-l{n + 1}" for n in range(leaves)]
    return {
        "provider": "clab",
        "defaults": {"device": "frr", "const": {"MAX_NODE_ID": 300}},
        "module": ["bgp"],
        "addressing": {"p2p": {"unnumbered": True}, "mgmt": {"ipv4": "172.16.0.0/16", "start": 100}},
        "nodes": nodes,
        "links": links,
    }


PYAVD = """
import json, sys
import pyavd
spines, leaves = int(sys.argv[1]), int(sys.argv[2])
upper = [f"spine{n + 1:02d}" for n in range(spines)]
lower = [f"leaf{n + 1:03d}" for n in range(leaves)]
def address(n):
    return f"172.16.{n // 250}.{n % 250 + 1}/16"
shared = {
    "fabric_name": "PEERS",
    "underlay_routing_protocol": "ebgp",
    "overlay_routing_protocol": "ebgp",
    "spine": {
        "defaults": {"platform": "7060X6", "loopback_ipv4_pool": "10.255.0.0/24", "bgp_as": "65000"},
        "nodes": [{"name": name, "id": n + 1, "mgmt_ip": address(n)} for n, name in enumerate(upper)],
    },
    "l3leaf": {
        "defaults": {
            "platform": "7060X6",
            "loopback_ipv4_pool": "10.254.0.0/16",
            "vtep_loopback_ipv4_pool": "10.253.0.0/16",
            "uplink_ipv4_pool": "10.128.0.0/12",
            "uplink_interfaces": [f"Ethernet{n + 1}" for n in range(spines)],
            "uplink_switches": upper,
            "virtual_router_mac_address": "00:1c:73:00:dc:01",
        },
        "nodes": [
            {"name": name, "id": n + 1, "bgp_as": str(65001 + n), "mgmt_ip": address(500 + n),
             "uplink_switch_interfaces": [f"Ethernet{n + 1}"] * spines}
            for n, name in enumerate(lower)
        ],
    },
    "servers": [
        {"name": f"host{n + 1}", "adapters": [{"switches": [name], "switch_ports": ["Ethernet64"],
         "endpoint_ports": ["eth0"], "mode": "access"}]}
        for n, name in enumerate(lower)
    ],
}
inputs = {name: {**shared, "type": "spine"} for name in upper}
inputs |= {name: {**shared, "type": "l3leaf"} for name in lower}
facts = pyavd.get_avd_facts(inputs)
size = 0
for name, values in inputs.items():
    size += len(pyavd.get_device_config(pyavd.get_device_structured_config(name, values, facts)))
print(json.dumps({"links": spines * leaves + leaves, "switches": spines + leaves, "bytes": size}))
"""


def peer(name: str, folder: Path) -> Path:
    """The environment of a peer, made when it is not there."""
    place = folder / name
    if not (place / "bin" / "python").exists():
        subprocess.run([sys.executable, "-m", "venv", str(place)], check=True, timeout=120)
        command = [str(place / "bin" / "pip"), "install", "-q", PEERS[name]]
        subprocess.run(command, check=True, timeout=900)
    return place / "bin"


def timed(command: list[str], folder: Path) -> tuple[float, float, str]:
    """(user CPU seconds, peak MiB of the largest process so far, standard output)."""
    env = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=1800)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(f"{command[0]} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return after.ru_utime - before.ru_utime, after.ru_maxrss / 1024, done.stdout


HEAD = (
    "tool",
    "spines x leaves",
    "links",
    "switches",
    "MB",
    "user CPU s",
    "ms a link",
    "ms a switch",
    "times",
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--peers", type=Path, help="folder of the peers' environments; default: a fresh one")
    parser.add_argument("--nos", nargs="*", default=["frr", "cumulus", "sonic", "eos"])
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(rackwright(int(given.one[0]), int(given.one[1]), given.one[2])))
        return 0
    rows: list[tuple[str, ...]] = []
    aims: list[bool] = []
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        home = (given.peers or folder / "peers").resolve()
        spines, leaves = NETLAB_SHAPE
        (folder / "topology.yml").write_text(yaml.safe_dump(netlab_topology(spines, leaves), sort_keys=False))
        netlab = peer("netlab", home) / "netlab"
        shape = {"links": spines * leaves + leaves, "switches": spines + leaves, "bytes": 0}
        # twice: byte code is compiled at the first
        small = folder / "small"
        small.mkdir()
        (small / "topology.yml").write_text(yaml.safe_dump(netlab_topology(2, 4), sort_keys=False))
        timed([str(netlab), "create", "topology.yml"], small)
        seconds, _, _ = timed([str(netlab), "create", "topology.yml"], folder)
        base = _row(rows, "netlab create (no configuration)", NETLAB_SHAPE, shape, seconds, None, "links")
        for nos in given.nos:
            mine = _ours(rows, NETLAB_SHAPE, nos, folder, base, "links")
            aims.append(nos == "eos" or base / mine >= AIM_NETLAB)
        python = peer("pyavd", home) / "python"
        timed([str(python), "-c", PYAVD, "2", "4"], folder)
        seconds, _, out = timed([str(python), "-c", PYAVD, *map(str, PYAVD_SHAPE)], folder)
        base = _row(rows, "pyavd", PYAVD_SHAPE, json.loads(out), seconds, None, "switches")
        for nos in given.nos:
            mine = _ours(rows, PYAVD_SHAPE, nos, folder, base, "switches")
            aims.append(nos == "eos" or base / mine >= AIM_PYAVD)
    table = "\n".join(f"| {' | '.join(line)} |" for line in (HEAD, ("---",) * len(HEAD), *rows))
    print(table)
    if given.record:
        machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
        words = f"# Beside the peers\n\n`benchmarks/peers.py --record` on {machine}; "
        words += f"{', '.join(PEERS.values())}.\n\n"
        (Path(__file__).resolve().parent / "results" / "peers.md").write_text(words + table + "\n")
    if not all(aims):
        print(f"short of the aim: {AIM_NETLAB} times netlab a link, {AIM_PYAVD} times pyavd a switch")
    return int(not all(aims))


def _ours(
    rows: list[tuple[str, ...]], shape: tuple[int, int], nos: str, folder: Path, base: float, per: str
) -> float:
    command = [sys.executable, __file__, "--one", str(shape[0]), str(shape[1]), nos]
    timed(command, folder)
    seconds, _, out = timed(command, folder)
    return _row(rows, f"rackwright, {nos}", shape, json.loads(out), seconds, base, per)


def _row(
    rows: list[tuple[str, ...]],
    tool: str,
    shape: tuple[int, int],
    found: dict[str, float],
    seconds: float,
    base: float | None,
    per: str,
) -> float:
    """Adds a line; returns seconds per link or switch."""
    each = seconds / found[per]
    size = f"{found['bytes'] / 1e6:.1f}" if found["bytes"] else ""
    rows.append(
        (
            tool,
            f"{shape[0]} x {shape[1]}",
            f"{found['links']:.0f}",
            f"{found['switches']:.0f}",
            size,
            f"{seconds:.2f}",
            f"{seconds / found['links'] * 1000:.3f}",
            f"{seconds / found['switches'] * 1000:.2f}",
            "" if base is None else f"{base / each:.0f}",
        )
    )
    print(" | ".join(rows[-1]), flush=True)
    return each


if __name__ == "__main__":
    sys.exit(main())
