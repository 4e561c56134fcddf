"""A cluster on paper: the answers that machines as designed would give, with faults that can be switched on.

Each fault changes what its machines answer *and* what probes across it see, as the real thing would.
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import kube_faults
import kube_world
import nic_world
import yaml
from tests.plain_lab import plain_lab

from rackwright.locks import load_lock
from rackwright.pipeline import plan
from rackwright.verify import bmc, causes, together
from rackwright.verify.checks.every import Subject, every
from rackwright.verify.collector import Collected
from rackwright.verify.components import READERS
from rackwright.verify.facts import from_record
from rackwright.verify.kubernetes import verdicts as whole
from rackwright.verify.kubernetes.claims import Attempt
from rackwright.verify.kubernetes.drivers import gpu_nodes
from rackwright.verify.kubernetes.seen import Tried
from rackwright.verify.nodes import expectations
from rackwright.verify.probes import Prober
from rackwright.verify.questions import questions

RUN = "run1"
WORDS = {
    "driver_module": "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  {0}  Release Build  (a@b)\n",
    "persistence": "nvidia-persistenced:  version {0}\n",
    "fabric_manager": "Fabric Manager version is : {0}\n",
    "imex": "IMEX version is: {0}\n",
    "cuda": "/usr/local/cuda-{0}/targets/x86_64-linux/lib/libcudart.so.{0}.96\n",
    "nccl_library": "/usr/lib/x86_64-linux-gnu/libnccl.so.{0}\n",
    "dcgm": "\ndcgmi  version: {0}\n\n",
    "dcgm_exporter": "DCGM Exporter version 4.5.3-{0}\n",
    "container_toolkit": "NVIDIA Container Toolkit CLI version {0}\ncommit: 0123abc\n",
    "containerd": "containerd github.com/containerd/containerd {0}~ds1 {0}~ds1-6+deb13u1\n",
    "runc": "runc version {0}+ds1\ncommit: {0}+ds1-2\nspec: 1.2.0\ngo: go1.24.4\n",
    "node_exporter": "node_exporter, version {0} (branch: debian/sid, revision: {0}-1)\n",
    "ofed": "OFED-internal-{0}:\n",
}
"""How components say their version; the others print nothing else."""


def _plain():
    """The lab without Kubernetes: nobody hands its GPUs out."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cluster.yaml"
        path.write_text(yaml.safe_dump(plain_lab()))
        return plan(str(path))


@cache
def _designed(cluster):
    """Once for all worlds of a cluster: none changes it."""
    planned = plan(cluster) if cluster != "plain" else _plain()
    return planned, expectations(planned), Prober(planned.design)


