"""Makes ``world`` here, and the fakes of the resources' tests, importable by their names."""

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "resources")]


@pytest.fixture(scope="session", autouse=True)
def _no_state_of_the_user(tmp_path_factory):
    """What a user's own ``up`` left out is not for these tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RACKWRIGHT_STATE", str(tmp_path_factory.mktemp("state")))
        yield
