"""What a profile asks of a server: places of instances, modes, and nothing where the plugin does it."""

from __future__ import annotations

import pytest
from tests.unit.kubeadm.clusters import planned

from rackwright.dra.expected import pools
from rackwright.gpu_sharing.host import host


def of(word: str, sku: str = "dgx-h100") -> dict:
    design = planned(f'kubernetes: {{sharing: {{gpu: "{word}"}}}}', sku).design.kubernetes
    assert design is not None
    return host(design.groups[0]).plain()


def test_a_layout_has_its_places() -> None:
    found = of("mig:all-balanced")
    assert found["mode"] == "on"
    places = [(part["profile"], part["id"], part["start"], part["size"]) for part in found["partitions"]]
    assert places == [
        ("2g.20gb", 14, 0, 2),
        ("1g.10gb", 19, 2, 1),
        ("1g.10gb", 19, 3, 1),
        ("3g.40gb", 9, 4, 4),
    ]


@pytest.mark.parametrize(
    ("word", "mode", "compute"),
    [
        ("whole", "off", ["Default"]),
        ("mig:dynamic", "dynamic", ["Default"]),
        ("time-slicing:long", "off", ["Default"]),
        ("mps:50", "off", ["Default", "Exclusive_Process"]),
    ],
)
def test_what_the_plugin_does_is_left_to_it(word: str, mode: str, compute: list[str]) -> None:
    assert of(word) == {"mode": mode, "partitions": [], "compute_modes": compute}


def test_what_is_expected_of_the_driver_is_what_the_host_makes() -> None:
    """One placement for ResourceSlices and for the host."""
    design = planned('kubernetes: {sharing: {gpu: "mig:3g.40gb,2g.20gb,1g.10gb"}}').design.kubernetes
    assert design is not None
    made = host(design.groups[0]).partitions
    names = {part.device(0) for part in made}
    assert names == {
        d.name for d in pools(design, design.groups[0])[0].devices if d.name.startswith("gpu-0-")
    }
