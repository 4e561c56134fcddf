"""Pods on the planes: whose part is behind which leaf, what its ports let in, and what a node never sends."""

from __future__ import annotations

import yaml
from tests.unit.kubeadm.clusters import planned

from rackwright.pipeline import plan
from rackwright.render import pods as pods_of
from rackwright.render.build import render
from rackwright.render.nos.edge import edge_rules


def pods(section: str) -> tuple[str, str]:
    """The whole prefix, and the first GPU server's part."""
    made = planned(section).design.kubernetes
    assert made is not None
    return made.pods, made.nodes[0].pods


def text(section: str, device: str, end: str) -> str:
    files = render(planned(section).design).devices[device]
    return "".join(text for path, text in sorted(files.items()) if path.endswith(end))


def test_a_node_sends_pods_to_its_leaf_and_nothing_to_the_compute_plane() -> None:
    found = text("kubernetes: {}", "gpu-su01-n01", ".network")
    whole, own = pods("kubernetes: {}")
    assert found.count(f"Destination={whole}\n") == 1
    assert f"To={own}\nTable=main\n" in found
    assert f"From={own}\nTo=10.64.0.0/12\nType=prohibit\n" in found


def test_without_a_section_the_planes_know_nothing_of_pods() -> None:
    assert "Type=prohibit" not in text("", "gpu-su01-n01", ".network")


def test_cilium_is_routed_alike_and_has_no_bridge() -> None:
    section = "kubernetes: {cni: cilium}"
    whole, _ = pods(section)
    design = planned(section).design
    assert f"Destination={whole}\n" in text(section, "gpu-su01-n01", ".network")
    gpu = next(server for server in design.servers if server.name == "gpu-su01-n01")
    assert pods_of.bridge(gpu, design) is None
    values = yaml.safe_load(render(design).site["kubernetes/cilium/values.yaml"])
    assert values["ipv4NativeRoutingCIDR"] == whole
    assert values["devices"]
    assert set(values["devices"]) <= {nic.name for server in design.servers for nic in server.on("business")}


def test_servers_that_are_no_nodes_know_nothing_of_pods() -> None:
    assert pods("kubernetes: {}")[0] not in text("kubernetes: {}", "storage-01", ".network")


def test_leaves_know_whose_part_is_behind_which_port_and_spines_take_it() -> None:
    design = plan("lab-kubernetes").design
    devices, made = render(design).devices, design.kubernetes
    assert made is not None
    confs = {
        name: files["/etc/frr/frr.conf"] for name, files in devices.items() if "/etc/frr/frr.conf" in files
    }
    routes = [line for text in confs.values() for line in text.splitlines() if line.startswith("ip route ")]
    assert sorted(routes) == sorted(f"ip route {node.pods} {node.address}" for node in made.nodes)
    for name, text in confs.items():
        assert (f"permit {made.pods} le 32" in text) == name.startswith("frontend-")
        assert ("redistribute static" in text) == ("ip route " in text)


def test_a_port_of_a_node_lets_in_pods_and_no_other_plane() -> None:
    design = plan("lab-kubernetes").design
    made, planes = design.kubernetes, {plane.name: plane.prefix for plane in design.planes}
    leaf = next(switch for switch in design.switches if switch.name == "frontend-leaf-01")
    port = next(port for port in leaf.ports if port.plane == "business" and port.use == "host")
    assert made is not None
    allowed = {(rule.source, rule.to) for rule in edge_rules(leaf, port, design) if rule.to}
    both = (planes["business"], made.pods)
    assert allowed == {(source, to) for source in both for to in both}


def test_what_does_not_route_pods_is_said() -> None:
    assert pods_of.limit(plan("lab-kubernetes").design) is None
    assert "cumulus" in str(pods_of.limit(planned("kubernetes: {}").design))
