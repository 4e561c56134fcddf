"""kubeadm's files: the form of v1beta4, nothing secret, and what follows from the design."""

from __future__ import annotations

import ipaddress

import pytest
import yaml
from tests.unit.kubeadm.clusters import planned

from rackwright.kubernetes import kubeadm
from rackwright.pipeline import files


def documents(section="kubernetes: {}", **changes):
    made = planned(section, **changes)
    return made.design, files(made).site


def test_extra_arguments_are_lists_of_names_and_values():
    _, site = documents()
    found = [
        part[key]
        for text in (site["kubernetes/kubeadm/init.yaml"], site["kubernetes/kubeadm/join/control-02.yaml"])
        for doc in yaml.safe_load_all(text)
        for part in (doc, *(value for value in doc.values() if isinstance(value, dict)))
        for key in ("extraArgs", "kubeletExtraArgs")
        if isinstance(part, dict) and key in part
    ]
    assert len(found) >= 5
    for rows in found:
        assert [set(row) for row in rows] == [{"name", "value"}] * len(rows)
        assert all(isinstance(row["value"], str) for row in rows)


def test_every_server_but_storage_can_join_the_first_too_after_it_was_lost():
    design, site = documents()
    names = {path.split("/")[-1].removesuffix(".yaml") for path in site if "kubeadm/join/" in path}
    wanted = {server.name for server in design.servers if server.role != "storage"}
    assert {"control-01", "control-02"} < wanted
    assert names == wanted


@pytest.mark.parametrize("name", ["control-02", "gpu-su01-n01"])
def test_who_runs_the_control_plane_says_so(name):
    _, site = documents()
    doc = yaml.safe_load(site[f"kubernetes/kubeadm/join/{name}.yaml"])
    assert ("controlPlane" in doc) == (name == "control-02")
    assert doc["nodeRegistration"]["name"] == name
    assert doc["discovery"] == {"file": {"kubeConfigPath": kubeadm.DISCOVERY}}


def test_nothing_secret_is_rendered():
    """Tokens, certificate keys and the encryption key are given on the server itself."""
    _, site = documents("kubernetes: {encryption_key: env:ETCD_KEY}")
    ours = {path: text for path, text in site.items() if path.startswith("kubernetes/")}
    assert "secret: env:ETCD_KEY" in ours["kubernetes/apiserver/encryption.form.yaml"]
    for path, text in ours.items():
        assert not {"token:", "certificateKey", "tlsBootstrapToken"} & set(text.split()), path


def test_addresses_of_nodes_are_the_business_planes():
    design, _ = documents()
    plane = ipaddress.ip_network(design.plane("business").prefix)
    assert all(ipaddress.ip_address(node.address) in plane for node in design.kubernetes.nodes)


def test_parts_of_the_pods_are_apart_and_stay_when_the_cluster_grows():
    few = {n.name: n.pods for n in planned(count=2).design.kubernetes.nodes}
    many = {n.name: n.pods for n in planned(count=40).design.kubernetes.nodes}
    assert few.items() <= many.items()
    parts = [ipaddress.ip_network(text) for text in many.values()]
    assert len(set(parts)) == len(parts)
    assert all(part.subnet_of(ipaddress.ip_network("10.128.0.0/14")) for part in parts)


@pytest.mark.parametrize(("endpoint", "host"), [("name", "api.lab.internal"), ("virtual", "10.112.0.3")])
def test_the_endpoint_is_in_the_certificate(endpoint, host):
    design, site = documents(f"kubernetes: {{endpoint: {endpoint}}}")
    doc = list(yaml.safe_load_all(site["kubernetes/kubeadm/init.yaml"]))[1]
    assert doc["controlPlaneEndpoint"] == f"{host}:6443"
    names = set(doc["apiServer"]["certSANs"])
    assert {host, *(node.address for node in design.kubernetes.control)} <= names
    zone = site["dns/lab.internal.zone"]
    assert zone.count("api IN A ") == (3 if endpoint == "name" else 0)


def test_a_virtual_address_is_nobody_elses():
    design, _ = documents("kubernetes: {endpoint: virtual}")
    taken = {design.controller.ip, design.depot.ip, *(s.management.ip for s in design.switches)}
    taken |= {server.bmc.address.ip for server in design.servers}
    taken |= {nic.address.ip for server in design.servers for nic in server.nics}
    assert design.kubernetes.host not in taken


def test_without_the_section_nothing_is_rendered():
    made = planned("tenants: {}")
    assert made.design.kubernetes is None
    assert not [path for path in files(made).site if path.startswith("kubernetes/")]


def test_a_chosen_prefix_of_pods_grows_once():
    """1,100 servers need more parts than a /14 has; what begins with it is taken, and said."""
    made = planned(count=1100)
    assert made.spec.kubernetes.pods == "10.128.0.0/10"
    said = [str(choice) for choice in made.choices if choice.path == ("kubernetes", "pods")]
    assert said == [
        "chosen: kubernetes.pods = 10.128.0.0/10; because 10.128.0.0/14 is too small for it; "
        "no plane of this cluster has addresses in 10.128.0.0/10"
    ]
