"""Kubernetes on paper: what nodes and the API of a cluster as designed would say; certificates are real."""

from __future__ import annotations

import base64
import datetime as dt
import json
from functools import cache

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from rackwright.dra.expected import slices
from rackwright.gpu_sharing.classes import classes
from rackwright.render.scheduler.seat import HOSTNAME, seats
from rackwright.render.wiring import Wiring
from rackwright.verify.kubernetes.drivers import drivers, gpu_nodes
from rackwright.verify.kubernetes.seen import Seen
from rackwright.verify.node_questions import certificate_files

NOW = 1_795_000_000
"""Seconds; some day of 2026."""
ETCD = """== status
[{"Endpoint":"https://127.0.0.1:2379","Status":{"header":{"member_id":1},"version":"3.7.0","dbSize":20971520,\
"leader":1,"dbSizeQuota":2147483648}}]
== health
[{"endpoint":"https://127.0.0.1:2379","health":true,"took":"9.8ms"}]
== alarms
"""
STOPPED_ETCD = """== status
Error: context deadline exceeded
== health
[{"endpoint":"https://127.0.0.1:2379","health":false,"took":"5s","error":"context deadline exceeded"}]
Error: unhealthy cluster
== alarms
Error: context deadline exceeded
"""


@cache
def certificate(first: int, last: int) -> str:
    """PEM of one that is valid from one day to another, counted from now."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "simulated")])
    now = dt.datetime.fromtimestamp(NOW, dt.UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now + dt.timedelta(days=first))
        .not_valid_after(now + dt.timedelta(days=last)).sign(key, hashes.SHA256())
    )  # fmt: skip
    return made.public_bytes(serialization.Encoding.PEM).decode()


def certificates(node, changed=None):
    """What a node says of its certificates; ``changed``: PEM, or None for no file, by path."""
    text = f"{NOW}\n"
    for path in certificate_files(node):
        authority = path.endswith(("/ca.crt", "front-proxy-ca.crt"))
        pem = (changed or {}).get(path, certificate(-1, 3650 if authority else 364))
        if pem is not None:
            text += (
                f"== {path}\n{base64.b64encode(pem.encode()).decode() if path.endswith('.conf') else pem}\n"
            )
    return text


def kubelet(node):
    """As kubeadm writes it: without zeros, quantities in the fewest digits."""
    found = json.loads(json.dumps(node.kubelet))
    found.pop("readOnlyPort", None)
    return yaml.safe_dump(found | {"healthzPort": 10248})


def containerd(want, lock):
    version = 3 if not lock["containerd"].reports.startswith("1.") else 2
    runtime = "io.containerd.cri.v1.runtime" if version == 3 else "io.containerd.grpc.v1.cri"
    systemd = str(want.node is not None and want.node.kubelet.get("cgroupDriver") == "systemd").lower()
    return (
        f'version = {version}\n[plugins."{runtime}"]\nenable_cdi = true\n'
        'cdi_spec_dirs = ["/etc/cdi", "/run/cdi"]\n'
        f'[plugins."{runtime}".containerd.runtimes.runc.options]\nSystemdCgroup = {systemd}\n'
        '[plugins."io.containerd.nri.v1.nri"]\ndisable = false\n'
    )


def cdi(gpus):
    def device(name, numbers):
        return {
            "name": name,
            "containerEdits": {"deviceNodes": [{"path": f"/dev/nvidia{n}"} for n in numbers]},
        }

    devices = [device(str(n), [n]) for n in range(gpus)]
    devices += [device(f"GPU-{n}", [n]) for n in range(gpus)] + [device("all", range(gpus))]
    return yaml.safe_dump(
        {
            "cdiVersion": "0.5.0",
            "kind": "nvidia.com/gpu",
            "devices": devices,
            "containerEdits": {"deviceNodes": [{"path": "/dev/nvidiactl"}, {"path": "/dev/nvidia-uvm"}]},
        }
    )


def seen(design, expected):
    """The API of a cluster as designed."""
    made = design.kubernetes
    labels = {
        seat.server: {**seat.labels(), HOSTNAME: seat.server} for seat in seats(design, Wiring.of(design))
    }
    nodes = {
        node.name: {
            "metadata": {"name": node.name, "labels": {"kubernetes.io/os": "linux", **labels[node.name]}},
            "spec": {"podCIDR": node.pods},
            "status": {
                "conditions": [
                    {"type": "Ready", "status": "True", "message": "kubelet is posting ready status"}
                ],
                "nodeInfo": {"kubeletVersion": f"v{made.release}"},
            },
        }
        for node in made.nodes
    }
    offered = [part for name, group in gpu_nodes(made) for part in slices(made, name, group)]
    pods = [
        {
            "metadata": {
                "name": f"{driver.name}-{name}",
                "namespace": driver.namespace,
                "ownerReferences": [{"kind": "DaemonSet"}],
            },
            "spec": {"nodeName": name},
            "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]},
        }
        for driver in drivers(made)
        for name, _ in gpu_nodes(made)
    ]
    sets = [
        {
            "metadata": {"name": "plugin", "namespace": driver.namespace},
            "status": {"desiredNumberScheduled": len(gpu_nodes(made)), "numberReady": len(gpu_nodes(made))},
        }
        for driver in drivers(made)
    ]
    return Seen(
        nodes=nodes,
        slices=tuple(offered),
        classes={each.name: each.manifest() for each in classes(made)},
        sets=tuple(sets),
        pods=tuple(pods),
        kubelets={
            name: json.loads(json.dumps(want.node.kubelet)) for name, want in expected.items() if want.node
        },
    )
