"""Designs whose site files are read back: the lab and an InfiniBand reference."""

from __future__ import annotations

import pytest
from tests.unit.render.conftest import _made

from rackwright.render.site import makers
from rackwright.render.wiring import Wiring


@pytest.fixture(scope="session", params=["lab", "superpod-h100-127"])
def read_back(request):
    """(design, site files by relative path)."""
    design, _ = _made(request.param)
    wiring = Wiring.of(design)
    return design, {path: text for make in makers() for path, text in make(design, wiring).items()}


def ends(cable):
    """A cable as a set of (device, port), whichever way round a format writes it."""
    return frozenset(((cable.a.device, cable.a.port), (cable.z.device, cable.z.port)))
