"""What is asked of a machine: one shell command per question, with its own time limit.

The same table serves both ways of asking: a node test asks over testinfra (one command each), the collector
ships all of them in one round trip. A command here only reads; the one exception, the storage token, writes
one small file of its own.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from rackwright.verify import host_questions, node_questions
from rackwright.verify.components import READERS
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

# Queries of nvidia-smi: field names of `nvidia-smi --help-query-gpu`. One for each matter: an old driver that
# does not know a field refuses the whole query.
HEALTH_FIELDS = (
    "index", "pci.bus_id", "persistence_mode", "mig.mode.current", "ecc.mode.current",
    "ecc.errors.corrected.volatile.total", "ecc.errors.uncorrected.volatile.total", "pcie.link.gen.max",
    "pcie.link.gen.gpumax", "pcie.link.width.current", "pcie.link.width.max",
)  # fmt: skip
SHARING_FIELDS = ("index", "pci.bus_id", "mig.mode.current", "compute_mode")
FABRIC_FIELDS = ("index", "pci.bus_id", "fabric.state", "fabric.status")
REMAP_FIELDS = ("gpu_bus_id", "remapped_rows.pending", "remapped_rows.failure")
CSV = "--format=csv,noheader,nounits"
SMI_SECONDS = 25.0
"""For one call of nvidia-smi: without the persistence daemon it opens every GPU anew."""

# The journal has what the kernel has logged since boot, longer than the kernel's own ring does. Entries of
# the kernel, and of root under the kernel's name (a forwarded log). Exit 1 of a search is "nothing found".
KERNEL_LOG = (
    "journalctl -q -b -n 1 -o cat > /dev/null && { journalctl -q -b -o cat --no-pager "
    "--grep 'NVRM: |SXid' _TRANSPORT=kernel + SYSLOG_IDENTIFIER=kernel _UID=0 || [ $? -eq 1 ]; }"
)

GPU = {
    "gpus": Question(f"nvidia-smi --query-gpu={QUERY_GPU} {CSV}", SMI_SECONDS),
    "gpu_health": Question(f"nvidia-smi --query-gpu={','.join(HEALTH_FIELDS)} {CSV}", SMI_SECONDS),
    "gpu_fabric": Question(f"nvidia-smi --query-gpu={','.join(FABRIC_FIELDS)} {CSV}", SMI_SECONDS),
    "gpu_remap": Question(f"nvidia-smi --query-remapped-rows={','.join(REMAP_FIELDS)} {CSV}", SMI_SECONDS),
    "nvlinks": Question("nvidia-smi nvlink --status", SMI_SECONDS),
    # Looked at, not opened: nvidia-smi itself makes nodes that are missing, when it is root.
    "gpu_nodes": Question("find /dev -maxdepth 1 -name 'nvidia*' -type c"),
    "kernel_log": Question(KERNEL_LOG),
    "fabric_manager_unit": Question("systemctl is-active nvidia-fabricmanager"),
    "rdma": Question("ibv_devinfo"),
    **{each.question: Question(each.command, SMI_SECONDS) for each in READERS if not each.everywhere},
}
NODE_SECONDS = 20.0
"""etcdctl has its own limits, which are shorter."""
SHARING = {
    "gpu_sharing": Question(f"nvidia-smi --query-gpu={','.join(SHARING_FIELDS)} {CSV}", SMI_SECONDS),
    "gpu_instances": Question("nvidia-smi mig -lgi", SMI_SECONDS),
}
PARTITIONS = {"gpu_partitions": Question("amd-smi static --partition --json", SMI_SECONDS)}
SERVER = {each.question: Question(each.command, SMI_SECONDS) for each in READERS if each.everywhere}

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
    else:
        asked |= SERVER
    if want.gpus:
        asked |= GPU
        asked["boot"] = Question(host_questions.BOOT)
        asked["rdma_ports"] = Question(host_questions.rdma_ports())
        asked["cdi"] = file_question(node_questions.CDI)
    if want.gpus or want.node is not None:
        asked["containerd_dump"] = Question("containerd config dump")
    if want.node is not None:
        asked |= {
            name: Question(text, NODE_SECONDS) for name, text in node_questions.commands(want.node).items()
        }
    if want.gpus and want.sharing is not None:
        asked |= PARTITIONS if "compute" in want.sharing else SHARING
    if host_questions.SCRIPT in want.files:
        asked["roce"] = Question(host_questions.roce(want.files[host_questions.SCRIPT]), limit=30.0)
    if want.storage is not None:
        asked |= storage_questions(want.storage.mount, want.device, run)
    for path in want.files:
        asked[f"file:{path}"] = file_question(path)
    keys = sysctl_keys(dict(want.files))
    if keys:
        asked["sysctl"] = Question("sysctl " + " ".join(shlex.quote(key) for key in keys))
    return asked
