"""An API server's certificate that has expired: the same key, names and authority, another time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from rackwright.errors import WorldRefused
from rackwright.lab.inside import must
from rackwright.lab.place import Place

PKI = "/etc/kubernetes/pki"
FILE = f"{PKI}/apiserver.crt"
KEPT = f"{FILE}.before-fault"
DAYS = 3
"""Since when it is over."""


def sign(pem: bytes, authority: bytes, key: bytes, now: datetime) -> bytes:
    """The certificate once more, as one that was valid for a year and is over since ``DAYS`` days.

    :raises ValueError: the authority's key is of a kind that kubeadm does not make.
    """
    old, issuer = x509.load_pem_x509_certificate(pem), x509.load_pem_x509_certificate(authority)
    signer = serialization.load_pem_private_key(key, None)
    if not isinstance(signer, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise ValueError(f"the authority's key is {type(signer).__name__}")
    made = (
        x509.CertificateBuilder()
        .subject_name(old.subject)
        .issuer_name(issuer.subject)
        .public_key(old.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=365 + DAYS))
        .not_valid_after(now - timedelta(days=DAYS))
    )
    for each in old.extensions:
        made = made.add_extension(each.value, each.critical)
    return made.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def put(place: Place, server: str) -> None:
    """The API server reads it by itself: it watches its files."""
    must(place, server, ["cp", "--no-clobber", FILE, KEPT])
    pem, authority, key = (
        must(place, server, ["cat", path]).encode() for path in (KEPT, f"{PKI}/ca.crt", f"{PKI}/ca.key")
    )
    try:
        made = sign(pem, authority, key, datetime.now(UTC))
    except ValueError as problem:
        raise WorldRefused(server, "sign an expired certificate", str(problem)) from problem
    must(place, server, ["tee", FILE], text=made.decode())


def take_back(place: Place, server: str) -> None:
    """What was there before; nothing where it is back already."""
    must(place, server, ["sh", "-c", f"[ ! -e {KEPT} ] || mv {KEPT} {FILE}"])
