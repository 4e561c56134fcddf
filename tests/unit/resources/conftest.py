"""A site with keys in a temporary state directory, and what every resource needs to get in."""

from __future__ import annotations

import pytest

from rackwright import hostkeys, paths, secrets


@pytest.fixture
def site_inputs(tmp_path, monkeypatch):
    monkeypatch.setenv("RACKWRIGHT_STATE", str(tmp_path / "state"))
    cluster = tmp_path / "cluster.yaml"
    cluster.write_text("")
    return {
        "site": {"cluster": "t", "file": str(cluster)},
        "access": {
            "ssh_user": "root",
            "ssh_key": "state:ssh-key",
            "bmc_user": "admin",
            "bmc_password": "state:bmc-password",
            "bmc_ca": "state:bmc-ca",
        },
    }


@pytest.fixture
def state(site_inputs):
    return paths.state_dir("t")


@pytest.fixture
def authorized(site_inputs, state, tmp_path):
    return secrets.authorized_key("state:ssh-key", tmp_path / "cluster.yaml", state)


@pytest.fixture
def pinned(state):
    """A pinned host key by name."""

    def pin(name):
        hostkeys.pin(state, name, ["127.0.0.1"])
        return hostkeys.ensure(state, name)

    return pin
