"""Files of subnet managers, text for text. ``RACKWRIGHT_GOLDEN=write`` writes them; read the difference."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.unit.validate.subnets import made, subnet, tenanted

HERE = Path(__file__).parent
SMALL = {"gpu": {"sku": "dgx-h100", "count": 2, "rails": 2, "unit_size": 4}}
CASES = {
    "tenants": (tenanted, ("opensm.conf", "partitions.conf", "root-guids.txt")),
    "vendor": (
        lambda: made(
            SMALL, reserved_ports=2, spines=2, adaptive_routing=True, subnet_manager={"flavour": "vendor"}
        ),
        (
            "opensm.conf",
            "partitions.conf",
            "root-guids.txt",
            "io-guids.txt",
            "missing-guids.json",
            "fabric.topo",
            "fabric.net",
        ),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_rendered_text_is_as_recorded(case):
    build, names = CASES[case]
    texts = subnet(build()).texts
    if os.environ.get("RACKWRIGHT_GOLDEN") == "write":
        (HERE / case).mkdir(exist_ok=True)
        for name in names:
            (HERE / case / name).write_text(texts[name])
        pytest.skip("golden files written")
    assert {path.name for path in (HERE / case).iterdir()} == set(names)
    for name in names:
        assert (HERE / case / name).read_text() == texts[name], name
