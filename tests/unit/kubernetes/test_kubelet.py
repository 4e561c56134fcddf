"""The kubelet's configuration: its own arithmetic, and what each kind of server asks for."""

from __future__ import annotations

import pytest
from tests.unit.kubernetes.clusters import planned

from rackwright.kubernetes.kubelet import base, kubelet, patch
from rackwright.kubernetes.reserved import reserved
from rackwright.load.catalog import tables
from rackwright.paths import home

SKUS = sorted(name for name, sku in tables(home()).servers.items() if sku.gpus)
KNOWN = [name for name in SKUS if tables(home()).servers[name].host]


def group(sku, **changes):
    design = planned(sku=sku, **changes).design.kubernetes
    return design, design.groups[0]


def mib(text):
    assert text.endswith("Mi")
    return int(text[:-2])


@pytest.mark.parametrize("sku", ["dgx-h100", "dgx-b300", "hgx-h100"])
def test_reserved_memory_is_what_the_kubelet_adds_up(sku):
    """Otherwise it does not start: kubeReserved + systemReserved + evictionHard, over all NUMA nodes."""
    design, servers = group(sku)
    made = kubelet(design, servers, "best-effort")
    kept = sum(mib(made[key]["memory"]) for key in ("kubeReserved", "systemReserved"))
    kept += mib(made["evictionHard"]["memory.available"])
    assert sum(mib(row["limits"]["memory"]) for row in made["reservedMemory"]) == kept
    assert [row["numaNode"] for row in made["reservedMemory"]] == [0, 1]


@pytest.mark.parametrize("sku", KNOWN)
def test_a_server_keeps_little_of_what_it_has(sku):
    host = tables(home()).servers[sku].host
    kept = reserved(host)
    assert sum(kept.by_node_mib) < host.memory_gib * 1024 * 0.05
    assert kept.cpu_count < host.sockets * host.cores * host.threads * 0.05


def test_reserved_processors_are_whole_cores_of_each_numa_node():
    """Of a DGX H100, as nvidia-smi prints its nodes: 0-55,112-167 and 56-111,168-223."""
    design, servers = group("dgx-h100")
    text = kubelet(design, servers, "best-effort")["reservedSystemCPUs"]
    numbers = {n for run in text.split(",") for n in range(*map(int, run.split("-")))}
    numbers |= {int(run.split("-")[1]) for run in text.split(",")}
    nodes = [{*range(56), *range(112, 168)}, {*range(56, 112), *range(168, 224)}]
    assert [len(numbers & node) for node in nodes] == [4, 4]
    assert {(n + 112) % 224 for n in numbers} == numbers


def test_processors_that_are_not_numbered_are_counted():
    design, servers = group("dgx-b300")
    made = kubelet(design, servers, "best-effort")
    assert "reservedSystemCPUs" not in made
    assert int(made["kubeReserved"]["cpu"]) + int(made["systemReserved"]["cpu"]) == 8


def test_many_numa_nodes_are_allowed_and_memory_is_left_alone():
    _, servers = group("gb200-nvl72")
    made = patch(servers, "best-effort")
    assert made["topologyManagerPolicyOptions"] == {"max-allowable-numa-nodes": "34"}
    assert not {"memoryManagerPolicy", "reservedMemory"} & set(made)
    assert made["reservedSystemCPUs"] == "0-1,72-73"


def test_a_server_that_nobody_knows_gets_the_base_alone():
    design, servers = group("mi300x-8gpu")
    assert patch(servers, "best-effort") == {}
    assert kubelet(design, servers, "best-effort") == base(design) == kubelet(design, None, "best-effort")


def test_the_defaults_are_the_secure_ones():
    """CIS Kubernetes Benchmark, section 4.2."""
    made = base(planned().design.kubernetes)
    assert made["authentication"]["anonymous"] == {"enabled": False}
    assert made["authorization"] == {"mode": "Webhook"}
    assert made["authentication"]["x509"]["clientCAFile"]
    assert made["readOnlyPort"] == 0
    assert made["streamingConnectionIdleTimeout"] not in ("0", "0s")
    for key in ("protectKernelDefaults", "rotateCertificates", "seccompDefault", "serverTLSBootstrap"):
        assert made[key] is True, key
    assert all("_GCM_" in name or "CHACHA20" in name for name in made["tlsCipherSuites"])
    assert all(name.startswith("TLS_ECDHE_") for name in made["tlsCipherSuites"])


def test_no_more_pods_than_addresses():
    assert base(planned("kubernetes: {node_prefix: 27}").design.kubernetes)["maxPods"] == 29
    assert base(planned().design.kubernetes)["maxPods"] == 110


def test_gates_stand_in_kubelet_and_control_plane_alike():
    from rackwright.kubernetes import apiserver

    design = planned("kubernetes: {features: [DRAListTypeAttributes]}").design.kubernetes
    assert base(design)["featureGates"] == {"DRAListTypeAttributes": True}
    for made in (apiserver.api_server, apiserver.controller_manager, apiserver.scheduler):
        arguments = {row["name"]: row["value"] for row in made(design)["extraArgs"]}
        assert arguments["feature-gates"] == "DRAListTypeAttributes=true"