@dataclass
class World(kube_faults.Faults):
    """Machines by name; ``answers[device][question]`` is (rc, text)."""

    cluster: str = "lab"
    broken: set[str] = field(default_factory=set)
    """Elements that no packet crosses."""
    narrow: dict[str, int] = field(default_factory=dict)
    """MTU by element, where it is smaller than designed."""
    leaks: set[str] = field(default_factory=set)
    """Leaf ports without their edge rules."""
    dead: set[str] = field(default_factory=set)
    skew: dict[str, float] = field(default_factory=dict)
    bmcs: dict[str, bmc.Bmc] = field(default_factory=dict)
    overrides: dict[tuple[str, str], tuple[int | None, str]] = field(default_factory=dict)

    def __post_init__(self):
        self.planned, self.expected, self.prober = _designed(self.cluster)
        self.design = self.planned.design
        self.lock = load_lock(self.planned.spec.lock).rows
        self.neighbours = {
            (name, port.name): port.neighbour
            for name, want in self.expected.items()
            for port in want.ports.values()
        }
        self.mtus = {(n, p.name): p.mtu for n, w in self.expected.items() for p in w.ports.values()}
        self.bmcs = {s.name: bmc.Bmc("On", s.bmc.serial, 0.1) for s in self.design.servers}

        self.probed = {}
        made = self.design.kubernetes
        self.seen = kube_world.seen(self.design, self.expected) if made else None
        self.claimed = {name: Tried("pass", "ran, with gpu-0") for name, _ in gpu_nodes(made)} if made else {}
        self.left = None

    # Faults

    def swap(self, first: str, second: str) -> None:
        """Exchange the far ends of the cables at two ports."""
        a, b = (tuple(end.split(":")) for end in (first, second))
        far_a, far_b = self.neighbours[a], self.neighbours[b]
        self.neighbours[a], self.neighbours[b] = far_b, far_a
        here_a, here_b = self.neighbours[far_a.device, far_a.port], self.neighbours[far_b.device, far_b.port]
        self.neighbours[far_a.device, far_a.port] = here_b
        self.neighbours[far_b.device, far_b.port] = here_a
        self.broken |= {first, second}
        self._session_lost(first, far_a)
        self._session_lost(second, far_b)

    def pull(self, end: str) -> None:
        """No link at either end of a cable."""
        device, port = end.split(":")
        far = self.neighbours[device, port]
        self.neighbours[device, port] = self.neighbours[far.device, far.port] = None
        self.broken.add(end)
        self._session_lost(end, far)

    def _session_lost(self, end: str, far) -> None:
        device, port = end.split(":")
        for name, at in ((device, port), (far.device, far.port)):
            want = self.expected[name]
            if any(s.port == at for s in want.sessions):
                self.lost_sessions.add((name, at))

    @property
    def lost_sessions(self) -> set[tuple[str, str]]:
        return self.__dict__.setdefault("_lost", set())

    def mtu(self, end: str, size: int) -> None:
        device, port = end.split(":")
        self.mtus[device, port] = size
        self.narrow[end] = size

    def die(self, device: str, power: str = "Off") -> None:
        """A server without power: links dark, nothing answers."""
        self.dead.add(device)
        self.broken.add(device)
        if device in self.bmcs:
            self.bmcs[device] = bmc.Bmc(power, self.bmcs[device].serial, 0.1)
        for (name, port), far in list(self.neighbours.items()):
            if far is not None and far.device == device:
                self.neighbours[name, port] = None

    def leak(self, end: str) -> None:
        self.leaks.add(end)

    def bmc(self, server, wrong=None, seconds=0.1, serial=None, power=None) -> None:
        old = self.bmcs[server]
        power = power or old.power
        serial = serial or old.serial
        self.bmcs[server] = bmc.Bmc(None if wrong else power, None if wrong else serial, seconds, wrong)

    def answer(self, device: str, question: str, text: str, rc: int | None = 0) -> None:
        self.overrides[device, question] = (rc, text)

    def edit(self, device: str, question: str, old: str, new: str, count: int = -1) -> None:
        """Change a part of what a machine says, everywhere or ``count`` times; ``old`` must be in it."""
        text = self.overrides.get((device, question), (0, ""))[1] or self._say(device, question)
        assert old in text, f"{device} {question}: {old!r} is not in the answer:\n{text}"
        self.answer(device, question, text.replace(old, new, count))

    def probe(self, check: str, server: str, got: str, by: str = "") -> None:
        """One kind of probe of one server gets another answer."""
        self.probed[check, server] = {"got": got, "from": by, "ttl": 60}

    def clock(self, device: str, seconds: float) -> None:
        self.skew[device] = seconds

    def block(self, element: str) -> None:
        """Packets are lost across an element, for no reason that can be read anywhere."""
        self.broken.add(element)

    # What machines answer

    def verdicts(self):
        collected = {}
        gates = together.gates_of(self.design)
        found = []
        for s in self.design.servers:
            found += bmc.verdicts(s, self.bmcs.get(s.name), "", gates.get((s.name, True), ()))
        for name in self.expected:
            if name in self.dead:
                collected[name] = Collected(None, "no answer within 8 s", 8.0)
            else:
                collected[name] = Collected(
                    {"answers": self.record(name)}, None, 0.5, self.skew.get(name, 0.0), 0.01
                )
        found += together.reach(self.design, collected)
        for name, want in self.expected.items():
            visit = collected[name]
            server = next((s for s in self.design.servers if s.name == name), None)
            probes = self.prober.probes(server) if server else ()
            facts = from_record(visit.record, visit.wrong or "no record")
            found += every(Subject(want, facts, self.lock, probes, RUN))
        found += together.clocks(collected)
        ring = together.readers(self.expected)
        second = {
            n: Collected({"answers": {"peer_token": _answer(*self._token(n, p))}}, None, 0.1)
            for n, p in ring.items()
            if n not in self.dead
        }
        found += together.shared(self.expected, second, ring, RUN)
        if self.seen is not None:
            answers = {name: (visit.record or {}).get("answers", {}) for name, visit in collected.items()}
            attempt = None if self.seen.wrong else Attempt(self.claimed, self.left)
            found += whole.verdicts(self.planned, self.seen, self.expected, answers, attempt)
        return found

    def findings(self):
        return causes.find(self.verdicts())

    def _token(self, reader: str, peer: str):
        if (reader, "peer_token") in self.overrides:
            return self.overrides[reader, "peer_token"]
        return (1, "") if peer in self.dead else (0, RUN)

    def record(self, name: str):
        want = self.expected[name]
        made = {}
        for question in questions(want, RUN):
            if (name, question) in self.overrides:
                made[question] = _answer(*self.overrides[name, question])
            else:
                made[question] = _answer(0, self._say(name, question))
        server = next((s for s in self.design.servers if s.name == name), None)
        if server is not None:
            probes = {str(p.id): self._probe(p) for p in self.prober.probes(server)}
            made["probes"] = _answer(0, json.dumps(probes))
        return made

    def _say(self, name: str, question: str) -> str:
        want = self.expected[name]
        if question.startswith("file:"):
            return want.files[question.removeprefix("file:")]
        reader = next((reader for reader in READERS if reader.question == question), None)
        if reader is not None:
            return self._say_version(reader)
        return getattr(self, f"_say_{question}")(want)

    def _say_version(self, reader):
        """A component in its own words, at the lock's version."""
        row = self.lock.get(reader.row)
        said = (row.reports or row.minimum) if row else "0.0.0"
        return WORDS.get(reader.question, "{0}\n").format(said)

    def _say_lldp(self, want):
        blocks = []
        for port in want.ports.values():
            far = self.neighbours[want.device, port.name]
            if far is None or not port.speaks_lldp:
                continue
            chassis = [
                {"name": [{"value": far.device}], "id": [{"type": "mac", "value": "02:00:00:00:00:01"}]}
            ]
            ident = [{"id": [{"type": "ifname", "value": far.port}]}]
            blocks.append({"name": port.name, "chassis": chassis, "port": ident})
        return json.dumps({"lldp": [{"interface": blocks}]})

    def _say_addr(self, want):
        links = [{"ifname": "lo", "flags": ["UP", "LOWER_UP"], "mtu": 65536, "addr_info": []}]
        if want.loopback:
            links[0]["addr_info"].append(_inet(f"{want.loopback}/32"))
        for port in want.ports.values():
            up = self.neighbours[want.device, port.name] is not None
            links.append(
                {
                    "ifname": port.name,
                    "flags": ["UP", "LOWER_UP"] if up else ["UP", "NO-CARRIER"],
                    "mtu": self.mtus[want.device, port.name],
                    "address": port.mac or "02:aa:00:00:00:01",
                    "addr_info": [_inet(port.address)] if port.address else [],
                }
            )
        return json.dumps(links)

    def _say_rules(self, want):
        said = [{"priority": 0, "src": "all", "table": "local"}]
        for rule in want.rules:
            if rule.iif and f"{want.device}:{rule.iif}" in self.leaks:
                continue
            one = {"priority": rule.priority, "src": "all"}
            if rule.source:
                one["src"], _, length = rule.source.partition("/")
                one |= {"srclen": int(length)} if length else {}
            if rule.to:
                one["dst"], _, length = rule.to.partition("/")
                one |= {"dstlen": int(length)} if length else {}
            one |= {"iif": rule.iif} if rule.iif else {}
            one |= {"table": rule.table} if rule.table else {}
            one |= {"action": rule.action} if rule.action else {}
            said.append(one)
        said.append({"priority": 32766, "src": "all", "table": "main"})
        return json.dumps([*said, {"priority": 32767, "src": "all", "table": "default"}])

    def _say_routes(self, want):
        said = [{"dst": "127.0.0.1", "dev": "lo", "table": "local", "type": "local", "protocol": "kernel"}]
        for route in want.routes:
            one = {"dst": route.dst, "dev": route.dev, "protocol": "static"}
            one |= {"gateway": route.via} if route.via else {}
            one |= {} if route.table == "main" else {"table": route.table}
            said.append(one)
        return json.dumps(said)

    def _say_uptime(self, want):
        return "100.00 50.00\n"

    def _say_packages(self, want):
        rows = [(p, v) for row in self.lock.values() for p, v in row.packages.items()]
        return "".join(f"{p} {v} hi \n" for p, v in [*rows, ("bash", "5.2")])

    def _say_bgp(self, want):
        peers = {
            s.port: {"state": "Connect" if (want.device, s.port) in self.lost_sessions else "Established"}
            for s in want.sessions
        }
        return json.dumps({"ipv4Unicast": {"peers": peers}})

    def _say_frr_drift(self, want):
        return ""

    def _say_gpus(self, want):
        driver = self.lock["driver"].reports
        return "".join(f"{n}, {want.gpu_product}, GPU-{n}, {driver}, 81559\n" for n in range(want.gpus))

    def _bus(self, n):
        return f"00000000:{16 + n:02X}:00.0"

    def _say_gpu_health(self, want):
        ok = "Enabled, Disabled, Enabled, 0, 0, 5, 5, 16, 16"
        return "".join(f"{n}, {self._bus(n)}, {ok}\n" for n in range(want.gpus))

    def _say_gpu_fabric(self, want):
        return "".join(f"{n}, {self._bus(n)}, Completed, Success\n" for n in range(want.gpus))

    def _say_gpu_remap(self, want):
        return "".join(f"{self._bus(n)}, 0, 0\n" for n in range(want.gpus))

    def _say_nvlinks(self, want):
        links = "".join(f"\t Link {n}: 26.562 GB/s\n" for n in range(18))
        return "".join(f"GPU {n}: {want.gpu_product} (UUID: GPU-{n})\n{links}" for n in range(want.gpus))

    def _say_gpu_sharing(self, want):
        return "".join(f"{n}, {self._bus(n)}, Disabled, Default\n" for n in range(want.gpus))

    def _say_gpu_instances(self, want):
        return "No MIG-enabled devices found.\n"

    def _say_gpu_nodes(self, want):
        names = [f"nvidia{n}" for n in range(want.gpus)]
        return "".join(f"/dev/{name}\n" for name in (*names, "nvidiactl", "nvidia-uvm", "nvidia-uvm-tools"))

    def _say_kernel_log(self, want):
        return "NVRM: loading NVIDIA UNIX Open Kernel Module\n"

    def _say_fabric_manager_unit(self, want):
        return "active\n"

    def _say_rdma(self, want):
        version = self.lock["connectx7_firmware"].reports
        return "".join(
            f"hca_id:\t{d}\n\tfw_ver:\t\t\t\t{version}\n" for d in (*want.rdma, "mlx5_1", "mlx5_8")
        )

    def _say_rdma_ports(self, want):
        return nic_world.rdma_ports(want, self.lock["connectx7_firmware"].reports)

    def _say_roce(self, want):
        return nic_world.roce(want)

    def _say_boot(self, want):
        return nic_world.boot()

    def _say_cdi(self, want):
        return kube_world.cdi(want.gpus)

    def _say_containerd_dump(self, want):
        return kube_world.containerd(want, self.lock)

    def _say_node_units(self, want):
        return "active\nactive\n"

    def _say_kubelet_config(self, want):
        return kube_world.kubelet(want.node)

    def _say_certificates(self, want):
        return kube_world.certificates(want.node)

    def _say_etcd(self, want):
        return kube_world.ETCD

    def _say_mount(self, want):
        one = {"target": want.storage.mount, "source": f"{want.storage.servers[0]}:/{want.storage.volume}"}
        return json.dumps({"filesystems": [one | {"fstype": "fuse.glusterfs", "options": "rw"}]})

    def _say_connections(self, want):
        own = next(p.address.split("/")[0] for p in want.ports.values() if p.plane == "storage")
        return "".join(
            f'0 0 {own}:49{n} {server}:24007 users:(("glusterfs",pid=9,fd=1))\n'
            for n, server in enumerate(want.storage.servers)
        )

    def _say_token(self, want):
        return f"{RUN}\n"

    def _say_sysctl(self, want):
        lines = (line for path, text in want.files.items() if "sysctl" in path for line in text.splitlines())
        return "\n".join(line for line in lines if "=" in line and not line.startswith("#"))

    def _probe(self, probe):
        device = next(s.name for s in self.design.servers for n in s.nics if n.address.ip == probe.source)
        elements = {device, f"{device}:{probe.nic}", *probe.needs}
        if (probe.check, device) in self.probed:
            return self.probed[probe.check, device]
        if probe.check == "planes apart":
            port = next((e for e in probe.needs if e in self.leaks), None)
            if port is None and not elements & self.broken:
                return {"got": "prohibited", "from": next(iter(probe.answered_by - {""}))}
            return {"got": "silence"}
        if elements & self.broken and probe.check != "over the MTU":
            return {"got": "silence"}
        for element, size in self.narrow.items():
            if element in elements and probe.size > size and probe.check != "over the MTU":
                return {"got": "silence"}
        if "ttl-exceeded" in probe.good:
            return {"got": "ttl-exceeded", "from": next(iter(probe.answered_by - {""}))}
        if "too-big-here" in probe.good:
            return {"got": "too-big-here"}
        return {"got": "reply", "from": probe.target, "ttl": 64 - probe.routers}


def _answer(rc, text):
    return {"rc": rc, "out": "" if rc is None else text, "err": "" if rc == 0 else text}


def _inet(address: str):
    local, _, length = address.partition("/")
    return {"family": "inet", "local": local, "prefixlen": int(length), "scope": "global"}
