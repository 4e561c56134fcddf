"""Pods on the planes: whose part is behind which leaf, what its ports let in, and what a node never sends."""

from __future__ import annotations

from tests.unit.kubernetes.clusters import planned

from rackwright.render.build import render


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


def test_without_a_section_or_with_cilium_the_planes_know_nothing_of_pods() -> None:
    for section in ("", "kubernetes: {cni: cilium}"):
        assert "Type=prohibit" not in text(section, "gpu-su01-n01", ".network")


def test_servers_that_are_no_nodes_know_nothing_of_pods() -> None:
    assert pods("kubernetes: {}")[0] not in text("kubernetes: {}", "storage-01", ".network")
