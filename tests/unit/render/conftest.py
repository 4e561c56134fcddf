"""The lab's design and files, made once."""

from __future__ import annotations

from functools import lru_cache

import pytest

from rackwright.models.design import Design
from rackwright.pipeline import files, plan
from rackwright.render.build import Files


@lru_cache
def _made(cluster: str) -> tuple[Design, Files]:
    planned = plan(cluster)
    return planned.design, files(planned)


@pytest.fixture(scope="session")
def lab() -> tuple[Design, Files]:
    return _made("lab")


@pytest.fixture(scope="session", params=["lab", "superpod-h100-127", "mi300x-64"])
def site(request) -> tuple[Design, Files]:
    """Each inventory that ships."""
    return _made(request.param)
