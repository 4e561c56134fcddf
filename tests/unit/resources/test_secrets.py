"""Secrets resolve where they should and print nowhere."""

import base64
import json
import pickle
from concurrent.futures import ThreadPoolExecutor

import pytest

from rackwright import hostkeys, secrets
from rackwright.errors import UsageError


@pytest.fixture
def state(tmp_path):
    path = tmp_path / "state"
    path.mkdir(mode=0o700)
    return path


def test_three_kinds_of_reference(tmp_path, state, monkeypatch):
    (tmp_path / "pw").write_text("from-file\n")
    monkeypatch.setenv("BMC_PW", "from-env")
    cluster = tmp_path / "cluster.yaml"
    assert secrets.resolve("file:pw", cluster, state).reveal() == "from-file"
    assert secrets.resolve("env:BMC_PW", cluster, state).reveal() == "from-env"
    made = secrets.resolve("state:bmc-password", cluster, state)
    assert made.reveal() == secrets.resolve("state:bmc-password", cluster, state).reveal()
    assert (state / "secrets/bmc-password").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "ref", ["env:NOT_SET_ANYWHERE", "file:missing", "state:bmc-ca", "plain", "state:../x"]
)
def test_missing_names_the_reference(tmp_path, state, ref):
    with pytest.raises(UsageError, match=ref.replace("..", r"\.\.")):
        secrets.resolve(ref, tmp_path / "cluster.yaml", state)


def test_never_prints(state, tmp_path):
    secret = secrets.Secret("env:X", "hunter2")
    assert "hunter2" not in f"{secret} {secret!r} {[secret]} %s" % secret
    for leak in (lambda: json.dumps(secret), lambda: pickle.dumps(secret), lambda: secret == secret):
        with pytest.raises(TypeError):
            leak()
    assert not hasattr(secret, "__dict__")


def test_env_key_becomes_a_file_and_goes(tmp_path, state, monkeypatch):
    monkeypatch.setenv("KEY", "line1\nline2")
    with secrets.as_file("env:KEY", tmp_path / "cluster.yaml", state) as path:
        assert path.read_text() == "line1\nline2\n"
        assert path.stat().st_mode & 0o777 == 0o600
    assert not path.exists()


def test_ssh_key_is_made_and_its_public_half_is_a_line(tmp_path, state):
    line = secrets.authorized_key("state:ssh-key", tmp_path / "cluster.yaml", state)
    assert line.startswith("ssh-ed25519 AAAA")
    assert line.endswith(" rackwright")
    assert "\n" not in line


def test_key_made_once_by_many(state):
    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(lambda _: hostkeys.ensure(state, "gpu-su01-n01").read_text(), range(32)))
    assert len(set(keys)) == 1
    assert sorted(p.name for p in (state / "hostkeys").iterdir()) == ["gpu-su01-n01", "gpu-su01-n01.pub"]


def test_pin_replaces_only_its_own(state):
    hostkeys.pin(state, "a", ["10.0.0.1"])
    hostkeys.pin(state, "b", ["10.0.0.2"])
    before = hostkeys.known_hosts(state).stat()
    hostkeys.pin(state, "b", ["10.0.0.2"])
    assert hostkeys.known_hosts(state).stat().st_ino == before.st_ino, "unchanged: not rewritten"
    hostkeys.pin(state, "a", ["10.0.0.3"])
    lines = hostkeys.known_hosts(state).read_text().splitlines()
    assert [line.split()[0] for line in lines] == ["a,10.0.0.3", "b,10.0.0.2"]
    assert lines[0].split()[1:] == (state / "hostkeys/a.pub").read_text().split()[:2]


def test_pins_by_many_at_once(state):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda i: hostkeys.pin(state, f"n{i:02}", [f"10.0.0.{i}"]), range(24)))
    assert len(hostkeys.known_hosts(state).read_text().splitlines()) == 24


def test_an_encryption_key_is_32_bytes_and_stays(tmp_path):
    ref, cluster = "state:kubernetes-encryption-key", tmp_path / "cluster.yaml"
    made = secrets.resolve(ref, cluster, tmp_path).reveal()
    assert len(base64.b64decode(made, validate=True)) == 32
    assert secrets.resolve(ref, cluster, tmp_path).reveal() == made
    assert (tmp_path / "secrets" / "kubernetes-encryption-key").stat().st_mode & 0o777 == 0o600
