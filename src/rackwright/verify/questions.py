"""What is asked of a machine: one shell command per question, with its own time limit.

The same table serves both ways of asking: a node test asks over testinfra (one command each), the collector
ships all of them in one round trip. A command here only reads; the one exception, the storage token, writes
one small file of its own.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from rackwright.verify.expected import Expected

QUERY_GPU = "index,name,uuid,driver_version,memory.total"


@dataclass(frozen=True, slots=True)
class Question:
    """A shell command and how long it may take, in seconds."""

    command: str
    limit: float = 10.0


BOTH = {
    # json0: every value a list, whatever the number of neighbours (lldpcli(8)).
    "lldp": Question("lldpcli -f json0 show neighbors details"),
    "addr": Question("ip -j addr show"),
    "rules": Question("ip -j rule show"),
    "routes": Question("ip -j route show table all"),
    "uptime": Question("cat /proc/uptime /proc/sys/kernel/random/boot_id"),
    "packages": Question("dpkg-query -W -f '${Package} ${Version} ${db:Status-Abbrev}\\n'"),
}

SWITCH = {
    "bgp": Question("vtysh -c 'show bgp summary json'"),
    # frr-reload.py compares what runs with a file and prints what it would change; --test changes nothing.
    "frr_drift": Question(
        "python3 /usr/lib/frr/frr-reload.py --test --stdout --log-level warning /etc/frr/frr.conf", limit=25.0
    ),
}

GPU = {
    "gpus": Question(f"nvidia-smi --query-gpu={QUERY_GPU} --format=csv,noheader,nounits"),
    "driver_module": Question("cat /proc/driver/nvidia/version"),
    "fabric_manager": Question("nv-fabricmanager --version"),
    "fabric_manager_unit": Question("systemctl is-active nvidia-fabricmanager"),
    "rdma": Question("ibv_devinfo"),
    "nccl_library": Question("ls -l /usr/lib/x86_64-linux-gnu/libnccl.so.2"),
}

TOKENS = ".rackwright-verify"
"""Folder on the shared file system for the files that prove it is writable, and is one."""


def file_question(path: str) -> Question:
    """The text of a file."""
    return Question(f"cat -- {shlex.quote(path)}")


def storage_questions(mount: str, device: str, run: str) -> dict[str, Question]:
    """Mount, connections and a written token. ``run`` is in its name: clients may show an old file's old
    text a while."""
    folder = shlex.quote(f"{mount}/{TOKENS}")
    target = shlex.quote(f"{mount}/{TOKENS}/{device}.{run}")
    old = f"{shlex.quote(f'{mount}/{TOKENS}/{device}')}.*"
    return {
        "mount": Question(f"findmnt -J -M {shlex.quote(mount)}"),
        "connections": Question("ss -Htnp state established"),
        "token": Question(
            f"mkdir -p {folder} && rm -f {old} && echo {shlex.quote(run)} > {target} && cat {target}"
        ),
    }


def read_token(mount: str, peer: str, run: str) -> Question:
    """What another node wrote, seen from here; asked after every node has written."""
    return Question(f"cat -- {shlex.quote(f'{mount}/{TOKENS}/{peer}.{run}')}")


def sysctl_keys(files: dict[str, str]) -> tuple[str, ...]:
    """The keys that the rendered sysctl files set."""
    keys = []
    for path, text in sorted(files.items()):
        if path.startswith("/etc/sysctl.d/"):
            lines = (line.strip().lstrip("-") for line in text.splitlines())
            keys += [line.split("=", 1)[0].strip() for line in lines if "=" in line and line[0] not in "#;"]
    return tuple(keys)


def questions(want: Expected, run: str = "live") -> dict[str, Question]:
    """Everything to be asked of one device."""
    asked = dict(BOTH)
    if want.kind == "switch":
        asked |= SWITCH if want.asn is not None else {}
    if want.gpus:
        asked |= GPU
    if want.storage is not None:
        asked |= storage_questions(want.storage.mount, want.device, run)
    for path in want.files:
        asked[f"file:{path}"] = file_question(path)
    keys = sysctl_keys(dict(want.files))
    if keys:
        asked["sysctl"] = Question("sysctl " + " ".join(shlex.quote(key) for key in keys))
    return asked
