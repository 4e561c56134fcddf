"""Faults of Kubernetes: planned by the design; an expired certificate is the old one but for its time."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from tests.unit.lab.made_certificate import made

from rackwright.errors import UsageError
from rackwright.lab.faults import expired
from rackwright.lab.faults.plant import KINDS
from rackwright.lab.world import World, world


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> World:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RACKWRIGHT_STATE", str(tmp_path_factory.mktemp("state")))
        patch.setenv("RACKWRIGHT_CACHE", str(tmp_path_factory.mktemp("cache")))
        return world("lab-kubernetes")


@pytest.mark.parametrize(
    ("kind", "place"),
    [
        ("wrong-label", "gpu-su01-n01"),
        ("plugin-stopped", "gpu.nvidia.com"),
        ("kubelet-stopped", "gpu-su01-n01"),
        ("etcd-stopped", "control-01"),
        ("certificate-expired", "control-01"),
    ],
)
def test_default_places(lab: World, kind: str, place: str) -> None:
    fault = KINDS[kind].plan(lab, [])
    assert fault.place == place
    assert "--clear" in fault.heals


@pytest.mark.parametrize(
    ("kind", "places", "words"),
    [
        ("plugin-stopped", ["nvidia"], "there are gpu.nvidia.com, gpu.amd.com, dra.net"),
        ("kubelet-stopped", ["gpu-9"], "no server is called gpu-9"),
        ("wrong-label", ["control-01"], "on no leaf of the compute plane"),
        ("etcd-stopped", ["control-01"], "takes no --place"),
    ],
)
def test_places_that_cannot_be(lab: World, kind: str, places: list[str], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        KINDS[kind].plan(lab, places)


def test_the_expired_certificate_is_the_old_one_at_another_time() -> None:
    pem, authority, key = made()
    now = datetime.now(UTC)
    found = x509.load_pem_x509_certificate(expired.sign(pem, authority, key, now))
    old = x509.load_pem_x509_certificate(pem)
    assert found.not_valid_after_utc < now
    assert (found.subject, found.public_key()) == (old.subject, old.public_key())
    assert [each.value for each in found.extensions] == [each.value for each in old.extensions]
    signer = serialization.load_pem_private_key(key, None)
    assert isinstance(signer, rsa.RSAPrivateKey)
    found.verify_directly_issued_by(x509.load_pem_x509_certificate(authority))
