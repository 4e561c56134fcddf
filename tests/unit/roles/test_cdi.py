"""The CDI file: every GPU, of this driver, with devices that exist."""

from __future__ import annotations

import pytest
from ansible_collections.rackwright.node.plugins.modules import cdi

LIBRARY = "/usr/lib/x86_64-linux-gnu/libcuda.so.580.159.03"


def spec(gpus: int) -> dict:
    devices = [
        {"name": str(n), "containerEdits": {"deviceNodes": [{"path": f"/dev/nvidia{n}"}]}}
        for n in range(gpus)
    ]
    devices += [{"name": "GPU-5f7a", "containerEdits": {}}, {"name": "all", "containerEdits": {}}]
    edits = {"deviceNodes": [{"path": "/dev/nvidiactl"}], "mounts": [{"hostPath": LIBRARY}]}
    return {"cdiVersion": "0.5.0", "kind": "nvidia.com/gpu", "devices": devices, "containerEdits": edits}


def test_a_good_file() -> None:
    assert cdi.judge(spec(8), 8, "580.159.03") == []
    named = cdi.named(spec(2))
    assert named == [
        ("device node", "/dev/nvidiactl"),
        ("mount", LIBRARY),
        ("device node", "/dev/nvidia0"),
        ("device node", "/dev/nvidia1"),
    ]


@pytest.mark.parametrize(
    ("change", "gpus", "driver", "wrong"),
    [
        ({}, 8, "580.159.03", "devices: found 0, 1, 2, 3, expected 0 to 7"),
        ({}, 4, "570.172.08", f"library {LIBRARY}: found 580.159.03, expected 570.172.08"),
        ({"kind": "amd.com/gpu"}, 4, "580.159.03", "kind: found amd.com/gpu, expected nvidia.com/gpu"),
        ({"devices": None}, 4, "580.159.03", "devices: found none, expected 0 to 3"),
        ({"devices": [{"name": 1}]}, 1, "580.159.03", "devices: found 1, expected 0 to 0"),
    ],
)
def test_what_is_wrong_is_said_with_found_and_expected(
    change: dict, gpus: int, driver: str, wrong: str
) -> None:
    assert cdi.judge({**spec(4), **change}, gpus, driver) == [wrong]
